/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process gives up once it has opened what it needs.  There is one
 * implementation for each operating system.
 */
#ifndef PO_DAEMON_SANDBOX_H
#define PO_DAEMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum po_sandbox_role {
	/* Looks into all processes and asks the kernel for sockets. */
	PO_SANDBOX_COLLECTOR,
	/* Replays a recorded snapshot: needs no right at all. */
	PO_SANDBOX_REPLAY,
	/* Speaks AgentX over descriptors that were opened for it. */
	PO_SANDBOX_SUBAGENT,
	/* Speaks SNMP by itself: may open UDP sockets (trap sinks). */
	PO_SANDBOX_STANDALONE,
};

struct po_sandbox {
	enum po_sandbox_role role;
	bool change_user; /* to the following; only where it may */
	uid_t uid;
	gid_t gid;
	bool filter; /* restrict system calls; off for debuggers */
	bool bpf; /* the collector runs BPF programs that it has loaded */
};

/*
 * Confines the calling process for good: user and group (no supplementary
 * groups), exactly the capabilities of the role, no new privileges, a filter
 * of system calls.  Rights that the process never had are not an error.
 * Threads that exist already are not confined: call it before there are any.
 * Returns 0 or -errno with a sentence in error.
 */
int po_sandbox_enter(
    const struct po_sandbox *sandbox, char *error, size_t error_size);

/*
 * Whether an agent confined with or without the filter can read configuration
 * files; else it is started anew where it should read them again.
 */
bool po_sandbox_reads_files(bool filter);

#endif
