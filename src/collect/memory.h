/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PO_COLLECT_MEMORY_H
#define PO_COLLECT_MEMORY_H

/*
 * Prepares the process for collections, which fill much memory at a time: it
 * comes in large pages, where the system has them and malloc(3) can be told,
 * for a fault at each small one costs more than the sockets that lie in it.
 */
void po_memory_prepare(void);

#endif
