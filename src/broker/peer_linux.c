/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux: SO_PEERCRED and SO_PEERGROUPS (socket(7), unix(7)), SIOCOUTQ.
 */
#include "broker/peer.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int
po_peer_look(int fd, struct po_peer *peer)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
		return -errno;
	peer->uid = credentials.uid;
	peer->groups[0] = credentials.gid;
	peer->n_groups = 1;
	size = sizeof(peer->groups) - sizeof(gid_t);
	if (getsockopt(
		fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups + 1, &size) == 0)
		peer->n_groups += size / sizeof(gid_t);
	return 0;
}

/* SIOCOUTQ tells of every octet. */
void
po_peer_limit(int fd, size_t answer)
{
	(void)fd;
	(void)answer;
}

bool
po_peer_has_unread(int fd)
{
	int octets = 0;

	return ioctl(fd, SIOCOUTQ, &octets) == 0 && octets > 0;
}
