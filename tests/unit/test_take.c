/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot is taken in by a thread: what comes of it, in which order, and that
 * the event loop learns of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/fd_event_manager.h>

#include "agent/take.h"
#include "agent/worker.h"
#include "listeners.h"

static const struct listener before[] = {
    {.port = 22, .pid = 1, .command = "sshd"},
    {.port = 80, .pid = 2, .command = "nginx"},
};
static const struct listener after[] = {
    {.port = 22, .pid = 1, .command = "sshd"},
    {.port = 25, .pid = 4, .command = "master"},
    {.port = 80, .pid = 3, .command = "apache"},
};

static struct po_take take;

static void
begin(void)
{
	memset(&take, 0, sizeof(take));
	take.history = po_history_new();
	take.expectations = po_expectations_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(take.history);
	CU_ASSERT_PTR_NOT_NULL_FATAL(take.expectations);
	take.tells = true;
}

static void
end(void)
{
	po_epoch_release(take.epoch);
	po_history_free(take.history);
	po_expectations_free(take.expectations);
}

/* A snapshot that has come and was not looked at. */
static void
offer(const struct listener *listeners, size_t count, uint64_t taken)
{
	struct po_shared *shared;
	struct sealed sealed;

	listeners_make(&sealed, listeners, count, taken, false, 100);
	CU_ASSERT_EQUAL_FATAL(
	    po_shared_own(sealed.image, sealed.size, &shared), 0);
	po_epoch_release(take.epoch);
	take.epoch = po_epoch_new(shared);
	CU_ASSERT_PTR_NOT_NULL_FATAL(take.epoch);
}

static void
drop_notices(void)
{
	struct po_notice *notice;

	while ((notice = take.notices) != NULL) {
		take.notices = notice->next;
		free(notice);
	}
}

/* "1:25 2:443" are kinds and ports. */
static void
expect_notices(const char *expected)
{
	const struct po_notice *notice;
	char text[256] = "";
	size_t used = 0;

	for (notice = take.notices; notice != NULL; notice = notice->next)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%d:%u", used == 0 ? "" : " ", (int)notice->kind,
		    notice->endpoint.port);
	CU_ASSERT_STRING_EQUAL(text, expected);
	drop_notices();
}

static void
test_what_changed(void)
{
	begin();
	offer(before, 2, 1000);
	po_take_run(&take);
	CU_ASSERT_EQUAL(take.error, 0);
	CU_ASSERT_FALSE(take.changed);
	expect_notices("");
	CU_ASSERT_PTR_NOT_NULL(take.epoch->history);
	CU_ASSERT_PTR_NOT_NULL(take.epoch->verdicts);
	offer(after, 3, 2000);
	po_take_run(&take);
	CU_ASSERT_EQUAL(take.error, 0);
	CU_ASSERT_TRUE(take.changed);
	CU_ASSERT_EQUAL(take.totals.changes, 2);
	CU_ASSERT_EQUAL(take.totals.changed_at, 2000);
	CU_ASSERT_EQUAL(take.epoch->history[0].since, 1000);
	CU_ASSERT_EQUAL(take.epoch->history[1].since, 2000);
	CU_ASSERT_EQUAL(take.epoch->history[2].owner_changes, 1);
	expect_notices("1:25 3:80");
	end();
}

/* What nobody wants to hear is known all the same. */
static void
test_silence(void)
{
	begin();
	take.tells = false;
	offer(before, 2, 1000);
	po_take_run(&take);
	offer(after, 3, 2000);
	po_take_run(&take);
	CU_ASSERT_TRUE(take.changed);
	CU_ASSERT_EQUAL(take.totals.changes, 2);
	expect_notices("");
	end();
}

static void
test_same_again(void)
{
	begin();
	offer(before, 2, 1000);
	po_take_run(&take);
	take.last = 1000;
	offer(before, 2, 1000);
	po_take_run(&take);
	CU_ASSERT_EQUAL(take.error, PO_TAKE_SAME);
	CU_ASSERT_PTR_NULL(take.epoch->history);
	end();
}

/* Nothing of it is compared with anything. */
static void
test_damage(void)
{
	struct po_endpoint *endpoints;

	begin();
	offer(before, 2, 1000);
	CU_ASSERT_EQUAL(po_shared_open(take.epoch->shared), 0);
	endpoints =
	    (struct po_endpoint *)take.epoch->shared->snapshot.endpoints;
	endpoints[1] = endpoints[0];
	memset(&take.epoch->shared->snapshot, 0,
	    sizeof(take.epoch->shared->snapshot));
	po_take_run(&take);
	CU_ASSERT_EQUAL(take.error, -EBADMSG);
	CU_ASSERT_PTR_NULL(take.epoch->shared->snapshot.header);
	CU_ASSERT_EQUAL(po_history_count(take.history), 0);
	end();
}

static void
work(void *context)
{
	char *story = context;

	strcat(story, "w");
}

static void
done(void *context)
{
	char *story = context;

	strcat(story, "d");
}

/* One round of the agent's event loop. */
static void
wait_once(void)
{
	struct timeval timeout = {10, 0};
	fd_set sets[3];
	int i, n = 0, count;

	for (i = 0; i < 3; i++)
		FD_ZERO(&sets[i]);
	netsnmp_external_event_info(&n, &sets[0], &sets[1], &sets[2]);
	count = select(n, &sets[0], &sets[1], &sets[2], &timeout);
	CU_ASSERT_EQUAL(count, 1);
	netsnmp_dispatch_external_events(&count, &sets[0], &sets[1], &sets[2]);
}

static void
test_worker(void)
{
	struct po_worker *worker = po_worker_new();
	char story[16] = "";
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(worker);
	for (i = 0; i < 3; i++) {
		strcpy(story, "");
		po_worker_start(worker, work, done, story);
		CU_ASSERT_TRUE(po_worker_is_busy(worker));
		wait_once();
		CU_ASSERT_STRING_EQUAL(story, "wd");
		CU_ASSERT_FALSE(po_worker_is_busy(worker));
		po_worker_start(worker, work, done, story);
		po_worker_finish(worker);
		CU_ASSERT_STRING_EQUAL(story, "wdwd");
		CU_ASSERT_FALSE(po_worker_is_busy(worker));
		po_worker_finish(worker);
		CU_ASSERT_STRING_EQUAL(story, "wdwd");
	}
	po_worker_free(worker);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"what changed", test_what_changed},
	    {"silence", test_silence},
	    {"the same again", test_same_again},
	    {"damage", test_damage},
	    {"worker", test_worker},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("take", tests);
}
