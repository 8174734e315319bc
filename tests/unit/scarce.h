/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is refused when a test wants it to be, and counted.  Programs are
 * linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free.
 */
#ifndef PO_TESTS_SCARCE_H
#define PO_TESTS_SCARCE_H

struct scarce {
	unsigned long calls;
	unsigned long fail_at; /* which of them; 0: none */
	long live; /* allocations */
};

extern struct scarce scarce;

#endif
