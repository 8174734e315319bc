/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two halves of composing share: intake (compose.c) and seal
 * (compose_seal.c).
 */
#ifndef PO_MODEL_COMPOSE_PRIVATE_H
#define PO_MODEL_COMPOSE_PRIVATE_H

#include "model/compose.h"
#include "model/seal_private.h"

/* uid and user: of the sockets' creator, where pid is 0. */
struct who {
	uint32_t pid;
	uint32_t uid;
	po_string user;
};

struct owner_entry {
	struct po_endpoint local;
	struct who who;
	uint8_t use;
	uint32_t sockets;
	uint32_t connected;
};

struct listener_entry {
	struct po_endpoint local;
	struct who who;
	struct po_listener row;
};

struct connection_entry {
	struct po_endpoint local;
	struct who who;
	struct po_connection row;
};

/* A record with pid 0: why there is no process, and whose sockets they are. */
struct absent {
	uint64_t key; /* enum po_owner_kind << 32 | uid */
	po_string user;
};

struct po_compose {
	struct po_builder *builder; /* processes, strings, gaps */
	struct array owners;
	struct array listeners;
	struct array connections;
	struct array absent;
	bool partial;
};

/* All three kinds of entries begin with their endpoint and their who. */
struct any_entry {
	struct po_endpoint local;
	struct who who;
};

#endif
