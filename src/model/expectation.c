/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule that expects has a state; listeners have theirs in their history.
 */
#include "model/expectation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a rule that expects. */
struct state {
	const struct po_rule *rule;
	bool known; /* it has been judged once */
	bool met;
	bool told_failed;
	uint64_t since; /* of met */
	uint64_t other_since; /* it looks different since then; 0: not */
	uint64_t tell_at;
	char message[PO_TEXT_MAX + 1];
};

struct po_expectations {
	struct po_rules rules;
	struct state *states; /* rules.expected of them, in their order */
	uint64_t debounce;
};

struct po_expectations *
po_expectations_new(void)
{
	return calloc(1, sizeof(struct po_expectations));
}

void
po_expectations_free(struct po_expectations *expectations)
{
	if (expectations == NULL)
		return;
	po_rules_clear(&expectations->rules);
	free(expectations->states);
	free(expectations);
}

static struct state *
find_state(struct po_expectations *expectations, const char *text)
{
	size_t i;

	for (i = 0; i < expectations->rules.expected; i++)
		if (strcmp(expectations->states[i].rule->text, text) == 0)
			return &expectations->states[i];
	return NULL;
}

int
po_expectations_set(
    struct po_expectations *expectations, struct po_rules *rules)
{
	struct state *states = calloc(rules->expected + 1, sizeof(*states));
	const struct state *old;
	size_t i, used = 0;

	if (states == NULL)
		return -ENOMEM;
	for (i = 0; i < rules->count; i++) {
		if (!rules->items[i].expected)
			continue;
		old = find_state(expectations, rules->items[i].text);
		if (old != NULL)
			states[used] = *old;
		states[used++].rule = &rules->items[i];
	}
	free(expectations->states);
	po_rules_clear(&expectations->rules);
	expectations->states = states;
	expectations->rules = *rules;
	memset(rules, 0, sizeof(*rules));
	return 0;
}

void
po_expectations_set_debounce(struct po_expectations *expectations, uint64_t us)
{
	expectations->debounce = us;
}

/* Whether at has come; else it may be the next thing to look at. */
static bool
is_due(uint64_t now, uint64_t at, uint64_t *due)
{
	if (now >= at)
		return true;
	if (*due == 0 || at < *due)
		*due = at;
	return false;
}

/* Takes a finding in; *due as in po_expectations_take(). */
static void
follow(struct state *state, const struct po_finding *finding, uint64_t now,
    uint64_t debounce, uint64_t *due)
{
	/* Who cannot be seen changes nothing. */
	const bool met =
	    finding->unsure && state->known ? state->met : finding->met;

	if (!state->known) {
		state->known = true;
		state->met = met;
		state->since = now;
		/* Whoever starts beside the agent gets his time, too. */
		state->tell_at = now + debounce;
	} else if (met == state->met) {
		state->other_since = 0;
	} else {
		if (state->other_since == 0)
			state->other_since = now;
		if (!is_due(now, state->other_since + debounce, due))
			return;
		state->met = met;
		state->since = now;
		state->other_since = 0;
		state->tell_at = now;
	}
	strcpy(state->message, finding->message);
}

static void
fill_row(const struct state *state, struct po_expectation *row)
{
	strcpy(row->text, state->rule->text);
	strcpy(row->message, state->message);
	row->met = state->met;
	row->since = state->since;
}

/* Sets the listeners' verdicts; one that may not last is not given yet. */
static void
judge(const struct po_expectations *expectations,
    const struct po_snapshot *snapshot, struct po_judgement *judgements,
    struct po_listener_history *listeners, uint64_t *due)
{
	const uint64_t now = snapshot->header->taken;
	uint32_t i;

	po_judge_listeners(&expectations->rules, snapshot, judgements);
	for (i = 0; i < snapshot->n_listeners; i++) {
		listeners[i].verdict = judgements[i].verdict;
		if (judgements[i].verdict == PO_VERDICT_WRONG_OWNER &&
		    !is_due(now, listeners[i].steady_at, due))
			listeners[i].verdict = PO_VERDICT_NONE;
	}
}

/* Each fact once. */
static uint32_t
count_violations(const struct po_expectations *expectations,
    const struct po_snapshot *s, bool *failed,
    const struct po_listener_history *listeners)
{
	const struct po_rules *rules = &expectations->rules;
	uint32_t i, count = 0;

	for (i = 0; i < rules->expected; i++) {
		failed[i] = !expectations->states[i].met;
		count += failed[i];
	}
	for (i = 0; i < s->n_listeners; i++)
		count += po_judge_counts(rules, failed,
		    &s->endpoints[s->listeners[i].endpoint],
		    listeners[i].verdict);
	return count;
}

int
po_expectations_take(struct po_expectations *expectations,
    const struct po_snapshot *snapshot, struct po_listener_history *listeners,
    po_expectation_report *report, void *context, struct po_verdicts **verdicts,
    uint64_t *due)
{
	const size_t count = expectations->rules.expected;
	const uint64_t now = snapshot->header->taken;
	struct po_verdicts *made =
	    calloc(1, sizeof(*made) + count * sizeof(made->rows[0]));
	struct po_judgement *judgements =
	    calloc(snapshot->n_listeners + 1, sizeof(*judgements));
	bool *failed = calloc(count + 1, sizeof(*failed));
	struct po_finding finding;
	struct state *state;
	size_t i;
	int error = -ENOMEM;

	*due = 0;
	if (made == NULL || judgements == NULL || failed == NULL)
		goto out;
	judge(expectations, snapshot, judgements, listeners, due);
	for (i = 0; i < count; i++) {
		state = &expectations->states[i];
		po_judge_rule(state->rule, snapshot, &finding);
		follow(state, &finding, now, expectations->debounce, due);
		fill_row(state, &made->rows[i]);
		if (state->told_failed == !state->met ||
		    !is_due(now, state->tell_at, due))
			continue;
		state->told_failed = !state->met;
		if (report != NULL)
			report(context, (uint32_t)i, &made->rows[i]);
	}
	made->count = (uint32_t)count;
	made->violations =
	    count_violations(expectations, snapshot, failed, listeners);
	*verdicts = made;
	made = NULL;
	error = 0;
out:
	free(made);
	free(judgements);
	free(failed);
	return error;
}

void
po_expectations_forget(struct po_expectations *expectations)
{
	const struct po_rule *rule;
	size_t i;

	for (i = 0; i < expectations->rules.expected; i++) {
		rule = expectations->states[i].rule;
		expectations->states[i] = (struct state){.rule = rule};
	}
}

size_t
po_expectations_count(const struct po_expectations *expectations)
{
	return expectations->rules.expected;
}

bool
po_expectations_record(const struct po_expectations *expectations, size_t i,
    struct po_expectation_record *record)
{
	const struct state *state = &expectations->states[i];

	*record = (struct po_expectation_record){
	    .text = state->rule->text,
	    .since = state->since,
	    .met = state->met,
	    .told_failed = state->told_failed,
	};
	return state->known;
}

void
po_expectations_restore(struct po_expectations *expectations,
    const struct po_expectation_record *record)
{
	struct state *state = find_state(expectations, record->text);

	if (state == NULL)
		return;
	state->known = true;
	state->met = record->met;
	state->since = record->since;
	state->told_failed = record->told_failed;
}
