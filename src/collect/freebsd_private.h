/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of a collection on FreeBSD.
 */
#ifndef PO_COLLECT_FREEBSD_PRIVATE_H
#define PO_COLLECT_FREEBSD_PRIVATE_H

#include "collect/freebsd_lists.h"

struct freebsd_process {
	uint32_t pid;
	uint32_t parent;
	uint32_t uid;
	uint32_t jail;
	uint64_t start;
	bool holds; /* a socket */
	uint8_t length;
	char command[32];
};

/* pid holds the socket at this address. */
struct freebsd_hold {
	uint64_t handle;
	uint32_t pid;
};

/* Items of one of the three kinds. */
struct freebsd_array {
	void *items;
	size_t count;
	size_t capacity;
};

/* One more item of size octets; NULL: no memory. */
void *freebsd_array_add(struct freebsd_array *array, size_t size);

/* One collection. */
struct freebsd_run {
	const struct po_freebsd_source *source;
	const uint32_t *stacks;
	size_t n_stacks;
	struct po_freebsd_memory *memory;
	struct po_freebsd_gaps *gaps;
	/* po_freebsd_socket: those that were there all the time, in order. */
	struct freebsd_array sockets;
	struct freebsd_array holds; /* freebsd_hold, of all looks */
	/* freebsd_process by pid: at the last look, and at the one before. */
	struct freebsd_array processes, before;
};

/* Lists the sockets of all stacks anew into sockets, in order. */
int freebsd_list_sockets(
    struct freebsd_run *run, struct freebsd_array *sockets);

/* Lists all processes into run->processes, by pid. */
int freebsd_list_processes(struct freebsd_run *run);

/* Adds who holds the run's sockets now to run->holds. */
int freebsd_list_holds(struct freebsd_run *run);

/* Leaves the run's sockets that are in now, too, as they are there. */
void freebsd_keep_common(
    struct freebsd_run *run, const struct freebsd_array *now);

/* The process, or NULL. */
struct freebsd_process *freebsd_find_process(
    const struct freebsd_array *processes, uint32_t pid);

#endif
