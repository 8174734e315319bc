/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of the MIB-2 stream, as the kernel gives them.
 */
#ifndef PO_COLLECT_ILLUMOS_FETCH_H
#define PO_COLLECT_ILLUMOS_FETCH_H

#include "collect/illumos_decode.h"

/*
 * Asks for all that the kernel tells of the caller's own zone.  stream is to be
 * freed even then: returns 0 or -errno.
 */
int illumos_fetch(struct po_illumos_stream *stream);

#endif
