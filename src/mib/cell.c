/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Indices by RFC 4001: an InetAddress is preceded by its type and, having no
 * fixed size, by its length; a zone follows the address in network order.
 */
#include "mib/cell.h"

#include "model/order.h"

size_t
po_key_address(uint32_t *key, size_t length, const struct po_address *address)
{
	const size_t octets = po_address_length(address->type);
	const bool zoned = address->type == PO_ADDRESS_IPV4Z ||
			   address->type == PO_ADDRESS_IPV6Z;
	size_t i;

	key[length++] = address->type;
	key[length++] = (uint32_t)octets + (zoned ? 4 : 0);
	for (i = 0; i < octets; i++)
		key[length++] = address->bytes[i];
	for (i = 4; zoned && i-- > 0;)
		key[length++] = address->zone >> 8 * i & 0xff;
	return length;
}

size_t
po_key_endpoint(
    uint32_t *key, size_t length, const struct po_endpoint *endpoint)
{
	key[length++] = endpoint->stack;
	key[length++] = endpoint->protocol;
	key[length++] = endpoint->port;
	return po_key_address(key, length, &endpoint->address);
}

void
po_cell_number(struct po_value *value, enum po_value_type type, uint32_t number)
{
	value->type = type;
	value->number = number;
}

void
po_cell_ticks(struct po_value *value, uint64_t us)
{
	const uint64_t ticks = us / 10000;

	po_cell_number(value, PO_VALUE_TICKS,
	    ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}

void
po_cell_string(struct po_value *value, const struct po_snapshot *snapshot,
    po_string string)
{
	value->type = PO_VALUE_TEXT;
	value->text = po_snapshot_text(snapshot, string, &value->length);
}

void
po_cell_text(struct po_value *value, const char *text, size_t length)
{
	value->type = PO_VALUE_TEXT;
	value->text = text;
	value->length = length;
}
