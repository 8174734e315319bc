/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP of the scene: listeners on every kind of address, connections in every
 * state that can be made to last, MPTCP, and the other stream protocols.
 */
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define MANY 60
#define SMALL_BUFFER 4096
#define SYN_TRIES 20 /* SYNs, ever farther apart: many minutes */
#define DEFER_SECONDS (24 * 60 * 60) /* the kernel makes it eight hours */

#ifndef SOCK_DCCP
#define SOCK_DCCP 6
#endif

static void
listen_each(struct actor *a, const struct endpoint *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		expect(a, tcp_listener(a, e), "LISTEN");
}

static void
listen4(struct actor *a)
{
	static const struct endpoint other = {
	    .family = AF_INET, .address = "127.0.0.2"};

	listen_each(a, &loopback4, 3);
	listen_each(a, &wildcard4, 3);
	listen_each(a, &other, 2);
}

static void
listen6(struct actor *a)
{
	listen_each(a, &loopback6, 3);
	listen_each(a, &wildcard6, 3);
}

static void
listen_dual(struct actor *a)
{
	listen_each(a, &dual_stack, 3);
}

static void
listen_mapped(struct actor *a)
{
	static const struct endpoint mapped = {
	    .family = AF_INET6, .address = "::ffff:127.0.0.1"};

	listen_each(a, &mapped, 2);
}

/* Enough rows that answers are longer than any one buffer. */
static void
listen_many(struct actor *a)
{
	listen_each(a, &loopback4, MANY);
	listen_each(a, &loopback6, MANY);
}

/* A port that is free on every address: a wildcard collides with each. */
static uint16_t
port_free_everywhere(struct actor *a)
{
	uint16_t port;
	int fd;

	fd = socket_bound(a, &dual_stack, SOCK_STREAM, 0);
	port = socket_port(a, fd);
	close(fd);
	return port;
}

/* One port on many addresses: the order of rows is by address then. */
static void
same_port(struct actor *a)
{
	static const char *const fours[] = {"127.0.0.1", "127.0.0.2",
	    "127.0.0.10", "127.0.0.200", "127.0.1.1", "127.255.255.254"};
	struct endpoint e = loopback4;
	struct endpoint six = wildcard6;

	e.port = six.port = port_free_everywhere(a);
	for (size_t i = 0; i < sizeof(fours) / sizeof(fours[0]); i++) {
		e.address = fours[i];
		expect(a, tcp_listener(a, &e), "LISTEN");
	}
	expect(a, tcp_listener(a, &six), "LISTEN");
}

static void
expect_pair(struct actor *a, int listener)
{
	int pair[2];

	tcp_pair(a, listener, pair);
	expect(a, pair[0], "ESTABLISHED");
	expect(a, pair[1], "ESTABLISHED");
}

static void
connected(struct actor *a, const struct endpoint *e, unsigned n)
{
	int fd;

	fd = tcp_listener(a, e);
	expect(a, fd, "LISTEN");
	for (unsigned i = 0; i < n; i++)
		expect_pair(a, fd);
}

static void
connected4(struct actor *a)
{
	connected(a, &loopback4, 20);
}

static void
connected6(struct actor *a)
{
	connected(a, &loopback6, 20);
}

/* An IPv4 client of a dual-stack listener: the accepted socket is IPv6. */
static void
connected_mapped(struct actor *a)
{
	struct endpoint to = loopback4;
	int listener, client, server;

	listener = tcp_listener(a, &dual_stack);
	to.port = socket_port(a, listener);
	client = socket_open(a, AF_INET, SOCK_STREAM, 0);
	socket_connect_to(a, client, &to);
	server = accept(listener, NULL, NULL);
	if (server == -1)
		actor_fail(a, "accept");
	tcp_wait_state(a, server, TCP_ESTABLISHED);
	tcp_end_by_reset(a, server, true);
	expect(a, listener, "LISTEN");
	expect(a, client, "ESTABLISHED");
	expect(a, server, "ESTABLISHED");
}

static void
connected_to_itself(struct actor *a)
{
	int fd;

	fd = socket_bound(a, &loopback4, SOCK_STREAM, 0);
	socket_connect(a, fd, fd);
	tcp_wait_state(a, fd, TCP_ESTABLISHED);
	expect(a, fd, "ESTABLISHED");
}

/* Bound to a device: the address has no zone, only link-local ones do. */
static void
bound_to_device(struct actor *a)
{
	static const struct endpoint *const on[] = {
	    &loopback4, &loopback6, &wildcard4, &wildcard6};
	int fd;

	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		fd = socket_open(a, on[i]->family, SOCK_STREAM, 0);
		if (on[i]->family == AF_INET6)
			socket_set(a, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == -1)
			actor_skip(a, "SO_BINDTODEVICE");
		socket_bind(a, fd, on[i]);
		socket_listen(a, fd, 4);
		expect(a, fd, "LISTEN");
	}
}

static void
half_closed(struct actor *a)
{
	int listener, pair[2];

	listener = tcp_listener(a, &loopback4);
	expect(a, listener, "LISTEN");
	for (int i = 0; i < 4; i++) {
		tcp_pair(a, listener, pair);
		if (shutdown(pair[0], SHUT_WR) == -1)
			actor_fail(a, "shutdown");
		tcp_wait_state(a, pair[0], TCP_FIN_WAIT2);
		tcp_wait_state(a, pair[1], TCP_CLOSE_WAIT);
		expect(a, pair[0], "FIN_WAIT2");
		expect(a, pair[1], "CLOSE_WAIT");
	}
}

/* A connection whose ends can receive little before they are read. */
static int
narrow_pair(struct actor *a, int pair[2])
{
	int listener;

	listener = tcp_listener(a, &loopback4);
	socket_set(a, listener, SOL_SOCKET, SO_RCVBUF, SMALL_BUFFER);
	pair[0] = socket_open(a, AF_INET, SOCK_STREAM, 0);
	socket_set(a, pair[0], SOL_SOCKET, SO_RCVBUF, SMALL_BUFFER);
	socket_connect(a, pair[0], listener);
	pair[1] = accept(listener, NULL, NULL);
	if (pair[1] == -1)
		actor_fail(a, "accept");
	tcp_wait_state(a, pair[1], TCP_ESTABLISHED);
	tcp_end_by_reset(a, pair[0], true);
	return listener;
}

/* The FIN waits behind data that the peer has no room for. */
static void
fin_wait1(struct actor *a)
{
	int listener, pair[2];

	listener = narrow_pair(a, pair);
	tcp_fill(a, pair[0]);
	if (shutdown(pair[0], SHUT_WR) == -1)
		actor_fail(a, "shutdown");
	tcp_wait_state(a, pair[0], TCP_FIN_WAIT1);
	expect(a, listener, "LISTEN");
	expect(a, pair[0], "FIN_WAIT1");
	expect(a, pair[1], "ESTABLISHED");
}

/* The same after the peer has ended its side. */
static void
last_ack(struct actor *a)
{
	int listener, pair[2];

	listener = narrow_pair(a, pair);
	if (shutdown(pair[0], SHUT_WR) == -1)
		actor_fail(a, "shutdown");
	tcp_wait_state(a, pair[1], TCP_CLOSE_WAIT);
	tcp_fill(a, pair[1]);
	if (shutdown(pair[1], SHUT_WR) == -1)
		actor_fail(a, "shutdown");
	tcp_wait_state(a, pair[1], TCP_LAST_ACK);
	expect(a, listener, "LISTEN");
	expect(a, pair[0], "FIN_WAIT2");
	expect(a, pair[1], "LAST_ACK");
}

static int
client_of(struct actor *a, int listener)
{
	int fd;

	fd = socket_open(a, AF_INET, SOCK_STREAM, 0);
	socket_connect(a, fd, listener);
	tcp_end_by_reset(a, fd, true);
	return fd;
}

static void
expect_queue(struct actor *a, int listener, unsigned length, unsigned limit)
{
	char extra[64];
	struct row row;

	row_of_socket(a, &row, listener, "LISTEN");
	snprintf(extra, sizeof(extra), "\"queue_length\":%u,\"queue_limit\":%u",
	    length, limit);
	row.extra = extra;
	row_print(a, &row);
}

static void
unaccepted(struct actor *a)
{
	enum { CLIENTS = 5, BACKLOG = 11 };
	int listener, client;

	listener = socket_bound(a, &loopback4, SOCK_STREAM, 0);
	socket_listen(a, listener, BACKLOG);
	for (int i = 0; i < CLIENTS; i++) {
		client = client_of(a, listener);
		expect(a, client, "ESTABLISHED");
		expect_far_end(a, client, "ESTABLISHED");
	}
	tcp_wait_queue(a, listener, CLIENTS);
	expect_queue(a, listener, CLIENTS, BACKLOG);
}

/* A listener with backlog 0 takes one connection, and no further SYN. */
static void
syn_sent(struct actor *a)
{
	int listener, first, fd;
	struct row row;

	listener = socket_bound(a, &loopback4, SOCK_STREAM, 0);
	socket_listen(a, listener, 0);
	first = client_of(a, listener);
	tcp_wait_queue(a, listener, 1);
	fd = socket_open(a, AF_INET, SOCK_STREAM, 0);
	socket_set(a, fd, IPPROTO_TCP, TCP_SYNCNT, SYN_TRIES);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		actor_fail(a, "fcntl");
	socket_connect(a, fd, listener);
	tcp_wait_state(a, fd, TCP_SYN_SENT);
	expect_queue(a, listener, 1, 0);
	expect(a, first, "ESTABLISHED");
	expect_far_end(a, first, "ESTABLISHED");
	row_of_socket(a, &row, fd, "SYN_SENT");
	socket_name(a, listener, &row.remote); /* no getpeername(2) yet */
	row_print(a, &row);
}

/* A listener that waits for data leaves the connection half open. */
static void
syn_received(struct actor *a)
{
	int listener, client;

	listener = tcp_listener(a, &loopback4);
	socket_set(a, listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_SECONDS);
	client = client_of(a, listener);
	tcp_wait_state(a, client, TCP_ESTABLISHED);
	expect(a, listener, "LISTEN");
	expect(a, client, "ESTABLISHED");
	expect_far_end(a, client, "SYN_RECV");
}

/* True while /proc/net/tcp shows the endpoint pair in this state. */
static bool
in_proc_net_tcp(struct actor *a, const struct row *row, unsigned state)
{
	const struct sockaddr_in *l = (const struct sockaddr_in *)&row->local;
	const struct sockaddr_in *r = (const struct sockaddr_in *)&row->remote;
	char want[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(want, sizeof(want), " %08X:%04X %08X:%04X %02X ",
	    l->sin_addr.s_addr, ntohs(l->sin_port), r->sin_addr.s_addr,
	    ntohs(r->sin_port), state);
	f = fopen("/proc/self/net/tcp", "r");
	if (f == NULL)
		actor_fail(a, "/proc/self/net/tcp");
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, want) != NULL;
	fclose(f);
	return found;
}

static void
wait_in_proc_net_tcp(struct actor *a, const struct row *row, unsigned state)
{
	for (int ms = 0; ms < 5000; ms++) {
		if (in_proc_net_tcp(a, row, state))
			return;
		actor_pause();
	}
	errno = ETIMEDOUT;
	actor_fail(a, "waiting for a connection without a process");
}

/* Closes pair[0], and both if both; then nobody holds pair[0]'s end. */
static void
close_actively(struct actor *a, int pair[2], bool both)
{
	struct row row;

	row_of_socket(a, &row, pair[0], both ? "TIME_WAIT" : "FIN_WAIT2");
	row.pid = 0;
	row.inode = 0;
	row.uid = SCENE_UID_UNKNOWN;
	for (int i = 0; i < 2; i++)
		tcp_end_by_reset(a, pair[i], false);
	close(pair[0]);
	tcp_wait_state(a, pair[1], TCP_CLOSE_WAIT);
	if (both)
		close(pair[1]);
	else
		expect(a, pair[1], "CLOSE_WAIT");
	wait_in_proc_net_tcp(a, &row, both ? TCP_TIME_WAIT : TCP_FIN_WAIT2);
	row_print(a, &row);
}

static void
time_wait(struct actor *a)
{
	int listener, pair[2];

	listener = tcp_listener(a, &loopback4);
	expect(a, listener, "LISTEN");
	for (int i = 0; i < 4; i++) {
		tcp_pair(a, listener, pair);
		close_actively(a, pair, true);
	}
}

/* The client has closed and left; the server has not noticed. */
static void
orphan(struct actor *a)
{
	int listener, pair[2];

	listener = tcp_listener(a, &loopback4);
	expect(a, listener, "LISTEN");
	for (int i = 0; i < 4; i++) {
		tcp_pair(a, listener, pair);
		close_actively(a, pair, false);
	}
}

static void
bound_only(struct actor *a)
{
	static const struct endpoint *const on[] = {
	    &loopback4, &loopback6, &wildcard4, &wildcard6, &dual_stack};

	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		expect(a, socket_bound(a, on[i], SOCK_STREAM, 0), "BOUND");
}

/* No port, no row. */
static void
unbound(struct actor *a)
{
	int fd;

	socket_open(a, AF_INET, SOCK_STREAM, 0);
	socket_open(a, AF_INET6, SOCK_STREAM, 0);
	socket_open(a, AF_INET, SOCK_DGRAM, 0);
	socket_open(a, AF_INET6, SOCK_DGRAM, 0);
	socket_open(a, AF_UNIX, SOCK_STREAM, 0);
	fd = socket_open(a, AF_INET, SOCK_STREAM, 0);
	/* an address now, a port only when it connects */
	socket_set(a, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	socket_bind(a, fd, &loopback4);
	/* one row, so that tests know the process */
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
}

static void
mptcp(struct actor *a)
{
	int listener, client, server;

	listener = socket_bound(a, &loopback4, SOCK_STREAM, IPPROTO_MPTCP);
	socket_listen(a, listener, 8);
	client = socket_open(a, AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	socket_connect(a, client, listener);
	server = accept(listener, NULL, NULL);
	if (server == -1)
		actor_fail(a, "accept");
	expect(a, listener, "LISTEN");
	expect(a, client, "ESTABLISHED");
	expect(a, server, "ESTABLISHED");
	listener = socket_bound(a, &dual_stack, SOCK_STREAM, IPPROTO_MPTCP);
	socket_listen(a, listener, 8);
	expect(a, listener, "LISTEN");
}

static void
sctp(struct actor *a)
{
	int fd;

	fd = socket_bound(a, &loopback4, SOCK_STREAM, IPPROTO_SCTP);
	socket_listen(a, fd, 8);
	expect(a, fd, "LISTEN");
}

static void
dccp(struct actor *a)
{
	int fd;

	fd = socket_bound(a, &loopback4, SOCK_DCCP, IPPROTO_DCCP);
	socket_listen(a, fd, 8);
	expect(a, fd, "LISTEN");
}

const struct kind scene_tcp_kinds[] = {
    {"tcp4-listen", "IPv4 listeners", NULL, false, listen4},
    {"tcp6-listen", "IPv6 listeners, [::] for IPv6 only", NULL, false, listen6},
    {"tcp-dual", "listeners for both families", NULL, false, listen_dual},
    {"tcp-mapped", "IPv6 listeners on an IPv4-mapped address", NULL, false,
	listen_mapped},
    {"tcp-many", "many listeners in one process", NULL, false, listen_many},
    {"tcp-same-port", "one port on many addresses", NULL, false, same_port},
    {"tcp4-conn", "IPv4 connections", NULL, false, connected4},
    {"tcp6-conn", "IPv6 connections", NULL, false, connected6},
    {"tcp-mapped-conn", "an IPv4 client of a dual-stack listener", NULL, false,
	connected_mapped},
    {"tcp-self", "a socket connected to itself", NULL, false,
	connected_to_itself},
    {"tcp-device", "listeners bound to a device", NULL, false, bound_to_device},
    {"tcp-half-closed", "FIN_WAIT2 and CLOSE_WAIT", NULL, false, half_closed},
    {"tcp-fin-wait1", "a FIN behind unsent data", NULL, false, fin_wait1},
    {"tcp-last-ack", "a second FIN behind unsent data", NULL, false, last_ack},
    {"tcp-unaccepted", "connections in the accept queue", NULL, false,
	unaccepted},
    {"tcp-syn-sent", "a SYN that nobody answers", NULL, false, syn_sent},
    {"tcp-syn-recv", "a connection that is not complete", NULL, false,
	syn_received},
    {"tcp-time-wait", "TIME_WAIT, gone after a minute", "\"transient\":true",
	false, time_wait},
    {"tcp-orphan", "FIN_WAIT2 without process, gone after a minute",
	"\"transient\":true", false, orphan},
    /* sock_diag shows them since Linux 6.8, /proc/net/tcp never */
    {"tcp-bound", "bound, neither listening nor connected",
	"\"in_proc\":false,\"diag_since\":\"6.8\"", false, bound_only},
    {"unbound", "sockets without a port: no row", NULL, false, unbound},
    {"mptcp", "MPTCP listeners and a connection", NULL, false, mptcp},
    {"sctp", "an SCTP listener", NULL, false, sctp},
    {"dccp", "a DCCP listener", NULL, false, dccp},
    {NULL, NULL, NULL, false, NULL},
};
