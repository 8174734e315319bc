/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares the decoder's offsets and numbers with FreeBSD's own headers.  Only
 * compiled, and only there: everything here is true or an error.
 */
#define _WANT_SOCKET /* struct socket, with its SQ_* */
#include <sys/param.h>

#include <sys/file.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/socketvar.h>
#include <sys/user.h>

#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>

#include <netinet/in_pcb.h>
#include <netinet/sctp.h>
#include <netinet/sctp_uio.h>
#include <netinet/tcp.h>
#include <netinet/tcp_fsm.h>
#include <netinet/tcp_var.h>
#include <stddef.h>

#include "collect/freebsd_wire.h"

#define SAME(ours, theirs)                                                     \
	_Static_assert((unsigned long)(ours) == (unsigned long)(theirs), #ours)
#define AT(ours, type, member) SAME(ours, offsetof(struct type, member))
#define WIDTH(type, member, octets)                                            \
	SAME(sizeof(((struct type *)0)->member), octets)

AT(PO_XINPGEN_LENGTH, xinpgen, xig_len);
WIDTH(xinpgen, xig_len, 8);
AT(PO_XINPGEN_GENERATION, xinpgen, xig_gen);
WIDTH(xinpgen, xig_gen, 8);
SAME(PO_XINPGEN_SIZE, sizeof(struct xinpgen));

AT(PO_XINPCB_LENGTH, xinpcb, xi_len);
WIDTH(xinpcb, xi_len, 8);
AT(PO_XINPCB_SOCKET, xinpcb, xi_socket.xso_so);
WIDTH(xinpcb, xi_socket.xso_so, 8);
AT(PO_XINPCB_QUEUE, xinpcb, xi_socket.so_qlen);
AT(PO_XINPCB_LIMIT, xinpcb, xi_socket.so_qlimit);
AT(PO_XINPCB_UID, xinpcb, xi_socket.so_uid);
WIDTH(xinpcb, xi_socket.so_uid, 4);
AT(PO_XINPCB_OPTIONS, xinpcb, xi_socket.so_options);
WIDTH(xinpcb, xi_socket.so_options, 2);
AT(PO_XINPCB_STATE, xinpcb, xi_socket.so_state);
WIDTH(xinpcb, xi_socket.so_state, 2);
AT(PO_XINPCB_FOREIGN_PORT, xinpcb, inp_inc.inc_ie.ie_fport);
AT(PO_XINPCB_LOCAL_PORT, xinpcb, inp_inc.inc_ie.ie_lport);
AT(PO_XINPCB_FOREIGN, xinpcb, inp_inc.inc_ie.ie_dependfaddr);
AT(PO_XINPCB_LOCAL, xinpcb, inp_inc.inc_ie.ie_dependladdr);
AT(PO_XINPCB_FOREIGN + 12, xinpcb,
    inp_inc.inc_ie.ie_dependfaddr.id46_addr.ia46_addr4);
AT(PO_XINPCB_LOCAL + 12, xinpcb,
    inp_inc.inc_ie.ie_dependladdr.id46_addr.ia46_addr4);
AT(PO_XINPCB_GENERATION, xinpcb, inp_gencnt);
WIDTH(xinpcb, inp_gencnt, 8);
AT(PO_XINPCB_FAMILIES, xinpcb, inp_vflag);
AT(PO_XINPCB_PROTOCOL, xinpcb, inp_ip_p);
SAME(PO_XINPCB_SIZE, sizeof(struct xinpcb));
SAME(PO_XINPCB_LISTENS, SO_ACCEPTCONN);
#ifdef SS_NOFDREF
SAME(PO_XINPCB_UNHELD, SS_NOFDREF | SQ_INCOMP | SQ_COMP);
#else
SAME(PO_XINPCB_UNHELD, 0x1 | SQ_INCOMP | SQ_COMP);
#endif
SAME(PO_INP_IPV4, INP_IPV4);
SAME(PO_INP_IPV6, INP_IPV6);
SAME(PO_INP_IPV6_SOCKET, INP_IPV6PROTO);

AT(PO_XTCPCB_LENGTH, xtcpcb, xt_len);
AT(PO_XTCPCB_XINPCB, xtcpcb, xt_inp);
AT(PO_XTCPCB_STATE, xtcpcb, t_state);
WIDTH(xtcpcb, t_state, 4);
SAME(PO_XTCPCB_SIZE, sizeof(struct xtcpcb));
SAME(PO_TCPS_CLOSED, TCPS_CLOSED);
SAME(PO_TCPS_LISTEN, TCPS_LISTEN);
SAME(PO_TCPS_SYN_SENT, TCPS_SYN_SENT);
SAME(PO_TCPS_SYN_RECEIVED, TCPS_SYN_RECEIVED);
SAME(PO_TCPS_ESTABLISHED, TCPS_ESTABLISHED);
SAME(PO_TCPS_CLOSE_WAIT, TCPS_CLOSE_WAIT);
SAME(PO_TCPS_FIN_WAIT_1, TCPS_FIN_WAIT_1);
SAME(PO_TCPS_CLOSING, TCPS_CLOSING);
SAME(PO_TCPS_LAST_ACK, TCPS_LAST_ACK);
SAME(PO_TCPS_FIN_WAIT_2, TCPS_FIN_WAIT_2);
SAME(PO_TCPS_TIME_WAIT, TCPS_TIME_WAIT);

AT(PO_XSCTP_INPCB_LAST, xsctp_inpcb, last);
AT(PO_XSCTP_INPCB_FLAGS, xsctp_inpcb, flags);
AT(PO_XSCTP_INPCB_PORT, xsctp_inpcb, local_port);
AT(PO_XSCTP_INPCB_SOCKET, xsctp_inpcb, socket);
WIDTH(xsctp_inpcb, socket, 8);
AT(PO_XSCTP_INPCB_QUEUE, xsctp_inpcb, qlen);
AT(PO_XSCTP_INPCB_LIMIT, xsctp_inpcb, maxqlen);
SAME(PO_XSCTP_INPCB_SIZE, sizeof(struct xsctp_inpcb));
SAME(PO_XSCTP_ONE_TO_ONE, SCTP_PCB_FLAGS_TCPTYPE);
SAME(PO_XSCTP_BOUND_ALL, SCTP_PCB_FLAGS_BOUNDALL);
SAME(PO_XSCTP_LISTENS, SCTP_PCB_FLAGS_ACCEPTING);
SAME(PO_XSCTP_IPV6, SCTP_PCB_FLAGS_BOUND_V6);
SAME(PO_XSCTP_SOCKET_GONE, SCTP_PCB_FLAGS_SOCKET_GONE);
AT(PO_XSCTP_TCB_PRIMARY, xsctp_tcb, primary_addr);
AT(PO_XSCTP_TCB_LAST, xsctp_tcb, last);
AT(PO_XSCTP_TCB_STATE, xsctp_tcb, state);
AT(PO_XSCTP_TCB_LOCAL_PORT, xsctp_tcb, local_port);
AT(PO_XSCTP_TCB_REMOTE_PORT, xsctp_tcb, remote_port);
SAME(PO_XSCTP_TCB_SIZE, sizeof(struct xsctp_tcb));
AT(PO_XSCTP_ADDRESS, xsctp_laddr, address);
AT(PO_XSCTP_ADDRESS_LAST, xsctp_laddr, last);
SAME(PO_XSCTP_LADDR_SIZE, sizeof(struct xsctp_laddr));
AT(PO_XSCTP_ADDRESS, xsctp_raddr, address);
AT(PO_XSCTP_ADDRESS_LAST, xsctp_raddr, last);
SAME(PO_XSCTP_RADDR_SIZE, sizeof(struct xsctp_raddr));
SAME(PO_XSCTP_CLOSED, SCTP_CLOSED);
SAME(PO_XSCTP_COOKIE_WAIT, SCTP_COOKIE_WAIT);
SAME(PO_XSCTP_COOKIE_ECHOED, SCTP_COOKIE_ECHOED);
SAME(PO_XSCTP_ESTABLISHED, SCTP_ESTABLISHED);
SAME(PO_XSCTP_SHUTDOWN_SENT, SCTP_SHUTDOWN_SENT);
SAME(PO_XSCTP_SHUTDOWN_RECEIVED, SCTP_SHUTDOWN_RECEIVED);
SAME(PO_XSCTP_SHUTDOWN_ACK_SENT, SCTP_SHUTDOWN_ACK_SENT);
SAME(PO_XSCTP_SHUTDOWN_PENDING, SCTP_SHUTDOWN_PENDING);

AT(PO_BSD_SOCKADDR_FAMILY, sockaddr, sa_family);
AT(PO_BSD_SOCKADDR_IPV4, sockaddr_in, sin_addr);
AT(PO_BSD_SOCKADDR_IPV6, sockaddr_in6, sin6_addr);
SAME(PO_BSD_SOCKADDR_SIZE, sizeof(struct sockaddr_in6));
SAME(PO_FREEBSD_INET, AF_INET);
SAME(PO_FREEBSD_INET6, AF_INET6);

AT(PO_XFILE_LENGTH, xfile, xf_size);
WIDTH(xfile, xf_size, 8);
AT(PO_XFILE_PID, xfile, xf_pid);
AT(PO_XFILE_UID, xfile, xf_uid);
AT(PO_XFILE_TYPE, xfile, xf_type);
WIDTH(xfile, xf_type, 2);
AT(PO_XFILE_DATA, xfile, xf_data);
WIDTH(xfile, xf_data, 8);
SAME(PO_XFILE_SIZE, sizeof(struct xfile));
SAME(PO_XFILE_SOCKET, DTYPE_SOCKET);

AT(PO_KINFO_PROC_LENGTH, kinfo_proc, ki_structsize);
AT(PO_KINFO_PROC_PID, kinfo_proc, ki_pid);
AT(PO_KINFO_PROC_PARENT, kinfo_proc, ki_ppid);
AT(PO_KINFO_PROC_UID, kinfo_proc, ki_uid);
AT(PO_KINFO_PROC_START, kinfo_proc, ki_start.tv_sec);
WIDTH(kinfo_proc, ki_start.tv_sec, 8);
AT(PO_KINFO_PROC_START + 8, kinfo_proc, ki_start.tv_usec);
AT(PO_KINFO_PROC_COMMAND, kinfo_proc, ki_comm);
WIDTH(kinfo_proc, ki_comm, PO_KINFO_PROC_COMMAND_SIZE);
AT(PO_KINFO_PROC_JAIL, kinfo_proc, ki_jid);
SAME(PO_KINFO_PROC_SIZE, sizeof(struct kinfo_proc));
