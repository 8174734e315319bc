/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of the MIB-2 stream, as the kernel gives them.
 */
#ifndef PO_COLLECT_ILLUMOS_FETCH_H
#define PO_COLLECT_ILLUMOS_FETCH_H

#include "collect/illumos_decode.h"

/* messages and their data are from malloc(). */
struct illumos_stream {
	struct po_illumos_message *messages;
	size_t n;
};

/*
 * Asks for all that the kernel tells of the caller's own zone.  stream is to be
 * freed even then: returns 0 or -errno.
 */
int illumos_fetch(struct illumos_stream *stream);

void illumos_stream_free(struct illumos_stream *stream);

#endif
