/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recorded snapshots: files that hold an image and its checksum.
 */
#ifndef PO_COLLECT_REPLAY_H
#define PO_COLLECT_REPLAY_H

#include <stddef.h>

/*
 * Reads and checks a recorded snapshot.  *image is from malloc() and belongs
 * to the caller.  Returns 0 or -errno with a sentence in error that names the
 * file.
 */
int po_replay_read(const char *path, void **image, size_t *size, char *error,
    size_t error_size);

/*
 * Records an image under a temporary name beside path, then renames it: the
 * file is there whole or not at all.  Returns as above.
 */
int po_replay_write(const char *path, const void *image, size_t size,
    char *error, size_t error_size);

#endif
