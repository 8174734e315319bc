/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portOwnerTable: who holds which local endpoint.
 */
#include "mib/cell.h"
#include "model/text.h"

enum column {
	COMMAND = 7,
	USER,
	UID,
	USE,
	SOCKETS,
	CONNECTED,
	ENDPOINT,
	SERVICE,
	EXECUTABLE,
	ARGUMENTS,
};

static uint32_t
count(const struct po_view_source *source)
{
	return source->snapshot->n_owners;
}

static size_t
key(const struct po_view_source *source, uint32_t row, uint32_t *out)
{
	const struct po_snapshot *s = source->snapshot;
	const struct po_owner *owner = &s->owners[row];
	size_t length;

	length = po_key_endpoint(out, 0, &s->endpoints[owner->endpoint]);
	out[length++] = s->processes[owner->process].pid;
	return length;
}

static enum po_use
use_of(const struct po_owner *owner)
{
	if (owner->connected == owner->sockets)
		return PO_USE_CONNECTED;
	if (owner->connected != 0)
		return PO_USE_BOTH;
	return owner->listening != 0 ? PO_USE_LISTENING : PO_USE_BOUND;
}

static void
cell(const struct po_view_source *source, uint32_t row, uint32_t column,
    struct po_value *value)
{
	const struct po_snapshot *s = source->snapshot;
	const struct po_owner *owner = &s->owners[row];
	const struct po_process_record *process = &s->processes[owner->process];

	switch (column) {
	case COMMAND:
		po_cell_string(value, s, process->command);
		break;
	case USER:
		po_cell_string(value, s, process->user);
		break;
	case UID:
		po_cell_number(value, PO_VALUE_UNSIGNED, process->uid);
		break;
	case USE:
		po_cell_number(value, PO_VALUE_INTEGER, use_of(owner));
		break;
	case SOCKETS:
		po_cell_number(value, PO_VALUE_UNSIGNED, owner->sockets);
		break;
	case CONNECTED:
		po_cell_number(value, PO_VALUE_UNSIGNED, owner->connected);
		break;
	case ENDPOINT:
		po_cell_text(value, value->buffer,
		    po_endpoint_format(
			&s->endpoints[owner->endpoint], value->buffer));
		break;
	case SERVICE:
		po_cell_string(value, s, process->service);
		break;
	case EXECUTABLE:
		po_cell_string(value, s, process->executable);
		break;
	case ARGUMENTS:
		po_cell_string(value, s, process->arguments);
		break;
	}
}

const struct po_view po_view_owner = {
    .prefix = {1, 2, 1},
    .prefix_length = 3,
    .first_column = COMMAND,
    .last_column = ARGUMENTS,
    .count = count,
    .key = key,
    .cell = cell,
};
