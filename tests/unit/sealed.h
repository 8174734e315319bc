/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A builder for tests, and the image it makes, opened.
 */
#ifndef PO_TESTS_SEALED_H
#define PO_TESTS_SEALED_H

#include <stdlib.h>

#include "model/builder.h"
#include "unit.h"

struct sealed {
	void *image;
	size_t size;
	struct po_snapshot s;
};

static inline struct po_builder *
sealed_builder(uint32_t max_rows)
{
	const struct po_builder_options options = {.max_rows = max_rows};
	struct po_builder *builder = po_builder_new(&options);

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	return builder;
}

/* Seals and opens; sealed_free() it. */
static inline void
sealed_make(struct sealed *sealed, struct po_builder *builder)
{
	static const struct po_seal seal = {
	    .source = "test",
	    .generation = 7,
	    .taken_unix = 1700000000000000,
	    .taken = 123456789,
	    .collect_us = 4321,
	};
	const char *why = NULL;

	memset(sealed, 0, sizeof(*sealed));
	CU_ASSERT_EQUAL_FATAL(
	    po_builder_seal(builder, &seal, &sealed->image, &sealed->size), 0);
	CU_ASSERT_EQUAL_FATAL(
	    po_snapshot_open(sealed->image, sealed->size, &sealed->s, &why), 0);
	CU_ASSERT_PTR_NULL(why);
}

static inline void
sealed_free(struct sealed *sealed)
{
	free(sealed->image);
	memset(sealed, 0, sizeof(*sealed));
}

/* Compares a string of the snapshot with text. */
static inline bool
sealed_is(const struct sealed *sealed, po_string string, const char *text)
{
	size_t length;
	const char *got = po_snapshot_text(&sealed->s, string, &length);

	return length == strlen(text) && memcmp(got, text, length) == 0;
}

#endif
