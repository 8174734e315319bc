/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets in what Windows writes.  Integers are little-endian.
 *
 * The four tables of sockets are a count of 4 octets and 4 that fill, then rows,
 * MIB_TCPROW_OWNER_MODULE and its kin.  A time is a FILETIME; a port is its
 * first two octets, in network byte order, and the two that follow may be
 * anything.
 */
#ifndef PO_COLLECT_WINDOWS_WIRE_H
#define PO_COLLECT_WINDOWS_WIRE_H

#include <stdint.h>

#define PO_WINDOWS_ROWS 8 /* where they begin */
#define PO_WINDOWS_SYSTEM_PID 4 /* the kernel, which begins before its clock */
#define PO_WINDOWS_NONE UINT8_MAX /* no such field */

struct po_windows_layout {
	uint8_t size; /* of a row */
	uint8_t address_size;
	uint8_t state;
	uint8_t local;
	uint8_t local_scope;
	uint8_t local_port;
	uint8_t remote;
	uint8_t remote_scope;
	uint8_t remote_port;
	uint8_t pid;
	uint8_t created;
};

/* Indexed by enum po_windows_table. */
extern const struct po_windows_layout po_windows_layouts[];

/* ENUM_SERVICE_STATUS_PROCESSW, of a system with pointers of word octets. */
struct po_windows_service_layout {
	uint8_t word;
	uint8_t size;
	uint8_t name; /* a pointer */
	uint8_t pid;
};

/* Of 4 octets, and of 8. */
extern const struct po_windows_service_layout po_windows_service_layouts[2];

/*
 * SYSTEM_PROCESS_INFORMATION: begins with how far the next one is, or 0.  Size:
 * as far as it is looked at.
 */
struct po_windows_process_layout {
	uint8_t word;
	uint8_t size;
	uint8_t start;
	uint8_t name_length; /* 2 octets: octets of the name */
	uint8_t name; /* a pointer */
	uint8_t pid; /* a word */
	uint8_t parent; /* a word */
};

extern const struct po_windows_process_layout po_windows_process_layouts[2];

/* MIB_TCP_STATE: two of them have each other's number in RFC 4022. */
enum {
	PO_MIB_TCP_CLOSED = 1,
	PO_MIB_TCP_LISTEN = 2,
	PO_MIB_TCP_SYN_SENT = 3,
	PO_MIB_TCP_SYN_RECEIVED = 4,
	PO_MIB_TCP_ESTABLISHED = 5,
	PO_MIB_TCP_FIN_WAIT_1 = 6,
	PO_MIB_TCP_FIN_WAIT_2 = 7,
	PO_MIB_TCP_CLOSE_WAIT = 8,
	PO_MIB_TCP_CLOSING = 9,
	PO_MIB_TCP_LAST_ACK = 10,
	PO_MIB_TCP_TIME_WAIT = 11,
	PO_MIB_TCP_DELETE_TCB = 12,
};

#endif
