/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fsync(2), and unlinkat(2) of whole paths.
 */
#ifndef PO_WINDOWS_UNISTD_H
#define PO_WINDOWS_UNISTD_H

#include_next <unistd.h>

int fsync(int fd);
#define unlinkat(folder, path, flags) ((void)(folder), unlink(path))

#endif
