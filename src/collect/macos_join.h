/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From descriptors that were looked at one after the other to sockets and their
 * holders.
 */
#ifndef PO_COLLECT_MACOS_JOIN_H
#define PO_COLLECT_MACOS_JOIN_H

#include "collect/macos_decode.h"
#include "model/builder.h"

/* pid held the socket, as it was then. */
struct po_macos_hold {
	struct po_macos_socket held;
	size_t number; /* in the order in which they were seen */
	uint32_t pid;
};

/* Zeroed at first; items are the caller's to free. */
struct po_macos_holds {
	struct po_macos_hold *items;
	size_t count;
	size_t capacity;
	size_t sure; /* those behind are of a process that is looked at */
};

/* Adds a socket of the process that is looked at.  Returns 0 or -ENOMEM. */
int po_macos_keep(
    struct po_macos_holds *holds, const struct po_macos_socket *socket);

/* The look is over: they were this process's, or, if pid is 0, nobody's. */
void po_macos_settle(struct po_macos_holds *holds, uint32_t pid);

/* Puts sockets and owners into an empty builder.  Returns 0 or -ENOMEM. */
int po_macos_tell(struct po_macos_holds *holds, struct po_builder *builder);

#endif
