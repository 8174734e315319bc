/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state file: whatever stands under a sum that is right is refused, or
 * comes out again as it went in.
 */
#include "model/past.h"

#include <inttypes.h>
#include <string.h>

#include "fuzz.h"

#define SUM_LINE 21

static void
check(const char *text, size_t length)
{
	struct po_past past = {
	    .boot = "boot",
	    .history = po_history_new(),
	    .expectations = po_expectations_new(),
	};
	const char *why;
	size_t written, again;
	char *out, *other;
	bool same;

	if (past.history != NULL && past.expectations != NULL &&
	    po_past_read(&past, text, length, UINT64_MAX / 2, &same, &why) ==
		0 &&
	    po_past_write(&past, &out, &written) == 0) {
		po_history_forget(past.history);
		FUZZ_CHECK(po_past_read(&past, out, written, UINT64_MAX / 2,
			       &same, &why) == 0);
		FUZZ_CHECK(same);
		FUZZ_CHECK(po_past_write(&past, &other, &again) == 0);
		FUZZ_CHECK(
		    written == again && memcmp(out, other, written) == 0);
		free(out);
		free(other);
	}
	po_history_free(past.history);
	po_expectations_free(past.expectations);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325u;
	char *text = malloc(size + SUM_LINE + 1);
	size_t i;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	check(text, size);
	for (i = 0; i < size; i++)
		sum = (sum ^ data[i]) * 0x100000001b3u;
	sprintf(text + size, "sum\t%016" PRIx64 "\n", sum);
	check(text, size + SUM_LINE);
	free(text);
	return 0;
}
