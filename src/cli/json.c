/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON (RFC 8259), written as it is produced.  Snapshots hold valid UTF-8
 * without control characters, so only quote and backslash need an escape.
 */
#include <string.h>

#include "cli/cli.h"

static void
write_string(struct cli_out *out, const char *text, size_t length)
{
	size_t from = 0, i;

	cli_out_write(out, "\"", 1);
	for (i = 0; i < length; i++) {
		if (text[i] != '"' && text[i] != '\\')
			continue;
		cli_out_write(out, text + from, i - from);
		cli_out_write(out, "\\", 1);
		from = i;
	}
	cli_out_write(out, text + from, length - from);
	cli_out_write(out, "\"", 1);
}

/* key: as it stands before the value, with comma and colon. */
static void
write_text(struct cli_out *out, const char *key,
    const struct po_snapshot *snapshot, po_string string)
{
	const char *text;
	size_t length;

	cli_out_text(out, key);
	if (string == 0) {
		cli_out_text(out, "null");
		return;
	}
	text = po_snapshot_text(snapshot, string, &length);
	write_string(out, text, length);
}

static void
write_number(struct cli_out *out, const char *key, uint64_t number)
{
	cli_out_text(out, key);
	cli_out_number(out, number);
}

static void
write_address(
    struct cli_out *out, const char *key, const struct po_address *address)
{
	char text[PO_ADDRESS_TEXT_SIZE];
	size_t length = po_address_format(address, text);

	cli_out_text(out, key);
	write_string(out, text, length);
}

static void
write_endpoints(struct cli_out *out, const struct cli_row *row)
{
	const char *state = cli_row_state(row);
	const char *protocol;
	char name[16];

	write_number(out, "{\"stack\":", row->local->stack);
	cli_out_text(out, ",\"protocol\":");
	protocol = po_protocol_name(row->local->protocol, name);
	write_string(out, protocol, strlen(protocol));
	write_address(out, ",\"local_address\":", &row->local->address);
	write_number(out, ",\"local_port\":", row->local->port);
	if (row->remote != NULL) {
		write_address(out, ",\"remote_address\":", row->remote);
		write_number(out, ",\"remote_port\":", row->remote_port);
	} else {
		cli_out_text(
		    out, ",\"remote_address\":null,\"remote_port\":null");
	}
	cli_out_text(out, ",\"state\":");
	if (state != NULL)
		write_string(out, state, strlen(state));
	else
		cli_out_text(out, "null");
}

static void
write_row(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_row *row)
{
	const struct po_process_record *process = row->process;

	write_endpoints(out, row);
	write_number(out, ",\"pid\":", process->pid);
	write_text(out, ",\"command\":", snapshot, process->command);
	write_text(out, ",\"user\":", snapshot, process->user);
	if (process->uid == PO_UID_UNKNOWN)
		cli_out_text(out, ",\"uid\":null");
	else
		write_number(out, ",\"uid\":", process->uid);
	write_text(out, ",\"service\":", snapshot, process->service);
	write_text(out, ",\"executable\":", snapshot, process->executable);
	write_number(out, ",\"count\":", row->count);
	cli_out_text(out, "}");
}

static void
write_gaps(struct cli_out *out, const struct po_snapshot *snapshot)
{
	char text[CLI_GAP_SIZE];
	size_t length;
	uint32_t i;

	cli_out_text(out, "\"gaps\":[");
	for (i = 0; i < snapshot->n_gaps; i++) {
		if (i > 0)
			cli_out_text(out, ",");
		length = cli_gap_format(snapshot, &snapshot->gaps[i], text);
		write_string(out, text, length);
	}
	cli_out_text(out, "]");
}

size_t
cli_json_write_host(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_selection *selection, const char *source, const char *host)
{
	struct cli_rows rows;
	struct cli_row row;
	size_t count = 0;

	cli_out_text(out, "{");
	if (host != NULL) {
		cli_out_text(out, "\"host\":");
		write_string(out, host, strlen(host));
		cli_out_text(out, ",");
	}
	cli_out_text(out, "\"visibility\":");
	cli_out_text(
	    out, snapshot->header->partial ? "\"partial\"," : "\"full\",");
	write_gaps(out, snapshot);
	write_number(out, ",\"collect_us\":", snapshot->header->collect_us);
	cli_out_text(out, ",\"source\":");
	write_string(out, source, strlen(source));
	cli_out_text(out, ",\"sockets\":[");
	cli_rows_begin(&rows, snapshot);
	while (
	    out->error == 0 && cli_rows_next_wanted(&rows, selection, &row)) {
		cli_out_text(out, count++ == 0 ? "\n" : ",\n");
		write_row(out, snapshot, &row);
	}
	cli_out_text(out, count == 0 ? "]}" : "\n]}");
	return count;
}

size_t
cli_json_write(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_selection *selection, const char *source)
{
	size_t count;

	count = cli_json_write_host(out, snapshot, selection, source, NULL);
	cli_out_text(out, "\n");
	return count;
}

void
cli_json_write_failure(struct cli_out *out, const char *host, const char *error)
{
	cli_out_text(out, "{\"host\":");
	write_string(out, host, strlen(host));
	cli_out_text(out, ",\"error\":");
	write_string(out, error, strlen(error));
	cli_out_text(out, "}");
}
