/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares the decoder's offsets and numbers with illumos's own headers.  Only
 * compiled, and only there: everything here is true or an error.
 */
#include <sys/types.h>

#include <inet/mib2.h>
#include <procfs.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "collect/illumos_wire.h"

#define SAME(ours, theirs)                                                     \
	_Static_assert((unsigned long)(ours) == (unsigned long)(theirs), #ours)
#define AT(ours, type, member) SAME(ours, offsetof(type, member))

SAME(PO_MIB2_TCP, MIB2_TCP);
SAME(PO_MIB2_UDP, MIB2_UDP);
SAME(PO_MIB2_TCP6, MIB2_TCP6);
SAME(PO_MIB2_UDP6, MIB2_UDP6);
SAME(PO_MIB2_UDP_ENTRY, MIB2_UDP_ENTRY);
SAME(PO_MIB2_UDP6_ENTRY, MIB2_UDP6_ENTRY);
SAME(PO_MIB2_TCP_CONN, MIB2_TCP_CONN);
SAME(PO_MIB2_TCP6_CONN, MIB2_TCP6_CONN);

AT(PO_MIB2_TCP_ROW, mib2_tcp_t, tcpConnTableSize);
AT(PO_MIB2_TCP6_ROW, mib2_tcp_t, tcp6ConnTableSize);
AT(PO_MIB2_UDP_ROW, mib2_udp_t, udpEntrySize);
AT(PO_MIB2_UDP6_ROW, mib2_udp_t, udp6EntrySize);

AT(PO_MIB2_TCP_STATE, mib2_tcpConnEntry_t, tcpConnState);
AT(PO_MIB2_TCP_LOCAL, mib2_tcpConnEntry_t, tcpConnLocalAddress);
AT(PO_MIB2_TCP_LOCAL_PORT, mib2_tcpConnEntry_t, tcpConnLocalPort);
AT(PO_MIB2_TCP_REMOTE, mib2_tcpConnEntry_t, tcpConnRemAddress);
AT(PO_MIB2_TCP_REMOTE_PORT, mib2_tcpConnEntry_t, tcpConnRemPort);

AT(PO_MIB2_TCP6_LOCAL, mib2_tcp6ConnEntry_t, tcp6ConnLocalAddress);
AT(PO_MIB2_TCP6_LOCAL_PORT, mib2_tcp6ConnEntry_t, tcp6ConnLocalPort);
AT(PO_MIB2_TCP6_REMOTE, mib2_tcp6ConnEntry_t, tcp6ConnRemAddress);
AT(PO_MIB2_TCP6_REMOTE_PORT, mib2_tcp6ConnEntry_t, tcp6ConnRemPort);
AT(PO_MIB2_TCP6_INTERFACE, mib2_tcp6ConnEntry_t, tcp6ConnIfIndex);
AT(PO_MIB2_TCP6_STATE, mib2_tcp6ConnEntry_t, tcp6ConnState);

AT(PO_MIB2_UDP_LOCAL, mib2_udpEntry_t, udpLocalAddress);
AT(PO_MIB2_UDP_LOCAL_PORT, mib2_udpEntry_t, udpLocalPort);
AT(PO_MIB2_UDP_STATE, mib2_udpEntry_t, udpEntryInfo.ue_state);
AT(PO_MIB2_UDP_REMOTE, mib2_udpEntry_t, udpEntryInfo.ue_RemoteAddress);
AT(PO_MIB2_UDP_REMOTE_PORT, mib2_udpEntry_t, udpEntryInfo.ue_RemotePort);

AT(PO_MIB2_UDP6_LOCAL, mib2_udp6Entry_t, udp6LocalAddress);
AT(PO_MIB2_UDP6_LOCAL_PORT, mib2_udp6Entry_t, udp6LocalPort);
AT(PO_MIB2_UDP6_INTERFACE, mib2_udp6Entry_t, udp6IfIndex);
AT(PO_MIB2_UDP6_STATE, mib2_udp6Entry_t, udp6EntryInfo.ue_state);
AT(PO_MIB2_UDP6_REMOTE, mib2_udp6Entry_t, udp6EntryInfo.ue_RemoteAddress);
AT(PO_MIB2_UDP6_REMOTE_PORT, mib2_udp6Entry_t, udp6EntryInfo.ue_RemotePort);

SAME(PO_MIB2_UDP_UNBOUND, MIB2_UDP_unbound);
SAME(PO_MIB2_UDP_IDLE, MIB2_UDP_idle);
SAME(PO_MIB2_UDP_CONNECTED, MIB2_UDP_connected);

/* What systems before 2019 do not have. */
#ifdef EXPER_SOCK_INFO
/* Of the two known forms, both of which end with pid and time. */
#define END(type, member)                                                      \
	SAME(sizeof(type) - offsetof(type, member##Process), 12);              \
	SAME(sizeof(type) - offsetof(type, member##Time), 8)
_Static_assert(
    sizeof(mib2_tcpConnEntry_t) == 172 || sizeof(mib2_tcpConnEntry_t) == 176,
    "tcp");
END(mib2_tcpConnEntry_t, tcpConnCreation);
_Static_assert(
    sizeof(mib2_tcp6ConnEntry_t) == 200 || sizeof(mib2_tcp6ConnEntry_t) == 204,
    "tcp6");
END(mib2_tcp6ConnEntry_t, tcp6ConnCreation);
SAME(36, sizeof(mib2_udpEntry_t));
AT(24, mib2_udpEntry_t, udpCreationProcess);
AT(28, mib2_udpEntry_t, udpCreationTime);
SAME(64, sizeof(mib2_udp6Entry_t));
AT(52, mib2_udp6Entry_t, udp6CreationProcess);
AT(56, mib2_udp6Entry_t, udp6CreationTime);

SAME(PO_MIB2_SOCK_INFO, EXPER_SOCK_INFO);
AT(PO_MIB2_INFO_ROW, mib2_socketInfoEntry_t, sie_connidx);
AT(PO_MIB2_INFO_INODE, mib2_socketInfoEntry_t, sie_inode);
AT(PO_MIB2_INFO_FLAGS, mib2_socketInfoEntry_t, sie_flags);
AT(PO_MIB2_INFO_DEVICE, mib2_socketInfoEntry_t, sie_dev);
SAME(PO_MIB2_INFO_SIZE, sizeof(mib2_socketInfoEntry_t));
SAME(PO_MIB2_INFO_IPV6, MIB2_SOCKINFO_IPV6);

#endif

/* Likewise, before 2020. */
#ifdef PRFDINFO_ROUNDUP
AT(PO_PRFDINFO_MODE, prfdinfo_t, pr_mode);
AT(PO_PRFDINFO_INODE, prfdinfo_t, pr_ino);
AT(PO_PRFDINFO_MAJOR, prfdinfo_t, pr_rmajor);
AT(PO_PRFDINFO_MINOR, prfdinfo_t, pr_rminor);
AT(PO_PRFDINFO_SIZE, prfdinfo_t, pr_misc);
AT(PO_PRMISC_LENGTH, pr_misc_header_t, pr_misc_size);
AT(PO_PRMISC_KIND, pr_misc_header_t, pr_misc_type);
SAME(PO_PRMISC_SIZE, sizeof(pr_misc_header_t));
SAME(PO_PRMISC_NAME, PR_SOCKETNAME);
SAME(PO_PRMISC_PEER, PR_PEERSOCKNAME);
SAME(PO_PRMISC_TYPE, PR_SOCKOPT_TYPE);
#endif

AT(PO_SOCKADDR_FAMILY, struct sockaddr_in, sin_family);
AT(PO_SOCKADDR_PORT, struct sockaddr_in, sin_port);
AT(PO_SOCKADDR_IPV4, struct sockaddr_in, sin_addr);
SAME(PO_SOCKADDR_IPV4_SIZE, sizeof(struct sockaddr_in));
AT(PO_SOCKADDR_PORT, struct sockaddr_in6, sin6_port);
AT(PO_SOCKADDR_IPV6, struct sockaddr_in6, sin6_addr);
SAME(PO_SOCKADDR_IPV6_SIZE, sizeof(struct sockaddr_in6));
SAME(PO_ILLUMOS_FORMAT, S_IFMT);
SAME(PO_ILLUMOS_SOCKET, S_IFSOCK);
SAME(PO_ILLUMOS_INET, AF_INET);
SAME(PO_ILLUMOS_INET6, AF_INET6);
SAME(PO_ILLUMOS_DGRAM, SOCK_DGRAM);
SAME(PO_ILLUMOS_STREAM, SOCK_STREAM);

AT(PO_PSINFO_PID, psinfo_t, pr_pid);
AT(PO_PSINFO_PARENT, psinfo_t, pr_ppid);
AT(PO_PSINFO_UID, psinfo_t, pr_euid);
AT(PO_PSINFO_START, psinfo_t, pr_start);
AT(PO_PSINFO_COMMAND, psinfo_t, pr_fname);
SAME(PO_PSINFO_COMMAND_SIZE, PRFNSZ);
AT(PO_PSINFO_ARGUMENTS, psinfo_t, pr_psargs);
SAME(PO_PSINFO_ARGUMENTS_SIZE, PRARGSZ);
AT(PO_PSINFO_ZONE, psinfo_t, pr_zoneid);
AT(PO_PSINFO_CONTRACT, psinfo_t, pr_contract);
SAME(PO_PSINFO_SIZE, sizeof(psinfo_t));
