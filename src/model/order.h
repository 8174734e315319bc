/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of rows: that of their OIDs.  In an index stand stack, protocol,
 * port, address type, length of the address, its octets (for a zoned one the
 * zone's four octets last); length follows from type.
 */
#ifndef PO_MODEL_ORDER_H
#define PO_MODEL_ORDER_H

#include <string.h>

#include "model/row.h"

static inline size_t
po_address_length(uint8_t type)
{
	switch (type) {
	case PO_ADDRESS_IPV4:
	case PO_ADDRESS_IPV4Z:
		return 4;
	case PO_ADDRESS_IPV6:
	case PO_ADDRESS_IPV6Z:
		return 16;
	default:
		return 0;
	}
}

/* Less than, equal to or greater than 0; octets beyond the length are 0. */
static inline int
po_address_compare(const struct po_address *a, const struct po_address *b)
{
	int order;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	if (order != 0 || a->zone == b->zone)
		return order;
	return a->zone < b->zone ? -1 : 1;
}

static inline int
po_endpoint_compare(const struct po_endpoint *a, const struct po_endpoint *b)
{
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return po_address_compare(&a->address, &b->address);
}

static inline int
po_remote_compare(uint16_t a_port, const struct po_address *a, uint16_t b_port,
    const struct po_address *b)
{
	if (a_port != b_port)
		return a_port < b_port ? -1 : 1;
	return po_address_compare(a, b);
}

#endif
