/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of linux_walk.bpf.c, or of linux_files.bpf.c, in the running
 * kernel: loaded once, run for every collection.
 */
#ifndef PO_COLLECT_LINUX_BPF_H
#define PO_COLLECT_LINUX_BPF_H

#include <stddef.h>

#include "collect/linux_bpf_decode.h"
#include "model/profile.h"

struct linux_bpf;

struct linux_bpf_options {
	bool files_only;
	bool events;
	struct po_profile *profile; /* or NULL */
};

/*
 * Loads the programs.  The fast ones need Linux 6.2; files_only chooses the
 * older way, which tells of holders alone (5.11).  events: linux_bpf_event_fd()
 * is wanted.  Returns 0 or -errno: -EPERM without CAP_BPF and CAP_PERFMON,
 * -ENOTSUP where the kernel, or this build, cannot do it.
 */
int linux_bpf_open(
    struct linux_bpf **bpf, const struct linux_bpf_options *options);
void linux_bpf_close(struct linux_bpf *bpf);

/* Whether linux_bpf_list() works. */
bool linux_bpf_has_tables(const struct linux_bpf *bpf);

/* All kinds of tables; bit n: that of enum po_bpf_table_kind. */
#define LINUX_BPF_TABLES                                                       \
	(1u << PO_BPF_TCP_CONNECTED | 1u << PO_BPF_TCP_LISTENING |             \
	    1u << PO_BPF_UDP)

/*
 * Visits the TCP and UDP sockets in these kinds of tables, of the own network
 * namespace or of all, whoever holds them.  Returns 0, -errno, or a visitor's
 * negative answer.
 */
int linux_bpf_list(struct linux_bpf *bpf, bool own_stack_only, uint32_t kinds,
    const struct po_bpf_visitor *visitor);

/* Visits all processes and the sockets that they hold. */
int linux_bpf_scan(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor);

/*
 * A descriptor that becomes readable when a TCP socket begins or ceases to
 * listen, -1: there is none.  Taking the events makes it unreadable again.
 */
int linux_bpf_event_fd(const struct linux_bpf *bpf);
void linux_bpf_take_events(struct linux_bpf *bpf);

#endif
