/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases as macOS's libproc tells them: a socket by way of its holders.
 */
#include <stdlib.h>

#include "collect/macos_join.h"
#include "collect/macos_wire.h"
#include "meaning.h"

static void
put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void
put_port(uint8_t *at, uint16_t port)
{
	put(at, htons(port), 4);
}

static void
put_address(uint8_t *at, const char *text)
{
	struct po_address address = unit_address(text == NULL ? "::" : text, 0);

	if (address.type == PO_ADDRESS_IPV4)
		memcpy(at + 12, address.bytes, 4);
	else
		memcpy(at, address.bytes, 16);
}

static void
put_families(uint8_t *at, const struct meaning_socket *socket)
{
	const bool ipv4 =
	    unit_address(socket->local, 0).type == PO_ADDRESS_IPV4;

	at[PO_MACOS_SOCKET_FAMILIES] = ipv4 ? PO_MACOS_IPV4 : PO_MACOS_IPV6;
	if (socket->ipv6 && !socket->v6only && strcmp(socket->local, "::") == 0)
		at[PO_MACOS_SOCKET_FAMILIES] |= PO_MACOS_IPV4;
}

static void
put_socket(uint8_t *at, const struct meaning_socket *socket)
{
	static const uint8_t states[] = {
	    [MEANING_BOUND] = PO_MACOS_CLOSED,
	    [MEANING_LISTENING] = PO_MACOS_LISTEN,
	    [MEANING_ESTABLISHED] = PO_MACOS_ESTABLISHED,
	    [MEANING_TIME_WAIT] = PO_MACOS_TIME_WAIT,
	    [MEANING_SYN_RECEIVED] = PO_MACOS_SYN_RECEIVED,
	};
	const bool tcp = socket->protocol == PO_PROTOCOL_TCP;
	const bool raw = socket->protocol == PO_PROTOCOL_RAW;

	memset(at, 0, PO_MACOS_SOCKET_SIZE);
	put(at + PO_MACOS_SOCKET_HANDLE, socket->handle, 8);
	put(at + PO_MACOS_SOCKET_TYPE, raw ? PO_MACOS_RAW : tcp ? 1 : 2, 4);
	put(at + PO_MACOS_SOCKET_PROTOCOL,
	    raw ? socket->port : socket->protocol, 4);
	put(at + PO_MACOS_SOCKET_KIND,
	    tcp ? PO_MACOS_KIND_TCP : PO_MACOS_KIND_IN, 4);
	if (!raw)
		put_port(at + PO_MACOS_SOCKET_LOCAL_PORT, socket->port);
	put_port(at + PO_MACOS_SOCKET_REMOTE_PORT, socket->remote_port);
	put_families(at, socket);
	put_address(at + PO_MACOS_SOCKET_LOCAL, socket->local);
	put_address(at + PO_MACOS_SOCKET_REMOTE, socket->remote);
	put(at + PO_MACOS_SOCKET_INTERFACE, socket->zone, 2);
	if (!tcp)
		return;
	put(at + PO_MACOS_SOCKET_STATE, states[socket->state], 4);
	put(at + PO_MACOS_SOCKET_QUEUE, socket->queue, 2);
	put(at + PO_MACOS_SOCKET_LIMIT, socket->limit, 2);
	if (socket->state == MEANING_LISTENING)
		put(at + PO_MACOS_SOCKET_OPTIONS, PO_MACOS_LISTENS, 2);
}

/* Once for each holder, as libproc tells of it. */
static int
keep(struct po_macos_holds *holds, const struct meaning_socket *socket)
{
	uint8_t octets[PO_MACOS_SOCKET_SIZE];
	struct po_macos_socket found;
	int result = 0;
	size_t i;

	put_socket(octets, socket);
	for (i = 0;
	     i < MEANING_HOLDERS && socket->holders[i] != 0 && result >= 0;
	     i++) {
		result = po_macos_decode_socket(octets, sizeof(octets), &found);
		if (result > 0)
			result = po_macos_keep(holds, &found);
		po_macos_settle(holds, socket->holders[i]);
	}
	return result < 0 ? result : 0;
}

static int
fill(struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	struct po_macos_holds holds = {0};
	int error = 0;
	size_t i;

	for (i = 0; i < n && error == 0; i++)
		error = keep(&holds, &sockets[i]);
	if (error == 0)
		error = po_macos_tell(&holds, builder);
	free(holds.items);
	return error;
}

const struct meaning_adapter meaning_macos = {
    .name = "macos",
    .lacks = MEANING_STATES,
    .fill = fill,
};
