/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of a collection.  Tables and files cannot be read at one instant,
 * and a name or an inode may be another socket's a moment later.  So sockets
 * are listed before and after the files, and only those that both lists have
 * are rows: what came in between waits for the next collection.
 *
 * A socket without a holder may have been passed on just then, so that is
 * looked at again, except for those that had none the last time.
 */
#include "collect/illumos_look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/illumos_wire.h"

#define LOOKS_MAX 3 /* at the files, in one collection */

/* A process that was seen; command and arguments are kept here. */
struct seen {
	struct po_illumos_process facts;
	bool holds; /* a socket */
	char command[PO_PSINFO_COMMAND_SIZE];
	char arguments[PO_PSINFO_ARGUMENTS_SIZE];
};

/* The process has the file, whose rows have the handle. */
struct hold {
	struct po_illumos_file file;
	uint64_t handle;
	uint64_t start;
	uint32_t pid;
};

struct array {
	void *items;
	size_t count;
	size_t capacity;
};

struct po_illumos_look {
	const struct po_illumos_source *source;
	struct po_illumos_memory *memory;
	struct po_illumos_gaps *gaps;
	struct po_illumos_rows rows; /* those that were there all the time */
	struct array holds; /* of all looks */
	size_t sure; /* holds; those behind are of the next process */
	struct array seen; /* processes, by pid, at the last look */
};

static void *
array_add(struct array *array, size_t size)
{
	size_t capacity = array->capacity == 0 ? 64 : 2 * array->capacity;
	void *items;

	if (array->count == array->capacity) {
		if (capacity > SIZE_MAX / size)
			return NULL;
		items = realloc(array->items, capacity * size);
		if (items == NULL)
			return NULL;
		array->items = items;
		array->capacity = capacity;
	}
	return (char *)array->items + size * array->count++;
}

int
po_illumos_see_file(
    struct po_illumos_look *look, const void *octets, size_t length)
{
	struct po_illumos_file file;
	struct hold *hold;
	int result = po_illumos_decode_file(octets, length, &file);

	if (result < 0)
		look->gaps->odd++;
	if (result <= 0 || po_illumos_find(&look->rows, &file) == 0)
		return 0;
	hold = array_add(&look->holds, sizeof(*hold));
	if (hold == NULL)
		return -ENOMEM;
	memset(hold, 0, sizeof(*hold));
	hold->file = file;
	return 0;
}

/* The texts are in the caller's buffer. */
static void
keep_text(struct po_bytes *text, char *room, size_t size)
{
	if (text->length > size)
		text->length = size;
	memcpy(room, text->data, text->length);
	text->data = NULL;
}

int
po_illumos_see_process(
    struct po_illumos_look *look, const struct po_illumos_process *process)
{
	struct hold *holds = look->holds.items;
	struct seen *seen;

	if (process == NULL) {
		look->holds.count = look->sure;
		return 0;
	}
	for (; look->sure < look->holds.count; look->sure++) {
		holds[look->sure].pid = process->pid;
		holds[look->sure].start = process->start;
	}
	seen = array_add(&look->seen, sizeof(*seen));
	if (seen == NULL)
		return -ENOMEM;
	memset(seen, 0, sizeof(*seen));
	seen->facts = *process;
	keep_text(&seen->facts.command, seen->command, sizeof(seen->command));
	keep_text(
	    &seen->facts.arguments, seen->arguments, sizeof(seen->arguments));
	return 0;
}

static int
list_sockets(struct po_illumos_look *look, struct po_illumos_rows *rows)
{
	const struct po_illumos_source *source = look->source;
	struct po_illumos_stream stream = {0};
	struct po_illumos_notes notes = {0};
	int error;

	rows->count = 0;
	error = source->fetch(source->context, &stream);
	if (error == 0)
		error = po_illumos_decode(stream.messages, stream.n, 0, &notes,
		    po_illumos_keep, rows);
	po_illumos_stream_free(&stream);
	look->gaps->odd += notes.odd;
	look->gaps->creators = notes.creators;
	/* The first list says how owners are found. */
	if (rows == &look->rows)
		look->gaps->holders = notes.infos && source->files;
	return error;
}

static int
compare_seen(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;

	return a->facts.pid < b->facts.pid ? -1 : a->facts.pid > b->facts.pid;
}

static struct seen *
find_process(const struct po_illumos_look *look, uint32_t pid)
{
	const struct seen wanted = {.facts.pid = pid};

	return look->seen.count == 0
		   ? NULL
		   : bsearch(&wanted, look->seen.items, look->seen.count,
			 sizeof(wanted), compare_seen);
}

static int
compare_holds(const void *left, const void *right)
{
	const struct hold *a = left, *b = right;

	return a->handle < b->handle ? -1 : a->handle > b->handle;
}

/* Leaves the holds of rows and processes that are still there. */
static void
check_holds(struct po_illumos_look *look)
{
	struct hold *holds = look->holds.items;
	const struct seen *process;
	size_t i, kept = 0;

	for (i = 0; i < look->holds.count; i++) {
		process = find_process(look, holds[i].pid);
		holds[i].handle = po_illumos_find(&look->rows, &holds[i].file);
		if (holds[i].handle != 0 && process != NULL &&
		    process->facts.start == holds[i].start)
			holds[kept++] = holds[i];
	}
	look->holds.count = look->sure = kept;
	if (kept > 1)
		qsort(holds, kept, sizeof(*holds), compare_holds);
}

static bool
is_ownerless(
    const struct po_illumos_look *look, const struct po_illumos_socket *row)
{
	const struct hold wanted = {.handle = row->socket.handle};

	return row->socket.handle != 0 &&
	       (look->holds.count == 0 ||
		   bsearch(&wanted, look->holds.items, look->holds.count,
		       sizeof(wanted), compare_holds) == NULL);
}

/* Rows that a process could hold, that none does, and one may have. */
static size_t
count_doubtful(const struct po_illumos_look *look)
{
	const struct po_illumos_rows *known = &look->memory->ownerless;
	const struct po_illumos_socket *row;
	size_t i, count = 0;

	for (i = 0; i < look->rows.count; i++) {
		row = &look->rows.items[i];
		count += is_ownerless(look, row) &&
			 (known->count == 0 ||
			     bsearch(row, known->items, known->count,
				 sizeof(*row), po_illumos_compare) == NULL);
	}
	return count;
}

static int
look_once(struct po_illumos_look *look, struct po_illumos_rows *now)
{
	const struct po_illumos_source *source = look->source;
	int error;

	/* Each look sees all that there is to see. */
	look->gaps->odd = 0;
	look->seen.count = 0;
	error = source->look(source->context, look->gaps->holders, look);
	if (error == 0)
		error = list_sockets(look, now);
	if (error != 0)
		return error;
	if (look->seen.count > 1)
		qsort(look->seen.items, look->seen.count, sizeof(struct seen),
		    compare_seen);
	po_illumos_keep_common(&look->rows, now);
	po_illumos_join(&look->rows);
	check_holds(look);
	return 0;
}

/* Looks as long as that finds holders. */
static int
look_until_clear(struct po_illumos_look *look)
{
	struct po_illumos_rows now = {0};
	size_t before = SIZE_MAX, doubtful = SIZE_MAX;
	unsigned int looks;
	int error = 0;

	for (looks = 0; looks < LOOKS_MAX && error == 0; looks++) {
		error = look_once(look, &now);
		before = doubtful;
		doubtful = look->gaps->holders ? count_doubtful(look) : 0;
		if (doubtful == 0 || (looks > 0 && doubtful >= before))
			break;
	}
	free(now.items);
	return error;
}

/* Who has no holder now need not be looked for at once the next time. */
static int
remember_ownerless(struct po_illumos_look *look)
{
	struct po_illumos_rows *known = &look->memory->ownerless;
	int error = 0;
	size_t i;

	known->count = 0;
	for (i = 0; i < look->rows.count && error == 0; i++)
		if (is_ownerless(look, &look->rows.items[i]))
			error = po_illumos_keep(known, &look->rows.items[i]);
	if (known->count > 1)
		qsort(known->items, known->count, sizeof(*known->items),
		    po_illumos_compare);
	return error;
}

static int
tell_process(struct po_illumos_look *look, const struct seen *seen,
    struct po_builder *builder)
{
	const struct po_illumos_source *source = look->source;
	struct po_process facts = {
	    .pid = seen->facts.pid,
	    .parent = seen->facts.parent,
	    .start = seen->facts.start,
	    .uid = seen->facts.uid,
	    .command = {seen->command, seen->facts.command.length},
	};

	if (source->arguments)
		facts.arguments = (struct po_bytes){
		    seen->arguments, seen->facts.arguments.length};
	if (seen->holds || !look->gaps->holders)
		source->details(source->context, seen->facts.contract, &facts);
	return po_builder_add_process(builder, &facts);
}

static int
tell_processes(struct po_illumos_look *look, struct po_builder *builder)
{
	const struct seen *seen = look->seen.items;
	int error = 0;
	size_t i;

	for (i = 0; i < look->seen.count && error == 0; i++)
		/* The list may have met one twice while it moved. */
		if (i == 0 || seen[i].facts.pid != seen[i - 1].facts.pid)
			error = tell_process(look, &seen[i], builder);
	return error;
}

static int
tell(struct po_illumos_look *look, struct po_builder *builder)
{
	const struct hold *holds = look->holds.items;
	const bool creators = !look->gaps->holders;
	struct seen *process;
	int error;
	size_t i;

	for (i = 0; i < look->holds.count; i++) {
		process = find_process(look, holds[i].pid);
		if (process != NULL)
			process->holds = true;
	}
	error = tell_processes(look, builder);
	po_illumos_merge(&look->rows, creators);
	if (error == 0)
		error = po_illumos_tell(&look->rows,
		    creators ? &look->source->clock : NULL, builder);
	for (i = 0; i < look->holds.count && error == 0; i++)
		error = po_builder_add_owner(
		    builder, holds[i].handle, holds[i].pid);
	return error;
}

int
po_illumos_collect(const struct po_illumos_source *source,
    struct po_illumos_memory *memory, struct po_builder *builder,
    struct po_illumos_gaps *gaps)
{
	struct po_illumos_look look = {
	    .source = source,
	    .memory = memory,
	    .gaps = gaps,
	};
	int error;

	memset(gaps, 0, sizeof(*gaps));
	error = list_sockets(&look, &look.rows);
	if (error == 0) {
		po_illumos_join(&look.rows);
		error = look_until_clear(&look);
	}
	if (error == 0)
		error = remember_ownerless(&look);
	gaps->rows = look.rows.count != 0;
	if (error == 0)
		error = tell(&look, builder);
	free(look.rows.items);
	free(look.holds.items);
	free(look.seen.items);
	return error;
}

void
po_illumos_forget(struct po_illumos_memory *memory)
{
	free(memory->ownerless.items);
	memset(memory, 0, sizeof(*memory));
}
