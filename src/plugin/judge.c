/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an agent's answer to a report.  What is seen to be wrong is critical,
 * even in a part of the picture; that all is well is said of the whole alone.
 */
#include <stdio.h>

#include "model/audit.h"
#include "plugin/plugin.h"

/* Listeners with performance data of their own. */
#define LISTENERS_MAX 20

/* In the order of importance: the first line is what a pager shows. */
struct judging {
	struct plugin_report *report;
	const struct plugin_options *options;
	const struct po_ask_answer *answer;
	const struct po_snapshot *snapshot; /* NULL: none was asked for */
	struct po_audit audit;
};

static void
judge_violations(const struct judging *j)
{
	const struct po_ask_facts *facts = &j->answer->facts;

	if (!j->options->violations)
		return;
	if (!PO_ASK_HAS(facts, PO_ASK_VIOLATIONS)) {
		plugin_report_line(j->report, PLUGIN_UNKNOWN,
		    "the agent does not tell of violations: it is too old, or "
		    "its view leaves them out");
		return;
	}
	if (facts->violations > 0)
		plugin_report_line(j->report, PLUGIN_CRITICAL,
		    "the agent counts %lu violation%s of its expectations",
		    (unsigned long)facts->violations,
		    facts->violations == 1 ? "" : "s");
	plugin_report_data(
	    j->report, "violations", facts->violations, NULL, NULL);
}

static void
judge_findings(const struct judging *j, bool unsure)
{
	const struct po_rules *rules = j->audit.rules;
	const struct po_finding *finding = j->audit.findings;
	char text[PLUGIN_TEXT_SIZE], message[PLUGIN_TEXT_SIZE];
	size_t i;

	for (i = 0; i < rules->count; i++) {
		if (!rules->items[i].expected)
			continue;
		if (unsure ? finding->unsure : !finding->met) {
			plugin_escape(text, rules->items[i].text);
			plugin_escape(message, finding->message);
			plugin_report_line(j->report,
			    unsure ? PLUGIN_UNKNOWN : PLUGIN_CRITICAL,
			    "expected %s: %s", text, message);
		}
		finding++;
	}
}

static void
judge_listeners(const struct judging *j, bool unsure)
{
	char endpoint[PO_ENDPOINT_TEXT_SIZE], holder[PO_HOLDER_TEXT_SIZE];
	char text[PLUGIN_TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < j->snapshot->n_listeners; i++) {
		if (unsure ? !j->audit.judgements[i].unsure
			   : !po_audit_is_violation(&j->audit, i))
			continue;
		po_endpoint_format(po_audit_endpoint(&j->audit, i), endpoint);
		po_audit_holder(&j->audit, i, holder);
		plugin_escape(text, holder);
		plugin_report_line(j->report,
		    unsure ? PLUGIN_UNKNOWN : PLUGIN_CRITICAL, "%s %s: %s",
		    unsure ? "cannot tell of"
		    : j->audit.judgements[i].verdict == PO_VERDICT_UNEXPECTED
			? "unexpected"
			: "wrong owner of",
		    endpoint, text);
	}
}

/* Whether a rule speaks of it; without rules, everything counts. */
static bool
is_covered(const struct judging *j, uint32_t listener, bool expected)
{
	const struct po_rules *rules = &j->options->rules;
	size_t i;

	if (rules->count == 0)
		return !expected;
	for (i = 0; i < rules->count; i++)
		if ((rules->items[i].expected || !expected) &&
		    po_rule_covers(&rules->items[i],
			po_audit_endpoint(&j->audit, listener)))
			return true;
	return false;
}

static uint32_t
metric_of(const struct po_listener *listener, enum plugin_metric metric)
{
	switch (metric) {
	case PLUGIN_OWNERS:
		return listener->owners;
	case PLUGIN_CONNECTIONS:
		return listener->connections;
	default:
		return listener->queue_length;
	}
}

static void
judge_metric(
    const struct judging *j, uint32_t listener, enum plugin_metric metric)
{
	const struct plugin_options *options = j->options;
	const char *name = plugin_metric_names[metric];
	uint32_t value = metric_of(&j->snapshot->listeners[listener], metric);
	char endpoint[PO_ENDPOINT_TEXT_SIZE];
	enum plugin_state state = PLUGIN_OK;

	if (metric == PLUGIN_QUEUE && value == PO_QUEUE_UNKNOWN)
		return;
	if (plugin_range_alarms(&options->critical[metric], value))
		state = PLUGIN_CRITICAL;
	else if (plugin_range_alarms(&options->warning[metric], value))
		state = PLUGIN_WARNING;
	if (state == PLUGIN_OK)
		return;
	po_endpoint_format(po_audit_endpoint(&j->audit, listener), endpoint);
	plugin_report_line(j->report, state, "%s has %s %lu", endpoint, name,
	    (unsigned long)value);
}

static void
judge_metrics(const struct judging *j)
{
	enum plugin_metric metric;
	uint32_t i;

	for (i = 0; i < j->snapshot->n_listeners; i++)
		for (metric = 0; metric < PLUGIN_METRICS; metric++)
			if (is_covered(j, i, false))
				judge_metric(j, i, metric);
}

static void
add_data_of(const struct judging *j, uint32_t listener)
{
	char endpoint[PO_ENDPOINT_TEXT_SIZE], label[PO_ENDPOINT_TEXT_SIZE + 16];
	enum plugin_metric metric;
	uint32_t value;

	po_endpoint_format(po_audit_endpoint(&j->audit, listener), endpoint);
	for (metric = 0; metric < PLUGIN_METRICS; metric++) {
		value = metric_of(&j->snapshot->listeners[listener], metric);
		if (metric == PLUGIN_QUEUE && value == PO_QUEUE_UNKNOWN)
			continue;
		snprintf(label, sizeof(label), "%s %s", endpoint,
		    plugin_metric_names[metric]);
		plugin_report_data(j->report, label, value,
		    &j->options->warning[metric],
		    &j->options->critical[metric]);
	}
}

/* Sums, and the listeners that are expected. */
static void
add_data(const struct judging *j)
{
	uint64_t owners = 0, connections = 0, queue = 0;
	const struct po_listener *listener = j->snapshot->listeners;
	uint32_t i, left = LISTENERS_MAX;

	for (i = 0; i < j->snapshot->n_listeners; i++, listener++) {
		owners += listener->owners;
		connections += listener->connections;
		if (listener->queue_length != PO_QUEUE_UNKNOWN)
			queue += listener->queue_length;
	}
	plugin_report_data(
	    j->report, "listeners", j->snapshot->n_listeners, NULL, NULL);
	plugin_report_data(j->report, "owners", owners, NULL, NULL);
	plugin_report_data(j->report, "connections", connections, NULL, NULL);
	plugin_report_data(j->report, "queue", queue, NULL, NULL);
	for (i = 0; i < j->snapshot->n_listeners && left > 0; i++) {
		if (!is_covered(j, i, true))
			continue;
		add_data_of(j, i);
		left--;
	}
}

/* Why the picture is not whole. */
static void
judge_visibility(const struct judging *j)
{
	const struct po_ask_facts *facts = &j->answer->facts;
	char text[PLUGIN_TEXT_SIZE];
	size_t length;
	uint32_t i;

	if (facts->torn)
		plugin_report_line(j->report, PLUGIN_UNKNOWN,
		    "the tables changed %d times while they were read",
		    PO_ASK_ATTEMPTS);
	if (j->options->accept_partial || facts->torn)
		return;
	if (j->snapshot == NULL && facts->visibility == 2)
		plugin_report_line(j->report, PLUGIN_UNKNOWN,
		    "the agent does not see everything there");
	for (i = 0; j->snapshot != NULL && i < j->snapshot->n_gaps; i++) {
		plugin_escape(text, po_snapshot_text(j->snapshot,
					j->snapshot->gaps[i].text, &length));
		plugin_report_line(j->report, PLUGIN_UNKNOWN, "%s", text);
	}
}

static void
judge_rows(struct judging *j)
{
	if (po_audit_make(&j->audit, &j->options->rules, j->snapshot) != 0) {
		plugin_report_line(j->report, PLUGIN_UNKNOWN, "out of memory");
	} else {
		judge_findings(j, false);
		judge_listeners(j, false);
		judge_metrics(j);
		judge_findings(j, true);
		judge_listeners(j, true);
		add_data(j);
	}
	po_audit_free(&j->audit);
}

void
plugin_judge(struct plugin_report *report, const struct plugin_options *options,
    const struct po_ask_answer *answer, char *summary, size_t summary_size)
{
	struct judging j = {
	    .report = report,
	    .options = options,
	    .answer = answer,
	};
	char text[PLUGIN_TEXT_SIZE];
	struct po_snapshot snapshot;
	const char *why;

	snprintf(summary, summary_size, "no violation");
	if (answer->error[0] != '\0') {
		plugin_escape(text, answer->error);
		plugin_report_line(report, PLUGIN_UNKNOWN, "%s", text);
		return;
	}
	if (answer->image != NULL) {
		if (po_snapshot_open(
			answer->image, answer->size, &snapshot, &why) != 0) {
			plugin_report_line(
			    report, PLUGIN_UNKNOWN, "the answer is %s", why);
			return;
		}
		j.snapshot = &snapshot;
		snprintf(summary, summary_size,
		    "%lu listeners, %lu rules, no violation",
		    (unsigned long)snapshot.n_listeners,
		    (unsigned long)options->rules.count);
	}
	judge_violations(&j);
	if (j.snapshot != NULL)
		judge_rows(&j);
	judge_visibility(&j);
}
