/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is told of a process by files of its own, which cost more to read than
 * all of its sockets: its service and its executable.  They are kept from one
 * collection to the next as long as nothing shows that they changed.
 */
#ifndef PO_COLLECT_LINUX_FACTS_H
#define PO_COLLECT_LINUX_FACTS_H

#include <stdbool.h>

#include "model/row.h"

struct linux_facts;

/*
 * Which process it is, and which program and cgroup it is at.  image and
 * groups are compared, never looked into; groups 0: unknown, then the service
 * is read again from time to time.  cgroup: two processes with the same one
 * that is not 0, and the same groups, are of one service.
 */
struct linux_facts_key {
	uint32_t pid;
	uint64_t start;
	uint64_t image;
	uint64_t groups;
	uint64_t cgroup;
};

/* executables false: none is filled in. */
struct linux_facts *linux_facts_new(bool executables);
void linux_facts_free(struct linux_facts *facts);

/* A collection begins. */
void linux_facts_begin(struct linux_facts *facts);

/*
 * Fills in process->service and process->executable, valid until the
 * collection ends.  dir: the process's folder below /proc, or -1: its files are
 * named by their paths.  Returns 0 or -ENOMEM; what cannot be read stays
 * unknown.
 */
int linux_facts_fill(struct linux_facts *facts,
    const struct linux_facts_key *key, int dir, struct po_process *process);

/* The command line, in buffer; dir as above.  data NULL: it cannot be read. */
struct po_bytes linux_read_arguments(
    int dir, uint32_t pid, char *buffer, size_t size);

/* A collection ended: processes that it did not ask for are forgotten. */
void linux_facts_end(struct linux_facts *facts);

#endif
