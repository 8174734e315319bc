/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of portowner.conf against one snapshot, for whoever has no SNMP:
 * one line that says how it is, a line for each violation, and the exit status
 * of a Nagios plugin.  And the other way round: rules for what is there.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "model/audit.h"

enum { MET = 0, FAILED = 2, UNKNOWN = 3 };

/* A line of a plugin: what has a meaning there is replaced. */
static void
write_line(struct cli_out *out, const char *what, const char *subject,
    const char *message)
{
	char line[3 * PO_TEXT_MAX + 64];
	char *c;

	snprintf(line, sizeof(line), "%s: %s: %s\n", what, subject, message);
	for (c = line; *c != '\0'; c++)
		if (*c == '|')
			*c = '!';
	cli_out_text(out, line);
}

static void
write_findings(struct cli_out *out, const struct po_audit *audit, bool unsure)
{
	const struct po_rules *rules = audit->rules;
	const struct po_finding *finding = audit->findings;
	size_t i;

	for (i = 0; i < rules->count; i++) {
		if (!rules->items[i].expected)
			continue;
		if (unsure ? finding->unsure : !finding->met)
			write_line(out, unsure ? "unknown" : "failed",
			    rules->items[i].text, finding->message);
		finding++;
	}
}

static void
write_listeners(struct cli_out *out, const struct po_audit *audit, bool unsure)
{
	const struct po_snapshot *s = audit->snapshot;
	char endpoint[PO_ENDPOINT_TEXT_SIZE], holder[PO_HOLDER_TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < s->n_listeners; i++) {
		if (unsure ? !audit->judgements[i].unsure
			   : !po_audit_is_violation(audit, i))
			continue;
		po_endpoint_format(po_audit_endpoint(audit, i), endpoint);
		po_audit_holder(audit, i, holder);
		write_line(out,
		    unsure ? "unknown"
		    : audit->judgements[i].verdict == PO_VERDICT_UNEXPECTED
			? "unexpected"
			: "wrong owner",
		    endpoint, holder);
	}
}

static void
count(
    char *text, size_t size, uint32_t number, const char *one, const char *many)
{
	snprintf(text, size, "%lu %s", (unsigned long)number,
	    number == 1 ? one : many);
}

static int
write_check(struct cli_out *out, const struct po_audit *audit)
{
	char violations[64], unsure[64], listeners[64], rules[64], line[256];

	count(violations, sizeof(violations), audit->violations, "violation",
	    "violations");
	count(unsure, sizeof(unsure), audit->unsure, "cannot be told",
	    "cannot be told");
	count(listeners, sizeof(listeners), audit->snapshot->n_listeners,
	    "listener", "listeners");
	count(rules, sizeof(rules), (uint32_t)audit->rules->count, "rule",
	    "rules");
	if (audit->violations > 0)
		snprintf(line, sizeof(line), "CRITICAL: %s%s%s\n", violations,
		    audit->unsure > 0 ? ", " : "",
		    audit->unsure > 0 ? unsure : "");
	else if (audit->unsure > 0)
		snprintf(line, sizeof(line), "UNKNOWN: %s\n", unsure);
	else
		snprintf(line, sizeof(line), "OK: %s, %s, no violation\n",
		    listeners, rules);
	cli_out_text(out, line);
	write_findings(out, audit, false);
	write_listeners(out, audit, false);
	write_findings(out, audit, true);
	write_listeners(out, audit, true);
	return audit->violations > 0 ? FAILED
	       : audit->unsure > 0   ? UNKNOWN
				     : MET;
}

int
cli_check(struct cli_out *out, const struct po_rules *rules,
    const struct po_snapshot *snapshot)
{
	struct po_audit audit;
	int status = UNKNOWN;

	if (po_audit_make(&audit, rules, snapshot) != 0)
		cli_out_text(out, "UNKNOWN: out of memory\n");
	else
		status = write_check(out, &audit);
	po_audit_free(&audit);
	return status;
}

void
cli_check_fails(struct cli_out *out, const char *why)
{
	cli_out_text(out, "UNKNOWN: ");
	cli_out_text(out, why);
	cli_out_text(out, "\n");
}

size_t
cli_suggest(struct cli_out *out, const struct po_snapshot *snapshot)
{
	const struct po_snapshot *s = snapshot;
	const struct po_process_record *owner;
	const struct po_endpoint *endpoint;
	char line[8 * PO_TEXT_MAX + 256], text[PO_ENDPOINT_TEXT_SIZE];
	size_t length, lines = 0;
	bool others = false;
	uint32_t i;

	cli_out_text(out, "# What listens now, for portowner.conf(5).\n");
	for (i = 0; i < s->n_listeners; i++) {
		endpoint = &s->endpoints[s->listeners[i].endpoint];
		owner = &s->processes[s->listeners[i].process];
		if (endpoint->stack != 0) {
			others = true;
			continue;
		}
		if (owner->kind == PO_OWNER_PROCESS &&
		    po_rule_format(endpoint,
			po_snapshot_text(s, owner->command, &length),
			po_snapshot_text(s, owner->user, &length), line,
			sizeof(line)) > 0) {
			cli_out_text(out, "expect ");
			cli_out_text(out, line);
		} else if (owner->kind == PO_OWNER_UNSEEN &&
			   po_rule_format(
			       endpoint, "", "", line, sizeof(line)) > 0) {
			/* Of the kernel itself, most likely. */
			cli_out_text(out, "expect ");
			cli_out_text(out, line);
		} else {
			po_endpoint_format(endpoint, text);
			cli_out_text(
			    out, "# the owner is not visible:\nallow ");
			cli_out_text(out, text);
		}
		cli_out_text(out, "\n");
		lines++;
	}
	if (others) {
		cli_out_text(out,
		    "# Other stacks, of containers say: their numbers do not "
		    "last.\nallow * *:* stack others\n");
		lines++;
	}
	cli_out_text(out, "#strict yes\n");
	return lines;
}
