/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end of a local socket, by the kernel's word.  There is
 * one implementation for each way that systems tell it.
 */
#ifndef PO_BROKER_PEER_H
#define PO_BROKER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PO_PEER_GROUPS_MAX 1024

/* groups: all of them, the effective one first, as far as there is room. */
struct po_peer {
	uid_t uid;
	size_t n_groups;
	gid_t groups[PO_PEER_GROUPS_MAX];
};

/* Returns 0 or -errno. */
int po_peer_look(int fd, struct po_peer *peer);

/*
 * A reader was accepted whose answers have this size: no more than a few shall
 * be under way where po_peer_has_unread() cannot tell of a single one.
 */
void po_peer_limit(int fd, size_t answer);

/* Whether as much as may be under way has not been read yet. */
bool po_peer_has_unread(int fd);

#endif
