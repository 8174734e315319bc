/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack, protocol and port are the first three parts of every index.
 */
#include "ask/span.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Listeners in short explain some owners.  Where few rows are wanted it takes
 * less to ask for both at once.
 */
static bool
is_optional(const struct po_ask_table *table, const struct po_ask_range *range)
{
	return table == &po_ask_listeners &&
	       (range == NULL || range->high - range->low >= PO_ASK_FEW_PORTS);
}

static void
begin(struct span *span, const struct po_ask_plan *plan,
    const struct po_ask_table *table, uint32_t stack,
    const struct po_ask_range *range)
{
	*span = (struct span){
	    .table = table,
	    .range = range,
	    .all_stacks = plan->all_stacks && range == NULL,
	    .stack = stack,
	    .state = is_optional(table, range) ? SPAN_WAITING
		     : range != NULL && po_ask_is_rare(range->protocol)
			 ? SPAN_PROBE
			 : SPAN_OPEN,
	};
	if (span->all_stacks)
		return;
	span->key[span->length++] = stack;
	if (range == NULL)
		return;
	/* Every row of port low comes after this. */
	span->key[span->length++] = range->protocol;
	span->key[span->length++] = range->low;
}

int
spans_make(struct spans *spans, const struct po_ask_plan *plan, uint32_t stack)
{
	const size_t parts = plan->everything ? 1 : plan->n_ranges;
	size_t i, t;

	spans->count = 0;
	spans->items =
	    calloc(plan->n_tables * parts + 1, sizeof(*spans->items));
	if (spans->items == NULL)
		return -ENOMEM;
	for (i = 0; i < parts; i++)
		for (t = 0; t < plan->n_tables; t++)
			begin(&spans->items[spans->count++], plan,
			    plan->tables[t], stack,
			    plan->everything ? NULL : &plan->ranges[i]);
	return 0;
}

void
spans_free(struct spans *spans)
{
	free(spans->items);
	spans->items = NULL;
	spans->count = 0;
}

bool
spans_are_done(const struct spans *spans)
{
	size_t i;

	for (i = 0; i < spans->count; i++)
		if (spans->items[i].state != SPAN_DONE &&
		    spans->items[i].state != SPAN_WAITING)
			return false;
	return true;
}

bool
spans_wake(struct spans *spans)
{
	bool woken = false;
	size_t i;

	for (i = 0; i < spans->count; i++) {
		if (spans->items[i].state != SPAN_WAITING)
			continue;
		spans->items[i].state = SPAN_OPEN;
		woken = true;
	}
	return woken;
}

bool
span_has(const struct span *span, const uint32_t *index, size_t length)
{
	const struct po_ask_range *range = span->range;

	if (length < 3)
		return false;
	if (span->all_stacks)
		return true;
	if (index[0] != span->stack)
		return false;
	return range == NULL ||
	       (index[1] == range->protocol && index[2] >= range->low &&
		   index[2] <= range->high);
}

bool
span_is_after(const struct span *span, const uint32_t *index, size_t length)
{
	size_t i;

	for (i = 0; i < length && i < span->length; i++)
		if (index[i] != span->key[i])
			return index[i] > span->key[i];
	return length > span->length;
}

void
span_advance(struct span *span, const uint32_t *index, size_t length)
{
	memcpy(span->key, index, length * sizeof(*index));
	span->length = length;
}
