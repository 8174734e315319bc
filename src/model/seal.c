/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The builder's second half: from sockets and holders to an image.
 *
 * Sockets are sorted once, by local endpoint and then by remote one.  That is
 * the order of every table, so all of them are written in one pass over groups
 * of equal endpoints; only the holders inside a group are sorted again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/builder_private.h"
#include "model/order.h"
#include "model/text.h"

/* How many ancestors of a process are looked at. */
#define ANCESTORS_MAX 256

/* prefix: stack, protocol, port and address type, as they are compared. */
struct sort_item {
	uint64_t prefix;
	const struct socket_entry *entry;
};

/* One socket in the hands of one process. */
struct holder {
	uint32_t process; /* record */
	uint32_t entry; /* index of the process, NOTHING without one */
	const struct socket_entry *socket;
};

struct sealer {
	struct po_builder *builder;
	struct sort_item *order;
	size_t n_order;
	struct array sections[PO_SECTIONS];
	struct array absent; /* uint64_t: kind and uid of the ownerless */
	struct array holders; /* struct holder, of the group at hand */
	uint32_t group; /* counts the groups of candidates */
	uint32_t dropped;
	uint32_t unowned;
	bool hidden; /* a permission was missing */
};

#define ITEM(array, type, i) ((type *)(array).items + (i))

static int
by_order(const void *left, const void *right)
{
	const struct sort_item *a = left, *b = right;
	const struct po_socket *x, *y;
	int order;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	x = &a->entry->row;
	y = &b->entry->row;
	order = po_address_compare(&x->local.address, &y->local.address);
	if (order != 0)
		return order;
	if (x->connected != y->connected)
		return x->connected ? 1 : -1;
	return po_remote_compare(
	    x->remote_port, &x->remote, y->remote_port, &y->remote);
}

static int
sort_sockets(struct sealer *s)
{
	const struct po_builder *builder = s->builder;
	const struct socket_entry *entry;
	struct sort_item *item;
	size_t i;

	s->order = malloc((builder->sockets.count + 1) * sizeof(*s->order));
	if (s->order == NULL)
		return -ENOMEM;
	for (i = 0; i < builder->sockets.count; i++) {
		entry = socket_at(builder, i);
		if (is_dropped(builder, entry))
			continue;
		item = &s->order[s->n_order++];
		item->entry = entry;
		item->prefix = (uint64_t)entry->row.local.stack << 32 |
			       (uint64_t)entry->row.local.protocol << 24 |
			       (uint64_t)entry->row.local.port << 8 |
			       entry->row.local.address.type;
	}
	qsort(s->order, s->n_order, sizeof(*s->order), by_order);
	return 0;
}

/*
 * Who stands for the owner of a socket that nobody holds: why, and the uid of
 * its creator.
 */
static uint64_t
absent_key(const struct sealer *s, const struct socket_entry *entry)
{
	enum po_owner_kind kind = entry->row.handle == 0 ? PO_OWNER_NONE
				  : s->hidden		 ? PO_OWNER_HIDDEN
							 : PO_OWNER_UNSEEN;

	return (uint64_t)kind << 32 | entry->row.uid;
}

static int
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

static uint32_t
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

/* The processes section: those without a process first, then by pid. */
static int
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
static int
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
static size_t
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
		if ((uint32_t)key != (uint32_t)merged)
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
static void *
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

static bool
is_any(const struct sealer *s, const struct po_socket *socket)
{
	(void)s;
	(void)socket;
	return true;
}

static bool
is_ephemeral(const struct sealer *s, uint16_t port)
{
	return s->builder->ephemeral_high != 0 &&
	       port >= s->builder->ephemeral_low &&
	       port <= s->builder->ephemeral_high;
}

/* Design section 3: what a listener is. */
static bool
is_listener(const struct sealer *s, const struct po_socket *socket)
{
	if (socket->connected)
		return false;
	if (socket->local.protocol != PO_PROTOCOL_UDP &&
	    socket->local.protocol != PO_PROTOCOL_UDPLITE)
		return socket->state == PO_STATE_LISTEN;
	return s->builder->options.listener_ephemeral_udp ||
	       !is_ephemeral(s, socket->local.port);
}

/* The rows of portOwnerTable for the endpoint of order[from..to). */
static int
write_owners(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	const struct holder *holder;
	struct po_owner *row;
	size_t i, count, at;
	uint32_t process;
	int error;

	if (gather_holders(s, from, to, is_any) != 0)
		return -ENOMEM;
	for (i = 0; i < s->holders.count; i += count) {
		count = holders_of_row(s, i, &process);
		row = add_row(s, PO_SECTION_OWNERS, sizeof(*row), &error);
		if (error != 0)
			return error;
		if (row == NULL)
			continue;
		row->endpoint = endpoint;
		row->process = process;
		row->sockets = (uint32_t)count;
		for (at = i; at < i + count; at++) {
			holder = ITEM(s->holders, struct holder, at);
			row->connected += holder->socket->row.connected;
			row->listening +=
			    holder->socket->row.state == PO_STATE_LISTEN;
		}
	}
	return 0;
}

/* The rows of one pair of endpoints: order[from..to). */
static int
write_connection(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	const struct po_socket *socket = &s->order[from].entry->row;
	struct po_connection *row;
	uint32_t process;
	size_t i, count;
	int error;

	if (gather_holders(s, from, to, is_any) != 0)
		return -ENOMEM;
	for (i = 0; i < s->holders.count; i += count) {
		count = holders_of_row(s, i, &process);
		row = add_row(s, PO_SECTION_CONNECTIONS, sizeof(*row), &error);
		if (error != 0)
			return error;
		if (row == NULL)
			continue;
		row->endpoint = endpoint;
		row->process = process;
		row->sockets = (uint32_t)count;
		row->remote_port = socket->remote_port;
		row->remote = socket->remote;
		row->state =
		    ITEM(s->holders, struct holder, i)->socket->row.state;
	}
	return 0;
}

static int
write_connections(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	const struct po_socket *a, *b;
	size_t end;
	int error = 0;

	while (from < to && !s->order[from].entry->row.connected)
		from++;
	for (; from < to && error == 0; from = end) {
		a = &s->order[from].entry->row;
		for (end = from + 1; end < to; end++) {
			b = &s->order[end].entry->row;
			if (po_remote_compare(a->remote_port, &a->remote,
				b->remote_port, &b->remote) != 0)
				break;
		}
		error = write_connection(s, endpoint, from, end);
	}
	return error;
}

/* The process that started a process, or NULL. */
static const struct process_entry *
parent_of(const struct sealer *s, const struct process_entry *process)
{
	uint32_t at = process->parent == 0
			  ? NOTHING
			  : find_process(s->builder, process->parent);

	return at == NOTHING ? NULL : process_at(s->builder, at);
}

static bool
is_ancestor(const struct sealer *s, const struct process_entry *ancestor,
    const struct process_entry *process)
{
	unsigned int i;

	for (i = 0; process != NULL && i < ANCESTORS_MAX; i++) {
		if (process == ancestor)
			return true;
		process = parent_of(s, process);
	}
	return false;
}

/*
 * The candidate that all others descend from, or NULL.  It is the topmost
 * candidate above any one of them, so only that one has to be tried.
 */
static const struct process_entry *
common_ancestor(const struct sealer *s, const struct process_entry *first)
{
	const struct process_entry *top = first, *p = first;
	const struct holder *holder;
	unsigned int steps;
	size_t i;

	for (steps = 0; p != NULL && steps < ANCESTORS_MAX; steps++) {
		if (p->group == s->group)
			top = p;
		p = parent_of(s, p);
	}
	for (i = 0; i < s->holders.count; i++) {
		holder = ITEM(s->holders, struct holder, i);
		if (holder->entry == NOTHING)
			continue;
		p = process_at(s->builder, holder->entry);
		if (p->group == s->group && !is_ancestor(s, top, p))
			return NULL;
	}
	return top;
}

/*
 * The primary owner among s->holders: not init if anybody else is there; then
 * the ancestor of the others, else the longest-lived, else the lowest pid.
 * *owners becomes the number of processes.
 */
static uint32_t
choose_primary(struct sealer *s, uint32_t *owners)
{
	const struct process_entry *first = NULL, *oldest = NULL, *top;
	const struct holder *holder = s->holders.items;
	struct process_entry *p;
	uint32_t init = NOTHING, process, count = 0;
	size_t i;

	s->group++;
	holders_of_row(s, 0, &process);
	for (i = 0; i < s->holders.count; i++) {
		if (holder[i].entry == NOTHING)
			continue;
		p = process_at(s->builder, holder[i].entry);
		if (p->group == s->group)
			continue;
		count++;
		if (p->pid == 1) {
			init = p->record;
			continue;
		}
		p->group = s->group;
		if (first == NULL)
			first = p;
		if (oldest == NULL ||
		    (p->start != 0 &&
			(oldest->start == 0 || p->start < oldest->start)))
			oldest = p;
	}
	*owners = count;
	if (first == NULL)
		return init != NOTHING ? init : process;
	top = common_ancestor(s, first);
	return top != NULL ? top->record : oldest->record;
}

/* What is not known of one socket is not known of the sum. */
static void
add_queue(uint32_t *sum, uint32_t part)
{
	if (part > PO_QUEUE_UNKNOWN - *sum)
		*sum = PO_QUEUE_UNKNOWN;
	else
		*sum += part;
}

static int
write_listener(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	struct po_listener *row;
	const struct po_socket *socket;
	int error;

	if (gather_holders(s, from, to, is_listener) != 0)
		return -ENOMEM;
	if (s->holders.count == 0)
		return 0;
	row = add_row(s, PO_SECTION_LISTENERS, sizeof(*row), &error);
	if (row == NULL)
		return error;
	row->endpoint = endpoint;
	row->process = choose_primary(s, &row->owners);
	for (; from < to; from++) {
		socket = &s->order[from].entry->row;
		if (!is_listener(s, socket))
			continue;
		row->sockets++;
		add_queue(&row->queue_length, socket->queue_length);
		add_queue(&row->queue_limit, socket->queue_limit);
	}
	return 0;
}

/* Everything about one endpoint: order[from..to). */
static int
write_endpoint(struct sealer *s, size_t from, size_t to)
{
	struct array *section = &s->sections[PO_SECTION_ENDPOINTS];
	struct po_endpoint *row = array_next(section, sizeof(*row));
	uint32_t endpoint = (uint32_t)section->count;
	int error;

	if (row == NULL)
		return -ENOMEM;
	*row = s->order[from].entry->row.local;
	section->count++;
	error = write_owners(s, endpoint, from, to);
	if (error == 0)
		error = write_listener(s, endpoint, from, to);
	if (error == 0)
		error = write_connections(s, endpoint, from, to);
	return error;
}

static int
write_endpoints(struct sealer *s)
{
	size_t from, to;
	int error = 0;

	for (from = 0; from < s->n_order && error == 0; from = to) {
		for (to = from + 1; to < s->n_order; to++)
			if (s->order[to].prefix != s->order[from].prefix ||
			    po_address_compare(
				&s->order[to].entry->row.local.address,
				&s->order[from].entry->row.local.address) != 0)
				break;
		error = write_endpoint(s, from, to);
	}
	return error;
}

static bool
same_port(const struct po_endpoint *a, const struct po_endpoint *b)
{
	return a->stack == b->stack && a->protocol == b->protocol &&
	       a->port == b->port;
}

/* How well a listener's address serves a local one: 0 not, 3 exactly. */
static unsigned int
serves(const struct po_address *listener, const struct po_address *local)
{
	static const struct po_address any;

	if (po_address_compare(listener, local) == 0)
		return 3;
	if (listener->type == PO_ADDRESS_UNKNOWN)
		return 1;
	if (memcmp(listener->bytes, any.bytes, sizeof(any.bytes)) != 0)
		return 0;
	return po_address_length(listener->type) ==
		       po_address_length(local->type)
		   ? 2
		   : 0;
}

/* The listener of l[0..n), all on one port, that serves local; or NULL. */
static struct po_listener *
find_server(struct po_listener *l, size_t n,
    const struct po_endpoint *endpoints, const struct po_address *local)
{
	struct po_listener *best = NULL;
	unsigned int quality = 0, q;
	size_t i;

	for (i = 0; i < n; i++) {
		q = serves(&endpoints[l[i].endpoint].address, local);
		if (q > quality) {
			quality = q;
			best = &l[i];
		}
	}
	return best;
}

/*
 * Counts each listener's connections: a connection's local address is not the
 * wildcard that it came through.  Both arrays are in order of ports.
 */
static void
count_connections(struct sealer *s)
{
	const struct po_endpoint *endpoints =
	    s->sections[PO_SECTION_ENDPOINTS].items;
	struct po_listener *listeners = s->sections[PO_SECTION_LISTENERS].items;
	size_t n = s->sections[PO_SECTION_LISTENERS].count, from = 0, to, i = 0;
	const struct po_endpoint *port, *local;
	struct po_listener *server;

	for (; from < n; from = to) {
		port = &endpoints[listeners[from].endpoint];
		to = from + 1;
		while (to < n &&
		       same_port(&endpoints[listeners[to].endpoint], port))
			to++;
		while (i < s->n_order &&
		       s->order[i].prefix >> 8 <
			   ((uint64_t)port->stack << 24 |
			       (uint64_t)port->protocol << 16 | port->port))
			i++;
		for (; i < s->n_order; i++) {
			local = &s->order[i].entry->row.local;
			if (!same_port(local, port))
				break;
			if (!s->order[i].entry->row.connected)
				continue;
			server = find_server(listeners + from, to - from,
			    endpoints, &local->address);
			if (server != NULL)
				server->connections++;
		}
	}
}

static int
write_gaps(struct sealer *s)
{
	struct po_builder *builder = s->builder;
	struct po_gap_record *row;
	struct gap_entry *gap;
	char text[96];
	size_t i;

	if (s->dropped + builder->overflow != 0) {
		snprintf(text, sizeof(text),
		    "%lu rows beyond the limit of %lu are not shown",
		    (unsigned long)s->dropped + builder->overflow,
		    (unsigned long)builder->options.max_rows);
		if (po_builder_add_gap(builder, PO_GAP_LIMIT, s->dropped, text,
			"raise maxRows") != 0)
			return -ENOMEM;
	}
	for (i = 0; i < builder->gaps.count; i++) {
		gap = ITEM(builder->gaps, struct gap_entry, i);
		row = array_next(&s->sections[PO_SECTION_GAPS], sizeof(*row));
		if (row == NULL)
			return -ENOMEM;
		row->kind = gap->kind;
		row->count = gap->count;
		row->text = gap->text;
		row->hint = gap->hint;
		s->sections[PO_SECTION_GAPS].count++;
	}
	return 0;
}

static bool
misses_permission(const struct po_builder *builder)
{
	size_t i;

	for (i = 0; i < builder->gaps.count; i++)
		if (ITEM(builder->gaps, struct gap_entry, i)->kind ==
		    PO_GAP_PERMISSION)
			return true;
	return false;
}

static void
fill_header(const struct sealer *s, const struct po_seal *seal,
    struct po_snapshot_header *header)
{
	memcpy(header->magic, PO_SNAPSHOT_MAGIC, sizeof(header->magic));
	header->byte_order = PO_SNAPSHOT_BYTE_ORDER;
	header->version = PO_SNAPSHOT_VERSION;
	header->generation = seal->generation;
	header->taken_unix = seal->taken_unix;
	header->taken = seal->taken;
	header->collect_us = seal->collect_us;
	header->partial = s->sections[PO_SECTION_GAPS].count != 0;
	header->unowned = s->unowned;
	header->dropped = s->dropped + s->builder->overflow;
}

/* Lays header and sections out in one piece. */
static int
write_image(
    struct sealer *s, const struct po_seal *seal, void **image, size_t *size)
{
	static const uint32_t strides[PO_SECTIONS] = {
	    sizeof(struct po_endpoint), sizeof(struct po_owner),
	    sizeof(struct po_listener), sizeof(struct po_connection),
	    sizeof(struct po_process_record), sizeof(struct po_gap_record), 1};
	struct po_bytes source = {seal->source, strlen(seal->source)};
	struct po_snapshot_header header = {.size = sizeof(header)};
	size_t i;
	char *out;

	if (add_string(s->builder, source, &header.source) != 0)
		return -ENOMEM;
	fill_header(s, seal, &header);
	/* Lent for the copy; it stays the builder's. */
	s->sections[PO_SECTION_STRINGS] = s->builder->strings;
	for (i = 0; i < PO_SECTIONS; i++) {
		header.sections[i].offset = header.size;
		header.sections[i].count = (uint32_t)s->sections[i].count;
		header.sections[i].stride = strides[i];
		header.size += s->sections[i].count * strides[i];
	}
	out = malloc(header.size);
	if (out == NULL)
		return -ENOMEM;
	memcpy(out, &header, sizeof(header));
	for (i = 0; i < PO_SECTIONS; i++)
		if (s->sections[i].count != 0)
			memcpy(out + header.sections[i].offset,
			    s->sections[i].items,
			    s->sections[i].count * strides[i]);
	*image = out;
	*size = header.size;
	return 0;
}

int
po_builder_seal(struct po_builder *builder, const struct po_seal *seal,
    void **image, size_t *size)
{
	struct sealer s = {.builder = builder};
	int error;
	size_t i;

	s.hidden = misses_permission(builder);
	error = sort_sockets(&s);
	if (error == 0)
		error = write_processes(&s);
	if (error == 0)
		error = write_endpoints(&s);
	if (error == 0) {
		count_connections(&s);
		error = write_gaps(&s);
	}
	if (error == 0)
		error = write_image(&s, seal, image, size);
	free(s.order);
	free(s.absent.items);
	free(s.holders.items);
	for (i = 0; i < PO_SECTION_STRINGS; i++)
		free(s.sections[i].items);
	return error;
}
