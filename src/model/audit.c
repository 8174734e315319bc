/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is found out, before anybody says anything of it.
 */
#include "model/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct po_endpoint *
po_audit_endpoint(const struct po_audit *audit, uint32_t listener)
{
	const struct po_snapshot *s = audit->snapshot;

	return &s->endpoints[s->listeners[listener].endpoint];
}

bool
po_audit_is_violation(const struct po_audit *audit, uint32_t listener)
{
	return po_judge_counts(audit->rules, audit->failed,
	    po_audit_endpoint(audit, listener),
	    audit->judgements[listener].verdict);
}

static void
judge_rules(struct po_audit *audit)
{
	const struct po_rules *rules = audit->rules;
	size_t i, at = 0;

	for (i = 0; i < rules->count; i++) {
		if (!rules->items[i].expected)
			continue;
		po_judge_rule(
		    &rules->items[i], audit->snapshot, &audit->findings[at]);
		audit->failed[at] = !audit->findings[at].met;
		audit->violations += audit->failed[at];
		audit->unsure += audit->findings[at].unsure;
		at++;
	}
}

int
po_audit_make(struct po_audit *audit, const struct po_rules *rules,
    const struct po_snapshot *snapshot)
{
	uint32_t i;

	*audit = (struct po_audit){
	    .rules = rules,
	    .snapshot = snapshot,
	    .judgements =
		calloc(snapshot->n_listeners + 1, sizeof(*audit->judgements)),
	    .findings = calloc(rules->expected + 1, sizeof(*audit->findings)),
	    .failed = calloc(rules->expected + 1, sizeof(*audit->failed)),
	};
	if (audit->judgements == NULL || audit->findings == NULL ||
	    audit->failed == NULL)
		return -ENOMEM;
	po_judge_listeners(rules, snapshot, audit->judgements);
	judge_rules(audit);
	for (i = 0; i < snapshot->n_listeners; i++) {
		audit->violations += po_audit_is_violation(audit, i);
		audit->unsure += audit->judgements[i].unsure;
	}
	return 0;
}

void
po_audit_free(struct po_audit *audit)
{
	free(audit->judgements);
	free(audit->findings);
	free(audit->failed);
}

void
po_audit_holder(const struct po_audit *audit, uint32_t listener,
    char text[PO_HOLDER_TEXT_SIZE])
{
	const struct po_snapshot *s = audit->snapshot;
	const struct po_process_record *owner =
	    &s->processes[s->listeners[listener].process];
	size_t length;

	if (owner->kind == PO_OWNER_PROCESS)
		snprintf(text, PO_HOLDER_TEXT_SIZE, "%s (pid %lu) of %s",
		    po_snapshot_text(s, owner->command, &length),
		    (unsigned long)owner->pid,
		    po_snapshot_text(s, owner->user, &length));
	else
		snprintf(text, PO_HOLDER_TEXT_SIZE, "%s",
		    owner->kind == PO_OWNER_HIDDEN ? "the owner is not visible"
						   : "no process");
}
