/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows keeps all of its sockets in two headers.
 */
#ifndef PO_WINDOWS_SYS_SOCKET_H
#define PO_WINDOWS_SYS_SOCKET_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2tcpip.h>

#endif
