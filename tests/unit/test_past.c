/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is kept comes back, and nothing else does: not what is cut, changed, or
 * of another boot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "listeners.h"
#include "model/past.h"

static const struct listener scene[] = {
    {.port = 22, .pid = 3, .command = "sshd", .service = "ssh.service"},
    {.port = 80, .pid = 10, .command = "a\tb\nc", .address = "*"},
    {.port = 80, .pid = 11, .command = "\xc3\xa4", .address = "::1", .uid = 7},
    {.port = 90},
    {.port = 80, .pid = 12, .command = "other", .stack = 4026532177u},
};

#define COUNT (sizeof(scene) / sizeof(scene[0]))

static void
add_rules(struct po_expectations *expectations)
{
	struct po_rules rules = {.items = NULL};
	char error[PO_RULE_ERROR_SIZE];

	CU_ASSERT_EQUAL(po_rules_add(&rules, true, "tcp *:22 sshd", error), 0);
	CU_ASSERT_EQUAL(
	    po_rules_add(&rules, true, "tcp *:23 telnetd", error), 0);
	CU_ASSERT_EQUAL(po_expectations_set(expectations, &rules), 0);
}

static struct po_past
new_past(const char *boot)
{
	struct po_past past = {
	    .boot = boot,
	    .notify = true,
	    .history = po_history_new(),
	    .expectations = po_expectations_new(),
	};

	CU_ASSERT_PTR_NOT_NULL_FATAL(past.history);
	CU_ASSERT_PTR_NOT_NULL_FATAL(past.expectations);
	add_rules(past.expectations);
	return past;
}

static void
free_past(struct po_past *past)
{
	po_history_free(past->history);
	po_expectations_free(past->expectations);
}

static void
take(struct po_past *past, size_t count, uint64_t now)
{
	struct po_listener_history rows[COUNT];
	struct po_verdicts *verdicts;
	struct sealed sealed;
	uint64_t due;

	listeners_make(&sealed, scene, count, now, false, 100);
	CU_ASSERT_EQUAL(
	    po_history_take(past->history, &sealed.s, rows, NULL, NULL), 0);
	CU_ASSERT_EQUAL(po_expectations_take(past->expectations, &sealed.s,
			    rows, NULL, NULL, &verdicts, &due),
	    0);
	free(verdicts);
	sealed_free(&sealed);
}

static void
make(char **text, size_t *length)
{
	struct po_past past = new_past("this-boot");
	struct po_history_totals totals;

	past.notify = false;
	take(&past, 1, 1000);
	take(&past, COUNT, 2000);
	po_history_sum(past.history, &totals);
	totals.scope = 9;
	totals.cut = true;
	po_history_restore_totals(past.history, &totals);
	CU_ASSERT_EQUAL_FATAL(po_past_write(&past, text, length), 0);
	free_past(&past);
}

static void
test_round(void)
{
	struct po_past past = new_past("this-boot");
	struct po_expectation_record expectation;
	struct po_history_record record;
	struct po_history_totals totals;
	size_t length, other_length;
	char *text, *other;
	const char *why;
	bool same;

	make(&text, &length);
	CU_ASSERT_EQUAL(
	    po_past_read(&past, text, length, 3000, &same, &why), 0);
	CU_ASSERT_TRUE(same);
	CU_ASSERT_FALSE(past.notify);
	CU_ASSERT_EQUAL(po_history_count(past.history), COUNT);
	po_history_sum(past.history, &totals);
	CU_ASSERT_EQUAL(totals.changes, COUNT - 1);
	CU_ASSERT_EQUAL(totals.changed_at, 2000);
	CU_ASSERT_EQUAL(totals.scope, 9);
	CU_ASSERT_TRUE(totals.cut);
	po_history_record(past.history, 0, &record);
	CU_ASSERT_EQUAL(record.since, 1000);
	CU_ASSERT_EQUAL(record.holder.pid, 3);
	CU_ASSERT_STRING_EQUAL(record.holder.service, "ssh.service");
	CU_ASSERT_TRUE(
	    po_expectations_record(past.expectations, 1, &expectation));
	CU_ASSERT_FALSE(expectation.met);
	CU_ASSERT_TRUE(expectation.told_failed);
	CU_ASSERT_EQUAL(expectation.since, 1000);
	/* Written again it is the same to the octet. */
	CU_ASSERT_EQUAL(po_past_write(&past, &other, &other_length), 0);
	CU_ASSERT_EQUAL(length, other_length);
	CU_ASSERT_EQUAL(memcmp(text, other, length), 0);
	free(other);
	free(text);
	free_past(&past);
}

/* Of another boot only what the administrator set. */
static void
test_boot(void)
{
	struct po_past past = new_past("that-boot");
	struct po_history_totals totals;
	const char *why;
	size_t length;
	char *text;
	bool same;

	make(&text, &length);
	CU_ASSERT_EQUAL(po_past_read(&past, text, length, 1, &same, &why), 0);
	CU_ASSERT_FALSE(same);
	CU_ASSERT_FALSE(past.notify);
	CU_ASSERT_EQUAL(po_history_count(past.history), 0);
	po_history_sum(past.history, &totals);
	CU_ASSERT_EQUAL(totals.changes, 0);
	free(text);
	free_past(&past);
}

static void
refuse(const char *text, size_t length, uint64_t now)
{
	struct po_past past = new_past("this-boot");
	const char *why = NULL;
	bool same;

	CU_ASSERT_EQUAL(
	    po_past_read(&past, text, length, now, &same, &why), -EBADMSG);
	CU_ASSERT_PTR_NOT_NULL(why);
	CU_ASSERT_TRUE(past.notify);
	free_past(&past);
}

static void
test_damage(void)
{
	char *text, *copy;
	size_t length, i;
	unsigned int bit;

	make(&text, &length);
	for (i = 0; i < length; i++) {
		/* A copy of the exact size: reading on shows in sanitizers. */
		copy = malloc(i + 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, text, i);
		refuse(copy, i, 3000);
		free(copy);
		bit = 1u << i % 8;
		text[i] = (char)(text[i] ^ (char)bit);
		refuse(text, length, 3000);
		text[i] = (char)(text[i] ^ (char)bit);
	}
	/* A time that has not come yet. */
	refuse(text, length, 1999);
	free(text);
}

#define TWICE(line) line line

/* Lines that say nonsense under a sum that is right. */
static void
test_nonsense(void)
{
	static const char head[] =
	    "portowner-state\t1\nboot\tthis-boot\nnotify\t1\n";
	static const char *const lines[] = {
	    "nonsense\n",
	    "changes\t1\t0\n",
	    "changes\t-1\t0\t0\t0\n",
	    "changes\t4294967296\t0\t0\t0\n",
	    "changes\t1\t99999999999999999999\t0\t0\n",
	    "changes\t1\t0\t4294967296\t0\n",
	    "changes\t1\t0\t0\t2\n",
	    "listener\t0\t6\t80\t1\t7f000001\t0\t1\t0\t0\t1\t1\ta\tb\n",
	    "listener\t0\t6\t65536\t1\t7f000001\t0\t1\t0\t0\t1\t1\ta\tb\t\n",
	    "listener\t0\t6\t80\t1\t7f0000\t0\t1\t0\t0\t1\t1\ta\tb\t\n",
	    "listener\t0\t6\t80\t0\t7f\t0\t1\t0\t0\t1\t1\ta\tb\t\n",
	    "listener\t0\t6\t80\t5\t-\t0\t1\t0\t0\t1\t1\ta\tb\t\n",
	    "listener\t0\t6\t80\t1\t7f00000g\t0\t1\t0\t0\t1\t1\ta\tb\t\n",
	    "listener\t0\t6\t80\t1\t7f000001\t0\t1\t0\t0\t1\t2\ta\tb\t\n",
	    "listener\t0\t6\t80\t1\t7f000001\t0\t1\t0\t0\t1\t1\t\x01\tb\t\n",
	    TWICE("listener\t0\t6\t80\t0\t-\t0\t1\t0\t0\t1\t1\ta\tb\t\n"),
	    "expectation\t1\t2\t0\ttcp *:22 sshd\n",
	    "expectation\t1\t1\n",
	    "no end",
	};
	char text[512];
	uint64_t sum;
	size_t i, j, length;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		length = (size_t)sprintf(text, "%s%s", head, lines[i]);
		sum = 0xcbf29ce484222325u;
		for (j = 0; j < length; j++)
			sum = (sum ^ (unsigned char)text[j]) * 0x100000001b3u;
		length += (size_t)sprintf(
		    text + length, "sum\t%016llx\n", (unsigned long long)sum);
		refuse(text, length, 3000);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"there and back", test_round},
	    {"another boot", test_boot},
	    {"cut and changed", test_damage},
	    {"nonsense", test_nonsense},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("past", tests);
}
