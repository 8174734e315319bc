/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which parts of the tables a question needs: ranges of an index, since stack,
 * protocol and port stand at its begin.
 */
#ifndef PO_ASK_PLAN_H
#define PO_ASK_PLAN_H

#include "ask/table.h"

/* Local ports; protocol 0: of every protocol that has ports. */
struct po_ask_ports {
	uint16_t low;
	uint16_t high;
	uint8_t protocol;
};

enum po_ask_tables {
	PO_ASK_OWNERS = 1,
	PO_ASK_LISTENERS = 2, /* in short, for the owners' sake */
	PO_ASK_LISTENERS_WHOLE = 4,
	PO_ASK_CONNECTIONS = 8,
};

/* Zeroed but for tables: everything in them.  The arrays are lent. */
struct po_ask_what {
	unsigned int tables; /* 0: the scalars, by GET */
	bool violations; /* ask for portOwnerViolations, too */
	bool by_stack;
	uint32_t stack;
	const uint8_t *protocols; /* any of these, if there are some */
	size_t n_protocols;
	const struct po_ask_ports *ports; /* likewise */
	size_t n_ports;
};

/* All rows of one protocol with a port from low to high. */
struct po_ask_range {
	uint8_t protocol;
	uint16_t low;
	uint16_t high;
};

/* A range of fewer ports has few rows. */
#define PO_ASK_FEW_PORTS 8

struct po_ask_plan {
	const struct po_ask_table *tables[3];
	size_t n_tables;
	bool all_stacks; /* each one, beginning with 0; else what.stack */
	uint32_t stack;
	bool everything; /* of a stack; else these, of every stack: */
	struct po_ask_range *ranges;
	size_t n_ranges; /* in order, none touches another */
};

/* Returns 0 or -ENOMEM; po_ask_plan_free() it in any case. */
int po_ask_plan_make(struct po_ask_plan *plan, const struct po_ask_what *what);
void po_ask_plan_free(struct po_ask_plan *plan);

/* Whether hardly a host has sockets of this protocol. */
bool po_ask_is_rare(uint8_t protocol);

#endif
