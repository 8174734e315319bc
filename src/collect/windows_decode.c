/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four tables differ in their offsets only.  A listener's remote endpoint
 * is left as it was in memory, so it is not looked at.
 */
#include "collect/windows_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/octets.h"
#include "collect/windows_wire.h"

const struct po_windows_layout po_windows_layouts[] = {
    [PO_WINDOWS_TCP4] = {.size = 160,
	.address_size = 4,
	.state = 0,
	.local = 4,
	.local_scope = PO_WINDOWS_NONE,
	.local_port = 8,
	.remote = 12,
	.remote_scope = PO_WINDOWS_NONE,
	.remote_port = 16,
	.pid = 20,
	.created = 24},
    [PO_WINDOWS_TCP6] = {.size = 192,
	.address_size = 16,
	.local = 0,
	.local_scope = 16,
	.local_port = 20,
	.remote = 24,
	.remote_scope = 40,
	.remote_port = 44,
	.state = 48,
	.pid = 52,
	.created = 56},
    [PO_WINDOWS_UDP4] = {.size = 160,
	.address_size = 4,
	.state = PO_WINDOWS_NONE,
	.local = 0,
	.local_scope = PO_WINDOWS_NONE,
	.local_port = 4,
	.remote = PO_WINDOWS_NONE,
	.pid = 8,
	.created = 16},
    [PO_WINDOWS_UDP6] = {.size = 176,
	.address_size = 16,
	.state = PO_WINDOWS_NONE,
	.local = 0,
	.local_scope = 16,
	.local_port = 20,
	.remote = PO_WINDOWS_NONE,
	.pid = 24,
	.created = 32},
};

static uint16_t
port(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/*
 * The index of an interface.  Microsoft documents it in network byte order,
 * which not everybody keeps to; indices are small, so that the order shows.
 */
static uint32_t
zone(const uint8_t *at)
{
	if (at[0] == 0 && at[1] == 0)
		return (uint32_t)at[2] << 8 | at[3];
	return po_octets_le32(at);
}

static bool
is_link_local(const uint8_t *octets)
{
	return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
}

/* scope says something for link-local addresses alone. */
static void
decode_address(const struct po_windows_layout *layout, const uint8_t *octets,
    const uint8_t *scope, struct po_address *address)
{
	memcpy(address->bytes, octets, layout->address_size);
	address->type =
	    layout->address_size == 4 ? PO_ADDRESS_IPV4 : PO_ADDRESS_IPV6;
	if (address->type == PO_ADDRESS_IPV4 || !is_link_local(octets))
		return;
	address->zone = zone(scope);
	if (address->zone != 0)
		address->type = PO_ADDRESS_IPV6Z;
}

/* PO_STATE_NONE: not known. */
static uint8_t
decode_state(uint32_t state)
{
	static const uint8_t states[] = {
	    [PO_MIB_TCP_CLOSED] = PO_STATE_CLOSED,
	    [PO_MIB_TCP_LISTEN] = PO_STATE_LISTEN,
	    [PO_MIB_TCP_SYN_SENT] = PO_STATE_SYN_SENT,
	    [PO_MIB_TCP_SYN_RECEIVED] = PO_STATE_SYN_RECEIVED,
	    [PO_MIB_TCP_ESTABLISHED] = PO_STATE_ESTABLISHED,
	    [PO_MIB_TCP_FIN_WAIT_1] = PO_STATE_FIN_WAIT_1,
	    [PO_MIB_TCP_FIN_WAIT_2] = PO_STATE_FIN_WAIT_2,
	    [PO_MIB_TCP_CLOSE_WAIT] = PO_STATE_CLOSE_WAIT,
	    [PO_MIB_TCP_CLOSING] = PO_STATE_CLOSING,
	    [PO_MIB_TCP_LAST_ACK] = PO_STATE_LAST_ACK,
	    [PO_MIB_TCP_TIME_WAIT] = PO_STATE_TIME_WAIT,
	    [PO_MIB_TCP_DELETE_TCB] = PO_STATE_CLOSED,
	};

	return state < sizeof(states) ? states[state] : PO_STATE_NONE;
}

static void
decode_remote(const struct po_windows_layout *layout, const uint8_t *row,
    struct po_socket *socket)
{
	socket->remote_port = port(row + layout->remote_port);
	if (socket->state == PO_STATE_LISTEN || socket->remote_port == 0) {
		socket->remote_port = 0;
		return;
	}
	socket->connected = true;
	decode_address(layout, row + layout->remote, row + layout->remote_scope,
	    &socket->remote);
}

/* False: it is no row, or an odd one. */
static bool
decode_row(const struct po_windows_layout *layout, const uint8_t *row,
    struct po_windows_socket *found, struct po_windows_notes *notes)
{
	struct po_socket *socket = &found->socket;

	memset(found, 0, sizeof(*found));
	found->pid = po_octets_le32(row + layout->pid);
	found->created = po_octets_le64(row + layout->created);
	socket->uid = PO_UID_UNKNOWN;
	socket->local.protocol = PO_PROTOCOL_UDP;
	socket->local.port = port(row + layout->local_port);
	decode_address(layout, row + layout->local, row + layout->local_scope,
	    &socket->local.address);
	if (layout->state != PO_WINDOWS_NONE) {
		socket->local.protocol = PO_PROTOCOL_TCP;
		socket->state =
		    decode_state(po_octets_le32(row + layout->state));
		if (socket->state == PO_STATE_NONE) {
			notes->odd++;
			return false;
		}
		decode_remote(layout, row, socket);
	}
	if (socket->state == PO_STATE_LISTEN)
		socket->queue_length = socket->queue_limit = PO_QUEUE_UNKNOWN;
	if (socket->state == PO_STATE_TIME_WAIT)
		found->pid = 0;
	else
		socket->handle = 1;
	return socket->local.port != 0;
}

bool
po_windows_may_own(const struct po_windows_socket *socket, uint64_t start)
{
	return socket->created == 0 || start <= socket->created ||
	       socket->pid == PO_WINDOWS_SYSTEM_PID;
}

int
po_windows_decode(enum po_windows_table table, const uint8_t *buffer,
    size_t length, struct po_windows_notes *notes,
    int (*visit)(void *context, const struct po_windows_socket *socket),
    void *context)
{
	const struct po_windows_layout *layout = &po_windows_layouts[table];
	struct po_windows_socket socket;
	uint32_t count, i;
	int error = 0;

	memset(notes, 0, sizeof(*notes));
	if (length < PO_WINDOWS_ROWS)
		return -EBADMSG;
	count = po_octets_le32(buffer);
	if (count > (length - PO_WINDOWS_ROWS) / layout->size)
		return -EBADMSG;
	for (i = 0; i < count && error == 0; i++)
		if (decode_row(layout,
			buffer + PO_WINDOWS_ROWS + (size_t)i * layout->size,
			&socket, notes))
			error = visit(context, &socket);
	return error;
}
