/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glibc's heap is one region that grows at its end: what is advised of it once
 * is there for all that is allocated later.  Pieces of its own, from mmap(2),
 * are moved by the kernel when they grow, and not copied.
 */
#include "collect/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PIECE_MAX (32 << 20) /* the most that glibc takes from its heap */
#define PIECE ((size_t)PIECE_MAX - 4096)
#define PIECES 4
#define APART (256 << 10) /* pieces of their own begin here */

void
po_memory_for_once(void)
{
#ifdef __GLIBC__
	const uintptr_t large = (uintptr_t)2 << 20;
	uintptr_t from, to, first = 0;
	void *pieces[PIECES];
	volatile char *before;
	size_t i;

	if (mallopt(M_MMAP_THRESHOLD, PIECE_MAX) == 0 ||
	    mallopt(M_TRIM_THRESHOLD, 2 * PIECES * PIECE_MAX) == 0)
		return;
	for (i = 0; i < PIECES; i++) {
		pieces[i] = malloc(PIECE);
		from = ((uintptr_t)pieces[i] + large - 1) & ~(large - 1);
		to = ((uintptr_t)pieces[i] + PIECE) & ~(large - 1);
		if (pieces[i] != NULL && from < to)
			(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
		if (i == 0 && pieces[i] != NULL)
			first = from - (uintptr_t)pieces[i];
	}
	for (i = 0; i < PIECES; i++)
		free(pieces[i]);
	/* Up to there the pages are small: it is taken, and left alone. */
	before = first > 0 ? malloc(first) : NULL;
	if (before != NULL)
		*before = 0;
	/* What a second heap costs pays for many threads, and there is one. */
	mallopt(M_ARENA_MAX, 1);
#endif
}

void
po_memory_for_long(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, APART);
#endif
}
