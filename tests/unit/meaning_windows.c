/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases as Windows' tables.  A table names one process for a socket.
 */
#include "meaning.h"
#include "windows_fake.h"

struct filling {
	struct po_builder *builder;
	uint64_t handles;
};

static int
add_row(void *context, const struct po_windows_socket *found)
{
	struct filling *filling = context;
	struct po_socket socket = found->socket;
	int error;

	if (socket.handle != 0)
		socket.handle = ++filling->handles;
	error = po_builder_add_socket(filling->builder, &socket);
	if (error == 0 && found->pid != 0)
		error = po_builder_add_owner(
		    filling->builder, socket.handle, found->pid);
	return error;
}

static uint32_t
state_of(const struct meaning_socket *socket)
{
	static const uint32_t states[] = {
	    [MEANING_BOUND] = PO_MIB_TCP_CLOSED,
	    [MEANING_LISTENING] = PO_MIB_TCP_LISTEN,
	    [MEANING_ESTABLISHED] = PO_MIB_TCP_ESTABLISHED,
	    [MEANING_TIME_WAIT] = PO_MIB_TCP_TIME_WAIT,
	    [MEANING_SYN_RECEIVED] = PO_MIB_TCP_SYN_RECEIVED,
	};

	return states[socket->state];
}

static int
add_one(struct filling *filling, const struct meaning_socket *socket)
{
	const struct windows_row row = {
	    .local = socket->local,
	    .port = socket->port,
	    .remote = socket->remote,
	    .remote_port = socket->remote_port,
	    .scope = socket->zone,
	    .state = state_of(socket),
	    .pid = socket->holders[0],
	};
	struct po_windows_notes notes;
	struct windows_fake fake;

	windows_begin(
	    &fake, socket->protocol == PO_PROTOCOL_TCP
		       ? (socket->ipv6 ? PO_WINDOWS_TCP6 : PO_WINDOWS_TCP4)
		       : (socket->ipv6 ? PO_WINDOWS_UDP6 : PO_WINDOWS_UDP4));
	windows_add(&fake, &row);
	return po_windows_decode(
	    fake.table, fake.octets, fake.size, &notes, add_row, filling);
}

static int
fill(struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	struct filling filling = {.builder = builder};
	int error = 0;
	size_t i;

	for (i = 0; i < n && error == 0; i++)
		error = add_one(&filling, &sockets[i]);
	return error;
}

const struct meaning_adapter meaning_windows = {
    .name = "windows",
    .lacks = MEANING_DUAL | MEANING_LIMIT | MEANING_QUEUE | MEANING_RAW |
	     MEANING_STATES | MEANING_SHARED | MEANING_REMOTE_UDP,
    .fill = fill,
};
