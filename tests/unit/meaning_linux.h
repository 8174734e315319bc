/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux's two adapters have in common.
 */
#ifndef PO_TESTS_MEANING_LINUX_H
#define PO_TESTS_MEANING_LINUX_H

#include "collect/linux_socket.h"
#include "meaning.h"

static inline uint8_t
meaning_linux_state(const struct meaning_socket *socket)
{
	static const uint8_t states[] = {
	    [MEANING_BOUND] = PO_LINUX_CLOSE,
	    [MEANING_LISTENING] = PO_LINUX_LISTEN,
	    [MEANING_ESTABLISHED] = PO_LINUX_ESTABLISHED,
	    [MEANING_TIME_WAIT] = PO_LINUX_TIME_WAIT,
	    [MEANING_SYN_RECEIVED] = PO_LINUX_SYN_RECV,
	};

	return states[socket->state];
}

/* 16 octets, of which IPv4 has 4; an IPv6 socket has it mapped. */
static inline void
meaning_linux_address(
    const struct meaning_socket *socket, const char *text, uint8_t octets[16])
{
	const char *unset = socket->ipv6 ? "::" : "0.0.0.0";
	struct po_address address =
	    unit_address(text == NULL ? unset : text, 0);

	memset(octets, 0, 16);
	if (!socket->ipv6 || address.type == PO_ADDRESS_IPV6) {
		memcpy(octets, address.bytes, 16);
		return;
	}
	octets[10] = octets[11] = 0xff;
	memcpy(octets + 12, address.bytes, 4);
}

#endif
