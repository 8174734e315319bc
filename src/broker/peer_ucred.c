/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * illumos and Solaris: getpeerucred(3C), the credentials at connect(3SOCKET).
 * What was sent is in the receiver's buffer at once: what tells of it is that a
 * sender who has filled the buffer is stopped until the reader reads.
 */
#include "broker/peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <ucred.h>

#define ANSWERS 4 /* under way at a time */

int
po_peer_look(int fd, struct po_peer *peer)
{
	ucred_t *credentials = NULL;
	const gid_t *groups;
	int i, n;

	if (getpeerucred(fd, &credentials) != 0)
		return -errno;
	peer->uid = ucred_geteuid(credentials);
	peer->groups[0] = ucred_getegid(credentials);
	peer->n_groups = 1;
	n = ucred_getgroups(credentials, &groups);
	for (i = 0; i < n && peer->n_groups < PO_PEER_GROUPS_MAX; i++)
		peer->groups[peer->n_groups++] = groups[i];
	ucred_free(credentials);
	return peer->uid == (uid_t)-1 || peer->groups[0] == (gid_t)-1 ? -EPROTO
								      : 0;
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
