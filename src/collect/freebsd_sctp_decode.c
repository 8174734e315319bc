/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCTP's list: endpoints, their addresses, their associations, and theirs.  An
 * endpoint bound to several addresses is a row for each; an association is one
 * row, of the peer's main address and a local one of that family.
 */
#include <errno.h>
#include <string.h>

#include "collect/freebsd_address.h"
#include "collect/freebsd_wire.h"

struct cursor {
	const uint8_t *at;
	size_t left;
};

/* The addresses of an endpoint or an association, where they stand. */
struct addresses {
	const uint8_t *first;
	size_t count;
};

struct endpoint {
	const uint8_t *record;
	struct addresses local;
	uint32_t flags;
	uint64_t handle;
	size_t associations;
	uint32_t stack;
	struct po_freebsd_notes *notes;
	int (*visit)(void *context, const struct po_freebsd_socket *socket);
	void *context;
};

/* The next record, or NULL if there is none of that size. */
static const uint8_t *
next(struct cursor *cursor, size_t size)
{
	const uint8_t *record = cursor->at;

	if (cursor->left < size)
		return NULL;
	cursor->at += size;
	cursor->left -= size;
	return record;
}

static int
read_addresses(struct cursor *cursor, size_t size, struct addresses *addresses)
{
	const uint8_t *record;

	addresses->first = cursor->at;
	addresses->count = 0;
	while ((record = next(cursor, size)) != NULL) {
		if (po_freebsd_u32(record + PO_XSCTP_ADDRESS_LAST) != 0)
			return 0;
		addresses->count++;
	}
	return -EBADMSG;
}

static bool
take_sockaddr(const uint8_t *at, struct po_address *address)
{
	switch (at[PO_BSD_SOCKADDR_FAMILY]) {
	case PO_FREEBSD_INET:
		po_freebsd_ipv4(address, at + PO_BSD_SOCKADDR_IPV4);
		return true;
	case PO_FREEBSD_INET6:
		po_freebsd_ipv6(address, at + PO_BSD_SOCKADDR_IPV6);
		return true;
	default:
		return false;
	}
}

/* The first local address of a family (0: any); false: there is none. */
static bool
find_address(const struct addresses *addresses, uint8_t family,
    struct po_address *address)
{
	const uint8_t *at = addresses->first;
	size_t i;

	for (i = 0; i < addresses->count; i++, at += PO_XSCTP_LADDR_SIZE)
		if (family == 0 || at[PO_BSD_SOCKADDR_FAMILY] == family)
			return take_sockaddr(at, address);
	return false;
}

static void
begin_row(const struct endpoint *endpoint, struct po_freebsd_socket *row)
{
	memset(row, 0, sizeof(*row));
	row->socket.local.stack = endpoint->stack;
	row->socket.local.protocol = PO_PROTOCOL_SCTP;
	row->socket.local.port =
	    po_freebsd_u16(endpoint->record + PO_XSCTP_INPCB_PORT);
}

static int
give_row(const struct endpoint *endpoint, struct po_freebsd_socket *row)
{
	if (row->socket.local.port == 0)
		return 0;
	/* Who made the socket is not told. */
	po_freebsd_finish(&row->socket, endpoint->handle, PO_UID_UNKNOWN);
	return endpoint->visit(endpoint->context, row);
}

/* CLOSED is 0: an association that is being made or ends. */
static uint8_t
association_state(uint32_t state)
{
	switch (state) {
	case PO_XSCTP_COOKIE_WAIT:
	case PO_XSCTP_COOKIE_ECHOED:
		return PO_STATE_SYN_SENT;
	case PO_XSCTP_ESTABLISHED:
		return PO_STATE_ESTABLISHED;
	case PO_XSCTP_SHUTDOWN_PENDING:
		return PO_STATE_FIN_WAIT_1;
	case PO_XSCTP_SHUTDOWN_SENT:
		return PO_STATE_FIN_WAIT_2;
	case PO_XSCTP_SHUTDOWN_RECEIVED:
		return PO_STATE_CLOSE_WAIT;
	case PO_XSCTP_SHUTDOWN_ACK_SENT:
		return PO_STATE_LAST_ACK;
	default:
		return PO_STATE_NONE;
	}
}

static int
give_association(const struct endpoint *endpoint, const uint8_t *tcb,
    const struct addresses *local)
{
	const uint8_t *peer = tcb + PO_XSCTP_TCB_PRIMARY;
	const uint32_t state = po_freebsd_u32(tcb + PO_XSCTP_TCB_STATE);
	struct po_freebsd_socket row;
	struct po_socket *socket = &row.socket;

	if (state == PO_XSCTP_CLOSED)
		return 0;
	begin_row(endpoint, &row);
	socket->connected = true;
	socket->state = association_state(state);
	socket->remote_port = po_freebsd_u16(tcb + PO_XSCTP_TCB_REMOTE_PORT);
	if (socket->state == PO_STATE_NONE ||
	    !take_sockaddr(peer, &socket->remote)) {
		endpoint->notes->odd++;
		return 0;
	}
	if (!find_address(
		local, peer[PO_BSD_SOCKADDR_FAMILY], &socket->local.address))
		socket->local.address.type =
		    socket->remote.type == PO_ADDRESS_IPV4 ? PO_ADDRESS_IPV4
							   : PO_ADDRESS_IPV6;
	return give_row(endpoint, &row);
}

static int
read_associations(struct cursor *cursor, struct endpoint *endpoint)
{
	struct addresses local, remote;
	const uint8_t *tcb;
	int error;

	while ((tcb = next(cursor, PO_XSCTP_TCB_SIZE)) != NULL) {
		if (po_freebsd_u32(tcb + PO_XSCTP_TCB_LAST) != 0)
			return 0;
		error = read_addresses(cursor, PO_XSCTP_LADDR_SIZE, &local);
		if (error == 0)
			error = read_addresses(
			    cursor, PO_XSCTP_RADDR_SIZE, &remote);
		if (error == 0)
			error = give_association(endpoint, tcb, &local);
		if (error < 0)
			return error;
		endpoint->associations++;
	}
	return -EBADMSG;
}

static void
take_queue(const struct endpoint *endpoint, struct po_socket *socket)
{
	socket->state = PO_STATE_CLOSED;
	if ((endpoint->flags & PO_XSCTP_LISTENS) == 0)
		return;
	socket->state = PO_STATE_LISTEN;
	socket->queue_length = socket->queue_limit = PO_QUEUE_UNKNOWN;
	/* Of others, whom nobody accepts from, the kernel tells nonsense. */
	if ((endpoint->flags & PO_XSCTP_ONE_TO_ONE) == 0)
		return;
	socket->queue_length =
	    po_freebsd_u32(endpoint->record + PO_XSCTP_INPCB_QUEUE);
	socket->queue_limit =
	    po_freebsd_u32(endpoint->record + PO_XSCTP_INPCB_LIMIT);
}

/*
 * Bound to all addresses.  Whether an IPv6 socket takes IPv4 as well shows by
 * the local addresses that the kernel counts in.
 */
static int
give_wildcard(const struct endpoint *endpoint)
{
	struct po_freebsd_socket row;
	struct po_address *local = &row.socket.local.address;
	struct po_address found;

	begin_row(endpoint, &row);
	take_queue(endpoint, &row.socket);
	if ((endpoint->flags & PO_XSCTP_IPV6) == 0)
		local->type = PO_ADDRESS_IPV4;
	else if (find_address(&endpoint->local, PO_FREEBSD_INET, &found))
		local->type = PO_ADDRESS_UNKNOWN;
	else
		local->type = PO_ADDRESS_IPV6;
	return give_row(endpoint, &row);
}

static int
give_bound(const struct endpoint *endpoint)
{
	const uint8_t *at = endpoint->local.first;
	struct po_freebsd_socket row;
	int error = 0;
	size_t i;

	for (i = 0; i < endpoint->local.count && error >= 0; i++) {
		begin_row(endpoint, &row);
		take_queue(endpoint, &row.socket);
		if (take_sockaddr(at, &row.socket.local.address))
			error = give_row(endpoint, &row);
		else
			endpoint->notes->odd++;
		at += PO_XSCTP_LADDR_SIZE;
	}
	return error;
}

static int
give_endpoint(const struct endpoint *endpoint)
{
	/* A connected socket says nothing that its association does not. */
	if ((endpoint->flags & PO_XSCTP_ONE_TO_ONE) != 0 &&
	    (endpoint->flags & PO_XSCTP_LISTENS) == 0 &&
	    endpoint->associations > 0)
		return 0;
	return endpoint->flags & PO_XSCTP_BOUND_ALL ? give_wildcard(endpoint)
						    : give_bound(endpoint);
}

int
po_freebsd_decode_sctp(const uint8_t *buffer, size_t length, uint32_t stack,
    struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_socket *socket),
    void *context)
{
	struct cursor cursor = {buffer, length};
	struct endpoint endpoint = {
	    .stack = stack,
	    .notes = notes,
	    .visit = visit,
	    .context = context,
	};
	const uint8_t *record;
	int error;

	if (length == 0)
		return 0;
	while ((record = next(&cursor, PO_XSCTP_INPCB_SIZE)) != NULL) {
		if (po_freebsd_u32(record + PO_XSCTP_INPCB_LAST) != 0)
			return 0;
		endpoint.record = record;
		endpoint.associations = 0;
		endpoint.flags = po_freebsd_u32(record + PO_XSCTP_INPCB_FLAGS);
		endpoint.handle =
		    po_freebsd_u64(record + PO_XSCTP_INPCB_SOCKET);
		if ((endpoint.flags & PO_XSCTP_SOCKET_GONE) != 0)
			endpoint.handle = 0;
		error = read_addresses(
		    &cursor, PO_XSCTP_LADDR_SIZE, &endpoint.local);
		if (error == 0)
			error = read_associations(&cursor, &endpoint);
		if (error >= 0)
			error = give_endpoint(&endpoint);
		if (error < 0)
			return error;
	}
	return -EBADMSG;
}
