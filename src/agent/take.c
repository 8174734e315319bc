/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent/take.h"

#include <errno.h>
#include <stdlib.h>

/* notice NULL: there was no memory for it. */
static void
add(struct po_take *take, struct po_notice *notice)
{
	if (notice == NULL) {
		take->lost++;
		return;
	}
	*take->last_notice = notice;
	take->last_notice = &notice->next;
}

static void
note_change(void *context, const struct po_change *change)
{
	struct po_take *take = context;

	take->changed = true;
	if (take->tells)
		add(take, po_notice_of_change(change));
}

static void
note_expectation(
    void *context, uint32_t row, const struct po_expectation *expectation)
{
	struct po_take *take = context;

	take->changed = true;
	if (take->tells)
		add(take, po_notice_of_expectation(row, expectation));
}

static int
compare(struct po_take *take, const struct po_snapshot *snapshot)
{
	struct po_epoch *epoch = take->epoch;
	uint64_t due;
	int error;

	epoch->history =
	    calloc((size_t)snapshot->n_listeners + 1, sizeof(*epoch->history));
	if (epoch->history == NULL)
		return -ENOMEM;
	error = po_history_take(
	    take->history, snapshot, epoch->history, note_change, take);
	if (error != 0)
		return error;
	error = po_expectations_take(take->expectations, snapshot,
	    epoch->history, note_expectation, take, &epoch->verdicts, &due);
	po_history_sum(take->history, &take->totals);
	take->due = take->totals.due;
	if (error == 0 && due != 0 && (take->due == 0 || due < take->due))
		take->due = due;
	return error;
}

void
po_take_run(struct po_take *take)
{
	struct po_shared *shared = take->epoch->shared;

	take->changed = false;
	take->notices = NULL;
	take->lost = 0;
	take->last_notice = &take->notices;
	take->error = po_shared_open(shared);
	if (take->error != 0)
		return;
	/* The collector may hand out the one that is here already. */
	if (shared->snapshot.header->taken == take->last)
		take->error = PO_TAKE_SAME;
	else
		take->error = compare(take, &shared->snapshot);
}
