/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of PORT-OWNER-MIB as a manager sees them: cells, with the index
 * in their names, to rows.  The other way round of mib/; no Net-SNMP here.
 */
#ifndef PO_ASK_TABLE_H
#define PO_ASK_TABLE_H

#include "model/compose.h"

/* The longest index there is, that of a connection, and room to see more. */
#define PO_ASK_INDEX_MAX 72
#define PO_ASK_COLUMNS_MAX 12

/* A value; text: lent, of any octets. */
struct po_ask_cell {
	bool present;
	uint32_t number;
	struct po_bytes text;
};

/* A row of any table; cells in the order of the table's columns. */
struct po_ask_row {
	uint32_t index[PO_ASK_INDEX_MAX];
	size_t length;
	struct po_ask_cell cells[PO_ASK_COLUMNS_MAX];
};

struct po_ask_table {
	const char *name;
	uint32_t number; /* below portOwnerObjects */
	const uint32_t *columns; /* the first one is asked of every agent */
	size_t n_columns;
	size_t n_texts; /* of these */
	size_t index_max; /* octets of an encoded index */
	/* Adds a row; 0, -ENOMEM, or -EBADMSG if the index is no index. */
	int (*add)(struct po_compose *compose, const struct po_ask_row *row);
};

extern const struct po_ask_table po_ask_owners;
extern const struct po_ask_table po_ask_connections;
/* Who holds what listens, in short, and all about it. */
extern const struct po_ask_table po_ask_listeners;
extern const struct po_ask_table po_ask_listeners_whole;

/*
 * Whether an owner's row is not clear without the listeners' table: what of it
 * listens, or who made the sockets that no process holds.
 */
bool po_ask_owner_is_unclear(const struct po_ask_row *row);

/* How many octets a row takes in a message, at the most. */
size_t po_ask_row_size(const struct po_ask_table *table);

#endif
