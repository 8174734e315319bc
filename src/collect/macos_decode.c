/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors, sockets and processes of libproc.
 */
#include "collect/macos_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/macos_wire.h"
#include "collect/octets.h"

static const uint8_t states[] = {
    [PO_MACOS_CLOSED] = PO_STATE_CLOSED,
    [PO_MACOS_LISTEN] = PO_STATE_LISTEN,
    [PO_MACOS_SYN_SENT] = PO_STATE_SYN_SENT,
    [PO_MACOS_SYN_RECEIVED] = PO_STATE_SYN_RECEIVED,
    [PO_MACOS_ESTABLISHED] = PO_STATE_ESTABLISHED,
    [PO_MACOS_CLOSE_WAIT] = PO_STATE_CLOSE_WAIT,
    [PO_MACOS_FIN_WAIT_1] = PO_STATE_FIN_WAIT_1,
    [PO_MACOS_CLOSING] = PO_STATE_CLOSING,
    [PO_MACOS_LAST_ACK] = PO_STATE_LAST_ACK,
    [PO_MACOS_FIN_WAIT_2] = PO_STATE_FIN_WAIT_2,
    [PO_MACOS_TIME_WAIT] = PO_STATE_TIME_WAIT,
};

int
po_macos_decode_descriptors(const void *buffer, size_t length,
    int (*visit)(void *context, int32_t descriptor), void *context)
{
	const uint8_t *at = buffer;
	int error = 0;

	for (; length >= PO_MACOS_FD_SIZE && error >= 0;
	     at += PO_MACOS_FD_SIZE, length -= PO_MACOS_FD_SIZE)
		if (po_octets_u32(at + PO_MACOS_FD_TYPE) == PO_MACOS_FD_SOCKET)
			error = visit(context,
			    (int32_t)po_octets_u32(at + PO_MACOS_FD_NUMBER));
	if (error < 0)
		return error;
	return length == 0 ? 0 : -EBADMSG;
}

/* A port is the 16 bits, in network order, that the kernel put into an int. */
static uint16_t
take_port(const uint8_t *at)
{
	const uint32_t number = po_octets_u32(at);

	return number <= UINT16_MAX ? po_octets_net16((uint16_t)number) : 0;
}

static void
take_ipv6(const uint8_t *at, uint32_t interface, struct po_address *address)
{
	uint8_t octets[16];
	uint32_t zone;

	/* The kernel may keep the zone inside of a link-local address. */
	memcpy(octets, at, sizeof(octets));
	if (octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80) {
		zone = (uint32_t)octets[2] << 8 | octets[3];
		if (zone != 0)
			interface = zone;
		octets[2] = octets[3] = 0;
	}
	po_octets_ipv6(octets, interface, address);
}

/* False: it is of neither family. */
static bool
take_addresses(const uint8_t *at, struct po_socket *socket)
{
	const uint8_t families = at[PO_MACOS_SOCKET_FAMILIES];
	const uint8_t *local = at + PO_MACOS_SOCKET_LOCAL;
	const uint8_t *remote = at + PO_MACOS_SOCKET_REMOTE;
	const uint32_t zone = po_octets_u16(at + PO_MACOS_SOCKET_INTERFACE);

	if ((families & (PO_MACOS_IPV4 | PO_MACOS_IPV6)) == 0)
		return false;
	if ((families & PO_MACOS_IPV6) == 0) {
		po_octets_ipv4(local + 12, &socket->local.address);
		po_octets_ipv4(remote + 12, &socket->remote);
		return true;
	}
	take_ipv6(local, zone, &socket->local.address);
	take_ipv6(remote, zone, &socket->remote);
	if ((families & PO_MACOS_IPV4) != 0 &&
	    po_octets_is_wildcard(&socket->local.address) &&
	    po_octets_is_wildcard(&socket->remote))
		socket->local.address.type = PO_ADDRESS_UNKNOWN;
	return true;
}

/* False: the kernel has a state that is not known here. */
static bool
take_state(const uint8_t *at, struct po_socket *socket)
{
	const uint32_t state = po_octets_u32(at + PO_MACOS_SOCKET_STATE);

	if (state >= sizeof(states))
		return false;
	socket->state = states[state];
	if (po_octets_u16(at + PO_MACOS_SOCKET_OPTIONS) & PO_MACOS_LISTENS)
		socket->state = PO_STATE_LISTEN;
	socket->connected = socket->state != PO_STATE_LISTEN &&
			    socket->state != PO_STATE_CLOSED;
	if (socket->state != PO_STATE_LISTEN)
		return true;
	socket->queue_length = po_octets_u16(at + PO_MACOS_SOCKET_QUEUE);
	/* A negative one is none. */
	socket->queue_limit =
	    (uint32_t)(int16_t)po_octets_u16(at + PO_MACOS_SOCKET_LIMIT);
	if (socket->queue_limit > INT16_MAX)
		socket->queue_limit = PO_QUEUE_UNKNOWN;
	return true;
}

/* False: it has no port and is no row. */
static bool
take_ports(const uint8_t *at, struct po_socket *socket)
{
	const uint32_t protocol = po_octets_u32(at + PO_MACOS_SOCKET_PROTOCOL);

	if (po_octets_u32(at + PO_MACOS_SOCKET_TYPE) == PO_MACOS_RAW) {
		socket->local.protocol = PO_PROTOCOL_RAW;
		socket->local.port = protocol <= 255 ? (uint16_t)protocol : 0;
		return socket->local.port != 0;
	}
	socket->local.protocol = protocol <= 255 ? (uint8_t)protocol : 0;
	socket->local.port = take_port(at + PO_MACOS_SOCKET_LOCAL_PORT);
	socket->remote_port = take_port(at + PO_MACOS_SOCKET_REMOTE_PORT);
	return socket->local.port != 0;
}

static void
finish(const uint8_t *at, struct po_socket *socket)
{
	socket->handle = po_octets_u64(at + PO_MACOS_SOCKET_HANDLE);
	/* libproc tells who holds it, not who made it. */
	socket->uid = PO_UID_UNKNOWN;
	if (socket->connected)
		return;
	memset(&socket->remote, 0, sizeof(socket->remote));
	socket->remote_port = 0;
}

int
po_macos_decode_socket(
    const void *buffer, size_t length, struct po_macos_socket *found)
{
	struct po_socket *socket = &found->socket;
	const uint8_t *at = buffer;
	uint32_t kind;

	memset(found, 0, sizeof(*found));
	if (length != PO_MACOS_SOCKET_SIZE)
		return -EBADMSG;
	kind = po_octets_u32(at + PO_MACOS_SOCKET_KIND);
	if ((kind != PO_MACOS_KIND_IN && kind != PO_MACOS_KIND_TCP) ||
	    !take_ports(at, socket))
		return 0;
	if (kind == PO_MACOS_KIND_TCP)
		socket->local.protocol = PO_PROTOCOL_TCP;
	else if (socket->local.protocol == PO_PROTOCOL_TCP)
		return 0; /* it is being taken apart, and has no state */
	if (!take_addresses(at, socket) ||
	    (kind == PO_MACOS_KIND_TCP && !take_state(at, socket)))
		return -EBADMSG;
	if (kind == PO_MACOS_KIND_IN) {
		socket->connected = socket->remote_port != 0 ||
				    !po_octets_is_wildcard(&socket->remote);
		socket->state =
		    socket->connected ? PO_STATE_ESTABLISHED : PO_STATE_NONE;
	}
	finish(at, socket);
	found->generation = po_octets_u64(at + PO_MACOS_SOCKET_GENERATION);
	return 1;
}

int
po_macos_decode_process(
    const void *buffer, size_t length, struct po_macos_process *process)
{
	const uint8_t *at = buffer, *start = at + PO_MACOS_PROCESS_START;

	if (length != PO_MACOS_PROCESS_SIZE)
		return -EBADMSG;
	process->pid = po_octets_u32(at + PO_MACOS_PROCESS_PID);
	process->parent = po_octets_u32(at + PO_MACOS_PROCESS_PARENT);
	process->uid = po_octets_u32(at + PO_MACOS_PROCESS_UID);
	process->start =
	    po_octets_u64(start) * 1000000 + po_octets_u64(start + 8);
	process->command.data = (const char *)at + PO_MACOS_PROCESS_NAME;
	process->command.length =
	    strnlen(process->command.data, PO_MACOS_PROCESS_NAME_SIZE);
	if (process->command.length != 0)
		return 0;
	process->command.data = (const char *)at + PO_MACOS_PROCESS_COMMAND;
	process->command.length =
	    strnlen(process->command.data, PO_MACOS_PROCESS_COMMAND_SIZE);
	return 0;
}
