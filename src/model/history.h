/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of the listeners from snapshot to snapshot.  A listener that
 * appears is told at once; that it went, or has another owner, only when it
 * lasted: a service that restarts is neither.  Time is that of the snapshots
 * (po_snapshot_header.taken), and nothing else is asked for it.
 */
#ifndef PO_MODEL_HISTORY_H
#define PO_MODEL_HISTORY_H

#include "model/snapshot.h"

/* Of one listener, at the same index as its record in the snapshot. */
struct po_listener_history {
	uint64_t since; /* us: seen without a lasting gap */
	uint64_t steady_at; /* us: when its owner will have lasted */
	uint32_t owner_changes;
	uint32_t restarts; /* another pid, the same owner */
	uint8_t verdict; /* enum po_verdict; not set here */
};

/* A primary owner: published text.  command NULL: it has not been seen yet. */
struct po_holder {
	uint32_t pid;
	const char *command;
	const char *user;
	const char *service;
};

enum po_change_kind {
	PO_CHANGE_APPEARED = 1,
	PO_CHANGE_GONE,
	PO_CHANGE_OWNER, /* another command or user */
};

/* The strings live until the callback returns. */
struct po_change {
	enum po_change_kind kind;
	struct po_endpoint endpoint;
	struct po_holder holder; /* of a listener that is gone: the last one */
	struct po_holder before; /* OWNER only */
};

/* What is summed up. */
struct po_history_totals {
	uint32_t changes;
	uint64_t changed_at; /* us; 0: nothing has changed yet */
	uint64_t due; /* us: when something will have lasted; 0: nothing */
	uint32_t scope; /* of the last snapshot */
	bool cut; /* it lacked rows */
};

struct po_history;

/* NULL: no memory. */
struct po_history *po_history_new(void);
void po_history_free(struct po_history *history);

/* How long something has to last, us. */
void po_history_set_debounce(struct po_history *history, uint64_t us);

/*
 * Takes a snapshot in and fills rows[0..snapshot->n_listeners).  report (may be
 * NULL) is called for each change, in the order of the listeners; the first
 * snapshot of all changes nothing.  What differs because the snapshot, or the one
 * before, lacks rows or was made in another way (po_snapshot_header.scope) is no
 * change.  Returns 0, or -ENOMEM and nothing has happened.
 */
int po_history_take(struct po_history *history,
    const struct po_snapshot *snapshot, struct po_listener_history *rows,
    void (*report)(void *context, const struct po_change *change),
    void *context);

void po_history_sum(
    const struct po_history *history, struct po_history_totals *totals);

/*
 * To be kept and brought back: what is known of a listener.  A history that is
 * brought back is no new one: its first snapshot can change it.
 */
struct po_history_record {
	struct po_endpoint endpoint;
	uint64_t since;
	uint32_t owner_changes;
	uint32_t restarts;
	struct po_holder holder;
};

size_t po_history_count(const struct po_history *history);
void po_history_record(const struct po_history *history, size_t i,
    struct po_history_record *record);

/* Records come in order.  Returns 0, -EINVAL (not in order) or -ENOMEM. */
int po_history_restore(
    struct po_history *history, const struct po_history_record *record);
void po_history_restore_totals(
    struct po_history *history, const struct po_history_totals *totals);
/* Begins anew; the debounce stays. */
void po_history_forget(struct po_history *history);

#endif
