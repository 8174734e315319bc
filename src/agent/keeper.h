/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that outlives the agent: replaced as a whole or not at all, by a
 * thread, so that a disk that is slow keeps nobody waiting.
 */
#ifndef PO_AGENT_KEEPER_H
#define PO_AGENT_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

struct po_keeper;

/*
 * Opens the folder of path, which is copied: from then on no other path is
 * opened, so that a sandbox may be entered that has none.  NULL: no memory.
 */
struct po_keeper *po_keeper_new(const char *path);

/* Waits for what is being written. */
void po_keeper_free(struct po_keeper *keeper);

const char *po_keeper_path(const struct po_keeper *keeper);

/*
 * Reads all of the file, at most size_max octets.  *text is from malloc() and
 * belongs to the caller.  Returns 0 or -errno: -ENOENT if there is none, -ENODEV
 * if what is there is no regular file.
 */
int po_keeper_read(const struct po_keeper *keeper, size_t size_max, char **text,
    size_t *length);

/* Renames a file that is of no use to PATH.damaged.  Returns 0 or -errno. */
int po_keeper_set_aside(const struct po_keeper *keeper);

/*
 * Begins to write text, which is from malloc() and is taken over in any case.
 * Returns 0; or -EBUSY while another text is being written; or -errno.
 */
int po_keeper_write(struct po_keeper *keeper, char *text, size_t length);

/* Whether the last text has been written; *error: 0 or -errno, how it went. */
bool po_keeper_is_idle(struct po_keeper *keeper, int *error);

/* Waits until it has.  Returns 0 or -errno. */
int po_keeper_wait(struct po_keeper *keeper);

#endif
