/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pieces that FreeBSD's two kinds of socket lists have in common: octets to
 * integers and addresses, and what follows for a row.
 */
#ifndef PO_COLLECT_FREEBSD_ADDRESS_H
#define PO_COLLECT_FREEBSD_ADDRESS_H

#include "collect/freebsd_decode.h"

/* Of host byte order, wherever they stand. */
uint16_t po_freebsd_u16(const uint8_t *at);
uint32_t po_freebsd_u32(const uint8_t *at);
uint64_t po_freebsd_u64(const uint8_t *at);

/* Of network byte order. */
uint16_t po_freebsd_port(const uint8_t *at);

void po_freebsd_ipv4(struct po_address *address, const uint8_t octets[4]);

/*
 * The kernel keeps the zone of an address of one link or one interface inside
 * of it, in its octets 2 and 3.
 */
void po_freebsd_ipv6(struct po_address *address, const uint8_t octets[16]);

/* Whether all octets of an address are 0. */
bool po_freebsd_is_wildcard(const struct po_address *address);

/*
 * Completes a row whose state is known: handle 0 means that no process can hold
 * it, and that the kernel's uid means nothing; whoever is not connected has no
 * remote endpoint.
 */
void po_freebsd_finish(struct po_socket *socket, uint64_t handle, uint32_t uid);

/* See po_freebsd_decode_sockets(). */
int po_freebsd_decode_sctp(const uint8_t *buffer, size_t length, uint32_t stack,
    struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_socket *socket),
    void *context);

#endif
