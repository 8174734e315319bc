/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One agent for each master: a second one's registrations are refused by the
 * master in a way that nobody sees.
 */
#ifndef PO_DAEMON_LOCK_H
#define PO_DAEMON_LOCK_H

#include <sys/types.h>

/*
 * Takes the lock for a master's address.  It lasts as long as this process and
 * those that inherit the descriptor.  Returns the descriptor, or -EWOULDBLOCK
 * with the holder's pid in *holder (0: unknown), or -errno.
 */
int po_lock_take(const char *master, pid_t *holder);

/* Gives the lock back and removes its file. */
void po_lock_release(const char *master, int lock);

#endif
