/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holders of a group of sockets, by process, as the rows of a table need them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/seal_private.h"

static int
add_holder(struct sealer *s, const struct socket_entry *socket,
    uint32_t process, uint32_t entry)
{
	struct holder *holder = array_next(&s->holders, sizeof(*holder));

	if (holder == NULL)
		return -ENOMEM;
	holder->process = process;
	holder->entry = entry;
	holder->socket = socket;
	s->holders.count++;
	return 0;
}

static int
by_process(const void *left, const void *right)
{
	const struct holder *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->socket < b->socket ? -1 : a->socket > b->socket;
}

static int
add_holders_of(struct sealer *s, const struct socket_entry *socket)
{
	const struct po_builder *builder = s->builder;
	uint32_t at = socket_at(builder, socket->head)->holds;
	const struct hold *hold;
	int error = 0;

	if (at == NOTHING)
		return add_holder(
		    s, socket, find_absent(s, absent_key(s, socket)), NOTHING);
	for (; at != NOTHING && error == 0; at = hold->next) {
		hold = hold_at(builder, at);
		error = add_holder(s, socket,
		    process_at(builder, hold->process)->record, hold->process);
	}
	return error;
}

/*
 * Fills s->holders with those who hold the sockets of order[from..to) that
 * wanted() accepts, by process, each pair once.
 */
int
gather_holders(struct sealer *s, size_t from, size_t to,
    bool (*wanted)(const struct sealer *, const struct po_socket *))
{
	struct holder *holders;
	size_t i, n = 0;

	s->holders.count = 0;
	for (i = from; i < to; i++)
		if (wanted(s, &s->order[i].entry->row) &&
		    add_holders_of(s, s->order[i].entry) != 0)
			return -ENOMEM;
	if (s->holders.count < 2)
		return 0;
	holders = s->holders.items;
	qsort(holders, s->holders.count, sizeof(*holders), by_process);
	for (i = 0; i < s->holders.count; i++)
		if (i == 0 || by_process(&holders[i], &holders[n - 1]) != 0)
			holders[n++] = holders[i];
	s->holders.count = n;
	return 0;
}

/*
 * One row's worth of holders begins at from: how many belong to it, and whose
 * they are.  All that no process holds is one row, with the gravest reason and
 * the uid that they agree on.
 */
size_t
holders_of_row(const struct sealer *s, size_t from, uint32_t *process)
{
	const struct holder *holders = s->holders.items;
	uint64_t merged, key;
	size_t i = from + 1;

	*process = holders[from].process;
	if (holders[from].entry != NOTHING) {
		while (i < s->holders.count && holders[i].process == *process)
			i++;
		return i - from;
	}
	merged = *ITEM(s->absent, uint64_t, *process);
	for (; i < s->holders.count && holders[i].entry == NOTHING; i++) {
		key = *ITEM(s->absent, uint64_t, holders[i].process);
		/* They come by reason, so the gravest one comes last. */
		if (key >> 32 == merged >> 32 && key != merged)
			key |= PO_UID_UNKNOWN;
		merged = key;
	}
	*process = find_absent(s, merged);
	return i - from;
}

/*
 * Room for one more record of a table, zeroed; NULL with *error 0 when the
 * table is full, which is counted.
 */
void *
add_row(struct sealer *s, enum po_section which, size_t size, int *error)
{
	struct array *section = &s->sections[which];
	void *row;

	*error = 0;
	if (section->count >= s->builder->options.max_rows) {
		s->dropped++;
		return NULL;
	}
	row = array_next(section, size);
	if (row == NULL) {
		*error = -ENOMEM;
		return NULL;
	}
	memset(row, 0, size);
	section->count++;
	return row;
}
