/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of the listeners from one snapshot to the next.
 */
#ifndef PO_MODEL_HISTORY_H
#define PO_MODEL_HISTORY_H

#include "model/snapshot.h"

/* Of one listener, at the same index as its record in the snapshot. */
struct po_listener_history {
	uint64_t since; /* microseconds, as po_snapshot_header.taken */
	uint32_t owner_changes;
};

/*
 * Fills rows[0..after->n_listeners): a listener that was there before keeps its
 * age, and counts if another command or user is its primary owner now; a new
 * pid alone is a restart.  before (with old rows) may be NULL: then all are
 * new, and nothing counts as changed.  Returns how many appeared, went or
 * changed their owner.
 */
uint32_t po_history_compare(const struct po_snapshot *before,
    const struct po_listener_history *old, const struct po_snapshot *after,
    struct po_listener_history *rows);

#endif
