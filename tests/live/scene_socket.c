/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the scene: opened on ports that the kernel chooses, and driven
 * into a state that lasts.  States come from TCP_INFO (tcp(7)).
 */
#include <sys/ioctl.h>

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define STATE_LIMIT_MS 5000
#define FULL_AFTER_MS 20

const struct endpoint loopback4 = {.family = AF_INET, .address = "127.0.0.1"};
const struct endpoint loopback6 = {.family = AF_INET6, .address = "::1"};
const struct endpoint wildcard4 = {.family = AF_INET};
const struct endpoint wildcard6 = {.family = AF_INET6, .v6only = true};
const struct endpoint dual_stack = {.family = AF_INET6};

/* A kernel without the protocol skips the kind. */
int
socket_open(struct actor *a, int family, int type, int protocol)
{
	int fd;

	fd = socket(family, type, protocol);
	if (fd == -1 && (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT ||
			    errno == ESOCKTNOSUPPORT || errno == ENOPROTOOPT))
		actor_skip(a, "socket");
	if (fd == -1)
		actor_fail(a, "socket");
	return fd;
}

void
socket_set(struct actor *a, int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) == -1)
		actor_fail(a, "setsockopt");
}

static socklen_t
sockaddr_of(
    struct actor *a, const struct endpoint *e, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)e->family;
	in->sin_port = htons(e->port); /* sin6_port too */
	errno = EINVAL;
	if (e->family == AF_INET) {
		if (e->address != NULL &&
		    inet_pton(AF_INET, e->address, &in->sin_addr) != 1)
			actor_fail(a, "address");
		return sizeof(*in);
	}
	if (e->address != NULL &&
	    inet_pton(AF_INET6, e->address, &in6->sin6_addr) != 1)
		actor_fail(a, "address");
	in6->sin6_scope_id = e->scope;
	return sizeof(*in6);
}

void
socket_bind(struct actor *a, int fd, const struct endpoint *e)
{
	struct sockaddr_storage ss;
	socklen_t size;

	size = sockaddr_of(a, e, &ss);
	if (bind(fd, (struct sockaddr *)&ss, size) == -1)
		actor_fail(a, "bind");
}

int
socket_bound(struct actor *a, const struct endpoint *e, int type, int protocol)
{
	int fd;

	fd = socket_open(a, e->family, type, protocol);
	if (e->family == AF_INET6)
		socket_set(a, fd, IPPROTO_IPV6, IPV6_V6ONLY, e->v6only);
	socket_bind(a, fd, e);
	return fd;
}

void
socket_listen(struct actor *a, int fd, int backlog)
{
	if (listen(fd, backlog) == -1)
		actor_fail(a, "listen");
}

void
socket_name(struct actor *a, int fd, struct sockaddr_storage *ss)
{
	socklen_t size = sizeof(*ss);

	if (getsockname(fd, (struct sockaddr *)ss, &size) == -1)
		actor_fail(a, "getsockname");
}

uint16_t
socket_port(struct actor *a, int fd)
{
	struct sockaddr_storage ss;

	socket_name(a, fd, &ss);
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

void
socket_connect_to(struct actor *a, int fd, const struct endpoint *e)
{
	struct sockaddr_storage ss;
	socklen_t size;

	size = sockaddr_of(a, e, &ss);
	if (connect(fd, (struct sockaddr *)&ss, size) == -1 &&
	    errno != EINPROGRESS)
		actor_fail(a, "connect");
}

/* Connects fd to the address of the socket to. */
void
socket_connect(struct actor *a, int fd, int to)
{
	struct sockaddr_storage ss;

	socket_name(a, to, &ss);
	if (connect(fd, (struct sockaddr *)&ss, sizeof(ss)) == -1 &&
	    errno != EINPROGRESS)
		actor_fail(a, "connect");
}

int
tcp_listener(struct actor *a, const struct endpoint *e)
{
	int fd;

	fd = socket_bound(a, e, SOCK_STREAM, 0);
	socket_listen(a, fd, 16);
	return fd;
}

/* Closed with a reset, without leaving TIME_WAIT to whoever looks next. */
void
tcp_end_by_reset(struct actor *a, int fd, bool reset)
{
	const struct linger linger = {.l_onoff = reset};

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) ==
	    -1)
		actor_fail(a, "SO_LINGER");
}

/* pair[0] the connecting side, pair[1] the accepted one. */
void
tcp_pair(struct actor *a, int listener, int pair[2])
{
	struct sockaddr_storage ss;

	socket_name(a, listener, &ss);
	pair[0] = socket_open(a, ss.ss_family, SOCK_STREAM, 0);
	socket_connect(a, pair[0], listener);
	pair[1] = accept(listener, NULL, NULL);
	if (pair[1] == -1)
		actor_fail(a, "accept");
	for (int i = 0; i < 2; i++) {
		tcp_wait_state(a, pair[i], TCP_ESTABLISHED);
		tcp_end_by_reset(a, pair[i], true);
	}
}

static void
tcp_info_of(struct actor *a, int fd, struct tcp_info *info)
{
	socklen_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == -1)
		actor_fail(a, "TCP_INFO");
}

void
tcp_wait_state(struct actor *a, int fd, int state)
{
	struct tcp_info info;
	int ms;

	for (ms = 0; ms < STATE_LIMIT_MS; ms++) {
		tcp_info_of(a, fd, &info);
		if (info.tcpi_state == state)
			return;
		actor_pause();
	}
	errno = ETIMEDOUT;
	actor_fail(a, "waiting for a TCP state");
}

/* Until a listener has length connections that nobody accepted. */
void
tcp_wait_queue(struct actor *a, int listener, unsigned length)
{
	struct tcp_info info;
	int ms;

	for (ms = 0; ms < STATE_LIMIT_MS; ms++) {
		tcp_info_of(a, listener, &info);
		/* of a listener: the length of its accept queue */
		if (info.tcpi_unacked == length)
			return;
		actor_pause();
	}
	errno = ETIMEDOUT;
	actor_fail(a, "waiting for the accept queue");
}

/*
 * Writes until the peer, which does not read, takes no more: what is shut
 * down after that stays in the queue, and the FIN behind it.
 */
void
tcp_fill(struct actor *a, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	static const char block[16384];
	int unsent = 0;

	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		actor_fail(a, "fcntl");
	do {
		while (write(fd, block, sizeof(block)) > 0)
			;
		if (errno != EAGAIN)
			actor_fail(a, "write");
	} while (poll(&p, 1, FULL_AFTER_MS) > 0);
	if (ioctl(fd, SIOCOUTQNSD, &unsent) == -1)
		actor_fail(a, "SIOCOUTQNSD");
	errno = 0;
	if (unsent == 0)
		actor_fail(a, "nothing is left in the send queue");
}
