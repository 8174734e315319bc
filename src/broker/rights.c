/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCM_RIGHTS, see unix(7).
 */
#include "broker/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/socket.h"

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

#define DESCRIPTORS_MAX 4 /* taken in at once; the kernel drops the rest */

ssize_t
po_rights_send(int socket, const void *data, size_t size, int descriptor)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = {.data = {0}};
	struct iovec part = {(void *)(uintptr_t)data, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *rights;
	ssize_t sent;

	if (descriptor >= 0) {
		message.msg_control = control.data;
		message.msg_controllen = sizeof(control.data);
		rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
	}
	sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

static void
take_descriptors(struct msghdr *message, int *descriptor)
{
	struct cmsghdr *rights;
	size_t count, i;
	int fd;

	for (rights = CMSG_FIRSTHDR(message); rights != NULL;
	     rights = CMSG_NXTHDR(message, rights)) {
		if (rights->cmsg_level != SOL_SOCKET ||
		    rights->cmsg_type != SCM_RIGHTS)
			continue;
		count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int),
			    sizeof(int));
			if (MSG_CMSG_CLOEXEC == 0)
				fcntl(fd, F_SETFD, FD_CLOEXEC);
			if (*descriptor < 0)
				*descriptor = fd;
			else
				close(fd);
		}
	}
}

ssize_t
po_rights_receive(
    int socket, void *data, size_t size, int flags, int *descriptor)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct iovec part = {data, size};
	struct msghdr message = {
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.data,
	    .msg_controllen = sizeof(control.data),
	};
	ssize_t got;

	got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -errno;
	take_descriptors(&message, descriptor);
	return got;
}
