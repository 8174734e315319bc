/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What takes long about a new snapshot: to validate it, to compare it with what
 * was there, to judge it.  A thread may do it: nothing here knows of the event
 * loop.
 */
#ifndef PO_AGENT_TAKE_H
#define PO_AGENT_TAKE_H

#include "agent/epoch.h"
#include "agent/notice.h"

#define PO_TAKE_SAME 1 /* error: the snapshot is the one that was there */

struct po_take {
	struct po_epoch *epoch; /* gets history and verdicts */
	struct po_history *history;
	struct po_expectations *expectations;
	uint64_t last; /* us: when the one before was taken; 0: there is none */
	bool tells; /* notices are wanted */
	/* What comes of it. */
	int error; /* 0; PO_TAKE_SAME; -ENOMEM; or that of po_shared_open() */
	bool changed; /* something that is worth keeping */
	struct po_history_totals totals;
	uint64_t due; /* us: when something will have lasted; 0: nothing */
	struct po_notice *notices; /* in order; the caller's, also on errors */
	uint32_t lost; /* notices that there was no memory for */
	struct po_notice **last_notice; /* where the next one goes */
};

void po_take_run(struct po_take *take);

#endif
