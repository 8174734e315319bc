/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files are octets, and nobody inherits them.
 */
#ifndef PO_WINDOWS_FCNTL_H
#define PO_WINDOWS_FCNTL_H

#include_next <fcntl.h>

#define O_NONBLOCK 0 /* of files, which never block */
#define O_DIRECTORY 0 /* which cannot be opened */
#define O_CLOEXEC (_O_NOINHERIT | _O_BINARY)
#define F_GETFD 1

/* As no folder can be opened, every name is a whole path. */
#define AT_FDCWD (-100)
#define openat(folder, ...) ((void)(folder), open(__VA_ARGS__))

/* Only F_GETFD: 0, or -1 if the descriptor is not open. */
int fcntl(int fd, int command, ...);

#endif
