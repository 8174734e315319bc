/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock of po_snapshot_header.taken.
 */
#ifndef PO_MODEL_CLOCK_H
#define PO_MODEL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds of a clock that never goes back, the same for all processes. */
static inline uint64_t
po_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

#endif
