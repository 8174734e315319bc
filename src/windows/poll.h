/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of sockets; files are always ready here.
 */
#ifndef PO_WINDOWS_POLL_H
#define PO_WINDOWS_POLL_H

#include <sys/socket.h>

#define poll(descriptors, count, timeout) WSAPoll(descriptors, count, timeout)

#endif
