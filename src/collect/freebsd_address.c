/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets to integers, addresses and rows.
 */
#include "collect/freebsd_address.h"

#include <string.h>

uint16_t
po_freebsd_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

uint32_t
po_freebsd_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

uint64_t
po_freebsd_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

uint16_t
po_freebsd_port(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void
po_freebsd_ipv4(struct po_address *address, const uint8_t octets[4])
{
	memset(address, 0, sizeof(*address));
	address->type = PO_ADDRESS_IPV4;
	memcpy(address->bytes, octets, 4);
}

/* fe80::/10, and the multicast addresses of an interface and of a link. */
static bool
has_zone(const uint8_t octets[16])
{
	if (octets[0] == 0xff)
		return (octets[1] & 0xf) == 1 || (octets[1] & 0xf) == 2;
	return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
}

void
po_freebsd_ipv6(struct po_address *address, const uint8_t octets[16])
{
	memset(address, 0, sizeof(*address));
	address->type = PO_ADDRESS_IPV6;
	memcpy(address->bytes, octets, 16);
	if (!has_zone(octets))
		return;
	address->zone = po_freebsd_port(octets + 2);
	address->bytes[2] = address->bytes[3] = 0;
	if (address->zone != 0)
		address->type = PO_ADDRESS_IPV6Z;
}

bool
po_freebsd_is_wildcard(const struct po_address *address)
{
	static const uint8_t zero[sizeof(address->bytes)];

	return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

void
po_freebsd_finish(struct po_socket *socket, uint64_t handle, uint32_t uid)
{
	socket->handle = handle;
	socket->uid = handle != 0 ? uid : PO_UID_UNKNOWN;
	if (socket->connected)
		return;
	memset(&socket->remote, 0, sizeof(socket->remote));
	socket->remote_port = 0;
}
