/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules' judgement from snapshot to snapshot.  It changes only when what
 * changes it has lasted, as with listeners (model/history.h); time is that of
 * the snapshots.
 */
#ifndef PO_MODEL_EXPECTATION_H
#define PO_MODEL_EXPECTATION_H

#include "model/history.h"
#include "model/judge.h"

/* A rule that expects: a row of portOwnerExpectationTable. */
struct po_expectation {
	char text[PO_TEXT_MAX + 1];
	char message[PO_TEXT_MAX + 1];
	bool met;
	uint64_t since; /* us */
};

/* One judgement of all; the rows are in the order of the rules. */
struct po_verdicts {
	uint32_t violations;
	uint32_t count;
	struct po_expectation rows[];
};

struct po_expectations;

/* NULL: no memory. */
struct po_expectations *po_expectations_new(void);
void po_expectations_free(struct po_expectations *expectations);

/*
 * Takes other rules over, which become none; what is known of those with the
 * same text stays.  Returns 0, or -ENOMEM and the old rules stay.
 */
int po_expectations_set(
    struct po_expectations *expectations, struct po_rules *rules);

void po_expectations_set_debounce(
    struct po_expectations *expectations, uint64_t us);

/* Called when an expectation failed, or is met again. */
typedef void po_expectation_report(
    void *context, uint32_t row, const struct po_expectation *expectation);

/*
 * Judges a snapshot and fills the verdicts of its listeners, whose history it
 * needs.  One that fails from the first is reported, too.  *verdicts is from
 * malloc() and belongs to the caller.  *due: when to look again, or 0.  Returns
 * 0, or -ENOMEM and nothing has happened.
 */
int po_expectations_take(struct po_expectations *expectations,
    const struct po_snapshot *snapshot, struct po_listener_history *listeners,
    po_expectation_report *report, void *context, struct po_verdicts **verdicts,
    uint64_t *due);

/* To be kept and brought back. */
struct po_expectation_record {
	const char *text;
	uint64_t since;
	bool met;
	bool told_failed; /* it was reported that it failed */
};

size_t po_expectations_count(const struct po_expectations *expectations);
/* False: there is nothing to keep of this one. */
bool po_expectations_record(const struct po_expectations *expectations,
    size_t i, struct po_expectation_record *record);
/* A record of a rule that is not there any more is passed over. */
void po_expectations_restore(struct po_expectations *expectations,
    const struct po_expectation_record *record);
/* Nothing is known of any rule any more. */
void po_expectations_forget(struct po_expectations *expectations);

#endif
