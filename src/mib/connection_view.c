/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portOwnerConnectionTable: who is connected with whom.
 */
#include <stdio.h>
#include <string.h>

#include "mib/cell.h"
#include "model/text.h"

enum column {
	STATE = 10,
	COMMAND,
	USER,
	UID,
	ENDPOINT,
};

static uint32_t
count(const struct po_view_source *source)
{
	return source->snapshot->n_connections;
}

static size_t
key(const struct po_view_source *source, uint32_t row, uint32_t *out)
{
	const struct po_snapshot *s = source->snapshot;
	const struct po_connection *connection = &s->connections[row];
	size_t length;

	length = po_key_endpoint(out, 0, &s->endpoints[connection->endpoint]);
	out[length++] = connection->remote_port;
	length = po_key_address(out, length, &connection->remote);
	out[length++] = s->processes[connection->process].pid;
	return length;
}

/* "tcp 192.0.2.1:443->198.51.100.7:50312", then the stack as elsewhere. */
static size_t
format_pair(const struct po_endpoint *local,
    const struct po_connection *connection, char *out, size_t size)
{
	struct po_endpoint own = *local;
	char from[PO_ENDPOINT_TEXT_SIZE], to[PO_ADDRESS_TEXT_SIZE + 8];
	int length;

	own.stack = 0;
	po_endpoint_format(&own, from);
	po_address_port_format(
	    &connection->remote, connection->remote_port, to);
	length = snprintf(out, size, "%s->%s", from, to);
	if (local->stack != 0)
		length += snprintf(out + length, size - (size_t)length,
		    " stack %lu", (unsigned long)local->stack);
	return (size_t)length;
}

static void
cell(const struct po_view_source *source, uint32_t row, uint32_t column,
    struct po_value *value)
{
	const struct po_snapshot *s = source->snapshot;
	const struct po_connection *connection = &s->connections[row];
	const struct po_process_record *process =
	    &s->processes[connection->process];

	switch (column) {
	case STATE:
		po_cell_number(value, PO_VALUE_INTEGER, connection->state);
		break;
	case COMMAND:
		po_cell_string(value, s, process->command);
		break;
	case USER:
		po_cell_string(value, s, process->user);
		break;
	case UID:
		po_cell_number(value, PO_VALUE_UNSIGNED, process->uid);
		break;
	case ENDPOINT:
		po_cell_text(value, value->buffer,
		    format_pair(&s->endpoints[connection->endpoint], connection,
			value->buffer, sizeof(value->buffer)));
		break;
	}
}

const struct po_view po_view_connection = {
    .prefix = {1, 4, 1},
    .prefix_length = 3,
    .first_column = STATE,
    .last_column = ENDPOINT,
    .count = count,
    .key = key,
    .cell = cell,
};
