/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The builder's rules one by one, each on a scene small enough to see.
 */
#include "model/builder.h"

#include <errno.h>
#include <stdio.h>

#include "sealed.h"

#define TCP PO_PROTOCOL_TCP
#define UDP PO_PROTOCOL_UDP

static void
add(struct po_builder *b, struct po_socket socket)
{
	CU_ASSERT_EQUAL_FATAL(po_builder_add_socket(b, &socket), 0);
}

static void
own(struct po_builder *b, uint64_t handle, uint32_t pid)
{
	CU_ASSERT_EQUAL_FATAL(po_builder_add_owner(b, handle, pid), 0);
}

static void
process(struct po_builder *b, uint32_t pid, uint32_t parent, uint64_t start)
{
	struct po_process p = {.pid = pid, .parent = parent, .start = start};

	p.uid = 100 + pid;
	p.command = unit_bytes("command");
	CU_ASSERT_EQUAL_FATAL(po_builder_add_process(b, &p), 0);
}

static uint32_t
owner_pid(const struct sealed *d, uint32_t row)
{
	return d->s.processes[d->s.owners[row].process].pid;
}

static const struct po_process_record *
listener_process(const struct sealed *d, uint32_t row)
{
	return &d->s.processes[d->s.listeners[row].process];
}

static void
test_empty(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	sealed_make(&d, b);
	CU_ASSERT_EQUAL(d.s.n_owners, 0);
	CU_ASSERT_EQUAL(d.s.n_endpoints, 0);
	CU_ASSERT_EQUAL(d.s.n_processes, 0);
	CU_ASSERT_EQUAL(d.s.n_gaps, 0);
	CU_ASSERT_EQUAL(d.s.header->partial, 0);
	CU_ASSERT_EQUAL(d.s.header->unowned, 0);
	CU_ASSERT_EQUAL(d.s.header->dropped, 0);
	CU_ASSERT_EQUAL(d.s.header->generation, 7);
	CU_ASSERT_EQUAL(d.s.header->taken_unix, 1700000000000000);
	CU_ASSERT_EQUAL(d.s.header->taken, 123456789);
	CU_ASSERT_EQUAL(d.s.header->collect_us, 4321);
	CU_ASSERT_EQUAL(d.s.header->checksum, 0);
	CU_ASSERT_EQUAL(d.s.header->size, d.size);
	CU_ASSERT_TRUE(sealed_is(&d, d.s.header->source, "test"));
	sealed_free(&d);
	po_builder_free(b);
	po_builder_free(NULL);
}

static void
test_join(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	/* Two processes share a listener; one of them serves a connection. */
	add(b, unit_bound(TCP, "127.0.0.1", 80, 11));
	add(b, unit_connected(TCP, "127.0.0.1", 80, "127.0.0.1", 5000, 12));
	CU_ASSERT_TRUE(po_builder_has_handle(b, 11));
	CU_ASSERT_FALSE(po_builder_has_handle(b, 13));
	CU_ASSERT_FALSE(po_builder_has_handle(b, 0));
	own(b, 11, 30);
	own(b, 11, 20);
	own(b, 11, 30);
	own(b, 12, 20);
	own(b, 99, 77);
	CU_ASSERT_FALSE(po_builder_has_process(b, 20, NULL));
	process(b, 20, 1, 5);
	process(b, 30, 20, 6);
	process(b, 40, 1, 1);
	CU_ASSERT_TRUE(po_builder_has_process(b, 20, NULL));
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 2);
	CU_ASSERT_EQUAL(owner_pid(&d, 0), 20);
	CU_ASSERT_EQUAL(d.s.owners[0].sockets, 2);
	CU_ASSERT_EQUAL(d.s.owners[0].connected, 1);
	CU_ASSERT_EQUAL(d.s.owners[0].listening, 1);
	CU_ASSERT_EQUAL(owner_pid(&d, 1), 30);
	CU_ASSERT_EQUAL(d.s.owners[1].sockets, 1);
	CU_ASSERT_EQUAL(d.s.owners[1].connected, 0);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 1);
	CU_ASSERT_EQUAL(d.s.listeners[0].owners, 2);
	CU_ASSERT_EQUAL(d.s.listeners[0].sockets, 1);
	CU_ASSERT_EQUAL(d.s.listeners[0].connections, 1);
	CU_ASSERT_EQUAL(listener_process(&d, 0)->pid, 20);
	CU_ASSERT_EQUAL(d.s.n_connections, 1);
	/* Whoever holds nothing does not reach the snapshot. */
	CU_ASSERT_EQUAL(d.s.n_processes, 2);
	CU_ASSERT_EQUAL(d.s.header->unowned, 0);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_start_of_process(void)
{
	struct po_builder *b = sealed_builder(10);
	uint64_t start = 0;

	process(b, 20, 1, 5);
	CU_ASSERT_TRUE(po_builder_has_process(b, 20, &start));
	CU_ASSERT_EQUAL(start, 5);
	po_builder_free(b);
}

static void
test_several_sockets_of_a_handle(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	/* The subflows of a multipath connection. */
	add(b, unit_connected(TCP, "192.0.2.1", 9, "192.0.2.9", 90, 11));
	add(b, unit_connected(TCP, "192.0.2.2", 9, "192.0.2.9", 90, 11));
	add(b, unit_bound(TCP, "192.0.2.3", 9, 11));
	/* What is without an owner is the handle. */
	CU_ASSERT_EQUAL(po_builder_count_orphans(b), 1);
	own(b, 11, 20);
	CU_ASSERT_EQUAL(po_builder_count_orphans(b), 0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 3);
	CU_ASSERT_EQUAL(owner_pid(&d, 0), 20);
	CU_ASSERT_EQUAL(owner_pid(&d, 1), 20);
	CU_ASSERT_EQUAL(owner_pid(&d, 2), 20);
	CU_ASSERT_EQUAL(d.s.n_processes, 1);
	sealed_free(&d);
	po_builder_free(b);
}

/* The one ownerless row of a TCP listener, with or without a gap. */
static uint32_t
kind_of(uint64_t handle, int gap)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;
	uint32_t kind;

	add(b, unit_bound(TCP, "127.0.0.1", 80, handle));
	if (gap != 0)
		CU_ASSERT_EQUAL(po_builder_add_gap(
				    b, (enum po_gap_kind)gap, 1, "text", NULL),
		    0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 1);
	CU_ASSERT_EQUAL(owner_pid(&d, 0), 0);
	CU_ASSERT_EQUAL(d.s.header->partial, gap != 0);
	CU_ASSERT_EQUAL(d.s.header->unowned, 1);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 1);
	CU_ASSERT_EQUAL(d.s.listeners[0].owners, 0);
	kind = d.s.processes[d.s.owners[0].process].kind;
	CU_ASSERT_EQUAL(listener_process(&d, 0)->kind, kind);
	sealed_free(&d);
	po_builder_free(b);
	return kind;
}

static void
test_ownerless_kinds(void)
{
	CU_ASSERT_EQUAL(kind_of(0, 0), PO_OWNER_NONE);
	CU_ASSERT_EQUAL(kind_of(0, PO_GAP_PERMISSION), PO_OWNER_NONE);
	CU_ASSERT_EQUAL(kind_of(11, 0), PO_OWNER_UNSEEN);
	CU_ASSERT_EQUAL(kind_of(11, PO_GAP_PERMISSION), PO_OWNER_HIDDEN);
	CU_ASSERT_EQUAL(kind_of(11, PO_GAP_RACE), PO_OWNER_UNSEEN);
	CU_ASSERT_EQUAL(kind_of(11, PO_GAP_UNSUPPORTED), PO_OWNER_UNSEEN);
}

static void
add_with_uid(struct po_builder *b, uint64_t handle, uint32_t uid)
{
	struct po_socket socket = unit_bound(TCP, "127.0.0.1", 80, handle);

	socket.uid = uid;
	add(b, socket);
}

static void
test_merging_ownerless(void)
{
	struct po_builder *b = sealed_builder(10);
	const struct po_process_record *p;
	struct sealed d;

	add_with_uid(b, 0, 7);
	add_with_uid(b, 0, 7);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 1);
	CU_ASSERT_EQUAL(d.s.owners[0].sockets, 2);
	CU_ASSERT_EQUAL(d.s.owners[0].listening, 2);
	p = &d.s.processes[d.s.owners[0].process];
	CU_ASSERT_EQUAL(p->uid, 7);
	CU_ASSERT_EQUAL(p->kind, PO_OWNER_NONE);
	CU_ASSERT_TRUE(sealed_is(&d, p->user, "7"));
	CU_ASSERT_EQUAL(p->command, 0);
	CU_ASSERT_EQUAL(d.s.header->unowned, 2);
	sealed_free(&d);
	/* The gravest reason, and the uid of those that have it. */
	po_builder_reset(b);
	add_with_uid(b, 0, 7);
	add_with_uid(b, 12, 8);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 1);
	p = &d.s.processes[d.s.owners[0].process];
	CU_ASSERT_EQUAL(p->kind, PO_OWNER_UNSEEN);
	CU_ASSERT_EQUAL(p->uid, 8);
	sealed_free(&d);
	/* No uid where they differ. */
	po_builder_reset(b);
	add_with_uid(b, 14, 7);
	add_with_uid(b, 12, 8);
	add_with_uid(b, 13, 8);
	own(b, 13, 20);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 2);
	p = &d.s.processes[d.s.owners[0].process];
	CU_ASSERT_EQUAL(d.s.owners[0].sockets, 2);
	CU_ASSERT_EQUAL(p->pid, 0);
	CU_ASSERT_EQUAL(p->kind, PO_OWNER_UNSEEN);
	CU_ASSERT_EQUAL(p->uid, PO_UID_UNKNOWN);
	CU_ASSERT_EQUAL(p->user, 0);
	CU_ASSERT_EQUAL(owner_pid(&d, 1), 20);
	/* The listener has an owner, though one of its sockets has none. */
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 1);
	CU_ASSERT_EQUAL(listener_process(&d, 0)->pid, 20);
	CU_ASSERT_EQUAL(d.s.listeners[0].owners, 1);
	CU_ASSERT_EQUAL(d.s.listeners[0].sockets, 3);
	sealed_free(&d);
	po_builder_free(b);
}

struct person {
	uint32_t pid, parent;
	uint64_t start;
	bool holds;
};

/* Who of the people speaks for a listener that they hold. */
static uint32_t
primary(const struct person *people, size_t n)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;
	uint32_t pid;
	size_t i;

	add(b, unit_bound(TCP, "127.0.0.1", 80, 11));
	for (i = 0; i < n; i++) {
		if (people[i].holds)
			own(b, 11, people[i].pid);
		process(b, people[i].pid, people[i].parent, people[i].start);
	}
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 1);
	pid = listener_process(&d, 0)->pid;
	sealed_free(&d);
	po_builder_free(b);
	return pid;
}

#define PRIMARY(...)                                                           \
	primary((const struct person[]){__VA_ARGS__},                          \
	    sizeof((const struct person[]){__VA_ARGS__}) /                     \
		sizeof(struct person))

static void
test_primary(void)
{
	CU_ASSERT_EQUAL(PRIMARY({1, 0, 1, true}), 1);
	/* Not init, though everybody's ancestor and the oldest. */
	CU_ASSERT_EQUAL(PRIMARY({1, 0, 1, true}, {50, 1, 9, true}), 50);
	/* The ancestor, though younger and of a higher pid. */
	CU_ASSERT_EQUAL(
	    PRIMARY({90, 1, 20, true}, {50, 90, 10, true}, {40, 90, 10, true}),
	    90);
	/* ... through processes that hold nothing. */
	CU_ASSERT_EQUAL(PRIMARY({90, 1, 20, true}, {60, 90, 5, false},
			    {50, 60, 5, false}, {40, 50, 3, true}),
	    90);
	/* ... with init among the holders. */
	CU_ASSERT_EQUAL(
	    PRIMARY({1, 0, 1, true}, {90, 1, 20, true}, {40, 90, 3, true}), 90);
	/* A common ancestor that holds nothing does not count: the oldest. */
	CU_ASSERT_EQUAL(
	    PRIMARY({90, 1, 1, false}, {40, 90, 8, true}, {50, 90, 7, true}),
	    50);
	/* The ancestor of some but not of all is none: the oldest. */
	CU_ASSERT_EQUAL(
	    PRIMARY({20, 1, 9, true}, {30, 20, 8, true}, {40, 1, 7, true}), 40);
	/* As old: the lowest pid.  Unknown starts come last. */
	CU_ASSERT_EQUAL(
	    PRIMARY({60, 1, 7, true}, {50, 1, 7, true}, {70, 1, 7, true}), 50);
	CU_ASSERT_EQUAL(
	    PRIMARY({60, 1, 0, true}, {70, 1, 9, true}, {80, 1, 9, true}), 70);
	CU_ASSERT_EQUAL(PRIMARY({60, 0, 0, true}, {50, 0, 0, true}), 50);
	/* Parents in a circle are nonsense, but end. */
	CU_ASSERT_NOT_EQUAL(PRIMARY({60, 50, 2, true}, {50, 60, 1, true}), 0);
	CU_ASSERT_EQUAL(PRIMARY({60, 60, 2, true}, {50, 50, 1, true}), 50);
}

static void
test_primary_over_several_sockets(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	/* SO_REUSEPORT: each worker has its socket, the master has them all. */
	add(b, unit_bound(TCP, "127.0.0.1", 80, 11));
	add(b, unit_bound(TCP, "127.0.0.1", 80, 12));
	own(b, 11, 40);
	own(b, 12, 41);
	own(b, 11, 90);
	own(b, 12, 90);
	process(b, 40, 90, 5);
	process(b, 41, 90, 6);
	process(b, 90, 1, 9);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 1);
	CU_ASSERT_EQUAL(listener_process(&d, 0)->pid, 90);
	CU_ASSERT_EQUAL(d.s.listeners[0].owners, 3);
	CU_ASSERT_EQUAL(d.s.listeners[0].sockets, 2);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 3);
	CU_ASSERT_EQUAL(d.s.owners[2].sockets, 2);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_init_with_several_sockets(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	add(b, unit_bound(TCP, "127.0.0.1", 80, 11));
	add(b, unit_bound(TCP, "127.0.0.1", 80, 12));
	own(b, 11, 1);
	own(b, 12, 1);
	own(b, 12, 90);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 1);
	CU_ASSERT_EQUAL(listener_process(&d, 0)->pid, 90);
	CU_ASSERT_EQUAL(d.s.listeners[0].owners, 2);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_addresses(void)
{
	struct po_builder *b = sealed_builder(10);
	struct po_socket socket;
	struct sealed d;

	/* Mapped addresses meet their IPv4 selves, local and remote. */
	add(b, unit_bound(TCP, "192.0.2.1", 80, 11));
	add(b, unit_connected(
		   TCP, "::ffff:192.0.2.1", 80, "::ffff:192.0.2.2", 9, 12));
	add(b, unit_bound(TCP, "*", 80, 13));
	add(b, unit_bound(TCP, "::", 80, 14));
	socket = unit_bound(TCP, "fe80::1", 80, 15);
	socket.local.address = unit_address("fe80::1", 3);
	add(b, socket);
	/* Residue where nothing belongs must not make a second endpoint. */
	socket = unit_bound(TCP, "*", 80, 16);
	socket.local.address.bytes[3] = 1;
	socket.local.address.zone = 9;
	socket.local.address.reserved[0] = 1;
	socket.local.reserved = 1;
	socket.remote = unit_address("192.0.2.9", 0);
	socket.remote_port = 9;
	add(b, socket);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_endpoints, 4);
	CU_ASSERT_EQUAL(d.s.endpoints[0].address.type, PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(d.s.endpoints[1].address.type, PO_ADDRESS_IPV4);
	CU_ASSERT_EQUAL(d.s.endpoints[2].address.type, PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(d.s.endpoints[3].address.type, PO_ADDRESS_IPV6Z);
	CU_ASSERT_EQUAL(d.s.endpoints[3].address.zone, 3);
	CU_ASSERT_EQUAL_FATAL(d.s.n_connections, 1);
	CU_ASSERT_EQUAL(d.s.connections[0].endpoint, 1);
	CU_ASSERT_EQUAL(d.s.connections[0].remote.type, PO_ADDRESS_IPV4);
	CU_ASSERT_EQUAL(d.s.connections[0].remote.bytes[3], 2);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 4);
	CU_ASSERT_EQUAL(d.s.listeners[0].sockets, 2);
	/* The connection is its own address's listener's. */
	CU_ASSERT_EQUAL(d.s.listeners[0].connections, 0);
	CU_ASSERT_EQUAL(d.s.listeners[1].connections, 1);
	sealed_free(&d);
	po_builder_free(b);
}

/* A list that is read while it changes may tell of a socket twice. */
static void
test_repeats(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	add(b, unit_bound(TCP, "127.0.0.1", 80, 11));
	add(b, unit_connected(TCP, "127.0.0.1", 80, "127.0.0.2", 7, 12));
	add(b, unit_connected(TCP, "127.0.0.1", 80, "127.0.0.2", 8, 0));
	add(b, unit_bound(TCP, "127.0.0.1", 80, 11));
	add(b, unit_connected(TCP, "127.0.0.1", 80, "127.0.0.2", 7, 12));
	add(b, unit_connected(TCP, "127.0.0.1", 80, "127.0.0.2", 8, 0));
	/* Another socket of the same address is another socket. */
	add(b, unit_bound(TCP, "127.0.0.1", 80, 13));
	own(b, 11, 20);
	own(b, 12, 20);
	own(b, 13, 20);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 2);
	CU_ASSERT_EQUAL(d.s.owners[0].sockets, 1);
	CU_ASSERT_EQUAL(d.s.owners[1].sockets, 3);
	CU_ASSERT_EQUAL(d.s.owners[1].connected, 1);
	CU_ASSERT_EQUAL(d.s.header->unowned, 1);
	CU_ASSERT_EQUAL_FATAL(d.s.n_connections, 2);
	CU_ASSERT_EQUAL(d.s.connections[0].sockets, 1);
	CU_ASSERT_EQUAL(d.s.connections[1].sockets, 1);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_widen(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	add(b, unit_bound(TCP, "::", 80, 11));
	add(b, unit_bound(TCP, "::", 81, 12));
	add(b, unit_bound(TCP, "::1", 82, 13));
	po_builder_widen(b, 11);
	po_builder_widen(b, 13);
	po_builder_widen(b, 99);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_endpoints, 3);
	CU_ASSERT_EQUAL(d.s.endpoints[0].address.type, PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(d.s.endpoints[1].address.type, PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(d.s.endpoints[2].address.type, PO_ADDRESS_IPV6);
	sealed_free(&d);
	po_builder_free(b);
}

/* Which of UDP ports 32767, 32768, 60999 and 61000 are listeners: bits. */
static unsigned
udp_listeners(bool all, uint16_t low, uint16_t high)
{
	static const uint16_t ports[] = {32767, 32768, 60999, 61000};
	struct po_builder_options options = {
	    .max_rows = 10, .listener_ephemeral_udp = all};
	struct po_builder *b = po_builder_new(&options);
	struct sealed d;
	unsigned bits = 0;
	uint32_t i, k;

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	po_builder_set_ephemeral(b, low, high);
	for (i = 0; i < 4; i++)
		add(b, unit_bound(UDP, "*", ports[i], 11 + i));
	/* Connected: never one. */
	add(b, unit_connected(UDP, "192.0.2.1", 53, "192.0.2.2", 9, 20));
	/* TCP: always one. */
	add(b, unit_bound(TCP, "*", 40000, 21));
	/* Raw and TCP without listen(): never. */
	add(b, unit_bound(PO_PROTOCOL_RAW, "*", 1, 22));
	sealed_make(&d, b);
	for (i = 0; i < d.s.n_listeners; i++)
		for (k = 0; k < 4; k++)
			if (d.s.endpoints[d.s.listeners[i].endpoint].port ==
			    ports[k])
				bits |= 1u << k;
	CU_ASSERT_EQUAL(d.s.listeners[0].endpoint, 0);
	CU_ASSERT_EQUAL(d.s.endpoints[0].port, 40000);
	CU_ASSERT_EQUAL(d.s.n_owners, 7);
	sealed_free(&d);
	po_builder_free(b);
	return bits;
}

static void
test_ephemeral_udp(void)
{
	CU_ASSERT_EQUAL(udp_listeners(false, 32768, 60999), 1 | 8);
	CU_ASSERT_EQUAL(udp_listeners(true, 32768, 60999), 15);
	CU_ASSERT_EQUAL(udp_listeners(false, 0, 0), 15);
	CU_ASSERT_EQUAL(udp_listeners(false, 1, 65535), 0);
}

static void
test_queues(void)
{
	struct po_builder *b = sealed_builder(10);
	struct po_socket socket = unit_bound(TCP, "*", 80, 11);
	struct sealed d;

	socket.queue_length = 3;
	socket.queue_limit = 128;
	add(b, socket);
	socket.handle = 12;
	socket.queue_length = 4;
	add(b, socket);
	/* One that does not tell makes the sum unknown. */
	socket.local.port = 81;
	add(b, socket);
	socket.queue_limit = PO_QUEUE_UNKNOWN;
	socket.handle = 14;
	add(b, socket);
	/* Bound to the same place without listen(): not the listener's. */
	socket.local.port = 80;
	socket.handle = 13;
	socket.state = PO_STATE_CLOSED;
	add(b, socket);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 2);
	CU_ASSERT_EQUAL(d.s.listeners[0].sockets, 2);
	CU_ASSERT_EQUAL(d.s.listeners[0].queue_length, 7);
	CU_ASSERT_EQUAL(d.s.listeners[0].queue_limit, 256);
	CU_ASSERT_EQUAL(d.s.listeners[1].queue_length, 8);
	CU_ASSERT_EQUAL(d.s.listeners[1].queue_limit, PO_QUEUE_UNKNOWN);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 2);
	CU_ASSERT_EQUAL(d.s.owners[0].sockets, 3);
	CU_ASSERT_EQUAL(d.s.owners[0].listening, 2);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_max_rows(void)
{
	struct po_builder *b = sealed_builder(3);
	struct sealed d;
	uint16_t i;

	/* In the worst order; 5 listeners, 5 connections, 10 owner rows. */
	for (i = 5; i > 0; i--) {
		add(b, unit_bound(TCP, "*", i, 10u + i));
		add(b, unit_connected(
			   TCP, "192.0.2.1", i, "192.0.2.2", 9, 20u + i));
	}
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 3);
	CU_ASSERT_EQUAL_FATAL(d.s.n_listeners, 3);
	CU_ASSERT_EQUAL_FATAL(d.s.n_connections, 3);
	CU_ASSERT_EQUAL(d.s.header->dropped, 7 + 2 + 2);
	CU_ASSERT_EQUAL(d.s.header->partial, 1);
	for (i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(
		    d.s.endpoints[d.s.listeners[i].endpoint].port, i + 1);
		CU_ASSERT_EQUAL(
		    d.s.endpoints[d.s.connections[i].endpoint].port, i + 1);
	}
	CU_ASSERT_EQUAL(d.s.endpoints[d.s.owners[0].endpoint].port, 1);
	CU_ASSERT_EQUAL(d.s.endpoints[d.s.owners[1].endpoint].port, 1);
	CU_ASSERT_EQUAL(d.s.endpoints[d.s.owners[2].endpoint].port, 2);
	CU_ASSERT_EQUAL_FATAL(d.s.n_gaps, 1);
	CU_ASSERT_EQUAL(d.s.gaps[0].kind, PO_GAP_LIMIT);
	CU_ASSERT_EQUAL(d.s.gaps[0].count, 11);
	CU_ASSERT_NOT_EQUAL(d.s.gaps[0].text, 0);
	sealed_free(&d);
	po_builder_free(b);
	/* Exactly as many as there may be: nothing is dropped. */
	b = sealed_builder(3);
	for (i = 1; i <= 3; i++)
		add(b, unit_bound(TCP, "*", i, 10u + i));
	sealed_make(&d, b);
	CU_ASSERT_EQUAL(d.s.n_owners, 3);
	CU_ASSERT_EQUAL(d.s.header->dropped, 0);
	CU_ASSERT_EQUAL(d.s.n_gaps, 0);
	sealed_free(&d);
	po_builder_free(b);
}

static void
count_orphan(void *context, const struct po_socket *socket)
{
	*(uint64_t *)context += socket->handle;
}

static void
test_confirm(void)
{
	struct po_builder *b = sealed_builder(10);
	uint64_t sum = 0;
	struct sealed d;

	add(b, unit_bound(TCP, "*", 1, 0)); /* nobody can hold it */
	add(b, unit_bound(TCP, "*", 2, 12)); /* owned, not confirmed */
	add(b, unit_bound(TCP, "*", 3, 13)); /* gone */
	add(b, unit_bound(TCP, "*", 4, 14)); /* still there */
	add(b, unit_bound(TCP, "*", 5, 15)); /* gone, but for its owner */
	add(b, unit_bound(TCP, "*", 6, 16)); /* two of a handle, there */
	add(b, unit_bound(TCP, "*", 7, 16));
	own(b, 12, 20);
	po_builder_each_orphan(b, count_orphan, &sum);
	CU_ASSERT_EQUAL(sum, 13 + 14 + 15 + 16);
	CU_ASSERT_EQUAL(po_builder_count_orphans(b), 4);
	po_builder_begin_confirm(b);
	po_builder_confirm(b, 14);
	po_builder_confirm(b, 16);
	po_builder_confirm(b, 99);
	CU_ASSERT_EQUAL(po_builder_drop_unconfirmed(b), 2);
	CU_ASSERT_EQUAL(po_builder_count_orphans(b), 2);
	/* A confirmation holds for one look. */
	po_builder_begin_confirm(b);
	po_builder_confirm(b, 14);
	po_builder_confirm(b, 16);
	CU_ASSERT_EQUAL(po_builder_drop_unconfirmed(b), 0);
	/* An owner who turns up brings it back. */
	own(b, 15, 20);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_endpoints, 6);
	CU_ASSERT_EQUAL(d.s.endpoints[0].port, 1);
	CU_ASSERT_EQUAL(d.s.endpoints[1].port, 2);
	CU_ASSERT_EQUAL(d.s.endpoints[2].port, 4);
	CU_ASSERT_EQUAL(d.s.endpoints[3].port, 5);
	CU_ASSERT_EQUAL(d.s.header->unowned, 4);
	CU_ASSERT_EQUAL(d.s.header->dropped, 0);
	sealed_free(&d);
	po_builder_free(b);
}

static const char *
user_name(void *context, uint32_t uid)
{
	static char name[32];

	++*(unsigned *)context;
	if (uid == 120)
		return NULL;
	/* The builder has to copy it at once, and to make it safe. */
	snprintf(name, sizeof(name), "user\n%lu", (unsigned long)uid);
	return name;
}

static void
test_users(void)
{
	unsigned asked = 0;
	struct po_builder_options options = {
	    .max_rows = 10, .user_name = user_name, .context = &asked};
	struct po_builder *b = po_builder_new(&options);
	struct po_process p = {.pid = 23, .uid = PO_UID_UNKNOWN};
	struct sealed d;

	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	add(b, unit_bound(TCP, "*", 1, 11));
	own(b, 11, 20);
	own(b, 11, 21);
	own(b, 11, 22);
	own(b, 11, 23);
	own(b, 11, 24);
	process(b, 20, 1, 1);
	process(b, 21, 1, 1);
	/* pid 22 went before it could be looked at. */
	CU_ASSERT_EQUAL(po_builder_add_process(b, &p), 0);
	p.pid = 24;
	p.user = unit_bytes("DOMAIN\\someone");
	CU_ASSERT_EQUAL(po_builder_add_process(b, &p), 0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_processes, 5);
	CU_ASSERT_EQUAL(d.s.processes[0].uid, 120);
	CU_ASSERT_TRUE(sealed_is(&d, d.s.processes[0].user, "120"));
	CU_ASSERT_TRUE(sealed_is(&d, d.s.processes[1].user, "user\\n121"));
	CU_ASSERT_TRUE(sealed_is(&d, d.s.processes[1].command, "command"));
	CU_ASSERT_EQUAL(d.s.processes[2].uid, PO_UID_UNKNOWN);
	CU_ASSERT_EQUAL(d.s.processes[2].user, 0);
	CU_ASSERT_EQUAL(d.s.processes[2].command, 0);
	CU_ASSERT_EQUAL(d.s.processes[3].user, 0);
	CU_ASSERT_TRUE(
	    sealed_is(&d, d.s.processes[4].user, "DOMAIN\\\\someone"));
	CU_ASSERT_TRUE(asked >= 2);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_texts(void)
{
	static const char nasty[] = "a\0b\x1b\xff";
	struct po_builder *b = sealed_builder(10);
	struct po_process p = {.pid = 20, .uid = 0};
	char longest[400];
	struct sealed d;

	memset(longest, 'x', sizeof(longest));
	add(b, unit_bound(TCP, "*", 1, 11));
	own(b, 11, 20);
	p.command.data = nasty;
	p.command.length = sizeof(nasty) - 1;
	p.service = unit_bytes("");
	p.executable.data = longest;
	p.executable.length = sizeof(longest);
	p.arguments = unit_bytes("same");
	p.user = unit_bytes("same");
	CU_ASSERT_EQUAL(po_builder_add_process(b, &p), 0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_processes, 1);
	CU_ASSERT_TRUE(
	    sealed_is(&d, d.s.processes[0].command, "a\\x00b\\x1b\\xff"));
	CU_ASSERT_TRUE(sealed_is(&d, d.s.processes[0].service, ""));
	longest[255] = '\0';
	CU_ASSERT_TRUE(sealed_is(&d, d.s.processes[0].executable, longest));
	CU_ASSERT_TRUE(sealed_is(&d, d.s.processes[0].arguments, "same"));
	/* Equal texts stand in the pool once. */
	CU_ASSERT_EQUAL(d.s.processes[0].arguments, d.s.processes[0].user);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_gaps(void)
{
	struct po_builder *b = sealed_builder(10);
	struct sealed d;

	CU_ASSERT_EQUAL(po_builder_add_gap(b, PO_GAP_PERMISSION, 12,
			    "processes of other users", "CAP_SYS_PTRACE"),
	    0);
	CU_ASSERT_EQUAL(
	    po_builder_add_gap(b, PO_GAP_UNSUPPORTED, 1, "raw", NULL), 0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL(d.s.header->partial, 1);
	CU_ASSERT_EQUAL_FATAL(d.s.n_gaps, 2);
	CU_ASSERT_EQUAL(d.s.gaps[0].kind, PO_GAP_PERMISSION);
	CU_ASSERT_EQUAL(d.s.gaps[0].count, 12);
	CU_ASSERT_TRUE(
	    sealed_is(&d, d.s.gaps[0].text, "processes of other users"));
	CU_ASSERT_TRUE(sealed_is(&d, d.s.gaps[0].hint, "CAP_SYS_PTRACE"));
	CU_ASSERT_EQUAL(d.s.gaps[1].kind, PO_GAP_UNSUPPORTED);
	CU_ASSERT_EQUAL(d.s.gaps[1].hint, 0);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_odd_pids(void)
{
	struct po_builder *b = sealed_builder(10);
	struct po_process p = {.pid = 0x80000000u, .uid = 0};
	struct sealed d;

	/* No pid of any system: not taken, rather than an image refused. */
	add(b, unit_bound(TCP, "*", 1, 11));
	add(b, unit_bound(TCP, "*", 2, 12));
	own(b, 11, 0x80000000u);
	own(b, 11, 0);
	own(b, 12, INT32_MAX);
	CU_ASSERT_EQUAL(po_builder_add_process(b, &p), 0);
	p.pid = 0;
	CU_ASSERT_EQUAL(po_builder_add_process(b, &p), 0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL_FATAL(d.s.n_owners, 2);
	CU_ASSERT_EQUAL(owner_pid(&d, 0), 0);
	CU_ASSERT_EQUAL(owner_pid(&d, 1), INT32_MAX);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_reset(void)
{
	struct po_builder *b = sealed_builder(10), *fresh = sealed_builder(10);
	struct sealed before, d, other;

	add(b, unit_bound(TCP, "*", 1, 11));
	add(b, unit_connected(TCP, "192.0.2.1", 9, "192.0.2.2", 90, 12));
	own(b, 11, 20);
	process(b, 20, 1, 1);
	process(b, 21, 1, 1);
	CU_ASSERT_EQUAL(
	    po_builder_add_gap(b, PO_GAP_PERMISSION, 1, "t", "h"), 0);
	po_builder_set_ephemeral(b, 1, 65535);
	sealed_make(&before, b);
	po_builder_reset(b);
	CU_ASSERT_FALSE(po_builder_has_handle(b, 11));
	CU_ASSERT_FALSE(po_builder_has_process(b, 20, NULL));
	CU_ASSERT_EQUAL(po_builder_count_orphans(b), 0);
	/* The earlier image is its owner's: nothing of it changed. */
	CU_ASSERT_EQUAL(before.s.n_owners, 2);
	CU_ASSERT_EQUAL(
	    po_snapshot_open(before.image, before.size, &before.s, NULL), 0);
	/* A used builder and a fresh one make the same of the same. */
	add(b, unit_bound(UDP, "*", 5353, 12));
	add(fresh, unit_bound(UDP, "*", 5353, 12));
	own(b, 12, 21);
	own(fresh, 12, 21);
	process(b, 21, 1, 4);
	process(fresh, 21, 1, 4);
	sealed_make(&d, b);
	sealed_make(&other, fresh);
	CU_ASSERT_EQUAL(d.s.n_listeners, 1);
	CU_ASSERT_EQUAL(d.s.header->partial, 0);
	CU_ASSERT_EQUAL_FATAL(d.size, other.size);
	CU_ASSERT_EQUAL(memcmp(d.image, other.image, d.size), 0);
	sealed_free(&before);
	sealed_free(&d);
	sealed_free(&other);
	po_builder_free(b);
	po_builder_free(fresh);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"nothing at all", test_empty},
	    {"sockets join their owners", test_join},
	    {"the start of a process", test_start_of_process},
	    {"several sockets of a handle", test_several_sockets_of_a_handle},
	    {"why nobody owns a socket", test_ownerless_kinds},
	    {"ownerless sockets of one endpoint", test_merging_ownerless},
	    {"the primary owner", test_primary},
	    {"the primary owner of several sockets",
		test_primary_over_several_sockets},
	    {"init with several sockets", test_init_with_several_sockets},
	    {"addresses have one form", test_addresses},
	    {"a socket that is told twice", test_repeats},
	    {"a wildcard found to be of both families", test_widen},
	    {"UDP ports that the kernel chose", test_ephemeral_udp},
	    {"queues of a listener", test_queues},
	    {"the limit of rows", test_max_rows},
	    {"the second look", test_confirm},
	    {"users", test_users},
	    {"texts", test_texts},
	    {"gaps", test_gaps},
	    {"pids that are none", test_odd_pids},
	    {"reset", test_reset},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("builder", tests);
}
