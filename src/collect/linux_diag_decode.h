/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's sock_diag replies (inet_diag_msg in netlink messages) as rows.
 * Offsets and numbers stand here by name, so that the decoder builds and is
 * tested on every system.  Netlink is in the byte order of the host that
 * recorded it; ports and addresses are in network byte order.
 */
#ifndef PO_COLLECT_LINUX_DIAG_DECODE_H
#define PO_COLLECT_LINUX_DIAG_DECODE_H

#include "model/row.h"

/* What a buffer of replies ended with. */
enum po_diag_end {
	PO_DIAG_MORE = 0, /* all of it read, the dump goes on */
	PO_DIAG_DONE = 1, /* the dump is complete */
};

/*
 * Decodes one received buffer of a dump that asked for protocol, calling
 * visit(context, socket) for each row; stack is put into the rows.  Sockets
 * without a port are no rows.  *interrupted becomes true where the kernel says
 * that the dump changed while it ran.
 *
 * Returns enum po_diag_end; -EBADMSG for a message cut short or with wrong
 * lengths (rows before it were visited); the kernel's own negative error
 * number; or what visit returned, if that is negative.
 */
int po_diag_decode(const void *buffer, size_t length, uint32_t stack,
    uint8_t protocol, bool *interrupted,
    int (*visit)(void *context, const struct po_socket *socket), void *context);

#endif
