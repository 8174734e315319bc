/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP over the loopback interface, as select(2) knows sockets alone here.
 */
#include "broker/pair.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static int
last_error(void)
{
	switch (WSAGetLastError()) {
	case WSAEWOULDBLOCK:
		return -EAGAIN;
	case WSAENOBUFS:
		return -ENOMEM;
	case WSAEMFILE:
		return -EMFILE;
	default:
		return -EIO;
	}
}

static void
close_socket(SOCKET one)
{
	if (one != INVALID_SOCKET)
		closesocket(one);
}

static SOCKET
open_stream(void)
{
	return WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
	    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

/* A listener that is nobody else's; where gets its address. */
static SOCKET
open_listener(struct sockaddr_in *where)
{
	const BOOL alone = TRUE;
	SOCKET listener = open_stream();
	int size = sizeof(*where);

	memset(where, 0, sizeof(*where));
	where->sin_family = AF_INET;
	where->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener == INVALID_SOCKET)
		return listener;
	if (setsockopt(listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE,
		(const char *)&alone, sizeof(alone)) == 0 &&
	    bind(listener, (struct sockaddr *)where, size) == 0 &&
	    getsockname(listener, (struct sockaddr *)where, &size) == 0 &&
	    listen(listener, SOMAXCONN) == 0)
		return listener;
	closesocket(listener);
	return INVALID_SOCKET;
}

/* Anybody may have connected: takes the one who has our other end's address. */
static SOCKET
accept_end(SOCKET listener, SOCKET other)
{
	struct sockaddr_in wanted, peer;
	int size = sizeof(wanted);
	SOCKET end;

	if (getsockname(other, (struct sockaddr *)&wanted, &size) != 0)
		return INVALID_SOCKET;
	for (;;) {
		size = sizeof(peer);
		end = accept(listener, (struct sockaddr *)&peer, &size);
		if (end == INVALID_SOCKET ||
		    (peer.sin_port == wanted.sin_port &&
			peer.sin_addr.s_addr == wanted.sin_addr.s_addr))
			return end;
		closesocket(end);
	}
}

static bool
set_up(SOCKET end, u_long without_waiting)
{
	const BOOL at_once = TRUE;

	return end <= INT_MAX &&
	       ioctlsocket(end, FIONBIO, &without_waiting) == 0 &&
	       setsockopt(end, IPPROTO_TCP, TCP_NODELAY, (const char *)&at_once,
		   sizeof(at_once)) == 0;
}

int
po_pair_open(int ends[2])
{
	SOCKET listener, one, other = INVALID_SOCKET;
	struct sockaddr_in where;
	int error = 0;

	listener = open_listener(&where);
	one = open_stream();
	if (listener != INVALID_SOCKET && one != INVALID_SOCKET &&
	    connect(one, (struct sockaddr *)&where, sizeof(where)) == 0)
		other = accept_end(listener, one);
	if (other == INVALID_SOCKET || !set_up(one, 1) || !set_up(other, 0))
		error = last_error();
	close_socket(listener);
	if (error == 0) {
		ends[0] = (int)one;
		ends[1] = (int)other;
		return 0;
	}
	close_socket(one);
	close_socket(other);
	return error;
}

int
po_pair_send(int end, unsigned char octet)
{
	return send((SOCKET)end, (const char *)&octet, 1, 0) == 1
		   ? 0
		   : last_error();
}

int
po_pair_receive(int end)
{
	unsigned char octet = 0;
	int got = recv((SOCKET)end, (char *)&octet, 1, 0);

	if (got < 0)
		return last_error();
	return got == 0 ? 0 : octet;
}

void
po_pair_close(int end)
{
	closesocket((SOCKET)end);
}
