/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portOwnerExpectationTable: the rules that expect, in the order of their
 * lines.
 */
#include <string.h>
#include <time.h>

#include "mib/cell.h"

enum column {
	TEXT = 2,
	STATUS,
	MESSAGE,
	SINCE,
};

static uint32_t
count(const struct po_view_source *source)
{
	return source->verdicts->count;
}

static size_t
key(const struct po_view_source *source, uint32_t row, uint32_t *out)
{
	(void)source;
	out[0] = row + 1;
	return 1;
}

/* DateAndTime of RFC 2579: 11 octets, in UTC. */
static void
date_cell(struct po_value *value, uint64_t unix_us)
{
	const time_t seconds = (time_t)(unix_us / 1000000);
	struct tm tm;
	char *out = value->buffer;

	memset(out, 0, 11);
	if (gmtime_r(&seconds, &tm) != NULL) {
		out[0] = (char)((tm.tm_year + 1900) >> 8);
		out[1] = (char)((tm.tm_year + 1900) & 0xff);
		out[2] = (char)(tm.tm_mon + 1);
		out[3] = (char)tm.tm_mday;
		out[4] = (char)tm.tm_hour;
		out[5] = (char)tm.tm_min;
		out[6] = (char)tm.tm_sec;
		out[7] = (char)(unix_us / 100000 % 10);
	}
	out[8] = '+';
	po_cell_text(value, out, 11);
}

static void
cell(const struct po_view_source *source, uint32_t row, uint32_t column,
    struct po_value *value)
{
	const struct po_expectation *e = &source->verdicts->rows[row];

	switch (column) {
	case TEXT:
		po_cell_text(value, e->text, strlen(e->text));
		break;
	case STATUS:
		po_cell_number(value, PO_VALUE_INTEGER, e->met ? 1 : 2);
		break;
	case MESSAGE:
		po_cell_text(value, e->message, strlen(e->message));
		break;
	case SINCE:
		/* The clock of the wall may have been set since. */
		date_cell(value,
		    source->now_unix -
			(source->now > e->since ? source->now - e->since : 0));
		break;
	}
}

const struct po_view po_view_expectation = {
    .prefix = {1, 5, 1},
    .prefix_length = 3,
    .first_column = TEXT,
    .last_column = SINCE,
    .count = count,
    .key = key,
    .cell = cell,
};
