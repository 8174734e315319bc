/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors sent from process to process over a local socket.
 */
#ifndef PO_BROKER_RIGHTS_H
#define PO_BROKER_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Sends data, with a descriptor if it is not -1, without waiting.  Returns the
 * octets sent or -errno.
 */
ssize_t po_rights_send(
    int socket, const void *data, size_t size, int descriptor);

/*
 * Receives at most size octets; flags as for recvmsg(2).  *descriptor must be
 * -1 or one that was received before; a first one that comes is stored there,
 * any other is closed.  Returns the octets, 0 at the end, or -errno.
 */
ssize_t po_rights_receive(
    int socket, void *data, size_t size, int flags, int *descriptor);

#endif
