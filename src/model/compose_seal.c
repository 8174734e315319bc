/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows are sorted, and endpoints and processes numbered.
 *
 * A table says less than a snapshot.  Who stands behind pid 0 follows from the
 * uid: a socket that no process can hold has none (see po_socket.handle).  What
 * of an owner listens follows from its use, or, if that is both(4), from the
 * listener table.
 */
#include "model/compose_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/order.h"

static int
by_endpoint(const void *left, const void *right)
{
	const struct any_entry *a = left, *b = right;

	return po_endpoint_compare(&a->local, &b->local);
}

static int
by_owner(const void *left, const void *right)
{
	const struct any_entry *a = left, *b = right;
	int order = by_endpoint(left, right);

	if (order != 0 || a->who.pid == b->who.pid)
		return order;
	return a->who.pid < b->who.pid ? -1 : 1;
}

static int
by_pair(const void *left, const void *right)
{
	const struct connection_entry *a = left, *b = right;
	int order = by_endpoint(left, right);

	if (order == 0)
		order = po_remote_compare(a->row.remote_port, &a->row.remote,
		    b->row.remote_port, &b->row.remote);
	if (order != 0 || a->who.pid == b->who.pid)
		return order;
	return a->who.pid < b->who.pid ? -1 : 1;
}

/* Sorts, and leaves what is equal once. */
static void
sort_entries(struct array *array, size_t size,
    int (*compare)(const void *, const void *))
{
	char *items = array->items;
	size_t i, n = 0;

	if (array->count < 2)
		return;
	qsort(items, array->count, size, compare);
	for (i = 0; i < array->count; i++) {
		if (n > 0 &&
		    compare(items + (n - 1) * size, items + i * size) == 0)
			continue;
		memmove(items + n * size, items + i * size, size);
		n++;
	}
	array->count = n;
}

static uint64_t
key_of(const struct po_compose *compose, const struct who *who)
{
	enum po_owner_kind kind = who->uid == PO_UID_UNKNOWN ? PO_OWNER_NONE
				  : compose->partial	     ? PO_OWNER_HIDDEN
							     : PO_OWNER_UNSEEN;

	return (uint64_t)kind << 32 | who->uid;
}

static int
collect_absent(
    struct po_compose *compose, const struct array *array, size_t size)
{
	const struct any_entry *entry;
	struct absent *absent;
	size_t i;

	for (i = 0; i < array->count; i++) {
		entry = (const void *)((const char *)array->items + i * size);
		if (entry->who.pid != 0)
			continue;
		absent = array_next(&compose->absent, sizeof(*absent));
		if (absent == NULL)
			return -ENOMEM;
		absent->key = key_of(compose, &entry->who);
		absent->user = entry->who.user;
		compose->absent.count++;
	}
	return 0;
}

static int
by_key(const void *left, const void *right)
{
	const struct absent *a = left, *b = right;

	return a->key < b->key ? -1 : a->key > b->key;
}

/* pid: the number of the process in the builder rides along. */
static int
sort_pids(const struct po_builder *builder, uint64_t **pids)
{
	const size_t count = builder->processes.count;
	size_t i;

	*pids = malloc((count + 1) * sizeof(**pids));
	if (*pids == NULL)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		(*pids)[i] = (uint64_t)process_at(builder, i)->pid << 32 | i;
	qsort(*pids, count, sizeof(**pids), by_number);
	return 0;
}

static int
write_record(struct sealer *s, const struct po_process_record *record)
{
	struct po_process_record *next =
	    array_next(&s->sections[PO_SECTION_PROCESSES], sizeof(*next));

	if (next == NULL)
		return -ENOMEM;
	*next = *record;
	s->sections[PO_SECTION_PROCESSES].count++;
	return 0;
}

static int
write_absents(struct sealer *s, const struct po_compose *compose)
{
	const struct absent *absent = compose->absent.items;
	struct po_process_record record = {.pid = 0};
	size_t i;

	for (i = 0; i < compose->absent.count; i++) {
		record.kind = (uint32_t)(absent[i].key >> 32);
		record.uid = (uint32_t)absent[i].key;
		record.user = absent[i].user;
		if (write_record(s, &record) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int
write_records(struct sealer *s, const uint64_t *pids)
{
	struct po_process_record record;
	struct process_entry *process;
	size_t i;

	for (i = 0; i < s->builder->processes.count; i++) {
		process = process_at(s->builder, (uint32_t)pids[i]);
		process->record =
		    (uint32_t)s->sections[PO_SECTION_PROCESSES].count;
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
		if (write_record(s, &record) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int
write_all_records(struct sealer *s, struct po_compose *compose)
{
	uint64_t *pids = NULL;
	int error;

	error = collect_absent(
	    compose, &compose->owners, sizeof(struct owner_entry));
	if (error == 0)
		error = collect_absent(compose, &compose->listeners,
		    sizeof(struct listener_entry));
	if (error == 0)
		error = collect_absent(compose, &compose->connections,
		    sizeof(struct connection_entry));
	sort_entries(&compose->absent, sizeof(struct absent), by_key);
	if (error == 0)
		error = write_absents(s, compose);
	if (error == 0)
		error = sort_pids(compose->builder, &pids);
	if (error == 0)
		error = write_records(s, pids);
	free(pids);
	return error;
}

static uint32_t
record_of(const struct po_compose *compose, const struct who *who)
{
	const struct absent *absent = compose->absent.items, *found;
	const struct absent wanted = {.key = key_of(compose, who)};
	uint32_t at;

	if (who->pid != 0) {
		at = find_process(compose->builder, who->pid);
		return process_at(compose->builder, at)->record;
	}
	found = bsearch(
	    &wanted, absent, compose->absent.count, sizeof(*absent), by_key);
	return (uint32_t)(found - absent);
}

/* How far the three tables are written. */
struct cursor {
	size_t owner;
	size_t listener;
	size_t connection;
};

/* The least endpoint at the cursor; NULL at the end. */
static const struct po_endpoint *
next_endpoint(const struct po_compose *compose, const struct cursor *at)
{
	const struct po_endpoint *next = NULL, *other;

	if (at->owner < compose->owners.count)
		next = &ITEM(compose->owners, struct owner_entry, at->owner)
			    ->local;
	if (at->listener < compose->listeners.count) {
		other = &ITEM(
		    compose->listeners, struct listener_entry, at->listener)
			     ->local;
		if (next == NULL || po_endpoint_compare(other, next) < 0)
			next = other;
	}
	if (at->connection < compose->connections.count) {
		other = &ITEM(compose->connections, struct connection_entry,
		    at->connection)
			     ->local;
		if (next == NULL || po_endpoint_compare(other, next) < 0)
			next = other;
	}
	return next;
}

static bool
is_stream(uint8_t protocol)
{
	return protocol == PO_PROTOCOL_TCP || protocol == PO_PROTOCOL_SCTP ||
	       protocol == PO_PROTOCOL_DCCP;
}

static int
write_owner(struct sealer *s, const struct po_compose *compose,
    const struct owner_entry *entry, uint32_t endpoint, bool has_listener)
{
	struct array *section = &s->sections[PO_SECTION_OWNERS];
	struct po_owner *row = array_next(section, sizeof(*row));
	bool listens = entry->use == PO_USE_LISTENING ||
		       (entry->use == PO_USE_BOTH && has_listener);

	if (row == NULL)
		return -ENOMEM;
	*row = (struct po_owner){
	    .endpoint = endpoint,
	    .process = record_of(compose, &entry->who),
	    .sockets = entry->sockets,
	    .connected = entry->connected,
	};
	if (listens && is_stream(entry->local.protocol))
		row->listening = row->sockets - row->connected;
	section->count++;
	return 0;
}

static int
write_owners(struct sealer *s, const struct po_compose *compose,
    const struct po_endpoint *local, uint32_t endpoint, bool has_listener,
    size_t *at)
{
	const struct owner_entry *entry;
	int error = 0;

	for (; *at < compose->owners.count && error == 0; (*at)++) {
		entry = ITEM(compose->owners, struct owner_entry, *at);
		if (po_endpoint_compare(&entry->local, local) != 0)
			break;
		error = write_owner(s, compose, entry, endpoint, has_listener);
	}
	return error;
}

static int
write_listener_row(struct sealer *s, const struct po_compose *compose,
    const struct listener_entry *entry, uint32_t endpoint)
{
	struct array *section = &s->sections[PO_SECTION_LISTENERS];
	struct po_listener *row = array_next(section, sizeof(*row));

	if (row == NULL)
		return -ENOMEM;
	*row = entry->row;
	row->endpoint = endpoint;
	row->process = record_of(compose, &entry->who);
	section->count++;
	return 0;
}

static int
write_connections(struct sealer *s, const struct po_compose *compose,
    const struct po_endpoint *local, uint32_t endpoint, size_t *at)
{
	struct array *section = &s->sections[PO_SECTION_CONNECTIONS];
	const struct connection_entry *entry;
	struct po_connection *row;

	for (; *at < compose->connections.count; (*at)++) {
		entry =
		    ITEM(compose->connections, struct connection_entry, *at);
		if (po_endpoint_compare(&entry->local, local) != 0)
			break;
		row = array_next(section, sizeof(*row));
		if (row == NULL)
			return -ENOMEM;
		*row = entry->row;
		row->endpoint = endpoint;
		row->process = record_of(compose, &entry->who);
		section->count++;
	}
	return 0;
}

static int
write_endpoint(struct sealer *s, const struct po_compose *compose,
    const struct po_endpoint *local, struct cursor *at)
{
	struct array *section = &s->sections[PO_SECTION_ENDPOINTS];
	struct po_endpoint *row = array_next(section, sizeof(*row));
	uint32_t endpoint = (uint32_t)section->count;
	const struct listener_entry *listener = NULL;
	int error = 0;

	if (row == NULL)
		return -ENOMEM;
	*row = *local;
	section->count++;
	if (at->listener < compose->listeners.count) {
		listener = ITEM(
		    compose->listeners, struct listener_entry, at->listener);
		if (po_endpoint_compare(&listener->local, row) != 0)
			listener = NULL;
	}
	if (listener != NULL) {
		at->listener++;
		error = write_listener_row(s, compose, listener, endpoint);
	}
	if (error == 0)
		error = write_owners(
		    s, compose, local, endpoint, listener != NULL, &at->owner);
	if (error == 0)
		error = write_connections(
		    s, compose, local, endpoint, &at->connection);
	return error;
}

/* How often a process appears among an endpoint's connections, and where. */
struct seen {
	uint32_t count;
	uint32_t at;
};

/*
 * The table of connections does not tell of how many sockets one of them is;
 * but if it is the only one of an owner, all that the owner has connected are.
 * connections: rows[from..to), all of one endpoint; owner: its first.
 */
static const struct po_owner *
count_at_endpoint(struct po_connection *rows, size_t from, size_t to,
    const struct po_owner *owner, const struct po_owner *end, struct seen *seen)
{
	size_t i;

	for (i = from; i < to; i++) {
		seen[rows[i].process].count++;
		seen[rows[i].process].at = (uint32_t)i;
	}
	for (; owner < end && owner->endpoint == rows[from].endpoint; owner++)
		if (seen[owner->process].count == 1 && owner->connected > 0)
			rows[seen[owner->process].at].sockets =
			    owner->connected;
	for (i = from; i < to; i++)
		seen[rows[i].process].count = 0;
	return owner;
}

static int
count_sockets(struct sealer *s)
{
	const struct po_owner *owner = s->sections[PO_SECTION_OWNERS].items;
	const struct po_owner *end =
	    owner + s->sections[PO_SECTION_OWNERS].count;
	struct po_connection *rows = s->sections[PO_SECTION_CONNECTIONS].items;
	const size_t count = s->sections[PO_SECTION_CONNECTIONS].count;
	struct seen *seen =
	    calloc(s->sections[PO_SECTION_PROCESSES].count + 1, sizeof(*seen));
	size_t from, to;

	if (seen == NULL)
		return -ENOMEM;
	for (from = 0; from < count; from = to) {
		to = from + 1;
		while (to < count && rows[to].endpoint == rows[from].endpoint)
			to++;
		while (owner < end && owner->endpoint < rows[from].endpoint)
			owner++;
		owner = count_at_endpoint(rows, from, to, owner, end, seen);
	}
	free(seen);
	return 0;
}

static int
write_tables(struct sealer *s, const struct po_compose *compose)
{
	struct cursor at = {0};
	const struct po_endpoint *local;
	int error = 0;

	while (error == 0 && (local = next_endpoint(compose, &at)) != NULL)
		error = write_endpoint(s, compose, local, &at);
	return error;
}

int
po_compose_seal(struct po_compose *compose,
    const struct po_compose_totals *totals, const struct po_seal *seal,
    void **image, size_t *size)
{
	struct sealer s = begin_seal(compose->builder);
	struct po_pieces pieces;
	int error;

	compose->partial = totals->partial;
	sort_entries(&compose->owners, sizeof(struct owner_entry), by_owner);
	sort_entries(
	    &compose->listeners, sizeof(struct listener_entry), by_endpoint);
	sort_entries(
	    &compose->connections, sizeof(struct connection_entry), by_pair);
	error = write_all_records(&s, compose);
	if (error == 0)
		error = write_tables(&s, compose);
	if (error == 0)
		error = count_sockets(&s);
	if (error == 0)
		error = write_gaps(&s);
	s.unowned = totals->unowned;
	s.dropped = totals->dropped;
	if (error == 0)
		error = end_seal(&s, seal, &pieces);
	if (error != 0)
		return error;
	*image = po_pieces_join(&pieces);
	*size = pieces.size;
	return *image == NULL ? -ENOMEM : 0;
}
