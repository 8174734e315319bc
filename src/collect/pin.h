/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaving in the kernel what takes rights to load, for those who have none.
 */
#ifndef PO_COLLECT_PIN_H
#define PO_COLLECT_PIN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Loads the BPF programs of the source bpf and pins them for root and the
 * group, in place of earlier ones.  message gets a sentence that says where, or
 * what is wrong.  Returns 0 or -errno; -ENOTSUP where there is no such source.
 */
int po_bpf_pin(gid_t group, char *message, size_t size);

#endif
