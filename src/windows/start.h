/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program does first on Windows.  The headers beside this one have the
 * names of POSIX headers and stand in the way of the compiler's own, so that
 * the rest of the sources need not know where they are built.
 */
#ifndef PO_WINDOWS_START_H
#define PO_WINDOWS_START_H

/* Makes standard descriptors carry octets and starts the sockets library. */
void po_windows_start(void);

#endif
