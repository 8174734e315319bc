/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP, UDP-Lite and raw sockets of the scene, bound and connected.  A raw
 * socket has its protocol's number in the place of the port.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define MANY 40
#define RAW_PROTOCOL 253 /* RFC 3692: for experiments */

static const struct endpoint mapped4 = {
    .family = AF_INET6, .address = "::ffff:127.0.0.1"};

static int
bound(struct actor *a, const struct endpoint *e, int protocol)
{
	int fd;

	fd = socket_bound(a, e, SOCK_DGRAM, protocol);
	expect(a, fd, "BOUND");
	return fd;
}

static void
bound_each(struct actor *a, int protocol)
{
	static const struct endpoint *const on[] = {&loopback4, &wildcard4,
	    &loopback6, &wildcard6, &dual_stack, &mapped4};

	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		bound(a, on[i], protocol);
		bound(a, on[i], protocol);
	}
}

/* A socket of this family connected to a new bound one at e. */
static void
connected_to(
    struct actor *a, int family, const struct endpoint *e, int protocol)
{
	struct endpoint to = *e;
	int fd;

	to.port = socket_port(a, bound(a, e, protocol));
	to.family = family;
	fd = socket_open(a, family, SOCK_DGRAM, protocol);
	socket_connect_to(a, fd, &to);
	expect(a, fd, "ESTABLISHED");
}

static void
udp_bound(struct actor *a)
{
	bound_each(a, IPPROTO_UDP);
}

static void
udp_connected(struct actor *a)
{
	connected_to(a, AF_INET, &loopback4, IPPROTO_UDP);
	connected_to(a, AF_INET6, &loopback6, IPPROTO_UDP);
}

/* An IPv6 socket that speaks to an IPv4 one: both ends are IPv4. */
static void
udp_mapped(struct actor *a)
{
	connected_to(a, AF_INET6, &mapped4, IPPROTO_UDP);
}

static void
udp_many(struct actor *a)
{
	for (int i = 0; i < MANY; i++)
		bound(a, &loopback4, IPPROTO_UDP);
}

/* The peer is another socket of the same process, which is connected back. */
static void
udp_both_ways(struct actor *a)
{
	int one, other;

	one = socket_bound(a, &loopback4, SOCK_DGRAM, 0);
	other = socket_bound(a, &loopback4, SOCK_DGRAM, 0);
	socket_connect(a, one, other);
	socket_connect(a, other, one);
	expect(a, one, "ESTABLISHED");
	expect(a, other, "ESTABLISHED");
}

static int
bound_reusably(struct actor *a, const struct endpoint *e)
{
	int fd;

	fd = socket_open(a, e->family, SOCK_DGRAM, 0);
	socket_set(a, fd, SOL_SOCKET, SO_REUSEPORT, 1);
	socket_bind(a, fd, e);
	return fd;
}

/*
 * Connected once and no more: bound still, if bound to a port by number.
 * The number is one that the kernel chose for another socket.
 */
static void
udp_disconnected(struct actor *a)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct endpoint e = loopback4;
	int fd, first;

	first = bound_reusably(a, &e);
	e.port = socket_port(a, first);
	fd = bound_reusably(a, &e);
	close(first);
	socket_connect(a, fd, fd);
	if (connect(fd, &none, sizeof(none)) == -1)
		actor_fail(a, "connect to nobody");
	expect(a, fd, "BOUND");
}

/* Sending binds a socket to a port. */
static void
udp_sender(struct actor *a)
{
	struct sockaddr_storage to;
	int fd, sender;

	fd = bound(a, &loopback4, IPPROTO_UDP);
	socket_name(a, fd, &to);
	sender = socket_open(a, AF_INET, SOCK_DGRAM, 0);
	if (sendto(sender, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1)
		actor_fail(a, "sendto");
	expect(a, sender, "BOUND");
}

static void
udp_multicast(struct actor *a)
{
	static const struct endpoint group4 = {
	    .family = AF_INET, .address = "239.255.77.77"};
	static const struct endpoint group6 = {
	    .family = AF_INET6, .address = "ff05::7777"};

	bound(a, &group4, IPPROTO_UDP);
	bound(a, &group6, IPPROTO_UDP);
}

static void
udplite(struct actor *a)
{
	bound_each(a, IPPROTO_UDPLITE);
	connected_to(a, AF_INET, &loopback4, IPPROTO_UDPLITE);
	connected_to(a, AF_INET6, &loopback6, IPPROTO_UDPLITE);
}

/* getsockname(2) gives the protocol as the port, but to IPv4 only. */
static void
raw_row(
    struct actor *a, struct row *row, int fd, const char *state, unsigned count)
{
	socklen_t size = sizeof(int);
	int protocol;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == -1)
		actor_fail(a, "SO_PROTOCOL");
	row_of_socket(a, row, fd, state);
	((struct sockaddr_in *)&row->local)->sin_port =
	    htons((uint16_t)protocol);
	row->count = count;
}

static void
raw_expect(struct actor *a, int fd, const char *state, unsigned count)
{
	struct row row;

	raw_row(a, &row, fd, state, count);
	row_print(a, &row);
}

static void
raw4(struct actor *a)
{
	int fd;

	socket_open(a, AF_INET, SOCK_RAW, RAW_PROTOCOL);
	fd = socket_open(a, AF_INET, SOCK_RAW, RAW_PROTOCOL);
	raw_expect(a, fd, "BOUND", 2);
	fd = socket_open(a, AF_INET, SOCK_RAW, RAW_PROTOCOL);
	socket_bind(a, fd, &loopback4);
	raw_expect(a, fd, "BOUND", 1);
	fd = socket_open(a, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	raw_expect(a, fd, "BOUND", 1);
	fd = socket_open(a, AF_INET, SOCK_RAW, IPPROTO_RAW);
	raw_expect(a, fd, "BOUND", 1);
}

static void
raw6(struct actor *a)
{
	int fd;

	fd = socket_open(a, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	raw_expect(a, fd, "BOUND", 1);
	fd = socket_open(a, AF_INET6, SOCK_RAW, RAW_PROTOCOL);
	socket_bind(a, fd, &loopback6);
	raw_expect(a, fd, "BOUND", 1);
}

/* The peer has an address and no port. */
static void
raw_connected(struct actor *a)
{
	struct row row;
	int fd;

	fd = socket_open(a, AF_INET, SOCK_RAW, RAW_PROTOCOL + 1);
	socket_connect_to(a, fd, &loopback4);
	raw_row(a, &row, fd, "ESTABLISHED", 1);
	row.remote = row.local;
	((struct sockaddr_in *)&row.remote)->sin_port = 0;
	row_print(a, &row);
}

const struct kind scene_udp_kinds[] = {
    {"udp-bound", "UDP on every kind of address", NULL, false, udp_bound},
    {"udp-connected", "connected UDP", NULL, false, udp_connected},
    {"udp-mapped", "an IPv6 socket with an IPv4 peer", NULL, false, udp_mapped},
    {"udp-many", "many UDP sockets in one process", NULL, false, udp_many},
    {"udp-both-ways", "two UDP sockets connected to each other", NULL, false,
	udp_both_ways},
    {"udp-unconnect", "UDP, connected no more", NULL, false, udp_disconnected},
    {"udp-sender", "UDP, bound by sending", NULL, false, udp_sender},
    {"udp-multicast", "UDP bound to a group", NULL, false, udp_multicast},
    {"udplite", "UDP-Lite, bound and connected", NULL, false, udplite},
    {"raw4", "raw IPv4 sockets", NULL, true, raw4},
    {"raw6", "raw IPv6 sockets", NULL, true, raw6},
    {"raw-connected", "a connected raw socket", NULL, true, raw_connected},
    {NULL, NULL, NULL, false, NULL},
};
