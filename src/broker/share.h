/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots in memory that their readers share and none can change.
 */
#ifndef PO_BROKER_SHARE_H
#define PO_BROKER_SHARE_H

#include <stdint.h>

#include "model/builder.h"

/* A descriptor of a sealed copy of the snapshot, or -errno. */
int po_share_create(const struct po_pieces *pieces);

/*
 * A snapshot to read, of no use before po_shared_open().  source: where its rows
 * come from.
 */
struct po_shared {
	struct po_snapshot snapshot;
	void *base;
	size_t size;
	void (*leave)(void *base, size_t size); /* gives base back */
	char source[256];
};

/*
 * Maps size octets of fd, which stays the caller's.  Refuses memory that could
 * still shrink or change.  Returns 0 or -errno; *shared
 * belongs to the caller.
 */
int po_share_map(int fd, uint64_t size, struct po_shared **shared);

/*
 * The same of an image in memory of this process alone, from malloc(), which
 * is taken over in any case.
 */
int po_shared_own(void *image, size_t size, struct po_shared **shared);

/*
 * Validates the image, which takes time that grows with it, and makes the
 * snapshot of it.  Returns 0 or -errno.  More than once is harmless.
 */
int po_shared_open(struct po_shared *shared);

void po_shared_release(struct po_shared *shared);

#endif
