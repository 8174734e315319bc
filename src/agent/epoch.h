/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot with what is known of its listeners, counted by the requests that
 * are answered from it.
 */
#ifndef PO_AGENT_EPOCH_H
#define PO_AGENT_EPOCH_H

#include "broker/share.h"
#include "model/expectation.h"
#include "model/history.h"

struct po_epoch {
	unsigned int references; /* counted by the event loop alone */
	struct po_shared *shared;
	struct po_listener_history *history; /* of each listener */
	struct po_verdicts *verdicts;
};

/*
 * shared is taken over in any case; history and verdicts, from malloc(), are
 * added later.  NULL: no memory.
 */
struct po_epoch *po_epoch_new(struct po_shared *shared);

/* Returns epoch, for one more po_epoch_release(). */
struct po_epoch *po_epoch_hold(struct po_epoch *epoch);
void po_epoch_release(struct po_epoch *epoch);

#endif
