/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portOwnerAgent: the scalars, seen as a table of one row with the index 0.
 */
#include <string.h>

#include "mib/cell.h"

enum column {
	GENERATION = 1,
	CACHE_TIMEOUT,
	AGE,
	COLLECT_TIME,
	COLLECT_ERRORS,
	SOURCE,
	VISIBILITY,
	UNOWNED_SOCKETS,
	ROWS,
	LISTENERS,
	CONNECTIONS,
	DROPPED_ROWS,
	LISTENER_CHANGES,
	LISTENER_LAST_CHANGE,
	LISTENER_CHANGE_AGE,
	DISCONTINUITY,
	VIOLATIONS,
	NOTIFY_ENABLE,
	NOTIFICATIONS,
	HELD_BACK,
	LOST,
};

#define BIT(column) (1u << (column))

static uint32_t
count(const struct po_view_source *source)
{
	(void)source;
	return 1;
}

static size_t
key(const struct po_view_source *source, uint32_t row, uint32_t *out)
{
	(void)source;
	(void)row;
	out[0] = 0;
	return 1;
}

static bool
notify_cell(
    const struct po_status *status, uint32_t column, struct po_value *value)
{
	switch (column) {
	case NOTIFY_ENABLE: /* TruthValue */
		po_cell_number(value, PO_VALUE_INTEGER, status->notify ? 1 : 2);
		return true;
	case NOTIFICATIONS:
		po_cell_number(value, PO_VALUE_COUNTER, status->notifications);
		return true;
	case HELD_BACK:
		po_cell_number(value, PO_VALUE_COUNTER, status->held_back);
		return true;
	case LOST:
		po_cell_number(value, PO_VALUE_COUNTER, status->lost);
		return true;
	}
	return false;
}

/* What the agent knows by itself; false for the columns about rows. */
static bool
status_cell(
    const struct po_status *status, uint32_t column, struct po_value *value)
{
	switch (column) {
	case GENERATION:
		po_cell_number(value, PO_VALUE_COUNTER, status->generation);
		return true;
	case CACHE_TIMEOUT:
		po_cell_number(value, PO_VALUE_UNSIGNED, status->cache_timeout);
		return true;
	case AGE:
		po_cell_number(value, PO_VALUE_TICKS, status->age);
		return true;
	case COLLECT_TIME:
		po_cell_number(value, PO_VALUE_UNSIGNED, status->collect_us);
		return true;
	case COLLECT_ERRORS:
		po_cell_number(value, PO_VALUE_COUNTER, status->collect_errors);
		return true;
	case SOURCE:
		po_cell_text(value, status->source, strlen(status->source));
		return true;
	case LISTENER_CHANGES:
		po_cell_number(
		    value, PO_VALUE_COUNTER, status->listener_changes);
		return true;
	case LISTENER_LAST_CHANGE:
		po_cell_number(
		    value, PO_VALUE_TICKS, status->listener_last_change);
		return true;
	case LISTENER_CHANGE_AGE:
		po_cell_number(
		    value, PO_VALUE_TICKS, status->listener_change_age);
		return true;
	case DISCONTINUITY:
		po_cell_number(value, PO_VALUE_TICKS, status->discontinuity);
		return true;
	default:
		return notify_cell(status, column, value);
	}
}

static void
cell(const struct po_view_source *source, uint32_t row, uint32_t column,
    struct po_value *value)
{
	const struct po_snapshot *snapshot = source->snapshot;
	uint32_t number = 0;

	(void)row;
	if (status_cell(source->status, column, value))
		return;
	switch (column) {
	case VISIBILITY:
		po_cell_number(
		    value, PO_VALUE_INTEGER, snapshot->header->partial ? 2 : 1);
		return;
	case UNOWNED_SOCKETS:
		number = snapshot->header->unowned;
		break;
	case ROWS:
		number = snapshot->n_owners;
		break;
	case LISTENERS:
		number = snapshot->n_listeners;
		break;
	case CONNECTIONS:
		number = snapshot->n_connections;
		break;
	case DROPPED_ROWS:
		number = snapshot->header->dropped;
		break;
	case VIOLATIONS:
		number = source->verdicts->violations;
		break;
	}
	po_cell_number(value, PO_VALUE_UNSIGNED, number);
}

const struct po_view po_view_agent = {
    .prefix = {1, 1},
    .prefix_length = 2,
    .first_column = GENERATION,
    .last_column = LOST,
    .at_once = BIT(GENERATION) | BIT(CACHE_TIMEOUT) | BIT(AGE) |
	       BIT(COLLECT_TIME) | BIT(COLLECT_ERRORS) | BIT(SOURCE) |
	       BIT(DISCONTINUITY) | BIT(NOTIFY_ENABLE) | BIT(NOTIFICATIONS) |
	       BIT(HELD_BACK) | BIT(LOST),
    .count = count,
    .key = key,
    .cell = cell,
};
