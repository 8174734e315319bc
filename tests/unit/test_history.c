/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What counts as a change of a listener, when, and what does not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "listeners.h"
#include "model/history.h"
#include "model/text.h"

#define DEBOUNCE 5000
#define ROWS 16

/* A history with all that it told, as text. */
struct told {
	struct po_history *history;
	struct po_listener_history rows[ROWS];
	uint32_t scope; /* of the snapshots that come */
	char text[4096];
};

static const char *
or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

/* "+80 a@user0", "-80 a@user0", "=80 b@user0<a@user0" */
static void
tell(void *context, const struct po_change *change)
{
	struct told *told = context;
	size_t used = strlen(told->text);

	used += (size_t)snprintf(told->text + used, sizeof(told->text) - used,
	    "%s%c%u %s@%s", used == 0 ? "" : " ", "?+-="[change->kind],
	    change -> endpoint.port, or_dash(change->holder.command),
	    or_dash(change->holder.user));
	if (change->kind == PO_CHANGE_OWNER)
		snprintf(told->text + used, sizeof(told->text) - used, "<%s@%s",
		    or_dash(change->before.command),
		    or_dash(change->before.user));
}

static void
begin(struct told *told)
{
	memset(told, 0, sizeof(*told));
	told->history = po_history_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(told->history);
	po_history_set_debounce(told->history, DEBOUNCE);
}

static void
take_with(struct told *told, const struct listener *listeners, size_t count,
    uint64_t now, bool hidden, uint32_t max_rows)
{
	struct sealed sealed;

	told->text[0] = '\0';
	listeners_make(&sealed, listeners, count, now, hidden, max_rows);
	((struct po_snapshot_header *)sealed.image)->scope = told->scope;
	CU_ASSERT_EQUAL(
	    po_history_take(told->history, &sealed.s, told->rows, tell, told),
	    0);
	sealed_free(&sealed);
}

static void
take(struct told *told, const struct listener *listeners, size_t count,
    uint64_t now)
{
	take_with(told, listeners, count, now, false, 100);
}

static struct po_history_totals
totals(const struct told *told)
{
	struct po_history_totals sum;

	po_history_sum(told->history, &sum);
	return sum;
}

static const struct listener a[] = {{.port = 80, .pid = 10, .command = "a"}};
static const struct listener again[] = {
    {.port = 80, .pid = 99, .command = "a"}};
static const struct listener b[] = {{.port = 80, .pid = 11, .command = "b"}};
static const struct listener two[] = {{.port = 80, .pid = 10, .command = "a"},
    {.port = 81, .pid = 12, .command = "c"}};

static void
test_begin(void)
{
	struct told told;

	begin(&told);
	take(&told, a, 1, 1000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(told.rows[0].since, 1000);
	/* Who was there at the start is steady; who comes later may change. */
	CU_ASSERT_EQUAL(told.rows[0].steady_at, 0);
	take(&told, two, 2, 2000);
	CU_ASSERT_STRING_EQUAL(told.text, "+81 c@user0");
	CU_ASSERT_EQUAL(told.rows[0].since, 1000);
	CU_ASSERT_EQUAL(told.rows[1].since, 2000);
	CU_ASSERT_EQUAL(told.rows[1].steady_at, 2000 + DEBOUNCE);
	CU_ASSERT_EQUAL(totals(&told).changes, 1);
	CU_ASSERT_EQUAL(totals(&told).changed_at, 2000);
	CU_ASSERT_EQUAL(totals(&told).due, 0);
	po_history_free(told.history);
}

static void
test_gone(void)
{
	struct told told;

	begin(&told);
	take(&told, two, 2, 1000);
	take(&told, a, 1, 2000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(totals(&told).due, 2000 + DEBOUNCE);
	take(&told, a, 1, 2000 + DEBOUNCE - 1);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, a, 1, 2000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "-81 c@user0");
	CU_ASSERT_EQUAL(totals(&told).due, 0);
	take(&told, a, 1, 2000 + 2 * DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	/* It comes again as a new one. */
	take(&told, two, 2, 20000);
	CU_ASSERT_STRING_EQUAL(told.text, "+81 c@user0");
	CU_ASSERT_EQUAL(told.rows[1].since, 20000);
	CU_ASSERT_EQUAL(totals(&told).changes, 2);
	po_history_free(told.history);
}

static void
test_restart(void)
{
	struct told told;

	begin(&told);
	take(&told, a, 1, 1000);
	take(&told, NULL, 0, 2000);
	take(&told, again, 1, 2000 + DEBOUNCE - 1);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(told.rows[0].since, 1000);
	CU_ASSERT_EQUAL(told.rows[0].restarts, 1);
	CU_ASSERT_EQUAL(told.rows[0].owner_changes, 0);
	/* The gap is over: another one begins anew. */
	take(&told, NULL, 0, 8000);
	take(&told, again, 1, 9000);
	CU_ASSERT_EQUAL(told.rows[0].restarts, 1);
	CU_ASSERT_EQUAL(totals(&told).changes, 0);
	CU_ASSERT_EQUAL(totals(&told).due, 0);
	po_history_free(told.history);
}

static void
test_owner(void)
{
	static const struct listener user[] = {
	    {.port = 80, .pid = 11, .command = "b", .uid = 7}};
	struct told told;

	begin(&told);
	take(&told, a, 1, 1000);
	take(&told, b, 1, 2000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(told.rows[0].steady_at, 2000 + DEBOUNCE);
	CU_ASSERT_EQUAL(totals(&told).due, 2000 + DEBOUNCE);
	take(&told, b, 1, 2000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 b@user0<a@user0");
	CU_ASSERT_EQUAL(told.rows[0].owner_changes, 1);
	CU_ASSERT_EQUAL(told.rows[0].since, 1000);
	take(&told, user, 1, 10000);
	take(&told, user, 1, 10000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 b@user7<b@user0");
	CU_ASSERT_EQUAL(told.rows[0].owner_changes, 2);
	CU_ASSERT_EQUAL(told.rows[0].restarts, 0);
	po_history_free(told.history);
}

/* For a moment, and by turns, another one: only who stays counts. */
static void
test_owner_that_passes(void)
{
	static const struct listener c[] = {
	    {.port = 80, .pid = 12, .command = "c"}};
	struct told told;

	begin(&told);
	take(&told, a, 1, 1000);
	take(&told, b, 1, 2000);
	take(&told, a, 1, 3000);
	CU_ASSERT_EQUAL(told.rows[0].steady_at, 0);
	CU_ASSERT_EQUAL(totals(&told).due, 0);
	take(&told, b, 1, 4000);
	take(&told, c, 1, 2000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, c, 1, 2000 + 2 * DEBOUNCE - 1);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, c, 1, 2000 + 2 * DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 c@user0<a@user0");
	po_history_free(told.history);
}

/* Another owner behind a gap: one change, counted from when he came. */
static void
test_gap_and_owner(void)
{
	struct told told;

	begin(&told);
	take(&told, a, 1, 1000);
	take(&told, NULL, 0, 2000);
	take(&told, b, 1, 4000);
	take(&told, b, 1, 2000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, b, 1, 4000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 b@user0<a@user0");
	CU_ASSERT_EQUAL(totals(&told).changes, 1);
	po_history_free(told.history);
}

/* Who cannot be seen is not known to be another one. */
static void
test_hidden(void)
{
	static const struct listener nobody[] = {{.port = 80}};
	struct told told;

	begin(&told);
	take(&told, a, 1, 1000);
	take_with(&told, nobody, 1, 2000, true, 100);
	take_with(&told, nobody, 1, 20000, true, 100);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, a, 1, 21000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, b, 1, 22000);
	take_with(&told, nobody, 1, 22000 + DEBOUNCE, true, 100);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, b, 1, 23000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 b@user0<a@user0");
	po_history_free(told.history);
	/* Seen for the first time is no change either. */
	begin(&told);
	take_with(&told, nobody, 1, 1000, true, 100);
	take(&told, a, 1, 2000);
	take(&told, a, 1, 2000 + DEBOUNCE);
	CU_ASSERT_EQUAL(totals(&told).changes, 0);
	CU_ASSERT_EQUAL(told.rows[0].owner_changes, 0);
	po_history_free(told.history);
}

/* Rows that were dropped are not gone, and not new where they are not. */
static void
test_dropped(void)
{
	struct told told;

	begin(&told);
	take(&told, two, 2, 1000);
	take_with(&told, two, 2, 2000, false, 1);
	take_with(&told, two, 2, 20000, false, 1);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, two, 2, 21000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(told.rows[1].since, 1000);
	po_history_free(told.history);
	begin(&told);
	take_with(&told, two, 2, 1000, false, 1);
	take(&told, two, 2, 2000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, a, 1, 3000);
	take(&told, a, 1, 3000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "-81 c@user0");
	po_history_free(told.history);
}

/* What another source sees and does not see has not happened. */
static void
test_scope(void)
{
	static const struct listener other[] = {
	    {.port = 80, .pid = 20, .command = "worker", .uid = 33},
	    {.port = 82, .pid = 21, .command = "d"}};
	struct told told;

	begin(&told);
	take(&told, two, 2, 1000);
	told.scope = 7;
	take(&told, other, 2, 2000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(told.rows[0].since, 1000);
	CU_ASSERT_EQUAL(told.rows[1].since, 2000);
	CU_ASSERT_EQUAL(told.rows[1].steady_at, 0);
	take(&told, other, 2, 2000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	CU_ASSERT_EQUAL(told.rows[0].owner_changes, 0);
	CU_ASSERT_EQUAL(told.rows[0].restarts, 0);
	CU_ASSERT_EQUAL(totals(&told).changes, 0);
	/* From here on all is as ever. */
	take(&told, two, 2, 20000);
	CU_ASSERT_STRING_EQUAL(told.text, "+81 c@user0");
	take(&told, two, 2, 20000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(
	    told.text, "=80 a@user0<worker@user33 -82 d@user0");
	po_history_free(told.history);
}

/* What began before another source took over did happen. */
static void
test_scope_behind_a_change(void)
{
	struct told told;

	begin(&told);
	take(&told, two, 2, 1000);
	take(&told, b, 1, 2000);
	told.scope = 7;
	take(&told, b, 1, 3000);
	take(&told, b, 1, 2000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 b@user0<a@user0 -81 c@user0");
	/* A service that restarts just then is still the same one. */
	told.scope = 8;
	take(&told, NULL, 0, 10000);
	take(&told, b, 1, 11000);
	CU_ASSERT_STRING_EQUAL(told.text, "");
	take(&told, NULL, 0, 20000);
	take(&told, NULL, 0, 20000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(told.text, "-80 b@user0");
	po_history_free(told.history);
}

/* Without debounce everything is told at once. */
static void
test_at_once(void)
{
	struct told told;

	begin(&told);
	po_history_set_debounce(told.history, 0);
	take(&told, a, 1, 1000);
	take(&told, b, 1, 1001);
	CU_ASSERT_STRING_EQUAL(told.text, "=80 b@user0<a@user0");
	take(&told, NULL, 0, 1002);
	CU_ASSERT_STRING_EQUAL(told.text, "-80 b@user0");
	take(&told, a, 1, 1003);
	CU_ASSERT_STRING_EQUAL(told.text, "+80 a@user0");
	CU_ASSERT_EQUAL(totals(&told).changes, 3);
	po_history_free(told.history);
}

/* One that is brought back knows what changed meanwhile. */
static void
test_restore(void)
{
	struct po_history_record record;
	struct told told, other;
	size_t i;

	begin(&told);
	take(&told, two, 2, 1000);
	take(&told, two, 2, 2000);
	begin(&other);
	CU_ASSERT_EQUAL(po_history_count(told.history), 2);
	for (i = 0; i < 2; i++) {
		po_history_record(told.history, i, &record);
		CU_ASSERT_EQUAL(po_history_restore(other.history, &record), 0);
		CU_ASSERT_EQUAL(
		    po_history_restore(other.history, &record), -EINVAL);
	}
	po_history_free(told.history);
	take(&other, again, 1, 3000);
	CU_ASSERT_STRING_EQUAL(other.text, "");
	CU_ASSERT_EQUAL(other.rows[0].since, 1000);
	CU_ASSERT_EQUAL(other.rows[0].restarts, 1);
	take(&other, again, 1, 3000 + DEBOUNCE);
	CU_ASSERT_STRING_EQUAL(other.text, "-81 c@user0");
	po_history_forget(other.history);
	take(&other, two, 2, 20000);
	CU_ASSERT_STRING_EQUAL(other.text, "");
	CU_ASSERT_EQUAL(totals(&other).changes, 0);
	po_history_free(other.history);
}

/*
 * Random comings and goings against the plain rule.  owner is the last that
 * was seen, which a gap does not change.
 */
struct model {
	int told;
	int seen;
	int owner;
	uint64_t owner_since;
	uint64_t missing_since;
};

static const char *const names[] = {"", "a", "b"};

/* Takes in what is seen now; returns the change that it must be, or 0. */
static char
expect(struct model *m, int seen, uint64_t now, bool first)
{
	char change = 0;

	if (seen == 0 && m->seen != 0)
		m->missing_since = now;
	if (seen != 0 && (seen != m->owner || m->told == 0)) {
		m->owner = seen;
		m->owner_since = now;
	}
	m->seen = seen;
	if (first)
		m->told = seen;
	else if (m->told == 0 && seen != 0)
		change = '+';
	else if (m->told != 0 && seen == 0 &&
		 now - m->missing_since >= DEBOUNCE)
		change = '-';
	else if (m->told != 0 && seen != 0 && seen != m->told &&
		 now - m->owner_since >= DEBOUNCE)
		change = '=';
	return change;
}

static void
note(struct model *m, char change, size_t port, char *text)
{
	text += strlen(text);
	text += sprintf(text, " %c%zu %s@user0", change, port,
	    names[change == '-' ? m->told : m->seen]);
	if (change == '=')
		sprintf(text, "<%s@user0", names[m->told]);
	m->told = m->seen;
}

static void
check_random(uint64_t seed)
{
	struct listener listeners[8];
	struct model model[8];
	char expected[4096], change;
	struct told told;
	uint64_t now = 1000;
	size_t step, i, n;
	int seen;

	begin(&told);
	memset(model, 0, sizeof(model));
	for (step = 0; step < 300; step++) {
		now += 1 + unit_below(&seed, DEBOUNCE / 2);
		expected[0] = '\0';
		for (i = n = 0; i < 8; i++) {
			seen = model[i].seen;
			if (unit_below(&seed, 4) == 0)
				seen = (int)unit_below(&seed, 3);
			change = expect(&model[i], seen, now, step == 0);
			if (change != 0)
				note(&model[i], change, 80 + i, expected);
			if (seen != 0)
				listeners[n++] = (struct listener){
				    .port = (uint16_t)(80 + i),
				    .pid = (uint32_t)(100 + i * 4) +
					   (uint32_t)seen,
				    .command = names[seen],
				};
		}
		take(&told, listeners, n, now);
		CU_ASSERT_STRING_EQUAL(
		    told.text, expected + (expected[0] == ' '));
	}
	CU_ASSERT_TRUE(totals(&told).changes > 100);
	po_history_free(told.history);
}

static void
test_random(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++)
		check_random(seed);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"the beginning", test_begin},
	    {"gone, and back", test_gone},
	    {"a restart", test_restart},
	    {"another owner", test_owner},
	    {"an owner that passes", test_owner_that_passes},
	    {"another owner behind a gap", test_gap_and_owner},
	    {"an owner that is hidden", test_hidden},
	    {"rows that are dropped", test_dropped},
	    {"another source", test_scope},
	    {"another source behind a change", test_scope_behind_a_change},
	    {"without debounce", test_at_once},
	    {"brought back", test_restore},
	    {"random changes", test_random},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("history", tests);
}
