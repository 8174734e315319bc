/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the scene with several owners, and processes with several
 * descriptors of one socket: SO_REUSEPORT, fork(2), dup(2), SCM_RIGHTS,
 * shared descriptor tables.
 */
#include <sys/syscall.h>

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define SHARERS 3

static int
reusing(struct actor *a, const struct endpoint *e, int type)
{
	int fd;

	fd = socket_open(a, e->family, type, 0);
	if (e->family == AF_INET6)
		socket_set(a, fd, IPPROTO_IPV6, IPV6_V6ONLY, e->v6only);
	socket_set(a, fd, SOL_SOCKET, SO_REUSEPORT, 1);
	socket_bind(a, fd, e);
	if (type == SOCK_STREAM)
		socket_listen(a, fd, 8);
	return fd;
}

/* Opens n sockets on one port; returns the last. */
static int
reuse_port(struct actor *a, const struct endpoint *on, int type, unsigned n)
{
	struct endpoint e = *on;
	int fd = -1;

	for (unsigned i = 0; i < n; i++) {
		fd = reusing(a, &e, type);
		e.port = socket_port(a, fd);
	}
	expect_times(a, fd, type == SOCK_STREAM ? "LISTEN" : "BOUND", n);
	return fd;
}

static void
reuse_within(struct actor *a)
{
	reuse_port(a, &loopback4, SOCK_STREAM, 4);
	reuse_port(a, &dual_stack, SOCK_STREAM, 3);
	reuse_port(a, &loopback4, SOCK_DGRAM, 4);
	reuse_port(a, &wildcard6, SOCK_DGRAM, 2);
}

struct reuse {
	struct endpoint on;
	int type;
	int theirs; /* the starter's socket */
};

static void
reuse_again(struct actor *a, void *arg)
{
	struct reuse *r = arg;

	close(r->theirs);
	reuse_port(a, &r->on, r->type, 2);
}

static void
reuse_over(struct actor *a, const struct endpoint *on, int type)
{
	struct reuse r = {.on = *on, .type = type};

	r.theirs = reuse_port(a, on, type, 1);
	r.on.port = socket_port(a, r.theirs);
	for (int i = 0; i < SHARERS; i++)
		actor_start(a, NULL, reuse_again, &r);
}

static void
reuse_over_tcp(struct actor *a)
{
	reuse_over(a, &loopback4, SOCK_STREAM);
}

static void
reuse_over_udp(struct actor *a)
{
	reuse_over(a, &dual_stack, SOCK_DGRAM);
}

static void
hold(struct actor *a, void *arg)
{
	(void)a;
	(void)arg;
}

static void
fork_listener(struct actor *a)
{
	int fd;
	pid_t pid;

	fd = tcp_listener(a, &loopback4);
	expect(a, fd, "LISTEN");
	for (int i = 0; i < SHARERS; i++) {
		pid = actor_start(a, NULL, hold, NULL);
		expect_owner(a, fd, "LISTEN", pid);
	}
}

/* The child and its own child hold it too. */
static void
hold_and_share(struct actor *a, void *arg)
{
	int fd = *(int *)arg;
	pid_t pid;

	expect(a, fd, "BOUND");
	pid = actor_start(a, NULL, hold, NULL);
	expect_owner(a, fd, "BOUND", pid);
}

static void
fork_udp(struct actor *a)
{
	int fd;

	fd = socket_bound(a, &loopback4, SOCK_DGRAM, 0);
	expect(a, fd, "BOUND");
	actor_start(a, NULL, hold_and_share, &fd);
}

static void
fork_connection(struct actor *a)
{
	int listener, pair[2];
	pid_t pid;

	listener = tcp_listener(a, &loopback4);
	tcp_pair(a, listener, pair);
	expect(a, listener, "LISTEN");
	pid = actor_start(a, NULL, hold, NULL);
	expect_owner(a, listener, "LISTEN", pid);
	for (int i = 0; i < 2; i++) {
		expect(a, pair[i], "ESTABLISHED");
		expect_owner(a, pair[i], "ESTABLISHED", pid);
	}
}

struct server {
	int listener;
	int connection;
	int clients[SHARERS];
	int n;
};

static void
serve(struct actor *a, void *arg)
{
	struct server *s = arg;

	close(s->listener);
	for (int i = 0; i < s->n; i++)
		close(s->clients[i]);
	expect(a, s->connection, "ESTABLISHED");
}

/* A child for each connection, and the listener with their parent. */
static void
fork_server(struct actor *a)
{
	struct server s = {.n = 0};
	int pair[2];

	s.listener = tcp_listener(a, &loopback4);
	expect(a, s.listener, "LISTEN");
	while (s.n < SHARERS) {
		tcp_pair(a, s.listener, pair);
		s.clients[s.n++] = pair[0];
		s.connection = pair[1];
		actor_start(a, "served", serve, &s);
		close(pair[1]);
		expect(a, pair[0], "ESTABLISHED");
	}
}

/* Several descriptors, one socket. */
static void
duplicated(struct actor *a)
{
	int fd;

	fd = tcp_listener(a, &loopback4);
	if (dup(fd) == -1 || dup(fd) == -1)
		actor_fail(a, "dup");
	expect(a, fd, "LISTEN");
}

/* Two processes, one table: both hold what either opens. */
static void
common_table(struct actor *a)
{
	pid_t pid;
	int fd;

	fd = tcp_listener(a, &loopback4);
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == -1)
		actor_fail(a, "clone");
	if (pid == 0) {
		a->ready = -1; /* the other one's to report on */
		actor_stay(a);
	}
	expect(a, fd, "LISTEN");
	expect_owner(a, fd, "LISTEN", pid);
	fd = tcp_listener(a, &loopback6);
	expect(a, fd, "LISTEN");
	expect_owner(a, fd, "LISTEN", pid);
}

static void
send_descriptor(struct actor *a, int channel, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {0}};
	struct iovec iov = {.iov_base = "x", .iov_len = 1};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(channel, &m, 0) != 1)
		actor_fail(a, "sendmsg");
}

static int
receive_descriptor(struct actor *a, int channel)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	int fd;

	if (recvmsg(channel, &m, 0) != 1 || CMSG_FIRSTHDR(&m) == NULL)
		actor_fail(a, "recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

struct passed {
	int channel[2]; /* a listener is on its way from 0 to 1 */
	int theirs; /* the sender's descriptor */
};

/* What fork(2) gave is closed: the descriptor comes by message only. */
static void
receive(struct actor *a, void *arg)
{
	struct passed *p = arg;

	if (p->theirs != -1)
		close(p->theirs);
	expect(a, receive_descriptor(a, p->channel[1]), "LISTEN");
}

static void
send_listener(struct actor *a, struct passed *p)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p->channel) == -1)
		actor_fail(a, "socketpair");
	p->theirs = tcp_listener(a, &loopback4);
	send_descriptor(a, p->channel[0], p->theirs);
}

static void
passed_kept(struct actor *a)
{
	struct passed p;

	send_listener(a, &p);
	expect(a, p.theirs, "LISTEN");
	actor_start(a, NULL, receive, &p);
}

static void
passed_closed(struct actor *a)
{
	struct passed p;

	send_listener(a, &p);
	close(p.theirs);
	p.theirs = -1;
	actor_start(a, NULL, receive, &p);
}

/* Sent, closed and not received: in no descriptor table. */
static void
in_flight(struct actor *a)
{
	struct passed p;

	send_listener(a, &p);
	expect_nobody(a, p.theirs, "LISTEN");
	close(p.theirs);
	/* a row of its own, so that tests know the process */
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
}

const struct kind scene_share_kinds[] = {
    {"reuse-within", "SO_REUSEPORT within one process", NULL, false,
	reuse_within},
    {"reuse-over-tcp", "SO_REUSEPORT over several processes", NULL, false,
	reuse_over_tcp},
    {"reuse-over-udp", "SO_REUSEPORT over several processes", NULL, false,
	reuse_over_udp},
    {"fork-listener", "a listener shared by fork", NULL, false, fork_listener},
    {"fork-udp", "UDP shared over three generations", NULL, false, fork_udp},
    {"fork-conn", "a connection shared by fork", NULL, false, fork_connection},
    {"fork-server", "a process for each connection", NULL, false, fork_server},
    {"dup", "three descriptors of one listener", NULL, false, duplicated},
    {"common-table", "two processes with one descriptor table", NULL, false,
	common_table},
    {"scm-kept", "a descriptor passed, both hold it", NULL, false, passed_kept},
    {"scm-closed", "a descriptor passed, the sender has closed it", NULL, false,
	passed_closed},
    {"scm-in-flight", "a descriptor in flight", NULL, false, in_flight},
    {NULL, NULL, NULL, false, NULL},
};
