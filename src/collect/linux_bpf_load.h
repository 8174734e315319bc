/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the bpf source lies in the kernel: two maps, a program and an
 * iterator; loaded by this process, or found where somebody with more rights
 * has pinned them.
 */
#ifndef PO_COLLECT_LINUX_BPF_LOAD_H
#define PO_COLLECT_LINUX_BPF_LOAD_H

#include <stdbool.h>
#include <sys/types.h>

/* The number changes with linux_bpf_wire.h: pins of another one are not ours.
 */
#define LINUX_BPF_PINS "/sys/fs/bpf/portowner-4"

enum linux_bpf_part {
	LINUX_BPF_RECORDS,
	LINUX_BPF_CONTROL,
	LINUX_BPF_WALK_TABLES, /* -1 with files_only */
	LINUX_BPF_WALK, /* the link of the iterator */
	LINUX_BPF_PARTS,
};

struct linux_bpf_parts {
	int fd[LINUX_BPF_PARTS];
	int lock; /* flock(2) it while they run; -1: nobody else has them */
	struct linux_events *listeners; /* NULL: no events */
	struct ring_buffer *events;
};

/*
 * Loads them.  Returns 0 or -errno, as linux_bpf_open() does.  Events are not
 * insisted on.
 */
int linux_bpf_load(struct linux_bpf_parts *parts, bool files_only, bool events);

/* Finds pinned ones, which takes no capability.  Returns 0 or -errno. */
int linux_bpf_find(struct linux_bpf_parts *parts);

/* After either, whether it failed or not. */
void linux_bpf_unload(struct linux_bpf_parts *parts);

#endif
