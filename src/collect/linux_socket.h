/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux's two ways of listing sockets have in common: the numbers of
 * families and states, and what follows from them for a row.
 */
#ifndef PO_COLLECT_LINUX_SOCKET_H
#define PO_COLLECT_LINUX_SOCKET_H

#include "model/row.h"

/* The kernel's numbers (include/net/tcp_states.h), good for UDP and raw too. */
enum po_linux_state {
	PO_LINUX_ESTABLISHED = 1,
	PO_LINUX_SYN_SENT = 2,
	PO_LINUX_SYN_RECV = 3,
	PO_LINUX_FIN_WAIT1 = 4,
	PO_LINUX_FIN_WAIT2 = 5,
	PO_LINUX_TIME_WAIT = 6,
	PO_LINUX_CLOSE = 7,
	PO_LINUX_CLOSE_WAIT = 8,
	PO_LINUX_LAST_ACK = 9,
	PO_LINUX_LISTEN = 10,
	PO_LINUX_CLOSING = 11,
	PO_LINUX_NEW_SYN_RECV = 12,
	PO_LINUX_BOUND_INACTIVE = 13,
};

/*
 * Completes a row whose endpoints, handle and uid are as the kernel gave them:
 * sets state and connected, clears the remote endpoint of an unconnected
 * socket and the uid of one that has no inode (the kernel says 0 there).
 * False if there is no such state.
 */
bool po_linux_socket_complete(struct po_socket *socket, uint8_t kernel_state);

/* The address families as Linux numbers them. */
enum po_linux_family {
	PO_LINUX_INET = 2,
	PO_LINUX_INET6 = 10,
};

/*
 * An address of 4 or 16 octets, network order, as a socket bound to interface
 * (0: to none) has it.
 */
void po_linux_address(uint8_t family, const uint8_t *bytes, uint32_t interface,
    struct po_address *address);

/*
 * Whether the local address of a completed row stands for IPv4 as well;
 * v6only: the socket option.
 */
bool po_linux_takes_both(const struct po_socket *socket, bool v6only);

/* Whether all octets of an address are 0. */
bool po_linux_is_wildcard(const struct po_address *address);

/* Whether 16 octets are an IPv6 link-local address, fe80::/10. */
bool po_linux_is_link_local(const uint8_t address[16]);

#endif
