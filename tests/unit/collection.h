/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A random collection with few addresses, ports, handles and pids, so that
 * rows meet: shared sockets, several sockets of a handle, several of an
 * endpoint, processes nobody knows of, sockets nobody holds.
 */
#ifndef PO_TESTS_COLLECTION_H
#define PO_TESTS_COLLECTION_H

#include "model/builder.h"
#include "reference.h"

#define COLLECTION_SOCKETS_MAX 8192
#define COLLECTION_HOLDS_MAX 16384
#define COLLECTION_PIDS 60

struct collection {
	struct po_socket sockets[COLLECTION_SOCKETS_MAX];
	struct ref_hold holds[COLLECTION_HOLDS_MAX];
	struct po_process processes[COLLECTION_PIDS];
	struct ref_input input; /* points to the above */
};

/* Fills *collection with n sockets, always the same for a seed. */
void collection_make(struct collection *collection, uint64_t seed, size_t n);

/* Tells the builder all of it; returns its first error. */
int collection_tell(const struct ref_input *input, struct po_builder *builder);

#endif
