/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What illumos and Solaris give, by offset.  From <inet/mib2.h> and
 * <sys/procfs.h>; illumos_layout.c compares them where those are.  Integers are
 * in host byte order, ports as well; addresses are in network byte order.
 */
#ifndef PO_COLLECT_ILLUMOS_WIRE_H
#define PO_COLLECT_ILLUMOS_WIRE_H

/* The level and the name in the struct opthdr that comes before a table. */
enum po_mib2 {
	PO_MIB2_TCP = 262,
	PO_MIB2_UDP = 263,
	PO_MIB2_TCP6 = 270,
	PO_MIB2_UDP6 = 271,

	PO_MIB2_GROUP = 0, /* of a level: its counters */
	PO_MIB2_UDP_ENTRY = 5,
	PO_MIB2_UDP6_ENTRY = 6,
	PO_MIB2_TCP_CONN = 13,
	PO_MIB2_TCP6_CONN = 14,
	PO_MIB2_SOCK_INFO = 106, /* EXPER_SOCK_INFO, of any level */
};

/* mib2_tcp_t and mib2_udp_t: the sizes of the tables' rows, u32. */
enum po_mib2_group {
	PO_MIB2_TCP_ROW = 48,
	PO_MIB2_TCP6_ROW = 208,
	PO_MIB2_UDP_ROW = 12,
	PO_MIB2_UDP6_ROW = 16,
};

/* mib2_tcpConnEntry_t: what has been at the same place in all of them. */
enum po_mib2_tcp {
	PO_MIB2_TCP_STATE = 0, /* RFC 4022's */
	PO_MIB2_TCP_LOCAL = 4,
	PO_MIB2_TCP_LOCAL_PORT = 8,
	PO_MIB2_TCP_REMOTE = 12,
	PO_MIB2_TCP_REMOTE_PORT = 16,
};

enum po_mib2_tcp6 {
	PO_MIB2_TCP6_LOCAL = 0,
	PO_MIB2_TCP6_LOCAL_PORT = 16,
	PO_MIB2_TCP6_REMOTE = 20,
	PO_MIB2_TCP6_REMOTE_PORT = 36,
	PO_MIB2_TCP6_INTERFACE = 40,
	PO_MIB2_TCP6_STATE = 44,
};

enum po_mib2_udp {
	PO_MIB2_UDP_LOCAL = 0,
	PO_MIB2_UDP_LOCAL_PORT = 4,
	PO_MIB2_UDP_STATE = 8,
	PO_MIB2_UDP_REMOTE = 12,
	PO_MIB2_UDP_REMOTE_PORT = 16,
};

enum po_mib2_udp6 {
	PO_MIB2_UDP6_LOCAL = 0,
	PO_MIB2_UDP6_LOCAL_PORT = 16,
	PO_MIB2_UDP6_INTERFACE = 20,
	PO_MIB2_UDP6_STATE = 24,
	PO_MIB2_UDP6_REMOTE = 28,
	PO_MIB2_UDP6_REMOTE_PORT = 44,
};

/* MIB2_UDP_*. */
enum po_mib2_udp_state {
	PO_MIB2_UDP_UNBOUND = 1,
	PO_MIB2_UDP_IDLE = 2,
	PO_MIB2_UDP_CONNECTED = 3,
	PO_MIB2_UDP_UNKNOWN = 4,
};

/*
 * mib2_socketInfoEntry_t: the socket behind a row of the level's table.  A
 * socket's inode is 16 bits of its address and its device is 0, so two sockets
 * may have the same; a stream's device is its own.
 */
enum po_mib2_info {
	PO_MIB2_INFO_ROW = 0, /* u64: the row's number, from 0 */
	PO_MIB2_INFO_INODE = 8, /* u64 */
	PO_MIB2_INFO_FLAGS = 16, /* u64 */
	PO_MIB2_INFO_DEVICE = 24, /* u64: what stat(2) has as st_rdev */
	PO_MIB2_INFO_SIZE = 32,
};

/* A row of an IPv4 table that an IPv6 socket has. */
#define PO_MIB2_INFO_IPV6 0x2u

/* prfdinfo_t: the same for 32-bit and 64-bit programs; then its items. */
enum po_prfdinfo {
	PO_PRFDINFO_MODE = 4, /* u32 */
	PO_PRFDINFO_INODE = 8, /* u64 */
	PO_PRFDINFO_MAJOR = 48, /* u32: of st_rdev */
	PO_PRFDINFO_MINOR = 52, /* u32 */
	PO_PRFDINFO_SIZE = 196,
};

/* pr_misc_header_t: an item of 4-octet units, the header included. */
enum po_prmisc {
	PO_PRMISC_LENGTH = 0, /* u32; 0: there are no more */
	PO_PRMISC_KIND = 4, /* u32 */
	PO_PRMISC_SIZE = 8,

	PO_PRMISC_NAME = 1, /* PR_SOCKETNAME: a struct sockaddr */
	PO_PRMISC_PEER = 2, /* PR_PEERSOCKNAME, likewise */
	PO_PRMISC_TYPE = 9, /* PR_SOCKOPT_TYPE: i32 */
};

/* struct sockaddr_in, sockaddr_in6: ports in network byte order. */
enum po_illumos_sockaddr {
	PO_SOCKADDR_FAMILY = 0, /* u16 */
	PO_SOCKADDR_PORT = 2,
	PO_SOCKADDR_IPV4 = 4,
	PO_SOCKADDR_IPV4_SIZE = 16,
	PO_SOCKADDR_IPV6 = 8,
	PO_SOCKADDR_IPV6_SIZE = 32,
};

/* S_IFMT, S_IFSOCK; AF_INET, AF_INET6; SOCK_DGRAM, SOCK_STREAM. */
#define PO_ILLUMOS_FORMAT 0xf000u
#define PO_ILLUMOS_SOCKET 0xc000u
#define PO_ILLUMOS_INET 2u
#define PO_ILLUMOS_INET6 26u
#define PO_ILLUMOS_DGRAM 1u
#define PO_ILLUMOS_STREAM 2u

/* psinfo_t, of a 64-bit program. */
enum po_psinfo {
	PO_PSINFO_PID = 8, /* u32 */
	PO_PSINFO_PARENT = 12, /* u32 */
	PO_PSINFO_UID = 28, /* u32: effective */
	PO_PSINFO_START = 88, /* i64 seconds, i64 nanoseconds */
	PO_PSINFO_COMMAND = 136, /* ended by NUL, or by its end */
	PO_PSINFO_COMMAND_SIZE = 16,
	PO_PSINFO_ARGUMENTS = 152, /* likewise: the first of them */
	PO_PSINFO_ARGUMENTS_SIZE = 80,
	PO_PSINFO_ZONE = 276, /* u32 */
	PO_PSINFO_CONTRACT = 280, /* u32 */
	PO_PSINFO_SIZE = 416,
};

#endif
