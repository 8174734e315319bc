/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a snapshot of rows of the tables, as somebody else published them,
 * where the builder makes one of sockets and their holders.
 *
 * Rows may come in any order, and be wrong: what does not fit the others is
 * made to fit.  Text is published text; what is none is cleaned.
 */
#ifndef PO_MODEL_COMPOSE_H
#define PO_MODEL_COMPOSE_H

#include "model/builder.h"

struct po_compose;

/* A row of portOwnerTable.  Of process, parent and start are not used. */
struct po_compose_owner {
	struct po_endpoint local;
	uint8_t use; /* enum po_use */
	uint32_t sockets;
	uint32_t connected;
	struct po_process process;
};

/* A row of portOwnerListenerTable; process is the primary owner. */
struct po_compose_listener {
	struct po_endpoint local;
	uint32_t owners;
	uint32_t sockets;
	uint32_t connections;
	uint32_t queue_length;
	uint32_t queue_limit;
	struct po_process process;
};

/* A row of portOwnerConnectionTable. */
struct po_compose_connection {
	struct po_endpoint local;
	struct po_address remote;
	uint16_t remote_port;
	uint8_t state; /* enum po_state */
	struct po_process process;
};

/* What is said of the whole. */
struct po_compose_totals {
	bool partial; /* processes may be hidden */
	uint32_t unowned;
	uint32_t dropped;
};

/* NULL: no memory. */
struct po_compose *po_compose_new(void);
void po_compose_free(struct po_compose *compose);

/* Forgets all rows and gaps. */
void po_compose_reset(struct po_compose *compose);

/*
 * These copy, and return 0 or -ENOMEM.  Facts of a process are those of the
 * first row that has its pid.
 */
int po_compose_add_owner(
    struct po_compose *compose, const struct po_compose_owner *row);
int po_compose_add_listener(
    struct po_compose *compose, const struct po_compose_listener *row);
int po_compose_add_connection(
    struct po_compose *compose, const struct po_compose_connection *row);

/* As po_builder_add_gap(); any gap makes the snapshot partial. */
int po_compose_add_gap(struct po_compose *compose, enum po_gap_kind kind,
    uint32_t count, const char *text, const char *hint);

/*
 * Builds the image, as po_builder_seal() does.  Afterwards the rows can only
 * be forgotten or freed.
 */
int po_compose_seal(struct po_compose *compose,
    const struct po_compose_totals *totals, const struct po_seal *seal,
    void **image, size_t *size);

#endif
