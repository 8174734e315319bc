/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of a fuzz target, libFuzzer's, and what all of them share.  Built
 * with -fsanitize=fuzzer a target stands alone; else fuzz_main.c drives it.
 */
#ifndef PO_TESTS_FUZZ_H
#define PO_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. */
#define FUZZ_CHECK(condition)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
			    #condition);                                       \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
