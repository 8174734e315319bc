/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of linux_kernel.bpf.c in the running kernel: loaded once, run
 * for every collection.
 */
#ifndef PO_COLLECT_LINUX_BPF_H
#define PO_COLLECT_LINUX_BPF_H

#include <stddef.h>

#include "collect/linux_bpf_decode.h"
#include "model/profile.h"

struct linux_bpf;

/*
 * Loads the programs.  The fast ones need Linux 6.2; files_only chooses the
 * older way, which tells of holders alone (5.11).  Returns 0 or -errno:
 * -EPERM without CAP_BPF and CAP_PERFMON, -ENOTSUP where the kernel, or this
 * build, cannot do it.  profile may be NULL.
 */
int linux_bpf_open(
    struct linux_bpf **bpf, bool files_only, struct po_profile *profile);
void linux_bpf_close(struct linux_bpf *bpf);

/* Whether linux_bpf_list() works. */
bool linux_bpf_has_tables(const struct linux_bpf *bpf);

/*
 * Visits all TCP and UDP sockets, of the own network namespace or of all,
 * whoever holds them.  Returns 0, -errno, or a visitor's negative answer.
 */
int linux_bpf_list(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor);

/* Visits all processes and the sockets that they hold. */
int linux_bpf_scan(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor);

#endif
