/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rename(3) that takes the place of what is there.
 */
#ifndef PO_WINDOWS_STDIO_H
#define PO_WINDOWS_STDIO_H

#include_next <stdio.h>

int po_windows_rename(const char *from, const char *to);
#define rename(from, to) po_windows_rename(from, to)
/* of whole paths */
#define renameat(from_folder, from, to_folder, to)                             \
	((void)(from_folder), (void)(to_folder), po_windows_rename(from, to))

#endif
