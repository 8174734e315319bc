/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Byte order.
 */
#ifndef PO_WINDOWS_NETINET_IN_H
#define PO_WINDOWS_NETINET_IN_H

#include <sys/socket.h>

#endif
