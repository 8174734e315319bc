/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules against one snapshot: all that they say of it.
 */
#ifndef PO_MODEL_AUDIT_H
#define PO_MODEL_AUDIT_H

#include "model/judge.h"

struct po_audit {
	const struct po_rules *rules;
	const struct po_snapshot *snapshot;
	struct po_judgement *judgements; /* of the listeners */
	struct po_finding *findings; /* of the rules that expect */
	bool *failed; /* likewise */
	uint32_t violations;
	uint32_t unsure; /* what nobody can tell */
};

/* Lends both.  Returns 0 or -ENOMEM; po_audit_free() it in any case. */
int po_audit_make(struct po_audit *audit, const struct po_rules *rules,
    const struct po_snapshot *snapshot);
void po_audit_free(struct po_audit *audit);

const struct po_endpoint *po_audit_endpoint(
    const struct po_audit *audit, uint32_t listener);

/* Whether a listener is a violation of its own. */
bool po_audit_is_violation(const struct po_audit *audit, uint32_t listener);

/* "nginx (pid 82) of root", or why there is no owner. */
#define PO_HOLDER_TEXT_SIZE (2 * PO_TEXT_MAX + 32)
void po_audit_holder(const struct po_audit *audit, uint32_t listener,
    char text[PO_HOLDER_TEXT_SIZE]);

#endif
