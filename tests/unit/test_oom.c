/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No memory at the Nth allocation, for every N of a collection: the builder
 * says so, leaks nothing, and works again after a reset.
 */
#include "model/builder.h"

#include <errno.h>
#include <stdlib.h>

#include "collection.h"
#include "scarce.h"
#include "unit.h"

static struct collection collection;

/* One collection from beginning to end; *image is the caller's. */
static int
collect(struct po_builder *builder, void **image, size_t *size)
{
	static const struct po_seal seal = {.source = "test"};
	int error = collection_tell(&collection.input, builder);

	*image = NULL;
	*size = 0;
	if (error != 0)
		return error;
	return po_builder_seal(builder, &seal, image, size);
}

static const struct po_builder_options options = {.max_rows = 200};

/*
 * Fails the nth allocation of a collection, then resets and collects again.
 * Returns whether there was an nth allocation to fail.
 */
static bool
fail_nth(unsigned long n, const void *expected, size_t expected_size)
{
	struct po_builder *builder = po_builder_new(&options);
	void *image, *second;
	size_t size;
	bool failed;
	int error;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	scarce.calls = 0;
	scarce.fail_at = n;
	error = collect(builder, &image, &size);
	failed = scarce.calls >= n;
	scarce.fail_at = 0;
	CU_ASSERT_EQUAL(error, failed ? -ENOMEM : 0);
	if (failed)
		CU_ASSERT_PTR_NULL(image);
	po_builder_reset(builder);
	CU_ASSERT_EQUAL(collect(builder, &second, &size), 0);
	CU_ASSERT_EQUAL(size, expected_size);
	if (size == expected_size)
		CU_ASSERT_EQUAL(memcmp(second, expected, size), 0);
	free(image);
	free(second);
	po_builder_free(builder);
	return failed;
}

/* The same without a second chance. */
static void
fail_and_free(unsigned long n)
{
	struct po_builder *builder = po_builder_new(&options);
	void *image;
	size_t size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	scarce.calls = 0;
	scarce.fail_at = n;
	CU_ASSERT_EQUAL(collect(builder, &image, &size), -ENOMEM);
	scarce.fail_at = 0;
	free(image);
	po_builder_free(builder);
}

static void
test_every_allocation(void)
{
	struct po_builder *builder;
	unsigned long n;
	void *expected;
	size_t size;
	long before;
	bool failed;

	collection_make(&collection, 3, 400);
	builder = po_builder_new(&options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	CU_ASSERT_EQUAL_FATAL(collect(builder, &expected, &size), 0);
	po_builder_free(builder);
	for (n = 1; n < 10000; n++) {
		before = scarce.live;
		failed = fail_nth(n, expected, size);
		if (failed)
			fail_and_free(n);
		CU_ASSERT_EQUAL(scarce.live, before);
		if (!failed)
			break;
	}
	/* There were some, and the last one was found. */
	CU_ASSERT_TRUE(n > 20);
	CU_ASSERT_TRUE(n < 10000);
	free(expected);
}

static void
test_new(void)
{
	long before = scarce.live;

	scarce.calls = 0;
	scarce.fail_at = 1;
	CU_ASSERT_PTR_NULL(po_builder_new(&options));
	scarce.fail_at = 0;
	CU_ASSERT_EQUAL(scarce.live, before);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"po_builder_new", test_new},
	    {"every allocation of a collection", test_every_allocation},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("no memory", tests);
}
