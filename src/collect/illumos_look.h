/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A collection on illumos and Solaris as far as it needs neither: what is read
 * when, and what follows from it.  Whoever calls brings the reading.
 */
#ifndef PO_COLLECT_ILLUMOS_LOOK_H
#define PO_COLLECT_ILLUMOS_LOOK_H

#include "collect/illumos_join.h"

struct po_illumos_look;

struct po_illumos_source {
	/* All that the kernel tells of sockets; freed even after an error. */
	int (*fetch)(void *context, struct po_illumos_stream *stream);
	/*
	 * Tells of every process, if wanted with its files before it, by the
	 * functions below.  Returns 0, -errno, or what these returned.
	 */
	int (*look)(void *context, bool files, struct po_illumos_look *look);
	/*
	 * Adds to the facts of a process that holds sockets what psinfo does
	 * not tell; valid until the next call.
	 */
	void (*details)(
	    void *context, uint32_t contract, struct po_process *facts);
	void *context;
	bool files; /* /proc tells of them */
	bool arguments; /* are wanted */
	struct po_illumos_clock clock;
};

/* A file of the process that is told of next.  Returns 0 or -ENOMEM. */
int po_illumos_see_file(
    struct po_illumos_look *look, const void *octets, size_t length);

/* The process, or NULL if it ended: then it holds nothing. */
int po_illumos_see_process(
    struct po_illumos_look *look, const struct po_illumos_process *process);

/* What could not be seen, and what stands for owners. */
struct po_illumos_gaps {
	uint32_t odd; /* tables and files that are not known */
	bool rows; /* there are sockets */
	bool holders; /* owners are the sockets' holders */
	bool creators; /* if not, they are the processes that opened them */
};

/* What lasts between collections; zeroed at first. */
struct po_illumos_memory {
	struct po_illumos_rows ownerless;
};

void po_illumos_forget(struct po_illumos_memory *memory);

/*
 * Fills an empty builder with sockets, their owners, and the processes.
 * Returns 0 or -errno.
 */
int po_illumos_collect(const struct po_illumos_source *source,
    struct po_illumos_memory *memory, struct po_builder *builder,
    struct po_illumos_gaps *gaps);

#endif
