/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock_diag replies as rows; the layout is in linux_diag_wire.h.  Lengths come
 * from outside: each is checked against what is left before anything is read.
 */
#include "collect/linux_diag_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/linux_diag_wire.h"
#include "collect/linux_socket.h"

struct dump {
	uint32_t stack;
	uint8_t protocol;
	bool *interrupted;
	int (*visit)(void *context, const struct po_socket *socket);
	void *context;
};

/* One message's attributes, as far as rows need them. */
struct attributes {
	bool has_v6only;
	bool v6only;
	bool has_peers;
};

static uint16_t
host16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t
host32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint16_t
network16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* length rounded up to the alignment, but not beyond left. */
static size_t
padded(size_t length, size_t left)
{
	size_t rest = length % PO_NETLINK_ALIGN;
	size_t pad = rest == 0 ? 0 : PO_NETLINK_ALIGN - rest;

	return pad > left - length ? left : length + pad;
}

static int
decode_attributes(const uint8_t *at, size_t left, struct attributes *found)
{
	size_t length, step;

	memset(found, 0, sizeof(*found));
	while (left > 0) {
		if (left < PO_RTATTR_SIZE)
			return -EBADMSG;
		length = host16(at + PO_RTATTR_LENGTH);
		if (length < PO_RTATTR_SIZE || length > left)
			return -EBADMSG;
		switch (host16(at + PO_RTATTR_TYPE) & PO_RTATTR_TYPE_MASK) {
		case PO_DIAG_ATTR_SKV6ONLY:
			if (length < PO_RTATTR_SIZE + 1)
				return -EBADMSG;
			found->has_v6only = true;
			found->v6only = at[PO_RTATTR_SIZE] != 0;
			break;
		case PO_DIAG_ATTR_PEERS:
			found->has_peers = true;
			break;
		}
		step = padded(length, left);
		at += step;
		left -= step;
	}
	return 0;
}

/*
 * SCTP lists endpoints, in TCP's states, and associations, in states of its
 * own.  An endpoint that is neither listening nor closed says nothing that
 * its associations do not say: no row.
 */
static bool
sctp_state(const struct attributes *found, uint8_t *state)
{
	static const uint8_t states[] = {
	    [PO_SCTP_COOKIE_WAIT] = PO_LINUX_SYN_SENT,
	    [PO_SCTP_COOKIE_ECHOED] = PO_LINUX_SYN_SENT,
	    [PO_SCTP_ESTABLISHED] = PO_LINUX_ESTABLISHED,
	    [PO_SCTP_SHUTDOWN_PENDING] = PO_LINUX_FIN_WAIT1,
	    [PO_SCTP_SHUTDOWN_SENT] = PO_LINUX_FIN_WAIT2,
	    [PO_SCTP_SHUTDOWN_RECEIVED] = PO_LINUX_CLOSE_WAIT,
	    [PO_SCTP_SHUTDOWN_ACK_SENT] = PO_LINUX_LAST_ACK,
	};

	if (!found->has_peers)
		return *state == PO_LINUX_LISTEN || *state == PO_LINUX_CLOSE;
	if (*state == PO_SCTP_CLOSED)
		return false;
	/* 0 is no state: the row is refused later. */
	*state = *state < sizeof(states) ? states[*state] : 0;
	return true;
}

static int
decode_socket(const struct dump *dump, const uint8_t *message, size_t length)
{
	struct po_socket socket;
	struct attributes found;
	uint8_t family, state;
	uint32_t interface;
	int error;

	if (length < PO_DIAG_SIZE)
		return -EBADMSG;
	family = message[PO_DIAG_FAMILY];
	if (family != PO_LINUX_INET && family != PO_LINUX_INET6)
		return -EBADMSG;
	error = decode_attributes(
	    message + PO_DIAG_SIZE, length - PO_DIAG_SIZE, &found);
	if (error != 0)
		return error;
	memset(&socket, 0, sizeof(socket));
	interface = host32(message + PO_DIAG_IF);
	socket.local.stack = dump->stack;
	socket.local.protocol = dump->protocol;
	socket.local.port = network16(message + PO_DIAG_SPORT);
	socket.remote_port = network16(message + PO_DIAG_DPORT);
	po_linux_address(
	    family, message + PO_DIAG_SRC, interface, &socket.local.address);
	po_linux_address(
	    family, message + PO_DIAG_DST, interface, &socket.remote);
	socket.handle = host32(message + PO_DIAG_INODE);
	socket.uid = host32(message + PO_DIAG_UID);
	state = message[PO_DIAG_STATE];
	if (dump->protocol == PO_PROTOCOL_SCTP && !sctp_state(&found, &state))
		return 0;
	if (!po_linux_socket_complete(&socket, state))
		return -EBADMSG;
	if (socket.state == PO_STATE_LISTEN) {
		socket.queue_length = host32(message + PO_DIAG_RQUEUE);
		socket.queue_limit = host32(message + PO_DIAG_WQUEUE);
	}
	if (found.has_v6only && po_linux_takes_both(&socket, found.v6only))
		socket.local.address.type = PO_ADDRESS_UNKNOWN;
	if (socket.local.port == 0)
		return 0;
	return dump->visit(dump->context, &socket);
}

/* The kernel's own word on the dump: 0 or a negative errno. */
static int
decode_error(const uint8_t *payload, size_t length)
{
	int32_t error;

	if (length < sizeof(error))
		return -EBADMSG;
	memcpy(&error, payload, sizeof(error));
	if (error > 0 || error < -PO_NLMSG_ERRNO_MAX)
		return -EBADMSG;
	return error;
}

/* Returns enum po_diag_end or a negative error. */
static int
decode_message(const struct dump *dump, const uint8_t *message, size_t length)
{
	const uint8_t *payload = message + PO_NLMSG_SIZE;
	int error = 0;

	if (host16(message + PO_NLMSG_FLAGS) & PO_NLMSG_FLAG_INTERRUPTED)
		*dump->interrupted = true;
	length -= PO_NLMSG_SIZE;
	switch (host16(message + PO_NLMSG_TYPE)) {
	case PO_NLMSG_TYPE_DIAG_TCP:
	case PO_NLMSG_TYPE_DIAG:
		error = decode_socket(dump, payload, length);
		return error < 0 ? error : PO_DIAG_MORE;
	case PO_NLMSG_TYPE_DONE:
		/* Older kernels may say nothing more. */
		if (length > 0)
			error = decode_error(payload, length);
		return error < 0 ? error : PO_DIAG_DONE;
	case PO_NLMSG_TYPE_ERROR:
		error = decode_error(payload, length);
		return error < 0 ? error : PO_DIAG_DONE;
	default:
		return PO_DIAG_MORE;
	}
}

int
po_diag_decode(const void *buffer, size_t length, uint32_t stack,
    uint8_t protocol, bool *interrupted,
    int (*visit)(void *context, const struct po_socket *socket), void *context)
{
	const struct dump dump = {
	    .stack = stack,
	    .protocol = protocol,
	    .interrupted = interrupted,
	    .visit = visit,
	    .context = context,
	};
	const uint8_t *at = buffer;
	size_t size, step;
	int result;

	while (length > 0) {
		if (length < PO_NLMSG_SIZE)
			return -EBADMSG;
		size = host32(at + PO_NLMSG_LENGTH);
		if (size < PO_NLMSG_SIZE || size > length)
			return -EBADMSG;
		result = decode_message(&dump, at, size);
		if (result != PO_DIAG_MORE)
			return result;
		step = padded(size, length);
		at += step;
		length -= step;
	}
	return PO_DIAG_MORE;
}
