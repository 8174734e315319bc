/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock_diag replies built by hand, message by message: what each says, and
 * that no wrong length, wherever it stands, leads outside the buffer.
 */
#include "collect/linux_diag_decode.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/linux_diag_wire.h"
#include "collect/linux_socket.h"
#include "unit.h"

#define ROWS_MAX 16

/* A reply under construction. */
struct reply {
	uint8_t octets[2048];
	size_t length;
	size_t message; /* where the last one begins */
};

/* What came out of it. */
struct outcome {
	struct po_socket rows[ROWS_MAX];
	size_t n;
	int refuse; /* what visit returns */
	bool interrupted;
	int result;
};

static void
put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void
put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void
put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

/* Begins a message of a type with size octets of payload, all 0. */
static uint8_t *
add_message(struct reply *reply, uint16_t type, size_t size)
{
	uint8_t *at;

	reply->length = (reply->length + 3) & ~(size_t)3;
	reply->message = reply->length;
	at = reply->octets + reply->length;
	memset(at, 0, PO_NLMSG_SIZE + size);
	put32(at + PO_NLMSG_LENGTH, (uint32_t)(PO_NLMSG_SIZE + size));
	put16(at + PO_NLMSG_TYPE, type);
	reply->length += PO_NLMSG_SIZE + size;
	return at + PO_NLMSG_SIZE;
}

/* A socket as the kernel lists it; addresses of one family. */
static uint8_t *
add_socket(struct reply *reply, uint8_t state, const char *local,
    uint16_t local_port, const char *remote, uint16_t remote_port)
{
	uint8_t *at = add_message(reply, PO_NLMSG_TYPE_DIAG, PO_DIAG_SIZE);
	struct po_address address = unit_address(local, 0);

	at[PO_DIAG_FAMILY] =
	    address.type == PO_ADDRESS_IPV4 ? PO_LINUX_INET : PO_LINUX_INET6;
	at[PO_DIAG_STATE] = state;
	put_port(at + PO_DIAG_SPORT, local_port);
	put_port(at + PO_DIAG_DPORT, remote_port);
	memcpy(at + PO_DIAG_SRC, address.bytes, 16);
	address = unit_address(remote, 0);
	memcpy(at + PO_DIAG_DST, address.bytes, 16);
	put32(at + PO_DIAG_RQUEUE, 3);
	put32(at + PO_DIAG_WQUEUE, 128);
	put32(at + PO_DIAG_UID, 1000);
	put32(at + PO_DIAG_INODE, 4711);
	return at;
}

/* Appends an attribute to the last message. */
static uint8_t *
add_attribute(struct reply *reply, uint16_t type, size_t size)
{
	uint8_t *at = reply->octets + reply->length;
	size_t padded = (PO_RTATTR_SIZE + size + 3) & ~(size_t)3;

	memset(at, 0, padded);
	put16(at + PO_RTATTR_LENGTH, (uint16_t)(PO_RTATTR_SIZE + size));
	put16(at + PO_RTATTR_TYPE, type);
	reply->length += padded;
	put32(reply->octets + reply->message + PO_NLMSG_LENGTH,
	    (uint32_t)(reply->length - reply->message));
	return at + PO_RTATTR_SIZE;
}

static int
keep(void *context, const struct po_socket *socket)
{
	struct outcome *outcome = context;

	if (outcome->n < ROWS_MAX)
		outcome->rows[outcome->n] = *socket;
	outcome->n++;
	return outcome->refuse;
}

/* Decodes a copy that ends where the buffer ends, for the sanitizer's sake. */
static void
decode_octets(const uint8_t *octets, size_t length, uint8_t protocol,
    struct outcome *outcome)
{
	uint8_t *copy = malloc(length == 0 ? 1 : length);

	memset(outcome->rows, 0, sizeof(outcome->rows));
	outcome->n = 0;
	outcome->interrupted = false;
	if (copy == NULL) {
		CU_FAIL_FATAL("no memory");
		return;
	}
	memcpy(copy, octets, length);
	outcome->result = po_diag_decode(
	    copy, length, 77, protocol, &outcome->interrupted, keep, outcome);
	free(copy);
}

static struct outcome
decode(const struct reply *reply, uint8_t protocol)
{
	struct outcome outcome = {.refuse = 0};

	decode_octets(reply->octets, reply->length, protocol, &outcome);
	return outcome;
}

static bool
is_address(const struct po_address *address, uint8_t type, const char *text,
    uint32_t zone)
{
	struct po_address expected = unit_address(text, zone);

	expected.type = type;
	return memcmp(address, &expected, sizeof(expected)) == 0;
}

static void
test_listener(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 443, "0.0.0.0", 0);
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
	CU_ASSERT_EQUAL_FATAL(o.n, 1);
	CU_ASSERT_EQUAL(o.rows[0].local.stack, 77);
	CU_ASSERT_EQUAL(o.rows[0].local.protocol, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(o.rows[0].local.port, 443);
	CU_ASSERT_TRUE(is_address(
	    &o.rows[0].local.address, PO_ADDRESS_IPV4, "192.0.2.1", 0));
	CU_ASSERT_FALSE(o.rows[0].connected);
	CU_ASSERT_EQUAL(o.rows[0].state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(o.rows[0].remote.type, 0);
	CU_ASSERT_EQUAL(o.rows[0].handle, 4711);
	CU_ASSERT_EQUAL(o.rows[0].uid, 1000);
	CU_ASSERT_EQUAL(o.rows[0].queue_length, 3);
	CU_ASSERT_EQUAL(o.rows[0].queue_limit, 128);
}

/* The older request asks for both families. */
static void
test_older_answer(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 443, "0.0.0.0", 0);
	put16(reply.octets + PO_NLMSG_TYPE, PO_NLMSG_TYPE_DIAG_TCP);
	add_socket(&reply, PO_LINUX_LISTEN, "2001:db8::1", 80, "::", 0);
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
	CU_ASSERT_EQUAL_FATAL(o.n, 2);
	CU_ASSERT_EQUAL(o.rows[0].local.port, 443);
	CU_ASSERT_EQUAL(o.rows[1].local.port, 80);
}

static void
test_tcp_states(void)
{
	static const struct {
		uint8_t kernel, state;
		bool connected;
	} states[] = {{1, PO_STATE_ESTABLISHED, true},
	    {2, PO_STATE_SYN_SENT, true}, {3, PO_STATE_SYN_RECEIVED, true},
	    {4, PO_STATE_FIN_WAIT_1, true}, {5, PO_STATE_FIN_WAIT_2, true},
	    {6, PO_STATE_TIME_WAIT, true}, {7, PO_STATE_CLOSED, false},
	    {8, PO_STATE_CLOSE_WAIT, true}, {9, PO_STATE_LAST_ACK, true},
	    {10, PO_STATE_LISTEN, false}, {11, PO_STATE_CLOSING, true},
	    {12, PO_STATE_SYN_RECEIVED, true}, {13, PO_STATE_CLOSED, false}};
	struct reply reply;
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		reply.length = 0;
		add_socket(
		    &reply, states[i].kernel, "192.0.2.1", 1, "192.0.2.2", 2);
		o = decode(&reply, PO_PROTOCOL_TCP);
		CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
		CU_ASSERT_EQUAL_FATAL(o.n, 1);
		CU_ASSERT_EQUAL(o.rows[0].state, states[i].state);
		CU_ASSERT_EQUAL(o.rows[0].connected, states[i].connected);
		CU_ASSERT_EQUAL(
		    o.rows[0].remote_port, states[i].connected ? 2 : 0);
		CU_ASSERT_EQUAL(o.rows[0].remote.type,
		    states[i].connected ? PO_ADDRESS_IPV4 : PO_ADDRESS_UNKNOWN);
		/* Queues are something else unless it listens. */
		CU_ASSERT_EQUAL(o.rows[0].queue_limit,
		    states[i].state == PO_STATE_LISTEN ? 128 : 0);
	}
	for (i = 0; i < 256; i++) {
		if (i >= 1 && i <= 13)
			continue;
		reply.length = 0;
		add_socket(&reply, (uint8_t)i, "192.0.2.1", 1, "192.0.2.2", 2);
		o = decode(&reply, PO_PROTOCOL_TCP);
		CU_ASSERT_EQUAL(o.result, -EBADMSG);
		CU_ASSERT_EQUAL(o.n, 0);
	}
}

static void
test_datagrams(void)
{
	static const uint8_t protocols[] = {
	    PO_PROTOCOL_UDP, PO_PROTOCOL_UDPLITE, PO_PROTOCOL_RAW};
	struct reply reply;
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(protocols); i++) {
		reply.length = 0;
		add_socket(
		    &reply, PO_LINUX_CLOSE, "192.0.2.1", 53, "0.0.0.0", 0);
		add_socket(&reply, PO_LINUX_ESTABLISHED, "192.0.2.1", 53,
		    "192.0.2.9", 99);
		/* connect() to port 0 is a peer, too. */
		add_socket(&reply, PO_LINUX_ESTABLISHED, "192.0.2.1", 53,
		    "192.0.2.9", 0);
		add_socket(&reply, PO_LINUX_ESTABLISHED, "192.0.2.1", 53,
		    "0.0.0.0", 0);
		o = decode(&reply, protocols[i]);
		CU_ASSERT_EQUAL_FATAL(o.n, 4);
		CU_ASSERT_EQUAL(o.rows[0].state, PO_STATE_NONE);
		CU_ASSERT_FALSE(o.rows[0].connected);
		CU_ASSERT_EQUAL(o.rows[0].queue_length, 0);
		CU_ASSERT_EQUAL(o.rows[1].state, PO_STATE_ESTABLISHED);
		CU_ASSERT_TRUE(o.rows[1].connected);
		CU_ASSERT_EQUAL(o.rows[1].remote_port, 99);
		CU_ASSERT_EQUAL(o.rows[2].state, PO_STATE_ESTABLISHED);
		CU_ASSERT_TRUE(o.rows[2].connected);
		CU_ASSERT_FALSE(o.rows[3].connected);
		CU_ASSERT_EQUAL(o.rows[3].state, PO_STATE_NONE);
	}
}

static void
test_without_inode(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;
	uint8_t *at;

	at = add_socket(
	    &reply, PO_LINUX_TIME_WAIT, "192.0.2.1", 1, "192.0.2.2", 2);
	put32(at + PO_DIAG_INODE, 0);
	put32(at + PO_DIAG_UID, 0);
	at = add_socket(
	    &reply, PO_LINUX_ESTABLISHED, "192.0.2.1", 1, "192.0.2.2", 2);
	put32(at + PO_DIAG_UID, 0);
	put32(at + PO_DIAG_INODE, UINT32_MAX);
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL_FATAL(o.n, 2);
	CU_ASSERT_EQUAL(o.rows[0].handle, 0);
	CU_ASSERT_EQUAL(o.rows[0].uid, PO_UID_UNKNOWN);
	CU_ASSERT_EQUAL(o.rows[1].handle, UINT32_MAX);
	CU_ASSERT_EQUAL(o.rows[1].uid, 0);
}

static void
test_without_port(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	add_socket(&reply, PO_LINUX_CLOSE, "0.0.0.0", 0, "0.0.0.0", 0);
	add_socket(&reply, PO_LINUX_CLOSE, "0.0.0.0", 1, "0.0.0.0", 0);
	o = decode(&reply, PO_PROTOCOL_UDP);
	CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
	CU_ASSERT_EQUAL(o.n, 1);
}

/* One IPv6 listener with or without the attribute; returns its type. */
static uint8_t
type_of(uint8_t protocol, uint8_t state, const char *local, int v6only)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	add_socket(&reply, state, local, 80, "::2", 90);
	add_attribute(&reply, 8, 1);
	if (v6only >= 0)
		*add_attribute(&reply, PO_DIAG_ATTR_SKV6ONLY, 1) =
		    (uint8_t)v6only;
	add_attribute(&reply, 15, 7);
	o = decode(&reply, protocol);
	CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
	CU_ASSERT_EQUAL(o.n, 1);
	return o.rows[0].local.address.type;
}

static void
test_both_families(void)
{
	const uint8_t tcp = PO_PROTOCOL_TCP, listening = PO_LINUX_LISTEN;

	CU_ASSERT_EQUAL(type_of(tcp, listening, "::", 0), PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(type_of(tcp, listening, "::", 1), PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(type_of(tcp, listening, "::", -1), PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(type_of(tcp, listening, "::1", 0), PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(
	    type_of(tcp, PO_LINUX_BOUND_INACTIVE, "::", 0), PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(
	    type_of(tcp, PO_LINUX_ESTABLISHED, "::", 0), PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(type_of(PO_PROTOCOL_UDP, PO_LINUX_CLOSE, "::", 0),
	    PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(type_of(PO_PROTOCOL_UDPLITE, PO_LINUX_CLOSE, "::", 0),
	    PO_ADDRESS_UNKNOWN);
	/* A raw IPv6 socket never takes IPv4. */
	CU_ASSERT_EQUAL(
	    type_of(PO_PROTOCOL_RAW, PO_LINUX_CLOSE, "::", 0), PO_ADDRESS_IPV6);
}

static void
test_attribute_flags(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	/* NLA_F_NESTED and NLA_F_NET_BYTEORDER are not part of the type. */
	add_socket(&reply, PO_LINUX_LISTEN, "::", 80, "::", 0);
	*add_attribute(&reply, PO_DIAG_ATTR_SKV6ONLY | 0xc000, 1) = 0;
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL_FATAL(o.n, 1);
	CU_ASSERT_EQUAL(o.rows[0].local.address.type, PO_ADDRESS_UNKNOWN);
}

static void
test_addresses(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	put32(add_socket(
		  &reply, PO_LINUX_ESTABLISHED, "fe80::1", 1, "fe80::2", 2) +
		  PO_DIAG_IF,
	    5);
	put32(add_socket(&reply, PO_LINUX_ESTABLISHED, "febf::1", 1,
		  "2001:db8::2", 2) +
		  PO_DIAG_IF,
	    6);
	put32(add_socket(
		  &reply, PO_LINUX_ESTABLISHED, "fec0::1", 1, "fe80::2", 2) +
		  PO_DIAG_IF,
	    0);
	add_socket(&reply, PO_LINUX_ESTABLISHED, "::ffff:192.0.2.1", 1,
	    "::ffff:192.0.2.2", 2);
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL_FATAL(o.n, 4);
	CU_ASSERT_TRUE(is_address(
	    &o.rows[0].local.address, PO_ADDRESS_IPV6Z, "fe80::1", 5));
	CU_ASSERT_TRUE(
	    is_address(&o.rows[0].remote, PO_ADDRESS_IPV6Z, "fe80::2", 5));
	CU_ASSERT_TRUE(is_address(
	    &o.rows[1].local.address, PO_ADDRESS_IPV6Z, "febf::1", 6));
	CU_ASSERT_TRUE(
	    is_address(&o.rows[1].remote, PO_ADDRESS_IPV6, "2001:db8::2", 0));
	CU_ASSERT_TRUE(is_address(
	    &o.rows[2].local.address, PO_ADDRESS_IPV6, "fec0::1", 0));
	CU_ASSERT_TRUE(
	    is_address(&o.rows[2].remote, PO_ADDRESS_IPV6, "fe80::2", 0));
	/* Mapped addresses are the builder's affair. */
	CU_ASSERT_TRUE(is_address(
	    &o.rows[3].local.address, PO_ADDRESS_IPV6, "::ffff:192.0.2.1", 0));
}

static void
test_family(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;
	uint8_t *at;

	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	at = add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 2, "0.0.0.0", 0);
	at[PO_DIAG_FAMILY] = 1;
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(o.result, -EBADMSG);
	CU_ASSERT_EQUAL(o.n, 1);
}

static void
test_sctp(void)
{
	static const uint8_t expected[] = {0, PO_STATE_SYN_SENT,
	    PO_STATE_SYN_SENT, PO_STATE_ESTABLISHED, PO_STATE_FIN_WAIT_1,
	    PO_STATE_FIN_WAIT_2, PO_STATE_CLOSE_WAIT, PO_STATE_LAST_ACK};
	struct reply reply;
	struct outcome o;
	uint8_t state;

	/* Associations: states of their own, told by their peers. */
	for (state = 0; state < sizeof(expected); state++) {
		reply.length = 0;
		add_socket(&reply, state, "192.0.2.1", 1, "192.0.2.2", 2);
		add_attribute(&reply, PO_DIAG_ATTR_PEERS, 128);
		o = decode(&reply, PO_PROTOCOL_SCTP);
		CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
		CU_ASSERT_EQUAL(o.n, state == 0 ? 0 : 1);
		CU_ASSERT_EQUAL(o.rows[0].state, expected[state]);
	}
	reply.length = 0;
	add_socket(&reply, 8, "192.0.2.1", 1, "192.0.2.2", 2);
	add_attribute(&reply, PO_DIAG_ATTR_PEERS, 128);
	o = decode(&reply, PO_PROTOCOL_SCTP);
	CU_ASSERT_EQUAL(o.result, -EBADMSG);
	/* Endpoints: those that listen or wait; others are associations. */
	reply.length = 0;
	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	add_socket(
	    &reply, PO_LINUX_ESTABLISHED, "192.0.2.1", 1, "192.0.2.2", 2);
	add_socket(&reply, PO_LINUX_CLOSE, "192.0.2.1", 1, "0.0.0.0", 0);
	o = decode(&reply, PO_PROTOCOL_SCTP);
	CU_ASSERT_EQUAL_FATAL(o.n, 2);
	CU_ASSERT_EQUAL(o.rows[0].state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(o.rows[0].queue_limit, 128);
	CU_ASSERT_EQUAL(o.rows[1].state, PO_STATE_CLOSED);
}

static void
test_dccp(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	/* PARTOPEN, whose number depends on the kernel. */
	add_socket(&reply, 13, "192.0.2.1", 1, "192.0.2.2", 2);
	add_socket(&reply, 14, "192.0.2.1", 1, "192.0.2.2", 2);
	o = decode(&reply, PO_PROTOCOL_DCCP);
	CU_ASSERT_EQUAL_FATAL(o.n, 3);
	CU_ASSERT_EQUAL(o.rows[0].state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(o.rows[1].state, PO_STATE_ESTABLISHED);
	CU_ASSERT_EQUAL(o.rows[2].state, PO_STATE_ESTABLISHED);
	CU_ASSERT_TRUE(o.rows[2].connected);
}

/* A reply that is one control message with an errno; what comes of it. */
static int
control(uint16_t type, int32_t error, size_t size)
{
	struct reply reply = {.length = 0};
	uint8_t *at = add_message(&reply, type, size);

	if (size >= sizeof(error))
		memcpy(at, &error, sizeof(error));
	/* What stands behind the end is not looked at. */
	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	return decode(&reply, PO_PROTOCOL_TCP).result;
}

static void
test_end(void)
{
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_DONE, 0, 4), PO_DIAG_DONE);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_DONE, 0, 0), PO_DIAG_DONE);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_DONE, -ENOENT, 4), -ENOENT);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_DONE, 0, 2), -EBADMSG);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, 0, 20), PO_DIAG_DONE);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, -EPERM, 20), -EPERM);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, -EINVAL, 4), -EINVAL);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, 0, 3), -EBADMSG);
	/* No error number of any kernel. */
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, 5, 20), -EBADMSG);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, INT32_MIN, 4), -EBADMSG);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, -4096, 4), -EBADMSG);
	CU_ASSERT_EQUAL(control(PO_NLMSG_TYPE_ERROR, -4095, 4), -4095);
	/* Other types are passed over. */
	CU_ASSERT_EQUAL(control(1, -EPERM, 4), PO_DIAG_MORE);
	CU_ASSERT_EQUAL(control(19, -EPERM, 4), PO_DIAG_MORE);
}

static void
test_interrupted(void)
{
	struct reply reply = {.length = 0};
	struct outcome o;

	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	put16(reply.octets + reply.message + PO_NLMSG_FLAGS, 2);
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_FALSE(o.interrupted);
	add_message(&reply, PO_NLMSG_TYPE_DONE, 4);
	put16(reply.octets + reply.message + PO_NLMSG_FLAGS, 2 | 0x10);
	o = decode(&reply, PO_PROTOCOL_TCP);
	CU_ASSERT_TRUE(o.interrupted);
	CU_ASSERT_EQUAL(o.result, PO_DIAG_DONE);
	CU_ASSERT_EQUAL(o.n, 1);
}

static void
test_visitor_stops(void)
{
	struct reply reply = {.length = 0};
	struct outcome o = {.refuse = -ENOMEM};

	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	add_socket(&reply, PO_LINUX_LISTEN, "192.0.2.1", 2, "0.0.0.0", 0);
	decode_octets(reply.octets, reply.length, PO_PROTOCOL_TCP, &o);
	CU_ASSERT_EQUAL(o.result, -ENOMEM);
	CU_ASSERT_EQUAL(o.n, 1);
	o.refuse = 7;
	decode_octets(reply.octets, reply.length, PO_PROTOCOL_TCP, &o);
	CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE);
	CU_ASSERT_EQUAL(o.n, 2);
}

/* Three sockets with attributes, and the end. */
static void
make_dump(struct reply *reply)
{
	reply->length = 0;
	add_socket(reply, PO_LINUX_LISTEN, "::", 80, "::", 0);
	*add_attribute(reply, PO_DIAG_ATTR_SKV6ONLY, 1) = 1;
	add_attribute(reply, 8, 1);
	add_socket(reply, PO_LINUX_LISTEN, "192.0.2.1", 1, "0.0.0.0", 0);
	add_attribute(reply, 8, 1);
	add_socket(reply, PO_LINUX_CLOSE, "192.0.2.1", 2, "0.0.0.0", 0);
	add_message(reply, PO_NLMSG_TYPE_DONE, 4);
}

static void
test_truncated(void)
{
	struct outcome o = {.refuse = 0};
	struct reply reply;
	size_t length, first, second, third;

	make_dump(&reply);
	first = PO_NLMSG_SIZE + PO_DIAG_SIZE + 8 + 8;
	second = first + PO_NLMSG_SIZE + PO_DIAG_SIZE + 8;
	third = second + PO_NLMSG_SIZE + PO_DIAG_SIZE;
	for (length = 0; length <= reply.length; length++) {
		decode_octets(reply.octets, length, PO_PROTOCOL_TCP, &o);
		CU_ASSERT_EQUAL(o.n,
		    (length >= first) + (length >= second) + (length >= third));
		if (length == reply.length)
			CU_ASSERT_EQUAL(o.result, PO_DIAG_DONE)
		else if (length == 0 || length == first || length == second ||
			 length == third)
			CU_ASSERT_EQUAL(o.result, PO_DIAG_MORE)
		else
			CU_ASSERT_EQUAL(o.result, -EBADMSG)
	}
}

static void
test_lengths(void)
{
	struct outcome o = {.refuse = 0};
	struct reply reply;
	const size_t attribute = PO_NLMSG_SIZE + PO_DIAG_SIZE;
	uint32_t length;

	make_dump(&reply);
	/* Of the first message. */
	for (length = 0; length < 300; length++) {
		put32(reply.octets, length);
		decode_octets(reply.octets, reply.length, PO_PROTOCOL_TCP, &o);
		if (length < PO_NLMSG_SIZE + PO_DIAG_SIZE) {
			CU_ASSERT_EQUAL(o.result, -EBADMSG);
			CU_ASSERT_EQUAL(o.n, 0);
		}
	}
	for (length = 1; length != 0; length <<= 1) {
		put32(reply.octets, UINT32_MAX - length + 1);
		decode_octets(reply.octets, reply.length, PO_PROTOCOL_TCP, &o);
		CU_ASSERT_EQUAL(o.result, -EBADMSG);
	}
	/* Of its first attribute: 4 (no value), 5 (right), more than there. */
	for (length = 0; length <= UINT16_MAX; length++) {
		make_dump(&reply);
		put16(reply.octets + attribute, (uint16_t)length);
		decode_octets(reply.octets, reply.length, PO_PROTOCOL_TCP, &o);
		if (length < 5 || length > 16)
			CU_ASSERT_EQUAL(o.result, -EBADMSG);
		if (length >= 5 && length <= 8) {
			CU_ASSERT_EQUAL(o.result, PO_DIAG_DONE);
			CU_ASSERT_EQUAL(o.n, 3);
		}
	}
}

/* Whatever the octets are, rows are sound and nothing is read outside. */
static void
test_random(void)
{
	struct outcome o = {.refuse = 0};
	const struct po_socket *row;
	struct reply reply;
	uint64_t seed = 3;
	unsigned round, k, wrong = 0;
	size_t i;

	for (round = 0; round < 20000; round++) {
		make_dump(&reply);
		for (k = unit_below(&seed, 6); k > 0; k--)
			reply
			    .octets[unit_below(&seed, (uint32_t)reply.length)] =
			    (uint8_t)unit_below(&seed, 256);
		decode_octets(reply.octets,
		    unit_below(&seed, (uint32_t)reply.length + 1),
		    PO_PROTOCOL_TCP, &o);
		for (i = 0; i < o.n && i < ROWS_MAX; i++) {
			row = &o.rows[i];
			if (row->local.port == 0 || row->state == 0 ||
			    row->state > PO_STATE_TIME_WAIT ||
			    row->local.address.type > PO_ADDRESS_IPV6Z ||
			    row->connected != (row->remote.type != 0))
				wrong++;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"a listener", test_listener},
	    {"an answer to the older request", test_older_answer},
	    {"states of TCP", test_tcp_states},
	    {"datagram and raw sockets", test_datagrams},
	    {"sockets without an inode", test_without_inode},
	    {"sockets without a port", test_without_port},
	    {"wildcards of both families", test_both_families},
	    {"flags in an attribute's type", test_attribute_flags},
	    {"addresses and zones", test_addresses},
	    {"unknown address families", test_family},
	    {"SCTP", test_sctp},
	    {"DCCP", test_dccp},
	    {"the end of a dump, errors", test_end},
	    {"an interrupted dump", test_interrupted},
	    {"a visitor that stops", test_visitor_stops},
	    {"every truncation", test_truncated},
	    {"wrong lengths", test_lengths},
	    {"random changes", test_random},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("linux_diag_decode", tests);
}
