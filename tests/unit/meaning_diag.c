/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases as Linux's sock_diag replies.
 */
#include "collect/linux_diag_decode.h"
#include "collect/linux_diag_wire.h"
#include "meaning_linux.h"

#define MESSAGE (PO_NLMSG_SIZE + PO_DIAG_SIZE + PO_RTATTR_SIZE + 4)

static void
put(uint8_t *at, uint32_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void
put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

static void
put_message(uint8_t message[MESSAGE], const struct meaning_socket *socket)
{
	uint8_t *at = message + PO_NLMSG_SIZE;
	uint8_t *attribute = at + PO_DIAG_SIZE;

	memset(message, 0, MESSAGE);
	put(message + PO_NLMSG_LENGTH, MESSAGE, 4);
	put(message + PO_NLMSG_TYPE, PO_NLMSG_TYPE_DIAG, 2);
	at[PO_DIAG_FAMILY] = socket->ipv6 ? PO_LINUX_INET6 : PO_LINUX_INET;
	at[PO_DIAG_STATE] = meaning_linux_state(socket);
	put_port(at + PO_DIAG_SPORT, socket->port);
	put_port(at + PO_DIAG_DPORT, socket->remote_port);
	meaning_linux_address(socket, socket->local, at + PO_DIAG_SRC);
	meaning_linux_address(socket, socket->remote, at + PO_DIAG_DST);
	put(at + PO_DIAG_IF, socket->zone, 4);
	put(at + PO_DIAG_RQUEUE, socket->queue, 4);
	put(at + PO_DIAG_WQUEUE, socket->limit, 4);
	put(at + PO_DIAG_UID, socket->uid, 4);
	put(at + PO_DIAG_INODE, (uint32_t)socket->handle, 4);
	put(attribute + PO_RTATTR_LENGTH, PO_RTATTR_SIZE + 1, 2);
	/* Attribute 0 says nothing. */
	if (socket->ipv6)
		put(attribute + PO_RTATTR_TYPE, PO_DIAG_ATTR_SKV6ONLY, 2);
	attribute[PO_RTATTR_SIZE] = socket->v6only;
}

static int
fill(struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	uint8_t message[MESSAGE];
	bool interrupted = false;
	int result = 0;
	size_t i;

	for (i = 0; i < n && result >= 0; i++) {
		put_message(message, &sockets[i]);
		result = po_diag_decode(message, sizeof(message), 0,
		    sockets[i].protocol, &interrupted, meaning_add_socket,
		    builder);
	}
	return result < 0 ? result : meaning_add_holders(builder, sockets, n);
}

const struct meaning_adapter meaning_diag = {
    .name = "Linux diag",
    .fill = fill,
};
