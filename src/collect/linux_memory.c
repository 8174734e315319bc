/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glibc's heap, made of large pages.  It is one region that grows at its end;
 * what is advised now is there for all that is allocated later.
 */
#include "collect/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PIECE ((size_t)32 << 20) /* the most that is taken from the heap */
#define PIECES 4

static void
advise(void *memory, size_t size)
{
	const uintptr_t large = (uintptr_t)2 << 20;
	uintptr_t from = ((uintptr_t)memory + large - 1) & ~(large - 1);
	uintptr_t to = ((uintptr_t)memory + size) & ~(large - 1);

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void
po_memory_prepare(void)
{
#ifdef __GLIBC__
	void *pieces[PIECES];
	size_t i;

	if (mallopt(M_MMAP_THRESHOLD, PIECE) == 0 ||
	    mallopt(M_TRIM_THRESHOLD, 2 * PIECES * PIECE) == 0)
		return;
	for (i = 0; i < PIECES; i++) {
		pieces[i] = malloc(PIECE - 4096);
		if (pieces[i] != NULL)
			advise(pieces[i], PIECE - 4096);
	}
	for (i = 0; i < PIECES; i++)
		free(pieces[i]);
#endif
}
