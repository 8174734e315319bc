/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socketpair(2).
 */
#include "broker/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "broker/socket.h"

int
po_pair_open(int ends[2])
{
	int error;

	if (po_socket_pair(ends) != 0)
		return -errno;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	error = -errno;
	close(ends[0]);
	close(ends[1]);
	return error;
}

int
po_pair_send(int end, unsigned char octet)
{
	ssize_t sent;

	do
		sent = send(end, &octet, 1, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == 1 ? 0 : -errno;
}

int
po_pair_receive(int end)
{
	unsigned char octet = 0;
	ssize_t got;

	do
		got = recv(end, &octet, 1, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return got == 0 ? 0 : octet;
}

void
po_pair_close(int end)
{
	close(end);
}
