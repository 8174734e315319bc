/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel states as those of the TCP-MIB (RFC 4022).  A UDP, UDP-Lite or raw
 * socket is ESTABLISHED once connect() gave it a peer, otherwise CLOSE.
 */
#include "collect/linux_socket.h"

#include <string.h>

static const uint8_t states[] = {
    [PO_LINUX_ESTABLISHED] = PO_STATE_ESTABLISHED,
    [PO_LINUX_SYN_SENT] = PO_STATE_SYN_SENT,
    [PO_LINUX_SYN_RECV] = PO_STATE_SYN_RECEIVED,
    [PO_LINUX_FIN_WAIT1] = PO_STATE_FIN_WAIT_1,
    [PO_LINUX_FIN_WAIT2] = PO_STATE_FIN_WAIT_2,
    [PO_LINUX_TIME_WAIT] = PO_STATE_TIME_WAIT,
    [PO_LINUX_CLOSE] = PO_STATE_CLOSED,
    [PO_LINUX_CLOSE_WAIT] = PO_STATE_CLOSE_WAIT,
    [PO_LINUX_LAST_ACK] = PO_STATE_LAST_ACK,
    [PO_LINUX_LISTEN] = PO_STATE_LISTEN,
    [PO_LINUX_CLOSING] = PO_STATE_CLOSING,
    [PO_LINUX_NEW_SYN_RECV] = PO_STATE_SYN_RECEIVED,
    [PO_LINUX_BOUND_INACTIVE] = PO_STATE_CLOSED,
};

bool
po_linux_is_wildcard(const struct po_address *address)
{
	static const uint8_t zero[sizeof(address->bytes)];

	return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

bool
po_linux_is_link_local(const uint8_t address[16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

void
po_linux_address(uint8_t family, const uint8_t *bytes, uint32_t interface,
    struct po_address *address)
{
	if (family == PO_LINUX_INET) {
		address->type = PO_ADDRESS_IPV4;
		memcpy(address->bytes, bytes, 4);
		return;
	}
	address->type = PO_ADDRESS_IPV6;
	memcpy(address->bytes, bytes, 16);
	if (interface != 0 && po_linux_is_link_local(bytes)) {
		address->type = PO_ADDRESS_IPV6Z;
		address->zone = interface;
	}
}

bool
po_linux_takes_both(const struct po_socket *socket, bool v6only)
{
	return socket->local.protocol != PO_PROTOCOL_RAW &&
	       socket->local.address.type == PO_ADDRESS_IPV6 &&
	       !socket->connected && !v6only &&
	       po_linux_is_wildcard(&socket->local.address);
}

/* DCCP's own states stand behind TCP's last one, which moved in time. */
static bool
stream_state(struct po_socket *socket, uint8_t kernel_state)
{
	if (socket->local.protocol == PO_PROTOCOL_DCCP &&
	    kernel_state >= PO_LINUX_BOUND_INACTIVE)
		kernel_state = socket->remote_port != 0 ? PO_LINUX_ESTABLISHED
							: PO_LINUX_CLOSE;
	if (kernel_state == 0 || kernel_state >= sizeof(states))
		return false;
	socket->state = states[kernel_state];
	socket->connected = socket->state != PO_STATE_LISTEN &&
			    socket->state != PO_STATE_CLOSED;
	return true;
}

static bool
datagram_state(struct po_socket *socket, uint8_t kernel_state)
{
	if (kernel_state == 0 || kernel_state >= sizeof(states))
		return false;
	socket->connected = kernel_state == PO_LINUX_ESTABLISHED &&
			    (socket->remote_port != 0 ||
				!po_linux_is_wildcard(&socket->remote));
	socket->state =
	    socket->connected ? PO_STATE_ESTABLISHED : PO_STATE_NONE;
	return true;
}

bool
po_linux_socket_complete(struct po_socket *socket, uint8_t kernel_state)
{
	bool known;

	switch (socket->local.protocol) {
	case PO_PROTOCOL_UDP:
	case PO_PROTOCOL_UDPLITE:
	case PO_PROTOCOL_RAW:
		known = datagram_state(socket, kernel_state);
		break;
	default:
		known = stream_state(socket, kernel_state);
	}
	if (!socket->connected) {
		memset(&socket->remote, 0, sizeof(socket->remote));
		socket->remote_port = 0;
	}
	if (socket->handle == 0)
		socket->uid = PO_UID_UNKNOWN;
	return known;
}
