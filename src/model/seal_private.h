/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the seal share.
 */
#ifndef PO_MODEL_SEAL_PRIVATE_H
#define PO_MODEL_SEAL_PRIVATE_H

#include "model/builder_private.h"

#define ITEM(array, type, i) ((type *)(array).items + (i))

/*
 * prefix: stack, protocol, port and address type, as they are compared; start:
 * the begin of what comes after them.
 */
struct sort_item {
	uint64_t prefix;
	uint64_t start;
	const struct socket_entry *entry;
};

/* One socket in the hands of one process. */
struct holder {
	uint32_t process; /* record */
	uint32_t entry; /* index of the process, NOTHING without one */
	const struct socket_entry *socket;
};

struct sealer {
	struct po_builder *builder;
	struct sort_item *order; /* the builder's */
	size_t n_order;
	struct array *sections; /* the builder's */
	struct array absent; /* uint64_t: kind and uid of the ownerless */
	struct array holders; /* struct holder, of the group at hand */
	uint32_t group; /* counts the groups of candidates */
	uint32_t dropped;
	uint32_t unowned;
	bool hidden; /* a permission was missing */
};

/* A comparison of two uint64_t for qsort() and bsearch(). */
int by_number(const void *left, const void *right);

/*
 * seal_processes.c: the processes section, those without a process first, then
 * by pid.
 */
int write_processes(struct sealer *s);

/* The record that stands for the owner of a socket that nobody holds. */
uint64_t absent_key(const struct sealer *s, const struct socket_entry *entry);
uint32_t find_absent(const struct sealer *s, uint64_t key);

/*
 * seal_holders.c: fills s->holders with those who hold the sockets of
 * order[from..to) that wanted() accepts, by process, each pair once.
 */
int gather_holders(struct sealer *s, size_t from, size_t to,
    bool (*wanted)(const struct sealer *, const struct po_socket *));

/*
 * One row's worth of holders begins at from: how many belong to it, and whose
 * they are.  All that no process holds is one row, with the gravest reason and
 * the uid on which the sockets with that reason agree.
 */
size_t holders_of_row(const struct sealer *s, size_t from, uint32_t *process);

/*
 * Room for one more record of a table, zeroed; NULL with *error 0 when the
 * table is full, which is counted.
 */
void *add_row(struct sealer *s, enum po_section which, size_t size, int *error);

/*
 * seal_listeners.c: the row of portOwnerListenerTable for the endpoint of
 * order[from..to), if it is a listener.
 */
int write_listener(struct sealer *s, uint32_t endpoint, size_t from, size_t to);

/* After the last endpoint: how many connections each listener's port serves. */
void count_connections(struct sealer *s);

/* seal.c: the builder's gaps, and one for what was dropped. */
int write_gaps(struct sealer *s);

/* A sealer of what the builder has, with empty sections. */
struct sealer begin_seal(struct po_builder *builder);

/* Writes the header, and lends it with the sections. */
int end_seal(
    struct sealer *s, const struct po_seal *seal, struct po_pieces *pieces);

#endif
