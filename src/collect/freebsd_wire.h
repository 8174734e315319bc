/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What FreeBSD's sysctls give, by offset: 64-bit kernels from 12 on, where
 * these records have one layout for all of them.  From <netinet/in_pcb.h>,
 * <netinet/tcp_var.h>, <netinet/sctp_uio.h>, <sys/socketvar.h>, <sys/file.h>
 * and <sys/user.h>; freebsd_layout.c compares them where those are.  Integers
 * are in host byte order unless said otherwise.
 */
#ifndef PO_COLLECT_FREEBSD_WIRE_H
#define PO_COLLECT_FREEBSD_WIRE_H

/* struct xinpgen, which begins and ends a list of PCBs. */
enum po_xinpgen {
	PO_XINPGEN_LENGTH = 0, /* u64, with this header */
	PO_XINPGEN_GENERATION = 16, /* u64 */
	PO_XINPGEN_SIZE = 64,
};

/* struct xinpcb; TCP has it inside of struct xtcpcb. */
enum po_xinpcb {
	PO_XINPCB_LENGTH = 0, /* u64 */
	PO_XINPCB_SOCKET = 16, /* u64: struct socket's address; 0: none */
	PO_XINPCB_QUEUE = 112, /* u32: complete ones */
	PO_XINPCB_LIMIT = 120, /* u32 */
	PO_XINPCB_UID = 128, /* u32: the creator's */
	PO_XINPCB_OPTIONS = 166, /* u16 */
	PO_XINPCB_STATE = 170, /* u16 */
	PO_XINPCB_FOREIGN_PORT = 252, /* network order */
	PO_XINPCB_LOCAL_PORT = 254,
	PO_XINPCB_FOREIGN = 256, /* 16 octets, IPv4 in the last 4 */
	PO_XINPCB_LOCAL = 272,
	PO_XINPCB_GENERATION = 296, /* u64: no other PCB has ever had it */
	PO_XINPCB_FAMILIES = 392, /* u8: inp_vflag */
	PO_XINPCB_PROTOCOL = 394, /* u8 */
	PO_XINPCB_SIZE = 400,
};

/* struct xtcpcb: its length, then an xinpcb, then what is TCP's. */
enum po_xtcpcb {
	PO_XTCPCB_LENGTH = 0, /* u64 */
	PO_XTCPCB_XINPCB = 8,
	PO_XTCPCB_STATE = 568, /* i32 */
	PO_XTCPCB_SIZE = 744,
};

/* SO_ACCEPTCONN. */
#define PO_XINPCB_LISTENS 0x2u

/*
 * Of a socket that no descriptor refers to: SS_NOFDREF, which 14 has no more,
 * and, from then on, SQ_INCOMP or SQ_COMP: it was not accepted yet.
 */
#define PO_XINPCB_UNHELD 0x1801u

/* inp_vflag; IPV6_SOCKET: opened as such, whatever it is used for now. */
enum po_inp_vflag {
	PO_INP_IPV4 = 0x1,
	PO_INP_IPV6 = 0x2,
	PO_INP_IPV6_SOCKET = 0x4,
};

/* TCPS_*. */
enum po_tcps {
	PO_TCPS_CLOSED = 0,
	PO_TCPS_LISTEN = 1,
	PO_TCPS_SYN_SENT = 2,
	PO_TCPS_SYN_RECEIVED = 3,
	PO_TCPS_ESTABLISHED = 4,
	PO_TCPS_CLOSE_WAIT = 5,
	PO_TCPS_FIN_WAIT_1 = 6,
	PO_TCPS_CLOSING = 7,
	PO_TCPS_LAST_ACK = 8,
	PO_TCPS_FIN_WAIT_2 = 9,
	PO_TCPS_TIME_WAIT = 10,
};

/*
 * SCTP's list: endpoints, each with its local addresses and its associations,
 * each of these with its local and its remote addresses.  A record whose "last"
 * is not 0 ends the list that it stands in, and says nothing else.
 */
enum po_xsctp_inpcb {
	PO_XSCTP_INPCB_LAST = 0, /* u32 */
	PO_XSCTP_INPCB_FLAGS = 4, /* u32 */
	PO_XSCTP_INPCB_PORT = 32, /* u16, host order */
	PO_XSCTP_INPCB_SOCKET = 40, /* u64 */
	PO_XSCTP_INPCB_QUEUE = 48, /* u32 */
	PO_XSCTP_INPCB_LIMIT = 52, /* u32 */
	PO_XSCTP_INPCB_SIZE = 160,
};

enum po_xsctp_flag {
	PO_XSCTP_ONE_TO_ONE = 0x2,
	PO_XSCTP_BOUND_ALL = 0x4,
	PO_XSCTP_LISTENS = 0x8,
	PO_XSCTP_IPV6 = 0x04000000,
	PO_XSCTP_SOCKET_GONE = 0x10000000,
};

enum po_xsctp_tcb {
	PO_XSCTP_TCB_PRIMARY = 0, /* a sockaddr: the peer's main address */
	PO_XSCTP_TCB_LAST = 28, /* u32 */
	PO_XSCTP_TCB_STATE = 36, /* u32 */
	PO_XSCTP_TCB_LOCAL_PORT = 108, /* u16, host order */
	PO_XSCTP_TCB_REMOTE_PORT = 110,
	PO_XSCTP_TCB_SIZE = 264,
};

/* struct xsctp_laddr and struct xsctp_raddr. */
enum po_xsctp_address {
	PO_XSCTP_ADDRESS = 0, /* a sockaddr */
	PO_XSCTP_ADDRESS_LAST = 28, /* u32 */
	PO_XSCTP_LADDR_SIZE = 168,
	PO_XSCTP_RADDR_SIZE = 204,
};

/* States of an association, one bit each (<netinet/sctp.h>). */
enum po_xsctp_state {
	PO_XSCTP_CLOSED = 0x0,
	PO_XSCTP_COOKIE_WAIT = 0x2,
	PO_XSCTP_COOKIE_ECHOED = 0x4,
	PO_XSCTP_ESTABLISHED = 0x8,
	PO_XSCTP_SHUTDOWN_SENT = 0x10,
	PO_XSCTP_SHUTDOWN_RECEIVED = 0x20,
	PO_XSCTP_SHUTDOWN_ACK_SENT = 0x40,
	PO_XSCTP_SHUTDOWN_PENDING = 0x80,
};

/* struct sockaddr_in, struct sockaddr_in6. */
enum po_bsd_sockaddr {
	PO_BSD_SOCKADDR_FAMILY = 1, /* u8 */
	PO_BSD_SOCKADDR_IPV4 = 4,
	PO_BSD_SOCKADDR_IPV6 = 8,
	PO_BSD_SOCKADDR_SIZE = 28, /* of the greater one */
};

enum po_freebsd_family {
	PO_FREEBSD_INET = 2,
	PO_FREEBSD_INET6 = 28,
};

/* struct xfile: kern.file has one for each descriptor of each process. */
enum po_xfile {
	PO_XFILE_LENGTH = 0, /* u64 */
	PO_XFILE_PID = 8, /* u32 */
	PO_XFILE_UID = 12, /* u32: the process's */
	PO_XFILE_TYPE = 32, /* u16 */
	PO_XFILE_DATA = 56, /* u64: a socket's address */
	PO_XFILE_SIZE = 128,
};

/* DTYPE_SOCKET. */
#define PO_XFILE_SOCKET 2u

/* struct kinfo_proc. */
enum po_kinfo_proc {
	PO_KINFO_PROC_LENGTH = 0, /* i32 */
	PO_KINFO_PROC_PID = 72, /* u32 */
	PO_KINFO_PROC_PARENT = 76, /* u32 */
	PO_KINFO_PROC_UID = 168, /* u32: effective */
	PO_KINFO_PROC_START = 336, /* i64 seconds, i64 microseconds */
	PO_KINFO_PROC_COMMAND = 447, /* ended by NUL */
	PO_KINFO_PROC_COMMAND_SIZE = 20,
	PO_KINFO_PROC_JAIL = 592, /* u32; 0: none */
	PO_KINFO_PROC_SIZE = 1088,
};

#endif
