/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SOCK_CLOEXEC, SOCK_NONBLOCK and accept4(2), or fcntl(2) instead.
 */
#include "config.h"

#include "broker/socket.h"

#include <fcntl.h>
#include <unistd.h>

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#define SOCK_NONBLOCK 0
#endif

/* Does what the kernel was not asked for in one go. */
static int
complete(int fd, int blocking)
{
	if (fd < 0 || SOCK_CLOEXEC != 0)
		return fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!blocking)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int
po_socket_open(int domain, int type)
{
	return complete(
	    socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 0);
}

int
po_socket_accept(int listener)
{
#ifdef HAVE_ACCEPT4
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
#endif
}

int
po_socket_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	complete(ends[0], 1);
	complete(ends[1], 1);
	return 0;
}
