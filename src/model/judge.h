/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one snapshot says of the rules, whatever was before.
 */
#ifndef PO_MODEL_JUDGE_H
#define PO_MODEL_JUDGE_H

#include "model/rule.h"

/* portOwnerListenerVerdict. */
enum po_verdict {
	PO_VERDICT_NONE = 1, /* no rule, or it cannot be told */
	PO_VERDICT_EXPECTED = 2,
	PO_VERDICT_UNEXPECTED = 3, /* no rule, and rules are strict */
	PO_VERDICT_WRONG_OWNER = 4, /* rules, and none wants this owner */
};

/*
 * Of a listener.  unsure: rules speak of it, and its owner is not visible;
 * then the verdict is NONE.
 */
struct po_judgement {
	uint8_t verdict; /* enum po_verdict */
	bool unsure;
};

/* Fills judgements[0..snapshot->n_listeners). */
void po_judge_listeners(const struct po_rules *rules,
    const struct po_snapshot *snapshot, struct po_judgement *judgements);

/*
 * Of a rule that expects.  met: a listener is there with an owner that it
 * wants; or (unsure) one whose owner is not visible, or rows are missing from
 * the snapshot: then nobody can say that it failed.
 */
struct po_finding {
	bool met;
	bool unsure;
	char message[PO_TEXT_MAX + 1]; /* why; published text */
};

void po_judge_rule(const struct po_rule *rule,
    const struct po_snapshot *snapshot, struct po_finding *finding);

/*
 * Whether a listener with this verdict is a violation of its own: not if its
 * owner is the reason of a rule that failed and counts already.  failed[i] is
 * of the i-th rule that expects.
 */
bool po_judge_counts(const struct po_rules *rules, const bool *failed,
    const struct po_endpoint *endpoint, uint8_t verdict);

#endif
