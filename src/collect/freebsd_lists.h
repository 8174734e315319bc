/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A collection on FreeBSD as far as it needs no FreeBSD: which lists are read
 * when, and what follows from them.  Whoever calls brings the reading.
 */
#ifndef PO_COLLECT_FREEBSD_LISTS_H
#define PO_COLLECT_FREEBSD_LISTS_H

#include "collect/freebsd_decode.h"
#include "model/builder.h"

struct po_freebsd_source {
	/*
	 * Reads a list as sysctl(3) does: with buffer NULL, *size becomes an
	 * estimate of what it needs; else *size octets may be written, and
	 * becomes how many were.  stack: 0, or the jail whose sockets are
	 * asked for.  Returns 0; -ENOMEM if there was more than *size; -ENOENT
	 * if the kernel has no such list; or another -errno.
	 */
	int (*get)(void *context, enum po_freebsd_list list, uint32_t stack,
	    void *buffer, size_t *size);
	/* A jail's name; NULL: not known. */
	const char *(*jail)(void *context, uint32_t jail);
	/*
	 * What no list tells of a process that has sockets: executable and
	 * arguments, valid until the next call.
	 */
	void (*details)(void *context, struct po_process *process);
	void *context;
};

/* What could not be seen. */
struct po_freebsd_gaps {
	uint32_t odd; /* records that are not known */
	uint32_t unsettled; /* lists that changed whenever they were read */
	uint32_t unreachable; /* stacks */
};

/* Octets that are kept from one collection to the next. */
struct po_freebsd_buffer {
	void *data;
	size_t size; /* of what was read */
	size_t capacity;
};

/*
 * Reads a whole list, with more room each time that it had grown meanwhile.
 * Returns 0, -ENOMEM if it outgrew all patience, or get's -errno.
 */
int po_freebsd_read(const struct po_freebsd_source *source,
    enum po_freebsd_list list, uint32_t stack,
    struct po_freebsd_buffer *buffer);

/* What lasts between collections; all 0 at first. */
struct po_freebsd_memory {
	struct po_freebsd_buffer buffer;
	uint64_t *ownerless; /* sorted handles */
	size_t n_ownerless;
};

void po_freebsd_forget(struct po_freebsd_memory *memory);

/*
 * Fills an empty builder with the sockets of the stacks (0, the own one, among
 * them), their owners, and the processes.  Returns 0 or -errno.
 */
int po_freebsd_collect(const struct po_freebsd_source *source,
    const uint32_t *stacks, size_t n_stacks, struct po_freebsd_memory *memory,
    struct po_builder *builder, struct po_freebsd_gaps *gaps);

#endif
