/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of a collection.  The lists cannot be read at one instant, and what
 * joins them can be used again a moment later: a socket's address for another
 * socket, a process id for another process.  So sockets are listed before and
 * after the descriptors, and only those that both lists have are rows: what is
 * newer than the first list waits for the next collection.  Processes are
 * listed before and after as well, and whoever is not the same in both lists
 * holds nothing.
 *
 * A socket without a holder may have been passed on just then, so that is
 * looked at again, except for those that had none the last time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/freebsd_private.h"

#define LOOKS_MAX 3 /* at the descriptors, in one collection */

static int
compare_holds(const void *left, const void *right)
{
	const struct freebsd_hold *a = left, *b = right;

	if (a->handle != b->handle)
		return a->handle < b->handle ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static int
compare_numbers(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left;
	const uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Whether a process is the one that it was before the look; new is fine. */
static bool
is_same(const struct freebsd_run *run, uint32_t pid)
{
	const struct freebsd_process *now, *before;

	now = freebsd_find_process(&run->processes, pid);
	before = freebsd_find_process(&run->before, pid);
	return now != NULL && (before == NULL || before->start == now->start);
}

/*
 * Leaves the holds that are certain.  Those of earlier looks are among them: the
 * process ids of these were listed then, and are compared with that.
 */
static void
check_holds(struct freebsd_run *run)
{
	struct freebsd_hold *holds = run->holds.items;
	size_t i, kept = 0;

	for (i = 0; i < run->holds.count; i++)
		if (is_same(run, holds[i].pid))
			holds[kept++] = holds[i];
	run->holds.count = kept;
	if (kept > 1)
		qsort(holds, kept, sizeof(*holds), compare_holds);
}

/* The first hold of a handle, or NULL. */
static const struct freebsd_hold *
find_hold(const struct freebsd_run *run, uint64_t handle)
{
	const struct freebsd_hold *holds = run->holds.items;
	size_t low = 0, high = run->holds.count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (holds[middle].handle < handle)
			low = middle + 1;
		else
			high = middle;
	}
	return low < run->holds.count && holds[low].handle == handle
		   ? &holds[low]
		   : NULL;
}

/* A process could hold it, and none does. */
static bool
is_orphan(const struct freebsd_run *run, const struct po_freebsd_socket *socket)
{
	return socket->socket.handle != 0 && !socket->unheld &&
	       find_hold(run, socket->socket.handle) == NULL;
}

/* Orphans that may have a holder all the same. */
static size_t
count_doubtful(const struct freebsd_run *run)
{
	const struct po_freebsd_memory *memory = run->memory;
	const struct po_freebsd_socket *sockets = run->sockets.items;
	size_t i, count = 0;
	uint64_t handle;

	for (i = 0; i < run->sockets.count; i++) {
		handle = sockets[i].socket.handle;
		if (!is_orphan(run, &sockets[i]))
			continue;
		count +=
		    memory->n_ownerless == 0 ||
		    bsearch(&handle, memory->ownerless, memory->n_ownerless,
			sizeof(handle), compare_numbers) == NULL;
	}
	return count;
}

static int
look(struct freebsd_run *run, struct freebsd_array *now)
{
	int error;

	/* Each look sees all that there is to see. */
	memset(run->gaps, 0, sizeof(*run->gaps));
	error = freebsd_list_holds(run);
	if (error == 0)
		error = freebsd_list_processes(run);
	if (error == 0)
		error = freebsd_list_sockets(run, now);
	if (error != 0)
		return error;
	check_holds(run);
	freebsd_keep_common(run, now);
	return 0;
}

/* Looks as long as that finds holders. */
static int
look_until_clear(struct freebsd_run *run)
{
	struct freebsd_array now = {0};
	size_t before = SIZE_MAX, doubtful = SIZE_MAX;
	unsigned int looks;
	int error = 0;

	for (looks = 0; looks < LOOKS_MAX && error == 0; looks++) {
		error = look(run, &now);
		before = doubtful;
		doubtful = count_doubtful(run);
		if (doubtful == 0 || (looks > 0 && doubtful >= before))
			break;
	}
	free(now.items);
	return error;
}

/* Who has no holder now need not be looked for at once the next time. */
static int
remember_ownerless(struct freebsd_run *run)
{
	const struct po_freebsd_socket *sockets = run->sockets.items;
	struct freebsd_array ownerless = {0};
	uint64_t *handle;
	size_t i;

	for (i = 0; i < run->sockets.count; i++) {
		if (!is_orphan(run, &sockets[i]))
			continue;
		handle = freebsd_array_add(&ownerless, sizeof(*handle));
		if (handle == NULL) {
			free(ownerless.items);
			return -ENOMEM;
		}
		*handle = sockets[i].socket.handle;
	}
	free(run->memory->ownerless);
	run->memory->ownerless = ownerless.items;
	run->memory->n_ownerless = ownerless.count;
	if (ownerless.count > 1)
		qsort(ownerless.items, ownerless.count, sizeof(*handle),
		    compare_numbers);
	return 0;
}

static int
tell_sockets(struct freebsd_run *run, struct po_builder *builder)
{
	struct po_freebsd_socket *sockets = run->sockets.items;
	const struct freebsd_hold *holds = run->holds.items;
	struct freebsd_process *process;
	size_t i;
	int error = 0;

	for (i = 0; i < run->sockets.count && error == 0; i++) {
		/* To the builder, what nobody can hold has no handle. */
		if (sockets[i].unheld)
			sockets[i].socket.handle = 0;
		error = po_builder_add_socket(builder, &sockets[i].socket);
	}
	for (i = 0; i < run->holds.count && error == 0; i++) {
		if (!po_builder_has_handle(builder, holds[i].handle))
			continue;
		process = freebsd_find_process(&run->processes, holds[i].pid);
		if (process != NULL)
			process->holds = true;
		error = po_builder_add_owner(
		    builder, holds[i].handle, holds[i].pid);
	}
	return error;
}

static int
tell_process(const struct po_freebsd_source *source,
    const struct freebsd_process *process, struct po_builder *builder)
{
	struct po_process facts = {
	    .pid = process->pid,
	    .parent = process->parent,
	    .start = process->start,
	    .uid = process->uid,
	    .command = {process->command, process->length},
	};
	const char *name = NULL;

	if (process->holds && process->jail != 0)
		name = source->jail(source->context, process->jail);
	if (name != NULL)
		facts.service = (struct po_bytes){name, strlen(name)};
	if (process->holds)
		source->details(source->context, &facts);
	return po_builder_add_process(builder, &facts);
}

static int
tell_processes(struct freebsd_run *run, struct po_builder *builder)
{
	const struct freebsd_process *processes = run->processes.items;
	size_t i;
	int error = 0;

	for (i = 0; i < run->processes.count && error == 0; i++)
		/*
		 * The list may have met one twice while it moved; the kernel's
		 * own has a number that means nobody.
		 */
		if (processes[i].pid != 0 &&
		    (i == 0 || processes[i].pid != processes[i - 1].pid))
			error =
			    tell_process(run->source, &processes[i], builder);
	return error;
}

int
po_freebsd_collect(const struct po_freebsd_source *source,
    const uint32_t *stacks, size_t n_stacks, struct po_freebsd_memory *memory,
    struct po_builder *builder, struct po_freebsd_gaps *gaps)
{
	struct freebsd_run run = {
	    .source = source,
	    .stacks = stacks,
	    .n_stacks = n_stacks,
	    .memory = memory,
	    .gaps = gaps,
	};
	int error;

	memset(gaps, 0, sizeof(*gaps));
	error = freebsd_list_processes(&run);
	if (error == 0)
		error = freebsd_list_sockets(&run, &run.sockets);
	if (error == 0)
		error = look_until_clear(&run);
	if (error == 0)
		error = remember_ownerless(&run);
	if (error == 0)
		error = tell_sockets(&run, builder);
	if (error == 0)
		error = tell_processes(&run, builder);
	free(run.sockets.items);
	free(run.holds.items);
	free(run.processes.items);
	free(run.before.items);
	return error;
}

void
po_freebsd_forget(struct po_freebsd_memory *memory)
{
	free(memory->buffer.data);
	free(memory->ownerless);
	memset(memory, 0, sizeof(*memory));
}
