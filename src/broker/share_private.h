/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ways of sharing memory have in common, and what each of them is:
 * share_memfd.c; or share_shm.c or share_file.c with share_copy.c.
 */
#ifndef PO_BROKER_SHARE_PRIVATE_H
#define PO_BROKER_SHARE_PRIVATE_H

#include "broker/share.h"

/*
 * One way: gives size octets of fd, at a place that is aligned for a snapshot
 * and that nobody can change, in *base; po_share_leave gives them back.  The
 * file is known to have that size.  Returns 0 or -errno; -EPERM where somebody
 * could change it.
 */
int po_share_take(int fd, size_t size, void **base);
void po_share_leave(void *base, size_t size);

/*
 * Takes an image at base over, and counts on leave to give it back, also where
 * there is no memory.  Returns 0 or -ENOMEM.
 */
int po_shared_new(void *base, size_t size,
    void (*leave)(void *base, size_t size), struct po_shared **shared);

/* All ways: writes all of it at the place that fd is at.  0 or -errno. */
int po_share_write(int fd, const struct po_pieces *pieces);

#endif
