/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's netlink and sock_diag messages by offset, from the kernel's
 * <linux/netlink.h>, <linux/rtnetlink.h>, <linux/sock_diag.h> and
 * <linux/inet_diag.h>; a test compares them with these.
 */
#ifndef PO_COLLECT_LINUX_DIAG_WIRE_H
#define PO_COLLECT_LINUX_DIAG_WIRE_H

/* Messages and attributes begin at multiples of this. */
#define PO_NETLINK_ALIGN 4u

/* struct nlmsghdr; integers in host byte order. */
enum po_nlmsghdr {
	PO_NLMSG_LENGTH = 0, /* u32, with this header */
	PO_NLMSG_TYPE = 4, /* u16 */
	PO_NLMSG_FLAGS = 6, /* u16 */
	PO_NLMSG_SIZE = 16,
};

enum po_nlmsg_type {
	PO_NLMSG_TYPE_ERROR = 2, /* i32 negative errno, the request */
	PO_NLMSG_TYPE_DONE = 3, /* i32 negative errno */
	PO_NLMSG_TYPE_DIAG_TCP = 18, /* TCPDIAG_GETSOCK: it asked thus */
	PO_NLMSG_TYPE_DIAG = 20, /* SOCK_DIAG_BY_FAMILY */
};

/* NLM_F_DUMP_INTR: what was dumped changed meanwhile. */
#define PO_NLMSG_FLAG_INTERRUPTED 0x10u

/* The kernel's error numbers end here (MAX_ERRNO). */
#define PO_NLMSG_ERRNO_MAX 4095

/* struct inet_diag_msg; u32 in host, ports and addresses in network order. */
enum po_inet_diag_msg {
	PO_DIAG_FAMILY = 0, /* u8 */
	PO_DIAG_STATE = 1, /* u8 */
	PO_DIAG_SPORT = 4,
	PO_DIAG_DPORT = 6,
	PO_DIAG_SRC = 8, /* 16 octets, 4 used for IPv4 */
	PO_DIAG_DST = 24,
	PO_DIAG_IF = 40, /* u32 interface index */
	PO_DIAG_RQUEUE = 56, /* u32, LISTEN: waiting for accept() */
	PO_DIAG_WQUEUE = 60, /* u32, LISTEN: the limit of these */
	PO_DIAG_UID = 64, /* u32 */
	PO_DIAG_INODE = 68, /* u32 */
	PO_DIAG_SIZE = 72,
};

/* struct rtattr. */
enum po_rtattr {
	PO_RTATTR_LENGTH = 0, /* u16, with this header */
	PO_RTATTR_TYPE = 2, /* u16 */
	PO_RTATTR_SIZE = 4,
};

/* The type without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
#define PO_RTATTR_TYPE_MASK 0x3fffu

enum po_diag_attribute {
	PO_DIAG_ATTR_SKV6ONLY = 11, /* u8 */
	PO_DIAG_ATTR_PEERS = 13, /* SCTP associations only */
};

/* enum sctp_state of an association, not in the kernel's user headers. */
enum po_sctp_state {
	PO_SCTP_CLOSED = 0,
	PO_SCTP_COOKIE_WAIT = 1,
	PO_SCTP_COOKIE_ECHOED = 2,
	PO_SCTP_ESTABLISHED = 3,
	PO_SCTP_SHUTDOWN_PENDING = 4,
	PO_SCTP_SHUTDOWN_SENT = 5,
	PO_SCTP_SHUTDOWN_RECEIVED = 6,
	PO_SCTP_SHUTDOWN_ACK_SENT = 7,
};

#endif
