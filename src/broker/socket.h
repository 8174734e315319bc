/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that are closed on exec and do not wait, on systems that make them
 * so at once and on those that take a second call for it.  Those have no
 * MSG_NOSIGNAL either: there the programs ignore SIGPIPE.
 */
#ifndef PO_BROKER_SOCKET_H
#define PO_BROKER_SOCKET_H

#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* Each returns a descriptor, or -1 with errno. */
int po_socket_open(int domain, int type);
int po_socket_accept(int listener);

/* Two connected local streams that do wait.  Returns 0, or -1 with errno. */
int po_socket_pair(int ends[2]);

#endif
