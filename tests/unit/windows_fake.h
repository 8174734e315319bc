/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables as Windows would write them, constructed from the layouts in its
 * headers; none of them was recorded.
 */
#ifndef PO_TESTS_WINDOWS_FAKE_H
#define PO_TESTS_WINDOWS_FAKE_H

#include "collect/windows_decode.h"
#include "collect/windows_wire.h"
#include "unit.h"

#define FAKE_ROWS 64

struct windows_fake {
	enum po_windows_table table;
	size_t size;
	uint8_t octets[PO_WINDOWS_ROWS + FAKE_ROWS * 192];
};

struct windows_row {
	const char *local;
	uint16_t port;
	const char *remote; /* NULL: none */
	uint16_t remote_port;
	uint32_t scope;
	uint32_t state; /* PO_MIB_TCP_* */
	uint32_t pid;
	uint64_t created;
};

static inline void
windows_put(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)(value >> 16);
	at[3] = (uint8_t)(value >> 24);
}

static inline void
windows_begin(struct windows_fake *fake, enum po_windows_table table)
{
	memset(fake, 0, sizeof(*fake));
	fake->table = table;
	fake->size = PO_WINDOWS_ROWS;
}

/* IPv4 in an IPv6 table becomes mapped. */
static inline void
windows_put_address(uint8_t *at, const char *text, uint8_t size)
{
	struct po_address address = unit_address(text, 0);

	if (size == 16 && address.type == PO_ADDRESS_IPV4) {
		at[10] = at[11] = 0xff;
		memcpy(at + 12, address.bytes, 4);
		return;
	}
	memcpy(at, address.bytes, size);
}

/* What Windows leaves undefined is 0x5a here. */
static inline void
windows_put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
	at[2] = at[3] = 0x5a;
}

static inline void
windows_add(struct windows_fake *fake, const struct windows_row *row)
{
	const struct po_windows_layout *layout =
	    &po_windows_layouts[fake->table];
	uint8_t *at = fake->octets + fake->size;

	windows_put_address(
	    at + layout->local, row->local, layout->address_size);
	windows_put_port(at + layout->local_port, row->port);
	if (layout->local_scope != PO_WINDOWS_NONE)
		windows_put(at + layout->local_scope, row->scope);
	if (layout->state != PO_WINDOWS_NONE) {
		windows_put(at + layout->state, row->state);
		if (row->remote != NULL)
			windows_put_address(at + layout->remote, row->remote,
			    layout->address_size);
		windows_put_port(at + layout->remote_port, row->remote_port);
		if (layout->local_scope != PO_WINDOWS_NONE)
			windows_put(at + layout->remote_scope, row->scope);
	}
	windows_put(at + layout->pid, row->pid);
	windows_put(at + layout->created, (uint32_t)row->created);
	windows_put(at + layout->created + 4, (uint32_t)(row->created >> 32));
	fake->size += layout->size;
	windows_put(fake->octets,
	    (uint32_t)((fake->size - PO_WINDOWS_ROWS) / layout->size));
}

#endif
