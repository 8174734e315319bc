/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of users.  A name service may be a directory at the end of a slow
 * line, so it is asked by a thread of its own and waited for a little while
 * only; a name that comes late serves the next collection.
 */
#ifndef PO_COLLECT_NAMES_H
#define PO_COLLECT_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct po_names;

/* patience: milliseconds that one collection waits in all.  NULL: no memory. */
struct po_names *po_names_new(unsigned int patience);
void po_names_free(struct po_names *names);

/* A collection begins: the patience is whole again. */
void po_names_begin(struct po_names *names);

/*
 * The name behind a key of the system's own: a uid, a SID; length octets, up to
 * PO_NAME_KEY_MAX.  NULL if it has none or nobody answered yet.  Valid until
 * the next call.
 */
const char *po_names_lookup(
    struct po_names *names, const void *key, size_t length);

/*
 * The name of uid; NULL if it has none or nobody answered yet.  Valid until
 * the next call.  context is a struct po_names.
 */
const char *po_names_user(void *context, uint32_t uid);

#endif
