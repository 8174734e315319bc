/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares the decoder's offsets and numbers with Linux's own headers.  Only
 * compiled, and only on Linux: everything here is true or an error.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <sys/socket.h>

#include "collect/linux_diag_wire.h"
#include "collect/linux_socket.h"

#define SAME(ours, theirs)                                                     \
	_Static_assert((unsigned long)(ours) == (unsigned long)(theirs), #ours)

SAME(PO_NETLINK_ALIGN, NLMSG_ALIGNTO);
SAME(PO_NETLINK_ALIGN, RTA_ALIGNTO);
SAME(PO_NLMSG_LENGTH, offsetof(struct nlmsghdr, nlmsg_len));
SAME(PO_NLMSG_TYPE, offsetof(struct nlmsghdr, nlmsg_type));
SAME(PO_NLMSG_FLAGS, offsetof(struct nlmsghdr, nlmsg_flags));
SAME(PO_NLMSG_SIZE, NLMSG_HDRLEN);
SAME(PO_NLMSG_TYPE_ERROR, NLMSG_ERROR);
SAME(PO_NLMSG_TYPE_DONE, NLMSG_DONE);
SAME(PO_NLMSG_TYPE_DIAG_TCP, TCPDIAG_GETSOCK);
SAME(PO_NLMSG_TYPE_DIAG, SOCK_DIAG_BY_FAMILY);
SAME(PO_NLMSG_FLAG_INTERRUPTED, NLM_F_DUMP_INTR);

SAME(PO_DIAG_FAMILY, offsetof(struct inet_diag_msg, idiag_family));
SAME(PO_DIAG_STATE, offsetof(struct inet_diag_msg, idiag_state));
SAME(PO_DIAG_SPORT, offsetof(struct inet_diag_msg, id.idiag_sport));
SAME(PO_DIAG_DPORT, offsetof(struct inet_diag_msg, id.idiag_dport));
SAME(PO_DIAG_SRC, offsetof(struct inet_diag_msg, id.idiag_src));
SAME(PO_DIAG_DST, offsetof(struct inet_diag_msg, id.idiag_dst));
SAME(PO_DIAG_IF, offsetof(struct inet_diag_msg, id.idiag_if));
SAME(PO_DIAG_RQUEUE, offsetof(struct inet_diag_msg, idiag_rqueue));
SAME(PO_DIAG_WQUEUE, offsetof(struct inet_diag_msg, idiag_wqueue));
SAME(PO_DIAG_UID, offsetof(struct inet_diag_msg, idiag_uid));
SAME(PO_DIAG_INODE, offsetof(struct inet_diag_msg, idiag_inode));
SAME(PO_DIAG_SIZE, sizeof(struct inet_diag_msg));
SAME(PO_LINUX_INET, AF_INET);
SAME(PO_LINUX_INET6, AF_INET6);

SAME(PO_RTATTR_LENGTH, offsetof(struct rtattr, rta_len));
SAME(PO_RTATTR_TYPE, offsetof(struct rtattr, rta_type));
SAME(PO_RTATTR_SIZE, sizeof(struct rtattr));
SAME(PO_RTATTR_TYPE_MASK, NLA_TYPE_MASK & 0xffff);
SAME(PO_DIAG_ATTR_SKV6ONLY, INET_DIAG_SKV6ONLY);
SAME(PO_DIAG_ATTR_PEERS, INET_DIAG_PEERS);
