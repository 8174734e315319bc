/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of portowner.conf against one snapshot, for whoever has no SNMP:
 * one line that says how it is, a line for each violation, and the exit status
 * of a Nagios plugin.  And the other way round: rules for what is there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "model/judge.h"

enum { MET = 0, FAILED = 2, UNKNOWN = 3 };

/* What is found out, before anything of it is written. */
struct check {
	const struct po_rules *rules;
	const struct po_snapshot *snapshot;
	struct po_judgement *judgements;
	struct po_finding *findings; /* of the rules that expect */
	bool *failed;
	uint32_t violations;
	uint32_t unsure;
};

static const struct po_endpoint *
endpoint_of(const struct check *check, uint32_t listener)
{
	const struct po_snapshot *s = check->snapshot;

	return &s->endpoints[s->listeners[listener].endpoint];
}

static bool
is_violation(const struct check *check, uint32_t listener)
{
	return po_judge_counts(check->rules, check->failed,
	    endpoint_of(check, listener), check->judgements[listener].verdict);
}

static void
find_out(struct check *check)
{
	const struct po_rules *rules = check->rules;
	size_t i, at = 0;
	uint32_t n;

	po_judge_listeners(rules, check->snapshot, check->judgements);
	for (i = 0; i < rules->count; i++) {
		if (!rules->items[i].expected)
			continue;
		po_judge_rule(
		    &rules->items[i], check->snapshot, &check->findings[at]);
		check->failed[at] = !check->findings[at].met;
		check->violations += check->failed[at];
		check->unsure += check->findings[at].unsure;
		at++;
	}
	for (n = 0; n < check->snapshot->n_listeners; n++) {
		check->violations += is_violation(check, n);
		check->unsure += check->judgements[n].unsure;
	}
}

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
write_findings(struct cli_out *out, const struct check *check, bool unsure)
{
	const struct po_rules *rules = check->rules;
	const struct po_finding *finding = check->findings;
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
write_listeners(struct cli_out *out, const struct check *check, bool unsure)
{
	const struct po_snapshot *s = check->snapshot;
	const struct po_process_record *owner;
	char endpoint[PO_ENDPOINT_TEXT_SIZE], holder[2 * PO_TEXT_MAX + 32];
	size_t length;
	uint32_t i;

	for (i = 0; i < s->n_listeners; i++) {
		if (unsure ? !check->judgements[i].unsure
			   : !is_violation(check, i))
			continue;
		owner = &s->processes[s->listeners[i].process];
		po_endpoint_format(endpoint_of(check, i), endpoint);
		if (owner->kind == PO_OWNER_PROCESS)
			snprintf(holder, sizeof(holder), "%s (pid %lu) of %s",
			    po_snapshot_text(s, owner->command, &length),
			    (unsigned long)owner->pid,
			    po_snapshot_text(s, owner->user, &length));
		else
			snprintf(holder, sizeof(holder), "%s",
			    owner->kind == PO_OWNER_HIDDEN
				? "the owner is not visible"
				: "no process");
		write_line(out,
		    unsure ? "unknown"
		    : check->judgements[i].verdict == PO_VERDICT_UNEXPECTED
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
write_check(struct cli_out *out, const struct check *check)
{
	char violations[64], unsure[64], line[256];

	count(violations, sizeof(violations), check->violations, "violation",
	    "violations");
	count(unsure, sizeof(unsure), check->unsure, "cannot be told",
	    "cannot be told");
	if (check->violations > 0)
		snprintf(line, sizeof(line), "CRITICAL: %s%s%s\n", violations,
		    check->unsure > 0 ? ", " : "",
		    check->unsure > 0 ? unsure : "");
	else if (check->unsure > 0)
		snprintf(line, sizeof(line), "UNKNOWN: %s\n", unsure);
	else
		snprintf(line, sizeof(line),
		    "OK: %lu listeners, %lu rules, no violation\n",
		    (unsigned long)check->snapshot->n_listeners,
		    (unsigned long)check->rules->count);
	cli_out_text(out, line);
	write_findings(out, check, false);
	write_listeners(out, check, false);
	write_findings(out, check, true);
	write_listeners(out, check, true);
	return check->violations > 0 ? FAILED
	       : check->unsure > 0   ? UNKNOWN
				     : MET;
}

int
cli_check(struct cli_out *out, const struct po_rules *rules,
    const struct po_snapshot *snapshot)
{
	struct check check = {
	    .rules = rules,
	    .snapshot = snapshot,
	    .judgements =
		calloc(snapshot->n_listeners + 1, sizeof(*check.judgements)),
	    .findings = calloc(rules->expected + 1, sizeof(*check.findings)),
	    .failed = calloc(rules->expected + 1, sizeof(*check.failed)),
	};
	int status = UNKNOWN;

	if (check.judgements == NULL || check.findings == NULL ||
	    check.failed == NULL) {
		cli_out_text(out, "UNKNOWN: out of memory\n");
	} else {
		find_out(&check);
		status = write_check(out, &check);
	}
	free(check.judgements);
	free(check.findings);
	free(check.failed);
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
	uint32_t i;

	cli_out_text(out, "# What listens now, for portowner.conf(5).\n");
	for (i = 0; i < s->n_listeners; i++) {
		endpoint = &s->endpoints[s->listeners[i].endpoint];
		owner = &s->processes[s->listeners[i].process];
		/* The other stacks' numbers do not last. */
		if (endpoint->stack != 0)
			continue;
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
			cli_out_text(out, "# the owner is not visible: ");
			cli_out_text(out, text);
		}
		cli_out_text(out, "\n");
		lines++;
	}
	cli_out_text(out, "#strict yes\n");
	return lines;
}
