/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who stands behind the rows: processes with what is known of them, and, for
 * sockets that nobody holds, records that say why and whose they were.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/seal_private.h"

/*
 * Who stands for the owner of a socket that nobody holds: why, and the uid of
 * its creator.
 */
uint64_t
absent_key(const struct sealer *s, const struct socket_entry *entry)
{
	enum po_owner_kind kind = entry->row.handle == 0 ? PO_OWNER_NONE
				  : s->hidden		 ? PO_OWNER_HIDDEN
							 : PO_OWNER_UNSEEN;

	return (uint64_t)kind << 32 | entry->row.uid;
}

int
by_number(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Adds key, unless it was the last one that was added. */
static int
add_absent(struct sealer *s, uint64_t key)
{
	uint64_t *next = array_next(&s->absent, sizeof(*next));

	if (next == NULL)
		return -ENOMEM;
	if (s->absent.count == 0 || next[-1] != key) {
		*next = key;
		s->absent.count++;
	}
	return 0;
}

/* Leaves each number once in a sorted array; returns how many. */
static size_t
unique(uint64_t *keys, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		if (i == 0 || keys[i] != keys[n - 1])
			keys[n++] = keys[i];
	return n;
}

/* Collects the distinct keys of all ownerless sockets, sorted. */
static int
collect_absent(struct sealer *s)
{
	const struct socket_entry *entry;
	uint64_t *keys;
	size_t i, n;

	for (i = 0; i < s->n_order; i++) {
		entry = s->order[i].entry;
		if (socket_at(s->builder, entry->head)->holds != NOTHING)
			continue;
		s->unowned++;
		if (add_absent(s, absent_key(s, entry)) != 0)
			return -ENOMEM;
	}
	if (s->absent.count == 0)
		return 0;
	keys = s->absent.items;
	qsort(keys, s->absent.count, sizeof(*keys), by_number);
	n = unique(keys, s->absent.count);
	s->absent.count = n;
	/* Several of them at one endpoint may not agree on the uid. */
	for (i = 0; i < n; i++) {
		keys = s->absent.items;
		if (add_absent(s, keys[i] | PO_UID_UNKNOWN) != 0)
			return -ENOMEM;
	}
	keys = s->absent.items;
	qsort(keys, s->absent.count, sizeof(*keys), by_number);
	s->absent.count = unique(keys, s->absent.count);
	return 0;
}

uint32_t
find_absent(const struct sealer *s, uint64_t key)
{
	const uint64_t *keys = s->absent.items, *found;

	found = bsearch(&key, keys, s->absent.count, sizeof(key), by_number);
	return (uint32_t)(found - keys);
}

/* The user's name; a uid without one is its own name. */
static int
name_user(struct sealer *s, uint32_t uid, po_string *user)
{
	const struct po_builder_options *options = &s->builder->options;
	struct po_bytes bytes = {NULL, 0};
	char number[16];

	if (uid == PO_UID_UNKNOWN)
		return 0;
	if (options->user_name != NULL)
		bytes.data = options->user_name(options->context, uid);
	if (bytes.data == NULL) {
		snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
		bytes.data = number;
	}
	bytes.length = strlen(bytes.data);
	return add_string(s->builder, bytes, user);
}

static int
write_process(struct sealer *s, const struct po_process_record *record)
{
	struct po_process_record *next =
	    array_next(&s->sections[PO_SECTION_PROCESSES], sizeof(*next));

	if (next == NULL)
		return -ENOMEM;
	*next = *record;
	s->sections[PO_SECTION_PROCESSES].count++;
	if (record->user != 0)
		return 0;
	return name_user(s, record->uid, &next->user);
}

static int
write_absent(struct sealer *s)
{
	struct po_process_record record = {.pid = 0};
	uint64_t key;
	size_t i;

	for (i = 0; i < s->absent.count; i++) {
		key = *ITEM(s->absent, uint64_t, i);
		record.kind = (uint32_t)(key >> 32);
		record.uid = (uint32_t)key;
		if (write_process(s, &record) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Points each hold at its process and collects the pids that hold something. */
static int
mark_holders(struct sealer *s, struct array *pids)
{
	struct po_builder *builder = s->builder;
	struct process_entry *process;
	struct hold *hold;
	uint64_t *next;
	uint32_t at;
	size_t i;

	for (i = 0; i < builder->holds.count; i++) {
		hold = hold_at(builder, i);
		at = find_process(builder, hold->pid);
		if (at == NOTHING &&
		    add_bare_process(builder, hold->pid, &at) != 0)
			return -ENOMEM;
		hold->process = at;
		process = process_at(builder, at);
		if (process->record != NOTHING)
			continue;
		process->record = 0;
		next = array_next(pids, sizeof(*next));
		if (next == NULL)
			return -ENOMEM;
		*next = (uint64_t)hold->pid << 32 | at;
		pids->count++;
	}
	return 0;
}

static int
write_holders(struct sealer *s, struct array *pids)
{
	const uint32_t first = (uint32_t)s->absent.count;
	struct po_process_record record;
	struct process_entry *process;
	size_t i;

	if (pids->count > 0)
		qsort(pids->items, pids->count, sizeof(uint64_t), by_number);
	for (i = 0; i < pids->count; i++) {
		process =
		    process_at(s->builder, (uint32_t)*ITEM(*pids, uint64_t, i));
		process->record = first + (uint32_t)i;
		record = (struct po_process_record){
		    .pid = process->pid,
		    .uid = process->uid,
		    .kind = PO_OWNER_PROCESS,
		    .command = process->command,
		    .user = process->user,
		    .service = process->service,
		    .executable = process->executable,
		    .arguments = process->arguments,
		};
		if (write_process(s, &record) != 0)
			return -ENOMEM;
	}
	return 0;
}

int
write_processes(struct sealer *s)
{
	struct array pids = {0};
	int error;

	error = collect_absent(s);
	if (error == 0)
		error = write_absent(s);
	if (error == 0)
		error = mark_holders(s, &pids);
	if (error == 0)
		error = write_holders(s, &pids);
	free(pids.items);
	return error;
}
