/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody writes to the records while they are decoded: the programs run when
 * they are called, and at no other time.
 */
#include "collect/linux_bpf_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/linux_socket.h"

#define MPTCP 262 /* TCP on the wire */
#define SOCKET_RAW 3
#define SOON 8 /* records ahead */

/*
 * The protocol of the rows, 0 for one that makes none.  *row becomes false
 * for those whose rows the socket alone does not tell: SCTP's associations.
 */
static uint8_t
protocol_of(const struct po_bpf_socket *record, bool *row)
{
	*row = true;
	if (record->type == SOCKET_RAW)
		return PO_PROTOCOL_RAW;
	switch (record->protocol) {
	case MPTCP:
		return PO_PROTOCOL_TCP;
	case PO_PROTOCOL_TCP:
	case PO_PROTOCOL_UDP:
	case PO_PROTOCOL_UDPLITE:
		return (uint8_t)record->protocol;
	case PO_PROTOCOL_SCTP:
	case PO_PROTOCOL_DCCP:
		*row = false;
		return (uint8_t)record->protocol;
	default:
		return 0;
	}
}

static uint16_t
network16(uint16_t number)
{
	uint8_t octets[2];

	memcpy(octets, &number, sizeof(octets));
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

static int
decode_socket(
    const struct po_bpf_socket *record, const struct po_bpf_visitor *visitor)
{
	struct po_socket socket;
	bool row;

	if (record->family != PO_LINUX_INET && record->family != PO_LINUX_INET6)
		return -EBADMSG;
	memset(&socket, 0, sizeof(socket));
	socket.local.stack = record->stack;
	socket.local.protocol = protocol_of(record, &row);
	socket.local.port = record->local_port;
	socket.remote_port = network16(record->remote_port);
	po_linux_address((uint8_t)record->family, record->local,
	    record->interface, &socket.local.address);
	po_linux_address((uint8_t)record->family, record->remote,
	    record->interface, &socket.remote);
	socket.handle = record->inode;
	socket.uid = record->uid;
	if (socket.local.protocol == 0 || socket.local.port == 0)
		return 0;
	if (!po_linux_socket_complete(&socket, record->state))
		return -EBADMSG;
	if (socket.state == PO_STATE_LISTEN) {
		socket.queue_length = record->queue_length;
		socket.queue_limit = record->queue_limit;
	}
	if (po_linux_takes_both(&socket, record->v6only != 0))
		socket.local.address.type = PO_ADDRESS_UNKNOWN;
	return visitor->socket(visitor->context, &socket, row, record);
}

static int
decode_record(
    const union po_bpf_record *record, const struct po_bpf_visitor *visitor)
{
	switch (record->kind) {
	case PO_BPF_SOCKET:
		return decode_socket(&record->socket, visitor);
	case PO_BPF_HOLD:
		return visitor->hold(
		    visitor->context, record->hold.inode, record->hold.pid);
	case PO_BPF_PROCESS:
		return visitor->process(visitor->context, &record->process);
	case PO_BPF_TABLE:
		return visitor->table(visitor->context, &record->table);
	default:
		return -EBADMSG;
	}
}

static void
announce(const char *at, const struct po_bpf_visitor *visitor)
{
	union po_bpf_record record;

	memcpy(&record, at, sizeof(record));
	if (record.kind == PO_BPF_SOCKET)
		visitor->expect(visitor->context, record.socket.inode);
	else if (record.kind == PO_BPF_HOLD)
		visitor->expect(visitor->context, record.hold.inode);
}

int
po_bpf_decode(const void *buffer, size_t length, size_t count,
    const struct po_bpf_visitor *visitor)
{
	union po_bpf_record record;
	const char *at = buffer;
	int result = 0;

	if (count > length / sizeof(record))
		return -EBADMSG;
	for (; count > 0 && result >= 0; count--, at += sizeof(record)) {
		if (visitor->expect != NULL && count > SOON)
			announce(at + SOON * sizeof(record), visitor);
		memcpy(&record, at, sizeof(record));
		result = decode_record(&record, visitor);
	}
	return result < 0 ? result : 0;
}
