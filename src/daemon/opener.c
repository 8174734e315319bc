/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections to the AgentX master and to the collector.
 */
#include "daemon/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/channel.h"
#include "broker/rights.h"
#include "broker/socket.h"
#include "daemon/stack.h"

#define PATIENCE 800 /* ms for a connection to stand */

/* What an address consists of; host empty: a path. */
struct target {
	char host[128];
	char service[256]; /* a port, or the path */
};

static int
parse_target(const char *address, struct target *target)
{
	const char *colon;
	size_t length;

	target->host[0] = '\0';
	if (strncmp(address, "unix:", 5) == 0)
		address += 5;
	if (address[0] == '/') {
		if (strlen(address) >= sizeof(target->service))
			return -ENAMETOOLONG;
		strcpy(target->service, address);
		return 0;
	}
	if (strncmp(address, "tcp:", 4) == 0)
		address += 4;
	else if (strncmp(address, "tcp6:", 5) == 0)
		address += 5;
	else
		return -EAFNOSUPPORT;
	/* [::1]:705 has its last colon before the port, too. */
	colon = strrchr(address, ':');
	if (colon == NULL || colon == address || colon[1] == '\0')
		return -EINVAL;
	length = (size_t)(colon - address);
	if (address[0] == '[' && colon[-1] == ']') {
		address++;
		length -= 2;
	}
	if (length >= sizeof(target->host) ||
	    strlen(colon + 1) >= sizeof(target->service))
		return -ENAMETOOLONG;
	memcpy(target->host, address, length);
	target->host[length] = '\0';
	strcpy(target->service, colon + 1);
	return 0;
}

int
po_opener_check(const char *master)
{
	struct target target;

	return parse_target(master, &target);
}

/* Connects, waiting only so long; fd is closed where that fails. */
static int
connect_within(int fd, const struct sockaddr *address, socklen_t size)
{
	struct pollfd wait = {fd, POLLOUT, 0};
	socklen_t length = sizeof(int);
	int error = 0;

	if (connect(fd, address, size) == 0)
		return fd;
	if (errno != EINPROGRESS)
		error = errno;
	else if (poll(&wait, 1, PATIENCE) != 1)
		error = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		error = errno;
	if (error == 0)
		return fd;
	close(fd);
	return -error;
}

static int
open_path(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = po_socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return -errno;
	return connect_within(
	    fd, (const struct sockaddr *)&address, sizeof(address));
}

static int
open_host(const struct target *target)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list, *each;
	int fd = -EHOSTUNREACH;

	if (getaddrinfo(target->host, target->service, &hints, &list) != 0)
		return -EHOSTUNREACH;
	for (each = list; each != NULL && fd < 0; each = each->ai_next) {
		fd = po_socket_open(each->ai_family, SOCK_STREAM);
		fd = fd < 0
			 ? -errno
			 : connect_within(fd, each->ai_addr, each->ai_addrlen);
	}
	freeaddrinfo(list);
	return fd;
}

static int
open_master(const char *master)
{
	struct target target;
	int fd;

	fd = parse_target(master, &target);
	if (fd != 0)
		return fd;
	fd = target.host[0] == '\0' ? open_path(target.service)
				    : open_host(&target);
	/* Net-SNMP writes whole packets and expects to be made to wait. */
	if (fd >= 0)
		fcntl(fd, F_SETFL, 0);
	return fd;
}

/* Opens what is asked for, if the asker may ask for it. */
static int
open_wanted(const struct po_opener *opener, uint32_t what, int with)
{
	if (what == PO_CHANNEL_MASTER && opener->master != NULL)
		return open_master(opener->master);
	if (what == PO_CHANNEL_COLLECTOR && opener->collector != NULL)
		return open_path(opener->collector);
	if (what == PO_CHANNEL_STACK && opener->stacks && with >= 0)
		return po_stack_open(with);
	return -EINVAL;
}

int
po_opener_answer(int channel, const struct po_opener *opener)
{
	struct po_channel_question question;
	struct po_channel_answer answer = {0};
	int fd, with = -1;
	ssize_t done;

	done = po_rights_receive(
	    channel, &question, sizeof(question), MSG_DONTWAIT, &with);
	if (done == -EINTR || done == -EAGAIN || done == -EWOULDBLOCK)
		return 0;
	if (done == (ssize_t)sizeof(question)) {
		fd = open_wanted(opener, question.what, with);
		answer.tag = question.tag;
		answer.error = fd < 0 ? -fd : 0;
		done = po_rights_send(channel, &answer, sizeof(answer), fd);
		if (fd >= 0)
			close(fd);
	}
	if (with >= 0)
		close(with);
	return done == (ssize_t)sizeof(answer) ? 0 : -EPIPE;
}
