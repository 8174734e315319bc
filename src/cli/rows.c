/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot's owners and connections as one list of rows.  An owner counts
 * all sockets that it has at an endpoint; those that are connected are told by
 * the connections, the others make a LISTEN row, a BOUND row, or both.
 */
#include "cli/cli.h"

void
cli_rows_begin(struct cli_rows *rows, const struct po_snapshot *snapshot)
{
	*rows = (struct cli_rows){
	    .snapshot = snapshot,
	    .next = CLI_LISTENING,
	};
}

/*
 * Who stands for an endpoint's sockets that no process holds.  The owner's
 * record sums up all of them, ended connections included; the listener's,
 * where there is one, knows the creator of those that are not connected.
 */
static uint32_t
absent_process(struct cli_rows *rows, const struct po_owner *owner)
{
	const struct po_snapshot *s = rows->snapshot;
	const struct po_listener *listener;

	while (rows->listener < s->n_listeners &&
	       s->listeners[rows->listener].endpoint < owner->endpoint)
		rows->listener++;
	if (rows->listener == s->n_listeners)
		return owner->process;
	listener = &s->listeners[rows->listener];
	if (listener->endpoint != owner->endpoint ||
	    s->processes[listener->process].pid != 0)
		return owner->process;
	return listener->process;
}

/* The next row of the owner at hand, or false when it has no more. */
static bool
next_of_owner(struct cli_rows *rows, struct cli_row *row)
{
	const struct po_snapshot *s = rows->snapshot;
	const struct po_owner *owner = &s->owners[rows->owner];
	uint32_t process = owner->process;

	*row = (struct cli_row){
	    .kind = rows->next,
	    .local = &s->endpoints[owner->endpoint],
	};
	if (rows->next == CLI_CONNECTED) {
		rows->next = CLI_LISTENING;
		rows->owner++;
		return false;
	}
	if (rows->next == CLI_LISTENING) {
		row->count = owner->listening;
		rows->next = CLI_BOUND;
	} else {
		row->count =
		    owner->sockets - owner->connected - owner->listening;
		rows->next = CLI_CONNECTED;
	}
	if (s->processes[process].pid == 0 &&
	    (row->kind == CLI_LISTENING || owner->listening == 0))
		process = absent_process(rows, owner);
	row->process = &s->processes[process];
	return true;
}

static void
take_connection(
    struct cli_row *row, const struct po_snapshot *s, uint32_t index)
{
	const struct po_connection *connection = &s->connections[index];

	*row = (struct cli_row){
	    .kind = CLI_CONNECTED,
	    .state = connection->state,
	    .remote_port = connection->remote_port,
	    .count = connection->sockets,
	    .local = &s->endpoints[connection->endpoint],
	    .remote = &connection->remote,
	    .process = &s->processes[connection->process],
	};
}

/* Whether an owner comes before the connection at hand. */
static bool
is_owner_next(const struct cli_rows *rows)
{
	const struct po_snapshot *s = rows->snapshot;

	if (rows->owner == s->n_owners)
		return false;
	return rows->connection == s->n_connections ||
	       s->owners[rows->owner].endpoint <=
		   s->connections[rows->connection].endpoint;
}

bool
cli_rows_next(struct cli_rows *rows, struct cli_row *row)
{
	while (is_owner_next(rows))
		if (next_of_owner(rows, row) && row->count > 0)
			return true;
	if (rows->connection == rows->snapshot->n_connections)
		return false;
	take_connection(row, rows->snapshot, rows->connection++);
	return true;
}

const char *
cli_row_state(const struct cli_row *row)
{
	static const char *const names[] = {
	    [PO_STATE_NONE] = NULL,
	    [PO_STATE_CLOSED] = "CLOSED",
	    [PO_STATE_LISTEN] = "LISTEN",
	    [PO_STATE_SYN_SENT] = "SYN_SENT",
	    [PO_STATE_SYN_RECEIVED] = "SYN_RECV",
	    [PO_STATE_ESTABLISHED] = "ESTABLISHED",
	    [PO_STATE_FIN_WAIT_1] = "FIN_WAIT1",
	    [PO_STATE_FIN_WAIT_2] = "FIN_WAIT2",
	    [PO_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
	    [PO_STATE_LAST_ACK] = "LAST_ACK",
	    [PO_STATE_CLOSING] = "CLOSING",
	    [PO_STATE_TIME_WAIT] = "TIME_WAIT",
	    [PO_STATE_DELETE_TCB] = "DELETE_TCB",
	};

	if (row->kind != CLI_CONNECTED)
		return row->kind == CLI_LISTENING ? "LISTEN" : "BOUND";
	return row->state < sizeof(names) / sizeof(names[0]) ? names[row->state]
							     : NULL;
}
