/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far the reading of each part of each table has come.
 */
#ifndef PO_ASK_SPAN_H
#define PO_ASK_SPAN_H

#include "ask/plan.h"

enum span_state {
	SPAN_PROBE, /* is there anything? */
	SPAN_WAITING, /* it may not be needed */
	SPAN_OPEN,
	SPAN_DONE,
};

/* Part of a table; key: the index of its last row that was read. */
struct span {
	const struct po_ask_table *table;
	const struct po_ask_range *range; /* NULL: all of a stack, or */
	bool all_stacks; /* all of the table */
	uint32_t stack;
	enum span_state state;
	uint32_t key[PO_ASK_INDEX_MAX];
	size_t length;
};

struct spans {
	struct span *items;
	size_t count;
};

/* The parts of a plan in one stack.  Returns 0 or -ENOMEM. */
int spans_make(
    struct spans *spans, const struct po_ask_plan *plan, uint32_t stack);
void spans_free(struct spans *spans);
/* Nothing is left but what waits. */
bool spans_are_done(const struct spans *spans);
/* What waits is open now; false: nothing does. */
bool spans_wake(struct spans *spans);

/* Whether an index is in the part. */
bool span_has(const struct span *span, const uint32_t *index, size_t length);
/* Whether it comes after what was read. */
bool span_is_after(
    const struct span *span, const uint32_t *index, size_t length);
void span_advance(struct span *span, const uint32_t *index, size_t length);

#endif
