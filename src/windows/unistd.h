/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fsync.
 */
#ifndef PO_WINDOWS_UNISTD_H
#define PO_WINDOWS_UNISTD_H

#include_next <unistd.h>

int fsync(int fd);

#endif
