/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of services.
 */
#ifndef PO_WINDOWS_NETDB_H
#define PO_WINDOWS_NETDB_H

#include <sys/socket.h>

#endif
