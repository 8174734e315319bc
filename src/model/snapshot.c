/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validation of an image that may come from anywhere.  After po_snapshot_open
 * every index, offset and string of the image may be followed unchecked.
 */
#include "model/snapshot.h"

#include <errno.h>
#include <string.h>

#include "model/order.h"
#include "model/text.h"

static const uint32_t strides[PO_SECTIONS] = {
    [PO_SECTION_ENDPOINTS] = sizeof(struct po_endpoint),
    [PO_SECTION_OWNERS] = sizeof(struct po_owner),
    [PO_SECTION_LISTENERS] = sizeof(struct po_listener),
    [PO_SECTION_CONNECTIONS] = sizeof(struct po_connection),
    [PO_SECTION_PROCESSES] = sizeof(struct po_process_record),
    [PO_SECTION_GAPS] = sizeof(struct po_gap_record),
    [PO_SECTION_STRINGS] = 1,
};

/* Records are read in place, so their layout must hold no hidden padding. */
_Static_assert(sizeof(struct po_address) == 24, "layout of address");
_Static_assert(sizeof(struct po_endpoint) == 32, "layout of endpoint");
_Static_assert(sizeof(struct po_owner) == 20, "layout of owner");
_Static_assert(sizeof(struct po_listener) == 28, "layout of listener");
_Static_assert(sizeof(struct po_connection) == 40, "layout of connection");
_Static_assert(sizeof(struct po_process_record) == 32, "layout of process");
_Static_assert(sizeof(struct po_gap_record) == 16, "layout of gap");
_Static_assert(sizeof(struct po_snapshot_header) ==
		   88 + PO_SECTIONS * sizeof(struct po_section_entry),
    "layout of header");

static int
check_header(
    const struct po_snapshot_header *header, size_t size, const char **why)
{
	if (size < sizeof(*header) ||
	    memcmp(header->magic, PO_SNAPSHOT_MAGIC, sizeof(header->magic))) {
		*why = "not a snapshot";
		return -EPROTO;
	}
	if (header->byte_order != PO_SNAPSHOT_BYTE_ORDER) {
		*why = "made on a system of another byte order";
		return -EPROTOTYPE;
	}
	if (header->version != PO_SNAPSHOT_VERSION) {
		*why = "of another version of the format";
		return -EPROTONOSUPPORT;
	}
	if (header->size != size) {
		*why =
		    header->size > size ? "cut short" : "longer than it says";
		return -EBADMSG;
	}
	if (header->partial > 1) {
		*why = "a damaged header";
		return -EBADMSG;
	}
	return 0;
}

static bool
check_sections(const struct po_snapshot_header *header)
{
	const struct po_section_entry *entry;
	size_t i;

	for (i = 0; i < PO_SECTIONS; i++) {
		entry = &header->sections[i];
		if (entry->stride != strides[i] || entry->offset % 4 != 0 ||
		    entry->offset < sizeof(*header) ||
		    entry->offset > header->size ||
		    (uint64_t)entry->count * entry->stride >
			header->size - entry->offset)
			return false;
	}
	return true;
}

void
po_snapshot_assemble(const struct po_snapshot_header *header,
    const void *const at[PO_SECTIONS], struct po_snapshot *snapshot)
{
	const struct po_section_entry *sections = header->sections;

	*snapshot = (struct po_snapshot){
	    .header = header,
	    .endpoints = at[PO_SECTION_ENDPOINTS],
	    .owners = at[PO_SECTION_OWNERS],
	    .listeners = at[PO_SECTION_LISTENERS],
	    .connections = at[PO_SECTION_CONNECTIONS],
	    .processes = at[PO_SECTION_PROCESSES],
	    .gaps = at[PO_SECTION_GAPS],
	    .strings = at[PO_SECTION_STRINGS],
	    .n_endpoints = sections[PO_SECTION_ENDPOINTS].count,
	    .n_owners = sections[PO_SECTION_OWNERS].count,
	    .n_listeners = sections[PO_SECTION_LISTENERS].count,
	    .n_connections = sections[PO_SECTION_CONNECTIONS].count,
	    .n_processes = sections[PO_SECTION_PROCESSES].count,
	    .n_gaps = sections[PO_SECTION_GAPS].count,
	    .n_strings = sections[PO_SECTION_STRINGS].count,
	};
}

static void
map_sections(
    const struct po_snapshot_header *header, struct po_snapshot *snapshot)
{
	const void *at[PO_SECTIONS];
	size_t i;

	for (i = 0; i < PO_SECTIONS; i++)
		at[i] = (const char *)header + header->sections[i].offset;
	po_snapshot_assemble(header, at, snapshot);
}

static bool
check_string(const struct po_snapshot *s, po_string at)
{
	uint32_t length;

	if (at == 0)
		return true;
	if (at >= s->n_strings)
		return false;
	length = (unsigned char)s->strings[at];
	if (s->n_strings - at < length + 2)
		return false;
	return s->strings[at + 1 + length] == '\0' &&
	       po_text_is_clean(s->strings + at + 1, length);
}

/* Octets beyond an address's length and zones where there is none are 0. */
static bool
check_address(const struct po_address *address)
{
	static const struct po_address zero;
	size_t length;

	if (address->type > PO_ADDRESS_IPV6Z)
		return false;
	length = po_address_length(address->type);
	if (memcmp(address->bytes + length, zero.bytes,
		sizeof(zero.bytes) - length) != 0)
		return false;
	return address->zone == 0 || address->type == PO_ADDRESS_IPV4Z ||
	       address->type == PO_ADDRESS_IPV6Z;
}

static bool
check_endpoints(const struct po_snapshot *s)
{
	uint32_t i;

	for (i = 0; i < s->n_endpoints; i++) {
		if (!check_address(&s->endpoints[i].address))
			return false;
		if (i > 0 && po_endpoint_compare(
				 &s->endpoints[i - 1], &s->endpoints[i]) >= 0)
			return false;
	}
	return true;
}

static bool
check_processes(const struct po_snapshot *s)
{
	const struct po_process_record *p;
	uint32_t i;

	for (i = 0; i < s->n_processes; i++) {
		p = &s->processes[i];
		if (i > 0 && (p->pid < p[-1].pid ||
				 (p->pid != 0 && p->pid == p[-1].pid)))
			return false;
		if (p->pid > INT32_MAX || p->kind > PO_OWNER_HIDDEN ||
		    (p->pid == 0) != (p->kind != PO_OWNER_PROCESS))
			return false;
		if (!check_string(s, p->command) || !check_string(s, p->user) ||
		    !check_string(s, p->service) ||
		    !check_string(s, p->executable) ||
		    !check_string(s, p->arguments))
			return false;
	}
	return true;
}

static bool
check_owners(const struct po_snapshot *s)
{
	const struct po_owner *o;
	uint32_t i;

	for (i = 0; i < s->n_owners; i++) {
		o = &s->owners[i];
		if (o->endpoint >= s->n_endpoints ||
		    o->process >= s->n_processes || o->sockets == 0 ||
		    o->connected > o->sockets ||
		    o->listening > o->sockets - o->connected)
			return false;
		if (i == 0 || o->endpoint > o[-1].endpoint)
			continue;
		if (o->endpoint < o[-1].endpoint ||
		    s->processes[o->process].pid <=
			s->processes[o[-1].process].pid)
			return false;
	}
	return true;
}

static bool
check_listeners(const struct po_snapshot *s)
{
	const struct po_listener *l;
	uint32_t i;

	for (i = 0; i < s->n_listeners; i++) {
		l = &s->listeners[i];
		if (l->endpoint >= s->n_endpoints ||
		    l->process >= s->n_processes ||
		    (i > 0 && l->endpoint <= l[-1].endpoint))
			return false;
	}
	return true;
}

static bool
check_connections(const struct po_snapshot *s)
{
	const struct po_connection *c;
	uint32_t i;
	int order;

	for (i = 0; i < s->n_connections; i++) {
		c = &s->connections[i];
		if (c->endpoint >= s->n_endpoints ||
		    c->process >= s->n_processes || c->sockets == 0 ||
		    c->state > PO_STATE_DELETE_TCB ||
		    !check_address(&c->remote))
			return false;
		if (i == 0 || c->endpoint > c[-1].endpoint)
			continue;
		order = po_remote_compare(c[-1].remote_port, &c[-1].remote,
		    c->remote_port, &c->remote);
		if (c->endpoint < c[-1].endpoint || order > 0 ||
		    (order == 0 && s->processes[c->process].pid <=
				       s->processes[c[-1].process].pid))
			return false;
	}
	return true;
}

static bool
check_gaps(const struct po_snapshot *s)
{
	uint32_t i;

	for (i = 0; i < s->n_gaps; i++)
		if (!check_string(s, s->gaps[i].text) ||
		    !check_string(s, s->gaps[i].hint))
			return false;
	return check_string(s, s->header->source);
}

int
po_snapshot_open(const void *image, size_t size, struct po_snapshot *snapshot,
    const char **why)
{
	const struct po_snapshot_header *header = image;
	const char *unused;
	int error;

	why = why == NULL ? &unused : why;
	error = check_header(header, size, why);
	if (error != 0)
		return error;
	*why = "damaged";
	if (!check_sections(header))
		return -EBADMSG;
	map_sections(header, snapshot);
	if (!check_endpoints(snapshot) || !check_processes(snapshot) ||
	    !check_owners(snapshot) || !check_listeners(snapshot) ||
	    !check_connections(snapshot) || !check_gaps(snapshot))
		return -EBADMSG;
	*why = NULL;
	return 0;
}

const char *
po_snapshot_text(
    const struct po_snapshot *snapshot, po_string s, size_t *length)
{
	if (s == 0) {
		*length = 0;
		return "";
	}
	*length = (unsigned char)snapshot->strings[s];
	return snapshot->strings + s + 1;
}

/*
 * FNV-1a over 64 bits, the checksum's own octets counted as 0.  Each step can
 * be undone, so no single changed octet goes unnoticed.
 */
uint64_t
po_snapshot_checksum(const void *image, size_t size)
{
	const unsigned char *octets = image;
	const size_t from = offsetof(struct po_snapshot_header, checksum);
	uint64_t sum = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < size; i++) {
		if (i < from || i >= from + sizeof(uint64_t))
			sum ^= octets[i];
		sum *= 0x100000001b3u;
	}
	return sum;
}
