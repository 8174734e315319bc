/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD, DragonFly and macOS: struct xucred by LOCAL_PEERCRED (unix(4)), the
 * credentials at connect(2).  Octets that were sent are in the receiver's
 * buffer at once and FIONWRITE tells nothing of them; what does tell is that a
 * sender who has filled the buffer is stopped until the reader reads.
 */
#include "broker/peer.h"

#include <sys/param.h>

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/ucred.h>
#include <sys/un.h>

#ifndef SOL_LOCAL
#define SOL_LOCAL 0
#endif

#define ANSWERS 4 /* under way at a time */

int
po_peer_look(int fd, struct po_peer *peer)
{
	struct xucred credentials;
	socklen_t size = sizeof(credentials);
	int i;

	if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &credentials, &size) != 0)
		return -errno;
	if (credentials.cr_version != XUCRED_VERSION ||
	    credentials.cr_ngroups >
		(int)(sizeof(credentials.cr_groups) / sizeof(gid_t)))
		return -EPROTO;
	peer->uid = credentials.cr_uid;
	peer->n_groups = 0;
	for (i = 0; i < credentials.cr_ngroups; i++)
		peer->groups[peer->n_groups++] = credentials.cr_groups[i];
	return 0;
}

void
po_peer_limit(int fd, size_t answer)
{
	const int size = (int)(ANSWERS * answer);

	/* Where this fails the system's own limit is in force. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

bool
po_peer_has_unread(int fd)
{
	struct pollfd room = {fd, POLLOUT, 0};

	return poll(&room, 1, 0) == 0;
}
