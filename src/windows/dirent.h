/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scandir.
 */
#ifndef PO_WINDOWS_DIRENT_H
#define PO_WINDOWS_DIRENT_H

#include_next <dirent.h>

/* As POSIX has it; entries and their array are from malloc(). */
int scandir(const char *path, struct dirent ***entries,
    int (*wanted)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **));
int alphasort(const struct dirent **left, const struct dirent **right);

#endif
