/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of Windows, for its collector.
 */
#ifndef PO_COLLECT_WINDOWS_PRIVATE_H
#define PO_COLLECT_WINDOWS_PRIVATE_H

#include "collect/collector.h"

/* All processes of one moment, by pid. */
struct windows_processes;

/* Returns 0 or -errno. */
int windows_processes_list(struct windows_processes **processes);
void windows_processes_free(struct windows_processes *processes);

/*
 * Adds the facts of pid, once; listed: FILETIME before the sockets were listed.
 * Returns 1, 0 if there is no such process or if it began after that and so is
 * not the one that was listed, or -ENOMEM.  *hidden counts those of which the
 * system tells no more than the name.
 */
int windows_processes_add(struct windows_processes *processes, uint32_t pid,
    uint64_t listed, struct po_builder *builder, uint32_t *hidden);

#endif
