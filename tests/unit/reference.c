/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Design section 3 (what an owner, a listener, a wildcard is) and section 4
 * (indexes, the primary owner), as plainly as possible.
 */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

#define PIDS_MAX 512

static void
push(struct ref_oid *oid, uint32_t sub)
{
	oid->sub[oid->length++] = sub;
}

/* Type, then a length and the octets: InetAddressType and InetAddress. */
static void
push_address(struct ref_oid *oid, const struct po_address *address)
{
	bool v4 = address->type == PO_ADDRESS_IPV4;
	bool zoned = address->type == PO_ADDRESS_IPV6Z;
	unsigned octets = v4 ? 4 : address->type == PO_ADDRESS_UNKNOWN ? 0 : 16;
	unsigned i;

	push(oid, address->type);
	push(oid, zoned ? octets + 4 : octets);
	for (i = 0; i < octets; i++)
		push(oid, address->bytes[i]);
	for (i = 0; zoned && i < 4; i++)
		push(oid, address->zone >> (24 - 8 * i) & 0xff);
}

static void
local_oid(struct ref_oid *oid, const struct po_endpoint *local)
{
	oid->length = 0;
	push(oid, local->stack);
	push(oid, local->protocol);
	push(oid, local->port);
	push_address(oid, &local->address);
}

static void
pair_oid(struct ref_oid *oid, const struct po_endpoint *local,
    uint16_t remote_port, const struct po_address *remote)
{
	local_oid(oid, local);
	push(oid, remote_port);
	push_address(oid, remote);
}

int
ref_oid_compare(const struct ref_oid *a, const struct ref_oid *b)
{
	size_t i;

	for (i = 0; i < a->length && i < b->length; i++)
		if (a->sub[i] != b->sub[i])
			return a->sub[i] < b->sub[i] ? -1 : 1;
	return (a->length > b->length) - (a->length < b->length);
}

void
ref_owner_oid(const struct po_snapshot *s, const struct po_owner *row,
    struct ref_oid *oid)
{
	local_oid(oid, &s->endpoints[row->endpoint]);
	push(oid, s->processes[row->process].pid);
}

void
ref_listener_oid(const struct po_snapshot *s, const struct po_listener *row,
    struct ref_oid *oid)
{
	local_oid(oid, &s->endpoints[row->endpoint]);
}

void
ref_connection_oid(const struct po_snapshot *s, const struct po_connection *row,
    struct ref_oid *oid)
{
	pair_oid(
	    oid, &s->endpoints[row->endpoint], row->remote_port, &row->remote);
	push(oid, s->processes[row->process].pid);
}

/* An IPv4-mapped address is an IPv4 address. */
static struct po_address
unmapped(const struct po_address *address)
{
	static const char prefix[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
	struct po_address out = *address;

	if (address->type != PO_ADDRESS_IPV6 ||
	    memcmp(address->bytes, prefix, 12) != 0)
		return out;
	memset(&out, 0, sizeof(out));
	out.type = PO_ADDRESS_IPV4;
	memcpy(out.bytes, address->bytes + 12, 4);
	return out;
}

static struct po_socket
normal(const struct po_socket *socket)
{
	struct po_socket out = *socket;

	out.local.address = unmapped(&socket->local.address);
	out.remote = unmapped(&socket->remote);
	return out;
}

/* The distinct pids that hold a socket, lowest first. */
static size_t
pids_of(const struct ref_input *in, const struct po_socket *socket,
    uint32_t pids[PIDS_MAX])
{
	size_t i, k, n = 0;

	if (socket->handle == 0)
		return 0;
	for (i = 0; i < in->n_holds; i++) {
		if (in->holds[i].handle != socket->handle)
			continue;
		for (k = 0; k < n && pids[k] < in->holds[i].pid; k++)
			;
		if (k < n && pids[k] == in->holds[i].pid)
			continue;
		memmove(&pids[k + 1], &pids[k], (n - k) * sizeof(pids[0]));
		pids[k] = in->holds[i].pid;
		n++;
	}
	return n;
}

static const struct po_process *
process_of(const struct ref_input *in, uint32_t pid)
{
	size_t i;

	for (i = 0; i < in->n_processes; i++)
		if (in->processes[i].pid == pid)
			return &in->processes[i];
	return NULL;
}

static struct ref_who
who_is(const struct ref_input *in, uint32_t pid)
{
	const struct po_process *process = process_of(in, pid);
	struct ref_who who = {pid, PO_OWNER_PROCESS, PO_UID_UNKNOWN};

	if (process != NULL)
		who.uid = process->uid;
	return who;
}

static struct ref_who
who_is_not(const struct ref_input *in, const struct po_socket *socket)
{
	struct ref_who who = {0, PO_OWNER_UNSEEN, socket->uid};

	if (socket->handle == 0)
		who.kind = PO_OWNER_NONE;
	else if (in->permission_gap)
		who.kind = PO_OWNER_HIDDEN;
	return who;
}

/* Ownerless sockets of one row: the gravest reason, and the uid of those. */
static void
merge_who(struct ref_who *row, struct ref_who other)
{
	if (other.kind > row->kind)
		*row = other;
	else if (other.kind == row->kind && other.uid != row->uid)
		row->uid = PO_UID_UNKNOWN;
}

static bool
is_udp(const struct po_socket *socket)
{
	return socket->local.protocol == PO_PROTOCOL_UDP ||
	       socket->local.protocol == PO_PROTOCOL_UDPLITE;
}

static bool
is_listener(const struct ref_input *in, const struct po_socket *socket)
{
	bool ephemeral = socket->local.port >= in->ephemeral_low &&
			 socket->local.port <= in->ephemeral_high;

	if (is_udp(socket))
		return !socket->connected &&
		       (in->listener_ephemeral_udp || !ephemeral);
	return socket->state == PO_STATE_LISTEN;
}

static void
add_owner(
    struct reference *out, const struct po_socket *socket, struct ref_who who)
{
	struct ref_owner *row;
	struct ref_oid oid;
	size_t i;

	local_oid(&oid, &socket->local);
	push(&oid, who.pid);
	for (i = 0; i < out->n_owners; i++)
		if (ref_oid_compare(&out->owners[i].oid, &oid) == 0)
			break;
	row = &out->owners[i];
	if (i == out->n_owners) {
		memset(row, 0, sizeof(*row));
		row->oid = oid;
		row->who = who;
		out->n_owners++;
	} else if (who.pid == 0) {
		merge_who(&row->who, who);
	}
	row->sockets++;
	row->connected += socket->connected;
	row->listening += socket->state == PO_STATE_LISTEN;
}

static void
add_connection(
    struct reference *out, const struct po_socket *socket, struct ref_who who)
{
	struct ref_connection *row;
	struct ref_oid oid;
	size_t i;

	pair_oid(&oid, &socket->local, socket->remote_port, &socket->remote);
	push(&oid, who.pid);
	for (i = 0; i < out->n_connections; i++)
		if (ref_oid_compare(&out->connections[i].oid, &oid) == 0)
			break;
	row = &out->connections[i];
	if (i == out->n_connections) {
		memset(row, 0, sizeof(*row));
		row->oid = oid;
		row->who = who;
		out->n_connections++;
	} else if (who.pid == 0) {
		merge_who(&row->who, who);
	}
	row->sockets++;
	row->states |= 1u << socket->state;
}

static bool
descends(const struct ref_input *in, uint32_t pid, uint32_t ancestor)
{
	const struct po_process *process;
	unsigned steps;

	for (steps = 0; pid != 0 && steps < 200; steps++) {
		if (pid == ancestor)
			return true;
		process = process_of(in, pid);
		pid = process == NULL ? 0 : process->parent;
	}
	return false;
}

static bool
is_above_all(
    const struct ref_input *in, uint32_t pid, const uint32_t *pids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!descends(in, pids[i], pid))
			return false;
	return true;
}

static uint64_t
start_of(const struct ref_input *in, uint32_t pid)
{
	const struct po_process *process = process_of(in, pid);

	return process == NULL || process->start == 0 ? UINT64_MAX
						      : process->start;
}

/* pids: distinct, lowest first, at least one. */
static uint32_t
primary_of(const struct ref_input *in, const uint32_t *pids, size_t n)
{
	uint32_t best;
	size_t i;

	if (n > 1 && pids[0] == 1) {
		pids++;
		n--;
	}
	for (i = 0; i < n; i++)
		if (is_above_all(in, pids[i], pids, n))
			return pids[i];
	best = pids[0];
	for (i = 1; i < n; i++)
		if (start_of(in, pids[i]) < start_of(in, best))
			best = pids[i];
	return best;
}

/* Of numbers of which one may be unknown. */
static uint32_t
sum(uint32_t a, uint32_t b)
{
	uint64_t both = (uint64_t)a + b;

	return both > PO_QUEUE_UNKNOWN ? PO_QUEUE_UNKNOWN : (uint32_t)both;
}

static void
add_listener(const struct ref_input *in, struct reference *out,
    const struct po_socket *socket)
{
	struct ref_who who = who_is_not(in, socket);
	struct ref_listener *row;
	struct ref_oid oid;
	size_t i;

	local_oid(&oid, &socket->local);
	for (i = 0; i < out->n_listeners; i++)
		if (ref_oid_compare(&out->listeners[i].oid, &oid) == 0)
			break;
	row = &out->listeners[i];
	if (i == out->n_listeners) {
		memset(row, 0, sizeof(*row));
		row->oid = oid;
		row->who.kind = PO_OWNER_PROCESS; /* nothing to merge yet */
		out->n_listeners++;
	}
	row->sockets++;
	row->queue_length = sum(row->queue_length, socket->queue_length);
	row->queue_limit = sum(row->queue_limit, socket->queue_limit);
	if (socket->handle != 0) {
		uint32_t pids[PIDS_MAX];

		if (pids_of(in, socket, pids) != 0)
			return;
	}
	if (row->who.kind == PO_OWNER_PROCESS)
		row->who = who;
	else
		merge_who(&row->who, who);
}

/* All distinct pids of a listener's sockets. */
static size_t
listener_pids(const struct ref_input *in, const struct ref_listener *row,
    uint32_t all[PIDS_MAX])
{
	uint32_t pids[PIDS_MAX];
	struct po_socket socket;
	struct ref_oid oid;
	size_t i, k, at, n, count = 0;

	for (i = 0; i < in->n_sockets; i++) {
		socket = normal(&in->sockets[i]);
		local_oid(&oid, &socket.local);
		if (!is_listener(in, &socket) ||
		    ref_oid_compare(&oid, &row->oid) != 0)
			continue;
		n = pids_of(in, &socket, pids);
		for (k = 0; k < n; k++) {
			for (at = 0; at < count && all[at] < pids[k]; at++)
				;
			if (at < count && all[at] == pids[k])
				continue;
			memmove(&all[at + 1], &all[at],
			    (count - at) * sizeof(all[0]));
			all[at] = pids[k];
			count++;
		}
	}
	return count;
}

/* 3: the address itself, 2: the family's wildcard, 1: that of both, 0: no. */
static int
serves(const struct ref_oid *listener, const struct po_socket *socket)
{
	struct po_socket wanted = *socket;
	struct ref_oid oid;
	bool v4 = socket->local.address.type == PO_ADDRESS_IPV4;

	local_oid(&oid, &wanted.local);
	if (ref_oid_compare(&oid, listener) == 0)
		return 3;
	memset(&wanted.local.address, 0, sizeof(wanted.local.address));
	local_oid(&oid, &wanted.local);
	if (ref_oid_compare(&oid, listener) == 0)
		return 1;
	wanted.local.address.type = v4 ? PO_ADDRESS_IPV4 : PO_ADDRESS_IPV6;
	local_oid(&oid, &wanted.local);
	return ref_oid_compare(&oid, listener) == 0 ? 2 : 0;
}

static void
count_connection(struct reference *out, const struct po_socket *socket)
{
	struct ref_listener *best = NULL;
	size_t i;
	int fit, best_fit = 0;

	for (i = 0; i < out->n_listeners; i++) {
		fit = serves(&out->listeners[i].oid, socket);
		if (fit > best_fit) {
			best_fit = fit;
			best = &out->listeners[i];
		}
	}
	if (best != NULL)
		best->connections++;
}

static void
add_socket(const struct ref_input *in, struct reference *out,
    const struct po_socket *socket)
{
	uint32_t pids[PIDS_MAX];
	size_t i, n = pids_of(in, socket, pids);
	struct ref_who who;

	out->unowned += n == 0;
	for (i = 0; i < (n == 0 ? 1 : n); i++) {
		who = n == 0 ? who_is_not(in, socket) : who_is(in, pids[i]);
		add_owner(out, socket, who);
		if (socket->connected)
			add_connection(out, socket, who);
	}
	if (is_listener(in, socket))
		add_listener(in, out, socket);
}

/* All rows begin with their index. */
static int
by_oid(const void *left, const void *right)
{
	return ref_oid_compare(left, right);
}

bool
reference_make(const struct ref_input *in, struct reference *out)
{
	size_t rows = in->n_sockets + in->n_holds * 16 + 1, i, n;
	uint32_t pids[PIDS_MAX];
	struct ref_listener *row;
	struct po_socket socket;

	memset(out, 0, sizeof(*out));
	out->owners = calloc(rows, sizeof(*out->owners));
	out->listeners = calloc(rows, sizeof(*out->listeners));
	out->connections = calloc(rows, sizeof(*out->connections));
	if (out->owners == NULL || out->listeners == NULL ||
	    out->connections == NULL)
		return false;
	for (i = 0; i < in->n_sockets; i++) {
		socket = normal(&in->sockets[i]);
		add_socket(in, out, &socket);
	}
	for (i = 0; i < out->n_listeners; i++) {
		row = &out->listeners[i];
		n = listener_pids(in, row, pids);
		row->owners = (uint32_t)n;
		if (n != 0)
			row->who = who_is(in, primary_of(in, pids, n));
	}
	for (i = 0; i < in->n_sockets; i++) {
		socket = normal(&in->sockets[i]);
		if (socket.connected)
			count_connection(out, &socket);
	}
	qsort(out->owners, out->n_owners, sizeof(*out->owners), by_oid);
	qsort(
	    out->listeners, out->n_listeners, sizeof(*out->listeners), by_oid);
	qsort(out->connections, out->n_connections, sizeof(*out->connections),
	    by_oid);
	return true;
}

void
reference_free(struct reference *reference)
{
	free(reference->owners);
	free(reference->listeners);
	free(reference->connections);
}
