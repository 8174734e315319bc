/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portOwnerListenerTable: what waits for others, by endpoint alone, so that a
 * row outlives the restart of its service.
 */
#include <string.h>

#include "mib/cell.h"
#include "model/text.h"

enum column {
	ENDPOINT = 6,
	PID,
	COMMAND,
	USER,
	UID,
	SERVICE,
	OWNERS,
	SOCKETS,
	CONNECTIONS,
	QUEUE_LENGTH,
	QUEUE_LIMIT,
	AGE,
	OWNER_CHANGES,
	TRANSPORT,
	ADDRESS_TEXT,
	PORT,
	VERDICT,
	RESTARTS,
};

static uint32_t
count(const struct po_view_source *source)
{
	return source->snapshot->n_listeners;
}

static size_t
key(const struct po_view_source *source, uint32_t row, uint32_t *out)
{
	const struct po_snapshot *s = source->snapshot;

	return po_key_endpoint(
	    out, 0, &s->endpoints[s->listeners[row].endpoint]);
}

static void
endpoint_cell(
    const struct po_endpoint *endpoint, uint32_t column, struct po_value *value)
{
	const char *name;

	switch (column) {
	case ENDPOINT:
		po_cell_text(value, value->buffer,
		    po_endpoint_format(endpoint, value->buffer));
		break;
	case TRANSPORT:
		name = po_protocol_name(endpoint->protocol, value->buffer);
		po_cell_text(value, name, strlen(name));
		break;
	case ADDRESS_TEXT:
		po_cell_text(value, value->buffer,
		    po_address_format(&endpoint->address, value->buffer));
		break;
	case PORT:
		po_cell_number(value, PO_VALUE_UNSIGNED, endpoint->port);
		break;
	}
}

static void
history_cell(const struct po_view_source *source, uint32_t row, uint32_t column,
    struct po_value *value)
{
	const struct po_listener_history *history = &source->history[row];

	switch (column) {
	case AGE:
		po_cell_ticks(value, source->now > history->since
					 ? source->now - history->since
					 : 0);
		break;
	case OWNER_CHANGES:
		po_cell_number(value, PO_VALUE_COUNTER, history->owner_changes);
		break;
	case VERDICT:
		po_cell_number(value, PO_VALUE_INTEGER, history->verdict);
		break;
	case RESTARTS:
		po_cell_number(value, PO_VALUE_COUNTER, history->restarts);
		break;
	}
}

static void
number_cell(
    const struct po_listener *listener, uint32_t column, struct po_value *value)
{
	uint32_t number = 0;

	switch (column) {
	case OWNERS:
		number = listener->owners;
		break;
	case SOCKETS:
		number = listener->sockets;
		break;
	case CONNECTIONS:
		number = listener->connections;
		break;
	case QUEUE_LENGTH:
		number = listener->queue_length;
		break;
	case QUEUE_LIMIT:
		number = listener->queue_limit;
		break;
	}
	po_cell_number(value, PO_VALUE_UNSIGNED, number);
}

static void
cell(const struct po_view_source *source, uint32_t row, uint32_t column,
    struct po_value *value)
{
	const struct po_snapshot *s = source->snapshot;
	const struct po_listener *listener = &s->listeners[row];
	const struct po_process_record *process =
	    &s->processes[listener->process];

	switch (column) {
	case ENDPOINT:
	case TRANSPORT:
	case ADDRESS_TEXT:
	case PORT:
		endpoint_cell(&s->endpoints[listener->endpoint], column, value);
		break;
	case PID:
		po_cell_number(value, PO_VALUE_UNSIGNED, process->pid);
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
	case SERVICE:
		po_cell_string(value, s, process->service);
		break;
	case AGE:
	case OWNER_CHANGES:
	case VERDICT:
	case RESTARTS:
		history_cell(source, row, column, value);
		break;
	default:
		number_cell(listener, column, value);
	}
}

const struct po_view po_view_listener = {
    .prefix = {1, 3, 1},
    .prefix_length = 3,
    .first_column = ENDPOINT,
    .last_column = RESTARTS,
    .count = count,
    .key = key,
    .cell = cell,
};
