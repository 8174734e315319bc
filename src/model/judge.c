/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exactness first: an owner that cannot be seen, and a row that was dropped,
 * are no reason for an alarm; but the message says that nobody looked.
 */
#include "model/judge.h"

#include <stdio.h>
#include <string.h>

static const struct po_endpoint *
endpoint_of(const struct po_snapshot *s, uint32_t listener)
{
	return &s->endpoints[s->listeners[listener].endpoint];
}

static const struct po_process_record *
owner_of(const struct po_snapshot *s, uint32_t listener)
{
	return &s->processes[s->listeners[listener].process];
}

/* What a rule that covers the listener says to its owner. */
static enum po_verdict
ask_rule(const struct po_rule *rule, const struct po_snapshot *s,
    const struct po_process_record *owner)
{
	if (po_rule_takes_anybody(rule))
		return PO_VERDICT_EXPECTED;
	if (owner->kind == PO_OWNER_HIDDEN)
		return PO_VERDICT_NONE;
	return po_rule_wants(rule, s, owner) ? PO_VERDICT_EXPECTED
					     : PO_VERDICT_WRONG_OWNER;
}

static struct po_judgement
judge_listener(
    const struct po_rules *rules, const struct po_snapshot *s, uint32_t i)
{
	struct po_judgement judgement = {
	    .verdict = rules->strict ? PO_VERDICT_UNEXPECTED : PO_VERDICT_NONE,
	};
	const struct po_rule *rule;
	size_t n;

	for (n = 0; n < rules->count; n++) {
		rule = &rules->items[n];
		if (!po_rule_covers(rule, endpoint_of(s, i)))
			continue;
		judgement.verdict = ask_rule(rule, s, owner_of(s, i));
		judgement.unsure = judgement.verdict == PO_VERDICT_NONE;
		if (judgement.verdict == PO_VERDICT_EXPECTED)
			return judgement;
	}
	return judgement;
}

void
po_judge_listeners(const struct po_rules *rules,
    const struct po_snapshot *snapshot, struct po_judgement *judgements)
{
	uint32_t i;

	for (i = 0; i < snapshot->n_listeners; i++)
		judgements[i] = judge_listener(rules, snapshot, i);
}

/* Cuts text that is too long at the end of a character. */
static void
set_message(struct po_finding *finding, const char *text)
{
	size_t length = strlen(text);

	if (length > PO_TEXT_MAX) {
		length = PO_TEXT_MAX;
		while (length > 0 && (text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(finding->message, text, length);
	finding->message[length] = '\0';
}

/* "tcp 0.0.0.0:80 is held by nginx (pid 82) of root". */
static void
tell_holder(
    struct po_finding *finding, const struct po_snapshot *s, uint32_t listener)
{
	const struct po_process_record *owner = owner_of(s, listener);
	char text[2 * PO_TEXT_MAX + 64 + PO_ENDPOINT_TEXT_SIZE];
	char endpoint[PO_ENDPOINT_TEXT_SIZE];
	size_t length;

	po_endpoint_format(endpoint_of(s, listener), endpoint);
	if (owner->kind == PO_OWNER_HIDDEN)
		snprintf(text, sizeof(text),
		    "%s is there, but who holds it is not visible", endpoint);
	else if (owner->kind != PO_OWNER_PROCESS)
		snprintf(
		    text, sizeof(text), "%s is held by no process", endpoint);
	else
		snprintf(text, sizeof(text), "%s is held by %s (pid %lu) of %s",
		    endpoint, po_snapshot_text(s, owner->command, &length),
		    (unsigned long)owner->pid,
		    po_snapshot_text(s, owner->user, &length));
	set_message(finding, text);
}

/* The better the verdict, the more it says of the rule. */
static unsigned int
weight(enum po_verdict verdict)
{
	return verdict == PO_VERDICT_EXPECTED ? 3
	       : verdict == PO_VERDICT_NONE   ? 2
					      : 1;
}

void
po_judge_rule(const struct po_rule *rule, const struct po_snapshot *snapshot,
    struct po_finding *finding)
{
	unsigned int best = 0, found;
	uint32_t i, listener = 0;

	for (i = 0; i < snapshot->n_listeners && best < 3; i++) {
		if (!po_rule_covers(rule, endpoint_of(snapshot, i)))
			continue;
		found = weight(ask_rule(rule, snapshot, owner_of(snapshot, i)));
		if (found > best) {
			best = found;
			listener = i;
		}
	}
	finding->met = best > 1;
	finding->unsure = best == 2;
	if (best > 0) {
		tell_holder(finding, snapshot, listener);
	} else if (snapshot->header->dropped != 0) {
		finding->met = finding->unsure = true;
		set_message(finding,
		    "nothing listens there, but rows are missing (maxRows)");
	} else {
		set_message(finding, "nothing listens there");
	}
}

bool
po_judge_counts(const struct po_rules *rules, const bool *failed,
    const struct po_endpoint *endpoint, uint8_t verdict)
{
	const struct po_rule *rule;
	size_t i, expectation = 0;

	if (verdict == PO_VERDICT_UNEXPECTED)
		return true;
	if (verdict != PO_VERDICT_WRONG_OWNER)
		return false;
	for (i = 0; i < rules->count; i++) {
		rule = &rules->items[i];
		if (rule->expected && failed[expectation++] &&
		    po_rule_covers(rule, endpoint))
			return false;
	}
	return true;
}
