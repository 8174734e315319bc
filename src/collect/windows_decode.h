/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What GetExtendedTcpTable and GetExtendedUdpTable write, to rows.  Windows is
 * little-endian wherever it runs; the layouts are those of iphlpapi's
 * MIB_*TABLE_OWNER_MODULE.  Portable, and nothing in a buffer is believed.
 */
#ifndef PO_COLLECT_WINDOWS_DECODE_H
#define PO_COLLECT_WINDOWS_DECODE_H

#include "model/row.h"

enum po_windows_table {
	PO_WINDOWS_TCP4,
	PO_WINDOWS_TCP6,
	PO_WINDOWS_UDP4,
	PO_WINDOWS_UDP6,
	PO_WINDOWS_TABLES
};

/*
 * A row of a table.  pid: who bound the socket or inherited it that way; 0:
 * nobody, or the system does not tell.  created: when it was bound or accepted, a
 * FILETIME; 0: not known.  The socket's handle is 1 if a process
 * can hold it: whoever takes the rows numbers them.
 */
struct po_windows_socket {
	struct po_socket socket;
	uint32_t pid;
	uint64_t created;
};

/*
 * Whether the process that has the socket's pid can be the one that bound it; it
 * began at start, a FILETIME, or 0.  One that is younger has the number of one
 * that has ended, and Windows does not tell who inherited the socket.
 */
bool po_windows_may_own(const struct po_windows_socket *socket, uint64_t start);

struct po_windows_notes {
	uint32_t odd; /* rows in a state that is not known, passed over */
};

/*
 * Calls visit for every row and ends with what it returns if that is not 0.
 * Returns -EBADMSG, and calls nobody, if the table says that it has more rows
 * than length octets hold.  notes is set in any case.
 */
int po_windows_decode(enum po_windows_table table, const uint8_t *buffer,
    size_t length, struct po_windows_notes *notes,
    int (*visit)(void *context, const struct po_windows_socket *socket),
    void *context);

#endif
