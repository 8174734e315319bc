/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new file is as readable as its folder says.
 */
#ifndef PO_WINDOWS_SYS_STAT_H
#define PO_WINDOWS_SYS_STAT_H

#include_next <sys/stat.h>

#define lstat(path, st) stat(path, st)
#define fchmod(fd, mode) ((void)(fd), (void)(mode), 0)

#endif
