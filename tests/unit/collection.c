/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses are of every type that a collector reports, mapped ones included.
 */
#include "collection.h"

#include <stdlib.h>

#include "unit.h"

static struct po_address
random_address(uint64_t *seed, bool wildcards)
{
	static const struct {
		const char *text;
		uint32_t zone;
	} addresses[] = {{"*", 0}, {"0.0.0.0", 0}, {"::", 0}, {"127.0.0.1", 0},
	    {"192.0.2.1", 0}, {"::ffff:192.0.2.1", 0}, {"::1", 0},
	    {"2001:db8::1", 0}, {"fe80::1", 2}, {"fe80::1", 300},
	    {"fe80::2", 2}, {"::ffff:127.0.0.1", 0}};
	const uint32_t n = sizeof(addresses) / sizeof(addresses[0]);
	uint32_t from = wildcards ? 0 : 3, at;

	at = from + unit_below(seed, n - from);
	return unit_address(addresses[at].text, addresses[at].zone);
}

static void
random_endpoint(uint64_t *seed, struct po_endpoint *local)
{
	static const uint32_t stacks[] = {0, 0, 0, 5, 4026532177u};
	static const uint8_t protocols[] = {PO_PROTOCOL_TCP, PO_PROTOCOL_TCP,
	    PO_PROTOCOL_TCP, PO_PROTOCOL_UDP, PO_PROTOCOL_UDP,
	    PO_PROTOCOL_UDPLITE, PO_PROTOCOL_RAW, PO_PROTOCOL_SCTP};
	static const uint16_t ports[] = {1, 80, 255, 256, 443, 8080, 32767,
	    32768, 40000, 60999, 61000, 65535};

	memset(local, 0, sizeof(*local));
	local->stack = stacks[unit_below(seed, 5)];
	local->protocol = protocols[unit_below(seed, sizeof(protocols))];
	local->port = ports[unit_below(seed, 12)];
	local->address = random_address(seed, true);
}

static void
random_socket(uint64_t *seed, uint32_t handles, struct po_socket *socket)
{
	static const uint32_t uids[] = {0, 1000, 1001, PO_UID_UNKNOWN};
	bool stream;

	memset(socket, 0, sizeof(*socket));
	random_endpoint(seed, &socket->local);
	stream = socket->local.protocol == PO_PROTOCOL_TCP ||
		 socket->local.protocol == PO_PROTOCOL_SCTP;
	socket->handle =
	    unit_below(seed, 10) == 0 ? 0 : 1 + unit_below(seed, handles);
	socket->uid = uids[unit_below(seed, 4)];
	if (unit_below(seed, 2) == 0) {
		socket->connected = true;
		socket->local.address = random_address(seed, false);
		socket->remote = random_address(seed, false);
		socket->remote_port = (uint16_t)unit_below(seed, 5);
		socket->state = PO_STATE_ESTABLISHED;
		if (stream)
			socket->state =
			    (uint8_t)(PO_STATE_SYN_SENT + unit_below(seed, 9));
	} else if (stream) {
		socket->state = unit_below(seed, 4) == 0 ? PO_STATE_CLOSED
							 : PO_STATE_LISTEN;
		socket->queue_length = unit_below(seed, 100);
		socket->queue_limit = unit_below(seed, 9) == 0
					  ? PO_QUEUE_UNKNOWN
					  : unit_below(seed, 4096);
	}
}

/* Parents have lower pids: families, some broken by processes unknown. */
static size_t
random_processes(uint64_t *seed, struct po_process *processes)
{
	static char names[COLLECTION_PIDS][16];
	struct po_process *p;
	uint32_t pid;
	size_t n = 0;

	for (pid = 1; pid < COLLECTION_PIDS; pid++) {
		if (unit_below(seed, 8) == 0)
			continue;
		p = &processes[n++];
		memset(p, 0, sizeof(*p));
		p->pid = pid;
		p->parent = unit_below(seed, 4) == 0
				? unit_below(seed, 2)
				: unit_below(seed, pid < 20 ? pid : 20);
		p->start =
		    unit_below(seed, 6) == 0 ? 0 : 1 + unit_below(seed, 30);
		p->uid = unit_below(seed, 3) * 500;
		snprintf(names[pid], sizeof(names[pid]), "p%u", pid % 20);
		p->command = unit_bytes(names[pid]);
	}
	return n;
}

/* A socket that is told twice is one, which a test of its own looks at. */
static bool
is_repeat(const struct po_socket *sockets, size_t at)
{
	const struct po_socket *a = &sockets[at], *b;
	size_t i;

	for (i = 0; i < at; i++) {
		b = &sockets[i];
		if (a->handle == b->handle && a->connected == b->connected &&
		    (a->handle != 0 || a->connected) &&
		    a->local.port == b->local.port &&
		    a->local.protocol == b->local.protocol &&
		    a->local.stack == b->local.stack &&
		    (!a->connected || a->remote_port == b->remote_port))
			return true;
	}
	return false;
}

void
collection_make(struct collection *c, uint64_t seed, size_t n)
{
	uint32_t handles = (uint32_t)(n * 3 / 4 + 1), handle;
	size_t i, holds = 0;
	unsigned k;

	for (i = 0; i < n; i++)
		do
			random_socket(&seed, handles, &c->sockets[i]);
		while (is_repeat(c->sockets, i));
	for (handle = 1;
	     handle < handles + 9 && holds + 16 < COLLECTION_HOLDS_MAX;
	     handle++) {
		if (unit_below(&seed, 4) == 0)
			continue;
		k = unit_below(&seed, 6) == 0 ? 12 : 2;
		for (k = 1 + unit_below(&seed, k); k > 0; k--) {
			c->holds[holds].handle = handle;
			c->holds[holds++].pid =
			    1 + unit_below(&seed, COLLECTION_PIDS - 1);
		}
	}
	memset(&c->input, 0, sizeof(c->input));
	c->input.sockets = c->sockets;
	c->input.n_sockets = n;
	c->input.holds = c->holds;
	c->input.n_holds = holds;
	c->input.processes = c->processes;
	c->input.n_processes = random_processes(&seed, c->processes);
	c->input.ephemeral_low = 32768;
	c->input.ephemeral_high = 60999;
	c->input.listener_ephemeral_udp = unit_below(&seed, 2) != 0;
	c->input.permission_gap = unit_below(&seed, 2) != 0;
}

int
collection_tell(const struct ref_input *in, struct po_builder *builder)
{
	size_t i;
	int error = 0;

	po_builder_set_ephemeral(
	    builder, in->ephemeral_low, in->ephemeral_high);
	for (i = 0; i < in->n_sockets && error == 0; i++)
		error = po_builder_add_socket(builder, &in->sockets[i]);
	for (i = 0; i < in->n_holds && error == 0; i++)
		error = po_builder_add_owner(
		    builder, in->holds[i].handle, in->holds[i].pid);
	/* Some of it a second time, in another order. */
	for (i = in->n_holds; i > 0 && error == 0; i -= i < 3 ? i : 3)
		error = po_builder_add_owner(
		    builder, in->holds[i - 1].handle, in->holds[i - 1].pid);
	for (i = 0; i < in->n_processes && error == 0; i++)
		error = po_builder_add_process(builder, &in->processes[i]);
	if (error == 0)
		error =
		    po_builder_add_gap(builder, PO_GAP_RACE, 1, "race", NULL);
	if (in->permission_gap && error == 0)
		error = po_builder_add_gap(
		    builder, PO_GAP_PERMISSION, 3, "processes", "run as root");
	return error;
}
