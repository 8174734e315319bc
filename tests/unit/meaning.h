/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sockets mean, the same on every system: a table of cases, and for each
 * decoder an adapter that makes a case's sockets as its kernel would tell them
 * and decodes that.  A new system adds meaning_NAME.c and a line in
 * test_meaning.c; meaning_cases.c is nobody's in particular.
 */
#ifndef PO_TESTS_MEANING_H
#define PO_TESTS_MEANING_H

#include "model/builder.h"
#include "unit.h"

enum meaning_state {
	MEANING_BOUND, /* and no more */
	MEANING_LISTENING,
	MEANING_ESTABLISHED,
	MEANING_TIME_WAIT, /* no socket any more */
	MEANING_SYN_RECEIVED, /* no socket yet */
};

/* What a system may not tell. */
enum meaning_fact {
	MEANING_DUAL = 1 << 0, /* whether a wildcard takes IPv4 as well */
	MEANING_ZONE = 1 << 1, /* the zone of a link-local address */
	MEANING_LIMIT = 1 << 2, /* of the queue */
	MEANING_QUEUE = 1 << 3, /* its length */
	MEANING_RAW = 1 << 4, /* raw sockets */
	MEANING_STATES = 1 << 5, /* sockets without a process */
	MEANING_SHARED = 1 << 6, /* more than one owner */
	MEANING_REMOTE_UDP = 1 << 7, /* where a UDP socket is connected to */
	MEANING_BOUND_TCP = 1 << 8, /* TCP sockets that are bound only */
};

#define MEANING_HOLDERS 3

/* A socket, in words that every system understands. */
struct meaning_socket {
	uint8_t protocol; /* TCP, UDP or RAW */
	bool ipv6; /* opened as an IPv6 socket; then mapped addresses are */
	bool v6only;
	const char *local;
	uint16_t port; /* raw: the protocol */
	const char *remote; /* NULL: none */
	uint16_t remote_port;
	uint32_t zone; /* of its link-local addresses */
	enum meaning_state state;
	uint32_t queue, limit;
	uint32_t uid; /* the creator's */
	uint64_t handle; /* 0: none */
	uint32_t holders[MEANING_HOLDERS]; /* pids, ended by 0 */
};

struct meaning_adapter {
	const char *name;
	unsigned int lacks; /* enum meaning_fact, as bits */
	bool processes_first; /* what they are decides who owns */
	/*
	 * Puts the sockets and who holds them into the builder, by way of the
	 * octets of the system.  Returns 0 or -errno.
	 */
	int (*fill)(struct po_builder *builder,
	    const struct meaning_socket *sockets, size_t n);
};

extern const struct meaning_adapter meaning_diag;
extern const struct meaning_adapter meaning_procnet;
extern const struct meaning_adapter meaning_freebsd;
extern const struct meaning_adapter meaning_illumos;
extern const struct meaning_adapter meaning_illumos_creators;
extern const struct meaning_adapter meaning_macos;
extern const struct meaning_adapter meaning_smartos;
extern const struct meaning_adapter meaning_windows;

/*
 * sockets end with protocol 0.  rows: what a snapshot of them says, a line for
 * each owner, listener and connection, in this order:
 *	own ENDPOINT PID|KIND [bound=N] [listen=N] [connected=N]
 *	listen ENDPOINT PID OWNERS QUEUE/LIMIT
 *	connect ENDPOINT REMOTE PID|KIND STATE
 */
struct meaning_case {
	const char *name;
	unsigned int needs; /* enum meaning_fact, as bits */
	struct meaning_socket sockets[4];
	const char *rows;
};

/* Ended by a case without name. */
extern const struct meaning_case meaning_cases[];

/* For adapters whose kernel tells of sockets and holders apart. */
static inline int
meaning_add_holders(
    struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	size_t i, j;
	int error = 0;

	for (i = 0; i < n; i++)
		for (j = 0; j < MEANING_HOLDERS && sockets[i].holders[j] != 0 &&
			    error == 0;
		     j++)
			error = po_builder_add_owner(
			    builder, sockets[i].handle, sockets[i].holders[j]);
	return error;
}

static inline int
meaning_add_socket(void *builder, const struct po_socket *socket)
{
	return po_builder_add_socket(builder, socket);
}

#endif
