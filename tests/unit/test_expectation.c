/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What snapshots say of the rules, one by one and one after the other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "listeners.h"
#include "model/expectation.h"

#define DEBOUNCE 5000
#define ROWS 16

struct scene {
	struct po_history *history;
	struct po_expectations *expectations;
	struct po_listener_history rows[ROWS];
	struct po_verdicts *verdicts;
	uint64_t due;
	char told[1024]; /* "F0" failed, "M0" met */
};

static void
add(struct po_rules *rules, bool expected, const char *line)
{
	char error[PO_RULE_ERROR_SIZE];

	CU_ASSERT_EQUAL_FATAL(po_rules_add(rules, expected, line, error), 0);
}

static void
begin(struct scene *scene, struct po_rules *rules)
{
	memset(scene, 0, sizeof(*scene));
	scene->history = po_history_new();
	scene->expectations = po_expectations_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(scene->history);
	CU_ASSERT_PTR_NOT_NULL_FATAL(scene->expectations);
	po_history_set_debounce(scene->history, DEBOUNCE);
	po_expectations_set_debounce(scene->expectations, DEBOUNCE);
	CU_ASSERT_EQUAL(po_expectations_set(scene->expectations, rules), 0);
	CU_ASSERT_EQUAL(rules->count, 0);
}

static void
end(struct scene *scene)
{
	po_history_free(scene->history);
	po_expectations_free(scene->expectations);
	free(scene->verdicts);
}

static void
tell(void *context, uint32_t row, const struct po_expectation *expectation)
{
	struct scene *scene = context;

	sprintf(scene->told + strlen(scene->told), "%c%u",
	    expectation->met ? 'M' : 'F', row);
}

static void
take(struct scene *scene, const struct listener *listeners, size_t count,
    uint64_t now, bool hidden, uint32_t max_rows)
{
	struct sealed sealed;

	scene->told[0] = '\0';
	free(scene->verdicts);
	listeners_make(&sealed, listeners, count, now, hidden, max_rows);
	CU_ASSERT_EQUAL(
	    po_history_take(scene->history, &sealed.s, scene->rows, NULL, NULL),
	    0);
	CU_ASSERT_EQUAL_FATAL(
	    po_expectations_take(scene->expectations, &sealed.s, scene->rows,
		tell, scene, &scene->verdicts, &scene->due),
	    0);
	sealed_free(&sealed);
}

static const struct listener web[] = {
    {.port = 80, .pid = 10, .command = "nginx"}};
static const struct listener evil[] = {
    {.port = 80, .pid = 11, .command = "evil"}};
static const struct listener nobody[] = {{.port = 80}};

/* One listener against rules: its verdict, and how many violations. */
static void
test_verdicts(void)
{
	static const struct {
		const char *expected;
		const char *allowed;
		bool strict;
		const struct listener *listener;
		bool hidden;
		enum po_verdict verdict;
		uint32_t violations;
	} cases[] = {
	    {NULL, NULL, false, web, false, PO_VERDICT_NONE, 0},
	    {NULL, NULL, true, web, false, PO_VERDICT_UNEXPECTED, 1},
	    {"tcp *:80 nginx", NULL, false, web, false, PO_VERDICT_EXPECTED, 0},
	    {"tcp *:80 nginx", NULL, true, web, false, PO_VERDICT_EXPECTED, 0},
	    /* The wrong owner and the failure are one fact. */
	    {"tcp *:80 nginx", NULL, false, evil, false, PO_VERDICT_WRONG_OWNER,
		1},
	    {"tcp *:81 nginx", NULL, false, evil, false, PO_VERDICT_NONE, 1},
	    {"tcp *:81 nginx", NULL, true, evil, false, PO_VERDICT_UNEXPECTED,
		2},
	    {NULL, "tcp *:80", true, evil, false, PO_VERDICT_EXPECTED, 0},
	    {NULL, "tcp *:80 nginx", true, evil, false, PO_VERDICT_WRONG_OWNER,
		1},
	    {NULL, "tcp *:80 nginx", false, evil, false, PO_VERDICT_WRONG_OWNER,
		1},
	    /* Any rule that wants the owner does. */
	    {"tcp *:80 nginx", "tcp *:80 evil", true, evil, false,
		PO_VERDICT_EXPECTED, 1},
	    /* Nobody holds it: that is somebody else than nginx. */
	    {"tcp *:80 nginx", NULL, false, nobody, false,
		PO_VERDICT_WRONG_OWNER, 1},
	    {"tcp *:80 \"\"", NULL, false, nobody, false, PO_VERDICT_EXPECTED,
		0},
	    /* Somebody may hold it who is not visible. */
	    {"tcp *:80 nginx", NULL, true, nobody, true, PO_VERDICT_NONE, 0},
	    {"tcp *:80 *", NULL, true, nobody, true, PO_VERDICT_EXPECTED, 0},
	    {NULL, "tcp *:80 nginx", true, nobody, true, PO_VERDICT_NONE, 0},
	    {NULL, "tcp *:81", true, nobody, true, PO_VERDICT_UNEXPECTED, 1},
	};
	struct po_rules rules = {.items = NULL};
	struct scene scene;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].expected != NULL)
			add(&rules, true, cases[i].expected);
		if (cases[i].allowed != NULL)
			add(&rules, false, cases[i].allowed);
		rules.strict = cases[i].strict;
		begin(&scene, &rules);
		take(&scene, cases[i].listener, 1, 1000, cases[i].hidden, 10);
		if (scene.rows[0].verdict != cases[i].verdict ||
		    scene.verdicts->violations != cases[i].violations) {
			printf("case %zu: %u, %u\n", i, scene.rows[0].verdict,
			    (unsigned int)scene.verdicts->violations);
			CU_FAIL("wrong verdict");
		}
		end(&scene);
	}
}

/* A service beside the right one is a violation, not a failure. */
static void
test_both(void)
{
	static const struct listener both[] = {
	    {.port = 80, .pid = 10, .command = "nginx"},
	    {.port = 80, .pid = 11, .command = "evil", .address = "10.0.0.1"}};
	struct po_rules rules = {.items = NULL};
	struct scene scene;

	add(&rules, true, "tcp *:80 nginx");
	begin(&scene, &rules);
	take(&scene, both, 2, 1000, false, 10);
	CU_ASSERT_TRUE(scene.verdicts->rows[0].met);
	CU_ASSERT_EQUAL(scene.verdicts->violations, 1);
	CU_ASSERT_STRING_EQUAL(scene.verdicts->rows[0].message,
	    "tcp 127.0.0.1:80 is held by nginx (pid 10) of user0");
	end(&scene);
}

static void
test_messages(void)
{
	struct po_rules rules = {.items = NULL};
	struct listener long_name = {.port = 80, .pid = 1};
	char name[256];
	struct scene scene;

	add(&rules, true, "tcp *:80 nginx");
	begin(&scene, &rules);
	take(&scene, evil, 1, 1000, false, 10);
	CU_ASSERT_FALSE(scene.verdicts->rows[0].met);
	CU_ASSERT_STRING_EQUAL(scene.verdicts->rows[0].text, "tcp *:80 nginx");
	CU_ASSERT_STRING_EQUAL(scene.verdicts->rows[0].message,
	    "tcp 127.0.0.1:80 is held by evil (pid 11) of user0");
	take(&scene, NULL, 0, 2000, false, 10);
	CU_ASSERT_STRING_EQUAL(
	    scene.verdicts->rows[0].message, "nothing listens there");
	take(&scene, nobody, 1, 3000, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.verdicts->rows[0].message,
	    "tcp 127.0.0.1:80 is held by no process");
	take(&scene, nobody, 1, 4000, true, 10);
	CU_ASSERT_STRING_EQUAL(scene.verdicts->rows[0].message,
	    "tcp 127.0.0.1:80 is there, but who holds it is not visible");
	/* Two octets a character: one of them does not fit. */
	for (size_t i = 0; i < 254; i += 2)
		memcpy(name + i, "\xc3\xa4", 2);
	name[254] = '\0';
	long_name.command = name;
	take(&scene, &long_name, 1, 5000, false, 10);
	CU_ASSERT_TRUE(po_text_is_clean(scene.verdicts->rows[0].message,
	    strlen(scene.verdicts->rows[0].message)));
	CU_ASSERT_TRUE(strlen(scene.verdicts->rows[0].message) >= 254);
	end(&scene);
}

static void
test_debounce(void)
{
	struct po_rules rules = {.items = NULL};
	struct scene scene;

	add(&rules, true, "tcp *:80 nginx");
	begin(&scene, &rules);
	take(&scene, web, 1, 1000, false, 10);
	CU_ASSERT_TRUE(scene.verdicts->rows[0].met);
	CU_ASSERT_EQUAL(scene.verdicts->rows[0].since, 1000);
	/* A gap that is too short. */
	take(&scene, NULL, 0, 2000, false, 10);
	CU_ASSERT_TRUE(scene.verdicts->rows[0].met);
	CU_ASSERT_EQUAL(scene.due, 2000 + DEBOUNCE);
	take(&scene, web, 1, 2000 + DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "");
	CU_ASSERT_EQUAL(scene.due, 0);
	/* One that lasts. */
	take(&scene, NULL, 0, 10000, false, 10);
	take(&scene, NULL, 0, 10000 + DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "F0");
	CU_ASSERT_FALSE(scene.verdicts->rows[0].met);
	CU_ASSERT_EQUAL(scene.verdicts->rows[0].since, 10000 + DEBOUNCE);
	CU_ASSERT_EQUAL(scene.verdicts->violations, 1);
	/* Back, and it stays. */
	take(&scene, web, 1, 20000, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "");
	CU_ASSERT_EQUAL(scene.verdicts->violations, 1);
	take(&scene, web, 1, 20000 + DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "M0");
	CU_ASSERT_EQUAL(scene.verdicts->violations, 0);
	take(&scene, web, 1, 40000, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "");
	end(&scene);
}

/* One that fails from the first shows at once, and is told if it goes on. */
static void
test_fails_from_the_first(void)
{
	struct po_rules rules = {.items = NULL};
	struct scene scene;

	add(&rules, true, "tcp *:80 nginx");
	add(&rules, true, "tcp *:81 nginx");
	begin(&scene, &rules);
	take(&scene, NULL, 0, 1000, false, 10);
	CU_ASSERT_FALSE(scene.verdicts->rows[0].met);
	CU_ASSERT_EQUAL(scene.verdicts->violations, 2);
	CU_ASSERT_STRING_EQUAL(scene.told, "");
	CU_ASSERT_EQUAL(scene.due, 1000 + DEBOUNCE);
	take(&scene, web, 1, 1000 + DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "F0F1");
	take(&scene, web, 1, 1000 + 2 * DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "M0");
	end(&scene);
}

/* What cannot be seen leaves things as they are. */
static void
test_unsure(void)
{
	struct po_rules rules = {.items = NULL};
	struct scene scene;

	add(&rules, true, "tcp *:80 nginx");
	begin(&scene, &rules);
	take(&scene, nobody, 1, 1000, true, 10);
	CU_ASSERT_TRUE(scene.verdicts->rows[0].met);
	take(&scene, NULL, 0, 2000, false, 10);
	take(&scene, NULL, 0, 2000 + DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "F0");
	take(&scene, nobody, 1, 10000, true, 10);
	take(&scene, nobody, 1, 20000, true, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "");
	CU_ASSERT_FALSE(scene.verdicts->rows[0].met);
	end(&scene);
	/* Nor do rows that are missing. */
	add(&rules, true, "tcp *:81 nginx");
	begin(&scene, &rules);
	take(&scene,
	    (struct listener[]){{.port = 80, .pid = 1, .command = "a"},
		{.port = 81, .pid = 1, .command = "a"}},
	    2, 1000, false, 1);
	CU_ASSERT_TRUE(scene.verdicts->rows[0].met);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(scene.verdicts->rows[0].message, "maxRows"));
	end(&scene);
}

/* A process that begins may not be yet what it will be. */
static void
test_new_owner(void)
{
	struct po_rules rules = {.items = NULL};
	struct scene scene;

	add(&rules, false, "tcp *:80 nginx");
	begin(&scene, &rules);
	take(&scene, NULL, 0, 1000, false, 10);
	take(&scene, evil, 1, 2000, false, 10);
	CU_ASSERT_EQUAL(scene.rows[0].verdict, PO_VERDICT_NONE);
	CU_ASSERT_EQUAL(scene.due, 2000 + DEBOUNCE);
	take(&scene, evil, 1, 2000 + DEBOUNCE, false, 10);
	CU_ASSERT_EQUAL(scene.rows[0].verdict, PO_VERDICT_WRONG_OWNER);
	CU_ASSERT_EQUAL(scene.verdicts->violations, 1);
	/* And back for a moment only: what it is now counts at once. */
	take(&scene, web, 1, 20000, false, 10);
	CU_ASSERT_EQUAL(scene.rows[0].verdict, PO_VERDICT_EXPECTED);
	end(&scene);
}

static void
test_new_rules(void)
{
	struct po_rules rules = {.items = NULL};
	struct scene scene;

	add(&rules, true, "tcp *:80 nginx");
	begin(&scene, &rules);
	take(&scene, NULL, 0, 1000, false, 10);
	take(&scene, NULL, 0, 1000 + DEBOUNCE, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "F0");
	add(&rules, true, "tcp *:443 nginx");
	add(&rules, true, "tcp *:80 nginx");
	CU_ASSERT_EQUAL(po_expectations_set(scene.expectations, &rules), 0);
	take(&scene, NULL, 0, 20000, false, 10);
	CU_ASSERT_EQUAL(scene.verdicts->count, 2);
	CU_ASSERT_EQUAL(scene.verdicts->rows[0].since, 20000);
	CU_ASSERT_EQUAL(scene.verdicts->rows[1].since, 1000);
	/* Only the new one is told. */
	take(&scene, NULL, 0, 30000, false, 10);
	CU_ASSERT_STRING_EQUAL(scene.told, "F0");
	end(&scene);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"verdicts", test_verdicts},
	    {"the right one and another", test_both},
	    {"messages", test_messages},
	    {"what lasts", test_debounce},
	    {"failing from the first", test_fails_from_the_first},
	    {"what cannot be seen", test_unsure},
	    {"a new owner", test_new_owner},
	    {"other rules", test_new_rules},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("expectation", tests);
}
