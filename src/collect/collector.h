/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one interface between the operating systems and everything else: a
 * collector pushes sockets, owners, processes and gaps into a builder.  The
 * build chooses which collectors exist; po_collector_open() chooses one.
 */
#ifndef PO_COLLECT_COLLECTOR_H
#define PO_COLLECT_COLLECTOR_H

#include "model/builder.h"

struct po_collect_options {
	const char *source; /* auto, diag, proc, ..., replay:FILE */
	bool all_stacks;
	bool arguments; /* command lines carry secrets: off by default */
	bool no_executables; /* spares their paths where they cost extra */
	uint32_t max_rows;
	bool listener_ephemeral_udp;
	/*
	 * Linux: opens a socket for socket diagnosis in the network namespace
	 * that the descriptor refers to, for a collector that may not go there
	 * itself.  Returns the socket or -errno.  NULL: nobody helps.
	 */
	int (*open_stack)(void *context, int namespace);
	void *context;
	bool events; /* of new listeners are wanted, see event_fd */
	struct po_profile *profile; /* NULL: none is wanted */
	bool once; /* spares memory, if there will be one collection */
};

#define PO_MAX_ROWS 1000000

struct po_collector;

/*
 * What an operating system provides.  open: required; *state is passed to the
 * others.  collect: required, fills an empty builder.  close: required.
 *
 * event_fd: optional; where the kernel tells of new listeners, a descriptor
 * that becomes readable then, or -1.  It is asked for after open and after each
 * collection, and stays the collector's.  acknowledge: required with event_fd; makes the
 * descriptor unreadable again.  A socket that came before is found by a
 * collection that begins after.
 */
struct po_collector_ops {
	const char *name;
	int (*open)(const struct po_collect_options *options, void **state);
	int (*collect)(void *state, struct po_builder *builder);
	void (*close)(void *state);
	int (*event_fd)(void *state);
	void (*acknowledge)(void *state);
};

/* The build's collectors, best first, ended by NULL. */
extern const struct po_collector_ops *const po_collectors[];

/*
 * Opens a source.  options are copied.  Returns 0; -EINVAL if there is no such
 * source; or the source's own error.  error gets a sentence that says what is
 * wrong, with the name of the file or the source; on success too, where a
 * better source does not work, otherwise it becomes empty.
 */
int po_collector_open(const struct po_collect_options *options,
    struct po_collector **collector, char *error, size_t error_size);

/*
 * Collects once.  The pieces of the sealed snapshot are lent until the next
 * collection.  Returns 0 or -errno with a sentence in error.  If the source
 * fails and was chosen automatically, the next one takes over: then error tells
 * that, with 0; otherwise it becomes empty.
 */
int po_collector_collect_pieces(struct po_collector *collector,
    struct po_pieces *pieces, char *error, size_t error_size);

/*
 * The same.  *image is a sealed snapshot of *size octets from malloc() that
 * belongs to the caller.
 */
int po_collector_collect(struct po_collector *collector, void **image,
    size_t *size, char *error, size_t error_size);

/* The same for who only reads it: it is lent until the next collection. */
int po_collector_look(struct po_collector *collector,
    struct po_snapshot *snapshot, char *error, size_t error_size);

/* As po_collector_ops.event_fd and acknowledge; -1: there are no events. */
int po_collector_event_fd(const struct po_collector *collector);
void po_collector_acknowledge(struct po_collector *collector);

/* The source in use: "diag", "replay:FILE". */
const char *po_collector_source(const struct po_collector *collector);

void po_collector_close(struct po_collector *collector);

#endif
