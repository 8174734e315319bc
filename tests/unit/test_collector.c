/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which source is taken, and what happens when one fails.  The build's own
 * sources stand aside for three that do as they are told.
 */
#include "collect/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "model/snapshot.h"
#include "unit.h"

struct fake {
	int open; /* what opening it gives */
	int collect; /* and collecting */
	int opened;
	int closed;
	uint16_t port; /* of the one row it tells of */
};

static struct fake fakes[3];

static int
open_fake(struct fake *fake, void **state)
{
	*state = fake;
	fake->opened += fake->open == 0;
	return fake->open;
}

static int
open_first(const struct po_collect_options *options, void **state)
{
	(void)options;
	return open_fake(&fakes[0], state);
}

static int
open_second(const struct po_collect_options *options, void **state)
{
	(void)options;
	return open_fake(&fakes[1], state);
}

static int
open_third(const struct po_collect_options *options, void **state)
{
	(void)options;
	return open_fake(&fakes[2], state);
}

/* Tells of its row and then, perhaps, fails midway. */
static int
collect_fake(void *state, struct po_builder *builder)
{
	const struct fake *fake = state;
	struct po_socket socket =
	    unit_bound(PO_PROTOCOL_TCP, "192.0.2.1", fake->port, 1);

	if (po_builder_add_socket(builder, &socket) != 0)
		return -ENOMEM;
	return fake->collect;
}

static void
close_fake(void *state)
{
	((struct fake *)state)->closed++;
}

static const struct po_collector_ops first = {
    "first", open_first, collect_fake, close_fake, NULL, NULL};
static const struct po_collector_ops second = {
    "second", open_second, collect_fake, close_fake, NULL, NULL};
static const struct po_collector_ops third = {
    "third", open_third, collect_fake, close_fake, NULL, NULL};

const struct po_collector_ops *const po_collectors[] = {
    &first, &second, &third, NULL};

static void
reset(int first_opens, int second_opens, int third_opens)
{
	const int opens[3] = {first_opens, second_opens, third_opens};
	size_t i;

	memset(fakes, 0, sizeof(fakes));
	for (i = 0; i < 3; i++) {
		fakes[i].open = opens[i];
		fakes[i].port = (uint16_t)(i + 1);
	}
}

static struct po_collector *
open_source(const char *source, char error[256])
{
	const struct po_collect_options options = {
	    .source = source, .max_rows = 10};
	struct po_collector *collector;

	if (po_collector_open(&options, &collector, error, 256) != 0)
		return NULL;
	return collector;
}

/* Collects; returns the port of the one row, or the negative error. */
static int
collect_port(struct po_collector *collector, char error[256])
{
	struct po_snapshot snapshot;
	void *image;
	size_t size;
	int result;

	result = po_collector_collect(collector, &image, &size, error, 256);
	if (result != 0)
		return result;
	CU_ASSERT_EQUAL_FATAL(
	    po_snapshot_open(image, size, &snapshot, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(snapshot.n_endpoints, 1);
	result = snapshot.endpoints[0].port;
	free(image);
	return result;
}

static void
test_best_one(void)
{
	struct po_collector *collector;
	char error[256] = "old";

	reset(0, 0, 0);
	collector = open_source("auto", error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
	CU_ASSERT_STRING_EQUAL(po_collector_source(collector), "first");
	CU_ASSERT_STRING_EQUAL(error, "");
	CU_ASSERT_EQUAL(collect_port(collector, error), 1);
	CU_ASSERT_STRING_EQUAL(error, "");
	po_collector_close(collector);
	CU_ASSERT_EQUAL(fakes[0].closed, 1);
	CU_ASSERT_EQUAL(fakes[1].opened, 0);
}

static void
test_better_ones_do_not_work(void)
{
	struct po_collector *collector;
	char error[256];

	reset(-EPERM, -ENOTSUP, 0);
	collector = open_source("auto", error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
	CU_ASSERT_STRING_EQUAL(po_collector_source(collector), "third");
	CU_ASSERT_STRING_EQUAL(error,
	    "the source first does not work: Operation not permitted; "
	    "using third");
	po_collector_close(collector);
	CU_ASSERT_EQUAL(fakes[0].closed + fakes[1].closed, 0);
	reset(-EPERM, -EPERM, -EPERM);
	CU_ASSERT_PTR_NULL(open_source("auto", error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "the source first"));
}

static void
test_one_by_name(void)
{
	struct po_collector *collector;
	char error[256];

	reset(0, -EPERM, 0);
	CU_ASSERT_PTR_NULL(open_source("second", error));
	CU_ASSERT_STRING_EQUAL(
	    error, "the source second does not work: Operation not permitted");
	CU_ASSERT_PTR_NULL(open_source("fourth", error));
	CU_ASSERT_STRING_EQUAL(error,
	    "there is no source \"fourth\"; there are: first second third "
	    "auto replay:FILE");
	/* Whoever names one gets that one or none. */
	collector = open_source("first", error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
	fakes[0].collect = -EAGAIN;
	CU_ASSERT_EQUAL(collect_port(collector, error), -EAGAIN);
	CU_ASSERT_STRING_EQUAL(
	    error, "the source first failed: Resource temporarily unavailable");
	fakes[0].collect = 0;
	CU_ASSERT_EQUAL(collect_port(collector, error), 1);
	CU_ASSERT_EQUAL(fakes[0].closed, 0);
	po_collector_close(collector);
}

static void
test_fall_back(void)
{
	struct po_collector *collector;
	char error[256];

	reset(0, -EPERM, 0);
	collector = open_source("auto", error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
	CU_ASSERT_EQUAL(collect_port(collector, error), 1);
	/* No refresh is lost, and nothing of the first one is in it. */
	fakes[0].collect = -EIO;
	CU_ASSERT_EQUAL(collect_port(collector, error), 3);
	CU_ASSERT_STRING_EQUAL(error,
	    "the source first failed: Input/output error; from now on third");
	CU_ASSERT_STRING_EQUAL(po_collector_source(collector), "third");
	CU_ASSERT_EQUAL(fakes[0].closed, 1);
	/* Told once, and for good. */
	fakes[0].collect = 0;
	CU_ASSERT_EQUAL(collect_port(collector, error), 3);
	CU_ASSERT_STRING_EQUAL(error, "");
	/* The last one has nobody behind it, and may work again. */
	fakes[2].collect = -EIO;
	CU_ASSERT_EQUAL(collect_port(collector, error), -EIO);
	fakes[2].collect = 0;
	CU_ASSERT_EQUAL(collect_port(collector, error), 3);
	po_collector_close(collector);
	CU_ASSERT_EQUAL(fakes[0].closed, 1);
	CU_ASSERT_EQUAL(fakes[2].closed, 1);
}

static void
test_nothing_to_fall_back_to(void)
{
	struct po_collector *collector;
	char error[256];

	reset(0, -EPERM, -EPERM);
	collector = open_source("auto", error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
	fakes[0].collect = -EIO;
	CU_ASSERT_EQUAL(collect_port(collector, error), -EIO);
	CU_ASSERT_STRING_EQUAL(po_collector_source(collector), "first");
	CU_ASSERT_EQUAL(fakes[0].closed, 0);
	/* One that fails as well is closed again. */
	fakes[1].open = 0;
	fakes[1].collect = -EIO;
	CU_ASSERT_EQUAL(collect_port(collector, error), -EIO);
	CU_ASSERT_EQUAL(fakes[1].closed, 1);
	/* The first one may work again. */
	fakes[0].collect = 0;
	CU_ASSERT_EQUAL(collect_port(collector, error), 1);
	fakes[0].collect = -EIO;
	fakes[1].collect = 0;
	CU_ASSERT_EQUAL(collect_port(collector, error), 2);
	po_collector_close(collector);
	CU_ASSERT_EQUAL(fakes[0].closed, 1);
	CU_ASSERT_EQUAL(fakes[1].closed, 2);
}

static void
test_what_no_other_source_helps(void)
{
	static const int errors[] = {-ENOMEM, -ENOTRECOVERABLE};
	struct po_collector *collector;
	char error[256];
	size_t i;

	for (i = 0; i < 2; i++) {
		reset(0, 0, 0);
		collector = open_source("auto", error);
		CU_ASSERT_PTR_NOT_NULL_FATAL(collector);
		fakes[0].collect = errors[i];
		CU_ASSERT_EQUAL(collect_port(collector, error), errors[i]);
		CU_ASSERT_EQUAL(fakes[1].opened, 0);
		po_collector_close(collector);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"the best one", test_best_one},
	    {"better ones do not work", test_better_ones_do_not_work},
	    {"one by name", test_one_by_name},
	    {"falling back", test_fall_back},
	    {"nothing to fall back to", test_nothing_to_fall_back_to},
	    {"what no other source helps", test_what_no_other_source_helps},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("collector", tests);
}
