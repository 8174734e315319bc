/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a snapshot must hold, worked out a second time: slowly, by searching
 * lists, straight from the design's words and without the model's code.
 */
#ifndef PO_TESTS_REFERENCE_H
#define PO_TESTS_REFERENCE_H

#include "model/snapshot.h"

/* An index as sub-identifiers, as RFC 4001 and the MIB have it. */
struct ref_oid {
	uint32_t sub[80];
	size_t length;
};

struct ref_hold {
	uint64_t handle;
	uint32_t pid;
};

/* A collection. */
struct ref_input {
	const struct po_socket *sockets;
	size_t n_sockets;
	const struct ref_hold *holds; /* pairs may repeat */
	size_t n_holds;
	const struct po_process *processes; /* each pid once */
	size_t n_processes;
	uint16_t ephemeral_low, ephemeral_high;
	bool listener_ephemeral_udp;
	bool permission_gap;
};

/* Who a row belongs to; uid also for pid 0. */
struct ref_who {
	uint32_t pid;
	uint32_t kind;
	uint32_t uid;
};

struct ref_owner {
	struct ref_oid oid;
	struct ref_who who;
	uint32_t sockets, connected, listening;
};

struct ref_listener {
	struct ref_oid oid;
	struct ref_who who;
	uint32_t owners, sockets, connections, queue_length, queue_limit;
};

struct ref_connection {
	struct ref_oid oid;
	struct ref_who who;
	uint32_t sockets;
	uint32_t states; /* bit n: a socket of it is in state n */
};

struct reference {
	struct ref_owner *owners;
	struct ref_listener *listeners;
	struct ref_connection *connections;
	size_t n_owners, n_listeners, n_connections;
	uint32_t unowned;
};

/* Returns false without memory.  Free with reference_free() either way. */
bool reference_make(const struct ref_input *input, struct reference *reference);
void reference_free(struct reference *reference);

/* The indexes of a snapshot's rows, to compare with. */
void ref_owner_oid(const struct po_snapshot *s, const struct po_owner *row,
    struct ref_oid *oid);
void ref_listener_oid(const struct po_snapshot *s,
    const struct po_listener *row, struct ref_oid *oid);
void ref_connection_oid(const struct po_snapshot *s,
    const struct po_connection *row, struct ref_oid *oid);

int ref_oid_compare(const struct ref_oid *a, const struct ref_oid *b);

#endif
