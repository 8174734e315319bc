/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the process gets its memory, where malloc(3) can be told.  In a virtual
 * machine a fault at each small page that is new may cost more than the sockets
 * that lie in it.
 */
#ifndef PO_COLLECT_MEMORY_H
#define PO_COLLECT_MEMORY_H

/* It collects once and ends: in large pages, where the system has them. */
void po_memory_for_once(void);

/*
 * It collects for as long as it lives, with memory that is kept: in pieces that
 * grow where they are and leave no holes.
 */
void po_memory_for_long(void);

#endif
