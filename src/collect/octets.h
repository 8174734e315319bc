/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets of a kernel to integers and addresses, wherever they stand.
 */
#ifndef PO_COLLECT_OCTETS_H
#define PO_COLLECT_OCTETS_H

#include <string.h>

#include "model/row.h"

/* Of host byte order. */
static inline uint16_t
po_octets_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t
po_octets_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t
po_octets_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Of little-endian systems, wherever they are read. */
static inline uint16_t
po_octets_le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t
po_octets_le32(const uint8_t *at)
{
	return po_octets_le16(at) | (uint32_t)po_octets_le16(at + 2) << 16;
}

static inline uint64_t
po_octets_le64(const uint8_t *at)
{
	return po_octets_le32(at) | (uint64_t)po_octets_le32(at + 4) << 32;
}

/* A number of network byte order, as the host has read it. */
static inline uint16_t
po_octets_net16(uint16_t number)
{
	uint8_t octets[2];

	memcpy(octets, &number, sizeof(number));
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

static inline void
po_octets_ipv4(const uint8_t octets[4], struct po_address *address)
{
	memset(address, 0, sizeof(*address));
	address->type = PO_ADDRESS_IPV4;
	memcpy(address->bytes, octets, 4);
}

/* zone: the interface's index, which counts for a link-local address; or 0. */
static inline void
po_octets_ipv6(
    const uint8_t octets[16], uint32_t zone, struct po_address *address)
{
	const bool local = octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;

	memset(address, 0, sizeof(*address));
	address->type = PO_ADDRESS_IPV6;
	memcpy(address->bytes, octets, 16);
	if (!local || zone == 0)
		return;
	address->type = PO_ADDRESS_IPV6Z;
	address->zone = zone;
}

static inline bool
po_octets_is_wildcard(const struct po_address *address)
{
	static const uint8_t zero[sizeof(address->bytes)];

	return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

#endif
