/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What macOS's libproc(3) gives, by offset.  From <sys/proc_info.h>, which is
 * the same for both processors; macos_layout.c compares it where that is.
 * Integers are in host byte order unless said otherwise.
 */
#ifndef PO_COLLECT_MACOS_WIRE_H
#define PO_COLLECT_MACOS_WIRE_H

/* struct proc_fdinfo, one for each descriptor. */
enum po_macos_fd {
	PO_MACOS_FD_NUMBER = 0, /* i32 */
	PO_MACOS_FD_TYPE = 4, /* u32 */
	PO_MACOS_FD_SIZE = 8,
};

/* PROX_FDTYPE_SOCKET. */
#define PO_MACOS_FD_SOCKET 2u

/* struct socket_fdinfo. */
enum po_macos_record {
	PO_MACOS_SOCKET_HANDLE = 160, /* u64: struct socket, of its own */
	PO_MACOS_SOCKET_TYPE = 176, /* i32: SOCK_ */
	PO_MACOS_SOCKET_PROTOCOL = 180, /* i32 */
	PO_MACOS_SOCKET_OPTIONS = 188, /* u16 */
	PO_MACOS_SOCKET_QUEUE = 194, /* u16: waiting for accept(2) */
	PO_MACOS_SOCKET_LIMIT = 198, /* u16 */
	PO_MACOS_SOCKET_KIND = 256, /* i32 */
	PO_MACOS_SOCKET_REMOTE_PORT = 264, /* i32, of which 16 in net order */
	PO_MACOS_SOCKET_LOCAL_PORT = 268,
	PO_MACOS_SOCKET_GENERATION = 272, /* u64: of the protocol's block */
	PO_MACOS_SOCKET_FAMILIES = 288, /* u8 */
	PO_MACOS_SOCKET_REMOTE = 296, /* 16 octets, IPv4 in the last 4 */
	PO_MACOS_SOCKET_LOCAL = 312,
	PO_MACOS_SOCKET_INTERFACE = 340, /* u16 */
	PO_MACOS_SOCKET_STATE = 344, /* i32; TCP's only */
	PO_MACOS_SOCKET_SIZE = 792,
};

/* SOCKINFO_IN, SOCKINFO_TCP. */
enum po_macos_kind {
	PO_MACOS_KIND_IN = 1,
	PO_MACOS_KIND_TCP = 2,
};

/* INI_IPV4, INI_IPV6. */
enum po_macos_family {
	PO_MACOS_IPV4 = 0x1,
	PO_MACOS_IPV6 = 0x2,
};

/* SO_ACCEPTCONN; SOCK_RAW. */
#define PO_MACOS_LISTENS 0x2u
#define PO_MACOS_RAW 3u

/* TSI_S_*. */
enum po_macos_state {
	PO_MACOS_CLOSED = 0,
	PO_MACOS_LISTEN = 1,
	PO_MACOS_SYN_SENT = 2,
	PO_MACOS_SYN_RECEIVED = 3,
	PO_MACOS_ESTABLISHED = 4,
	PO_MACOS_CLOSE_WAIT = 5,
	PO_MACOS_FIN_WAIT_1 = 6,
	PO_MACOS_CLOSING = 7,
	PO_MACOS_LAST_ACK = 8,
	PO_MACOS_FIN_WAIT_2 = 9,
	PO_MACOS_TIME_WAIT = 10,
};

/* struct proc_bsdinfo. */
enum po_macos_bsdinfo {
	PO_MACOS_PROCESS_PID = 12, /* u32 */
	PO_MACOS_PROCESS_PARENT = 16, /* u32 */
	PO_MACOS_PROCESS_UID = 20, /* u32: effective */
	PO_MACOS_PROCESS_COMMAND = 48, /* ended by NUL, or by its end */
	PO_MACOS_PROCESS_COMMAND_SIZE = 16,
	PO_MACOS_PROCESS_NAME = 64, /* likewise: the same, longer, or empty */
	PO_MACOS_PROCESS_NAME_SIZE = 32,
	PO_MACOS_PROCESS_START = 120, /* u64 seconds, u64 microseconds */
	PO_MACOS_PROCESS_SIZE = 136,
};

#endif
