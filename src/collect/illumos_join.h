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

/*
 * Once all rows are there: makes one of the two rows of a socket of both
 * families and gives handles.  notes: of all that was decoded.
 */
void po_illumos_join(
    struct po_illumos_rows *rows, const struct po_illumos_notes *notes);

/* The handle of the socket that a process has open, or 0. */
uint64_t po_illumos_find(
    const struct po_illumos_rows *rows, const struct po_illumos_file *file);

/*
 * Puts the joined rows into the builder, and as owners, where sockets have no
 * inodes, their creators: those of the builder's processes that are not
 * younger than the socket, as a pid may have been given again.  The builder's
 * processes have nanoseconds since 1970 as start.  Returns 0 or -ENOMEM.
 */
int po_illumos_tell(const struct po_illumos_rows *rows,
    const struct po_illumos_clock *clock, struct po_builder *builder);

#endif
