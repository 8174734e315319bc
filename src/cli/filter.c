/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows are wanted: predicates over a row and a selection, all of which
 * must hold.
 */
#include <string.h>

#include "cli/cli.h"

static bool
is_udp(uint8_t protocol)
{
	return protocol == PO_PROTOCOL_UDP || protocol == PO_PROTOCOL_UDPLITE;
}

static bool
has_kind(const struct cli_selection *selection, const struct cli_row *row)
{
	if (selection->all)
		return true;
	if (selection->connections)
		return row->kind == CLI_CONNECTED;
	if (row->kind != CLI_BOUND)
		return row->kind == CLI_LISTENING;
	/* Whoever asks for a port wants everybody who keeps it. */
	return selection->n_ports > 0 || is_udp(row->local->protocol);
}

static bool
has_protocol(const struct cli_selection *selection, uint8_t protocol)
{
	if (!selection->tcp && !selection->udp)
		return true;
	return (selection->tcp && protocol == PO_PROTOCOL_TCP) ||
	       (selection->udp && is_udp(protocol));
}

/* A wildcard of both families has either. */
static bool
has_family(const struct cli_selection *selection, uint8_t type)
{
	if (selection->ipv4 == selection->ipv6)
		return true;
	switch (type) {
	case PO_ADDRESS_IPV4:
	case PO_ADDRESS_IPV4Z:
		return selection->ipv4;
	case PO_ADDRESS_IPV6:
	case PO_ADDRESS_IPV6Z:
		return selection->ipv6;
	default:
		return true;
	}
}

/* A raw socket's number is no port. */
static bool
has_port(const struct cli_selection *selection, const struct po_endpoint *local)
{
	const struct cli_ports *ports = selection->ports;
	size_t i;

	if (selection->n_ports == 0)
		return true;
	if (local->protocol == PO_PROTOCOL_RAW)
		return false;
	for (i = 0; i < selection->n_ports; i++, ports++)
		if (local->port >= ports->low && local->port <= ports->high &&
		    (ports->protocol == 0 ||
			ports->protocol == local->protocol ||
			(is_udp(ports->protocol) && is_udp(local->protocol))))
			return true;
	return false;
}

static bool
has_user(const struct cli_selection *selection,
    const struct po_snapshot *snapshot, const struct po_process_record *process)
{
	const char *name;
	size_t length;

	if (!selection->by_user)
		return true;
	if (selection->by_uid && process->uid == selection->uid &&
	    process->uid != PO_UID_UNKNOWN)
		return true;
	if (process->user == 0)
		return false;
	name = po_snapshot_text(snapshot, process->user, &length);
	return length == selection->user_length &&
	       memcmp(name, selection->user, length) == 0;
}

bool
cli_selection_has(const struct cli_selection *selection,
    const struct po_snapshot *snapshot, const struct cli_row *row)
{
	if (selection->by_stack && row->local->stack != selection->stack)
		return false;
	if (selection->by_pid && row->process->pid != selection->pid)
		return false;
	return has_kind(selection, row) &&
	       has_protocol(selection, row->local->protocol) &&
	       has_family(selection, row->local->address.type) &&
	       has_port(selection, row->local) &&
	       has_user(selection, snapshot, row->process);
}

bool
cli_rows_next_wanted(struct cli_rows *rows,
    const struct cli_selection *selection, struct cli_row *row)
{
	while (cli_rows_next(rows, row))
		if (cli_selection_has(selection, rows->snapshot, row))
			return true;
	return false;
}
