/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's /proc/net/{tcp,udp,udplite,raw}[6] as rows.  The tables have no
 * scope for link-local addresses and do not tell an IPv6-only wildcard from
 * one of both families: whoever reads them has to find that out elsewhere.
 */
#ifndef PO_COLLECT_LINUX_PROCNET_DECODE_H
#define PO_COLLECT_LINUX_PROCNET_DECODE_H

#include "model/row.h"

struct po_procnet_table {
	uint32_t stack;
	uint8_t protocol; /* enum po_protocol */
	bool ipv6; /* addresses have 32 digits */
	bool little_endian; /* of the system that wrote the table */
};

/*
 * Decodes one line without its newline (NUL-free, length octets).  Returns 1
 * and fills *socket, 0 for a line that is no row (the heading, a socket
 * without port), or -EBADMSG.
 */
int po_procnet_decode(const struct po_procnet_table *table, const char *line,
    size_t length, struct po_socket *socket);

/*
 * One line of /proc/net/if_inet6: 1 and the address and interface index of a
 * link-local address (fe80::/10), 0 for any other, or -EBADMSG.
 */
int po_procnet_decode_if_inet6(
    const char *line, size_t length, uint8_t address[16], uint32_t *zone);

/*
 * Whether a /proc/net/protocols line names this protocol ("SCTP", "UDP-Lite",
 * ... with or without v6).  Returns the IANA number or 0.
 */
uint8_t po_procnet_decode_protocol(const char *line, size_t length);

#endif
