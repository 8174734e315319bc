/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A collector in a thread, which the test is: it collects when it is let, and
 * as well as it is told.  Whoever asks waits for nothing.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/client.h"
#include "broker/pair.h"
#include "collect/collector.h"
#include "model/clock.h"
#include "unit.h"

#define SOON 5000 /* ms */

/* One octet each: a collection began, it may go on, the collector was closed. */
static int begun[2], go[2], closed[2];

/* Set while no collection runs, so that none sees them change. */
static struct {
	int status;
	bool damaged; /* the image */
	bool held; /* until there is an octet in go */
} next;

struct po_collector {
	unsigned int collections;
};

int
po_collector_collect(struct po_collector *collector, void **image, size_t *size,
    char *error, size_t error_size)
{
	const struct po_builder_options options = {.max_rows = 1};
	const struct po_seal seal = {
	    .source = "test", .generation = ++collector->collections};
	struct po_builder *builder;
	char octet;
	int result;

	if (next.held &&
	    (write(begun[1], "b", 1) != 1 || read(go[0], &octet, 1) != 1))
		return -EIO;
	snprintf(error, error_size, "it rains");
	if (next.status != 0)
		return next.status;
	builder = po_builder_new(&options);
	result = po_builder_seal(builder, &seal, image, size);
	po_builder_free(builder);
	if (result == 0 && next.damaged)
		memset(*image, 0, 8);
	return result;
}

const char *
po_collector_source(const struct po_collector *collector)
{
	(void)collector;
	return "test";
}

void
po_collector_close(struct po_collector *collector)
{
	free(collector);
	if (write(closed[1], "c", 1) != 1)
		abort();
}

static struct po_client *
begin(void)
{
	struct po_collector *collector = calloc(1, sizeof(*collector));
	struct po_client *client;

	CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
	memset(&next, 0, sizeof(next));
	client = po_client_new_thread(collector);
	CU_ASSERT_PTR_NOT_NULL_FATAL(client);
	return client;
}

/* The thread ends with its client, and the collector with the thread. */
static void
end(struct po_client *client)
{
	char octet;

	po_client_free(client);
	CU_ASSERT_EQUAL(read(closed[0], &octet, 1), 1);
}

static bool
is_readable(const struct po_client *client, int timeout)
{
	struct pollfd fd = {po_client_descriptor(client), POLLIN, 0};

	return poll(&fd, 1, timeout) == 1;
}

static void
wait_for_collection(void)
{
	char octet;

	CU_ASSERT_EQUAL(read(begun[0], &octet, 1), 1);
}

static void
let_go(void)
{
	CU_ASSERT_EQUAL(write(go[1], "g", 1), 1);
}

/* The generation of the answer, which has to come. */
static uint64_t
take(struct po_client *client)
{
	struct po_shared *shared = NULL;
	uint64_t generation;

	CU_ASSERT_TRUE(is_readable(client, SOON));
	CU_ASSERT_EQUAL_FATAL(po_client_receive(client, &shared), 1);
	CU_ASSERT_FALSE(po_client_is_waiting(client));
	CU_ASSERT_STRING_EQUAL(shared->source, "test");
	generation = shared->snapshot.header->generation;
	po_shared_release(shared);
	return generation;
}

static void
test_answers(void)
{
	struct po_client *client = begin();
	struct po_shared *shared = NULL;
	uint64_t i;

	CU_ASSERT_FALSE(po_client_is_waiting(client));
	CU_ASSERT_FALSE(is_readable(client, 0));
	for (i = 1; i <= 1000; i++) {
		CU_ASSERT_EQUAL_FATAL(po_client_request(client, 0), 0);
		CU_ASSERT_EQUAL_FATAL(take(client), i);
	}
	CU_ASSERT_EQUAL(po_client_receive(client, &shared), 0);
	end(client);
}

/* Nobody waits, and a collection answers whoever asked meanwhile. */
static void
test_while_collecting(void)
{
	struct po_client *client = begin();
	struct po_shared *shared = NULL;

	next.held = true;
	CU_ASSERT_EQUAL(po_client_request(client, 0), 0);
	wait_for_collection();
	CU_ASSERT_EQUAL(po_client_request(client, 0), 0);
	CU_ASSERT_TRUE(po_client_is_waiting(client));
	CU_ASSERT_FALSE(is_readable(client, 0));
	CU_ASSERT_EQUAL(po_client_receive(client, &shared), 0);
	let_go();
	CU_ASSERT_EQUAL(take(client), 1);
	next.held = false;
	CU_ASSERT_EQUAL(po_client_request(client, 0), 0);
	CU_ASSERT_EQUAL(take(client), 2);
	end(client);
}

static void
test_failures(void)
{
	struct po_client *client = begin();
	struct po_shared *shared = NULL;

	next.status = -EPERM;
	CU_ASSERT_EQUAL(po_client_fetch(client, 0, SOON, &shared), -EPERM);
	CU_ASSERT_STRING_EQUAL(po_client_error(client), "it rains");
	next.status = 0;
	next.damaged = true;
	CU_ASSERT_EQUAL(po_client_fetch(client, 0, SOON, &shared), -EPROTO);
	CU_ASSERT_PTR_NOT_NULL(strstr(po_client_error(client), "snapshot"));
	next.damaged = false;
	CU_ASSERT_EQUAL_FATAL(po_client_fetch(client, 0, SOON, &shared), 0);
	CU_ASSERT_EQUAL(shared->snapshot.header->generation, 3);
	po_shared_release(shared);
	end(client);
}

/* Whoever gave up gets the late answer with the next request. */
static void
test_late_answer(void)
{
	struct po_client *client = begin();
	struct po_shared *shared = NULL;

	next.held = true;
	CU_ASSERT_EQUAL(po_client_fetch(client, 0, 10, &shared), -ETIMEDOUT);
	CU_ASSERT_PTR_NULL(shared);
	CU_ASSERT_TRUE(po_client_is_waiting(client));
	wait_for_collection();
	let_go();
	CU_ASSERT_EQUAL_FATAL(po_client_fetch(client, 0, SOON, &shared), 0);
	CU_ASSERT_EQUAL(shared->snapshot.header->generation, 1);
	po_shared_release(shared);
	end(client);
}

/* The client goes while its thread is at work, and before it takes an answer. */
static void
test_ends_alone(void)
{
	struct po_client *client = begin();
	struct pollfd fd = {closed[0], POLLIN, 0};
	char octet;

	next.held = true;
	CU_ASSERT_EQUAL(po_client_request(client, 0), 0);
	wait_for_collection();
	po_client_free(client);
	CU_ASSERT_EQUAL(poll(&fd, 1, 0), 0);
	let_go();
	CU_ASSERT_EQUAL(read(closed[0], &octet, 1), 1);
	client = begin();
	CU_ASSERT_EQUAL(po_client_request(client, 0), 0);
	CU_ASSERT_TRUE(is_readable(client, SOON));
	end(client);
}

static void
test_pair(void)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(po_pair_open(ends), 0);
	CU_ASSERT_EQUAL(po_pair_receive(ends[0]), -EAGAIN);
	CU_ASSERT_EQUAL(po_pair_send(ends[1], 0xff), 0);
	CU_ASSERT_EQUAL(po_pair_send(ends[1], 'x'), 0);
	CU_ASSERT_EQUAL(po_pair_receive(ends[0]), 0xff);
	CU_ASSERT_EQUAL(po_pair_receive(ends[0]), 'x');
	CU_ASSERT_EQUAL(po_pair_send(ends[0], 'y'), 0);
	CU_ASSERT_EQUAL(po_pair_receive(ends[1]), 'y');
	po_pair_close(ends[0]);
	CU_ASSERT_EQUAL(po_pair_receive(ends[1]), 0);
	CU_ASSERT_TRUE(po_pair_send(ends[1], 'z') < 0);
	po_pair_close(ends[1]);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"an answer for each request", test_answers},
	    {"while a snapshot is taken", test_while_collecting},
	    {"failures", test_failures},
	    {"an answer that comes late", test_late_answer},
	    {"the thread ends by itself", test_ends_alone},
	    {"the stream between them", test_pair},
	    CU_TEST_INFO_NULL,
	};

	if (pipe(begun) != 0 || pipe(go) != 0 || pipe(closed) != 0)
		return 1;
	return unit_main("thread", tests);
}
