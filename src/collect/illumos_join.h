/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the rows of illumos's tables to sockets with handles and owners.
 */
#ifndef PO_COLLECT_ILLUMOS_JOIN_H
#define PO_COLLECT_ILLUMOS_JOIN_H

#include "collect/illumos_decode.h"
#include "model/builder.h"

/* Zeroed at first; items are the caller's to free. */
struct po_illumos_rows {
	struct po_illumos_socket *items;
	size_t count;
	size_t capacity;
};

/* When tick 0 was, in nanoseconds since 1970, and how long a tick is. */
struct po_illumos_clock {
	uint64_t boot;
	uint64_t tick;
};

/* Adds a row; for po_illumos_decode().  Returns 0 or -ENOMEM. */
int po_illumos_keep(void *rows, const struct po_illumos_socket *socket);

/* 0: rows of two lists are of one socket, as far as names and times tell. */
int po_illumos_compare(const void *left, const void *right);

/*
 * Leaves the rows that are in now, too, as they are there.  Both get sorted by
 * po_illumos_compare().
 */
void po_illumos_keep_common(
    struct po_illumos_rows *rows, struct po_illumos_rows *now);

/* Gives handles to the sockets that may be somebody's files, and sorts by them. */
void po_illumos_join(struct po_illumos_rows *rows);

/* The handle that the rows of a file have, joined as above, or 0. */
uint64_t po_illumos_find(
    const struct po_illumos_rows *rows, const struct po_illumos_file *file);

/*
 * The end of it: makes one of the two rows of a socket of both families; the
 * other loses its port, and is no row.  Rows must be joined, or, where files
 * are not known, creators: then each gets a handle of its own.
 */
void po_illumos_merge(struct po_illumos_rows *rows, bool creators);

/*
 * Puts the merged rows into the builder.  With a clock their creators become
 * owners: those of the builder's processes that are not younger than the
 * socket, as a pid may have been given again.  The builder's processes have
 * nanoseconds since 1970 as start.  Returns 0 or -ENOMEM.
 */
int po_illumos_tell(const struct po_illumos_rows *rows,
    const struct po_illumos_clock *clock, struct po_builder *builder);

#endif
