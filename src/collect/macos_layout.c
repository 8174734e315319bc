/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares the decoder's offsets and numbers with macOS's own headers.  Only
 * compiled, and only there: everything here is true or an error.
 */
#include <libproc.h>
#include <stddef.h>
#include <sys/proc_info.h>
#include <sys/socket.h>

#include "collect/macos_wire.h"

#define SAME(ours, theirs)                                                     \
	_Static_assert((unsigned long)(ours) == (unsigned long)(theirs), #ours)
#define AT(ours, type, member) SAME(ours, offsetof(struct type, member))
#define INET psi.soi_proto.pri_in

AT(PO_MACOS_FD_NUMBER, proc_fdinfo, proc_fd);
AT(PO_MACOS_FD_TYPE, proc_fdinfo, proc_fdtype);
SAME(PO_MACOS_FD_SIZE, sizeof(struct proc_fdinfo));
SAME(PO_MACOS_FD_SOCKET, PROX_FDTYPE_SOCKET);

AT(PO_MACOS_SOCKET_HANDLE, socket_fdinfo, psi.soi_so);
AT(PO_MACOS_SOCKET_TYPE, socket_fdinfo, psi.soi_type);
AT(PO_MACOS_SOCKET_PROTOCOL, socket_fdinfo, psi.soi_protocol);
AT(PO_MACOS_SOCKET_OPTIONS, socket_fdinfo, psi.soi_options);
AT(PO_MACOS_SOCKET_QUEUE, socket_fdinfo, psi.soi_qlen);
AT(PO_MACOS_SOCKET_LIMIT, socket_fdinfo, psi.soi_qlimit);
AT(PO_MACOS_SOCKET_KIND, socket_fdinfo, psi.soi_kind);
AT(PO_MACOS_SOCKET_REMOTE_PORT, socket_fdinfo, INET.insi_fport);
AT(PO_MACOS_SOCKET_LOCAL_PORT, socket_fdinfo, INET.insi_lport);
AT(PO_MACOS_SOCKET_GENERATION, socket_fdinfo, INET.insi_gencnt);
AT(PO_MACOS_SOCKET_FAMILIES, socket_fdinfo, INET.insi_vflag);
AT(PO_MACOS_SOCKET_REMOTE, socket_fdinfo, INET.insi_faddr);
AT(PO_MACOS_SOCKET_LOCAL, socket_fdinfo, INET.insi_laddr);
AT(PO_MACOS_SOCKET_INTERFACE, socket_fdinfo, INET.insi_v6.in6_ifindex);
AT(PO_MACOS_SOCKET_STATE, socket_fdinfo, psi.soi_proto.pri_tcp.tcpsi_state);
SAME(PO_MACOS_SOCKET_SIZE, sizeof(struct socket_fdinfo));

SAME(PO_MACOS_KIND_IN, SOCKINFO_IN);
SAME(PO_MACOS_KIND_TCP, SOCKINFO_TCP);
SAME(PO_MACOS_IPV4, INI_IPV4);
SAME(PO_MACOS_IPV6, INI_IPV6);
SAME(PO_MACOS_LISTENS, SO_ACCEPTCONN);
SAME(PO_MACOS_RAW, SOCK_RAW);
SAME(PO_MACOS_CLOSED, TSI_S_CLOSED);
SAME(PO_MACOS_LISTEN, TSI_S_LISTEN);
SAME(PO_MACOS_SYN_SENT, TSI_S_SYN_SENT);
SAME(PO_MACOS_SYN_RECEIVED, TSI_S_SYN_RECEIVED);
SAME(PO_MACOS_ESTABLISHED, TSI_S_ESTABLISHED);
SAME(PO_MACOS_CLOSE_WAIT, TSI_S__CLOSE_WAIT);
SAME(PO_MACOS_FIN_WAIT_1, TSI_S_FIN_WAIT_1);
SAME(PO_MACOS_CLOSING, TSI_S_CLOSING);
SAME(PO_MACOS_LAST_ACK, TSI_S_LAST_ACK);
SAME(PO_MACOS_FIN_WAIT_2, TSI_S_FIN_WAIT_2);
SAME(PO_MACOS_TIME_WAIT, TSI_S_TIME_WAIT);

AT(PO_MACOS_PROCESS_PID, proc_bsdinfo, pbi_pid);
AT(PO_MACOS_PROCESS_PARENT, proc_bsdinfo, pbi_ppid);
AT(PO_MACOS_PROCESS_UID, proc_bsdinfo, pbi_uid);
AT(PO_MACOS_PROCESS_COMMAND, proc_bsdinfo, pbi_comm);
SAME(PO_MACOS_PROCESS_COMMAND_SIZE,
    sizeof(((struct proc_bsdinfo *)0)->pbi_comm));
AT(PO_MACOS_PROCESS_NAME, proc_bsdinfo, pbi_name);
SAME(PO_MACOS_PROCESS_NAME_SIZE, sizeof(((struct proc_bsdinfo *)0)->pbi_name));
AT(PO_MACOS_PROCESS_START, proc_bsdinfo, pbi_start_tvsec);
AT(PO_MACOS_PROCESS_START + 8, proc_bsdinfo, pbi_start_tvusec);
SAME(PO_MACOS_PROCESS_SIZE, sizeof(struct proc_bsdinfo));
