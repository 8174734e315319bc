/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listeners: what is one, who is its primary owner, whom it serves.
 */
#include <errno.h>
#include <string.h>

#include "model/order.h"
#include "model/seal_private.h"

/* How many ancestors of a process are looked at. */
#define ANCESTORS_MAX 256

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
		if (p->pid == 1) {
			count += init == NOTHING;
			init = p->record;
			continue;
		}
		count++;
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

int
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
void
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
