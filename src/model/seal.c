/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The builder's second half: from sockets and holders to an image.
 *
 * Sockets are sorted once, by local endpoint and then by remote one.  That is
 * the order of every table, so all of them are written in one pass over groups
 * of equal endpoints; only the holders inside a group are sorted again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/order.h"
#include "model/seal_private.h"

static int
by_order(const void *left, const void *right)
{
	const struct sort_item *a = left, *b = right;
	const struct po_socket *x, *y;
	int order;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	x = &a->entry->row;
	y = &b->entry->row;
	order = po_address_compare(&x->local.address, &y->local.address);
	if (order != 0)
		return order;
	if (x->connected != y->connected)
		return x->connected ? 1 : -1;
	order = po_remote_compare(
	    x->remote_port, &x->remote, y->remote_port, &y->remote);
	if (order != 0)
		return order;
	if (x->handle != y->handle)
		return x->handle < y->handle ? -1 : 1;
	return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static uint64_t
big_endian(const uint8_t *bytes, size_t count)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < count; i++)
		number = number << 8 | bytes[i];
	return number;
}

/*
 * The begin of what is compared behind the prefix: all of an IPv4 address,
 * whether it is connected, and the remote port; or half an IPv6 address.
 */
static uint64_t
start_of(const struct po_socket *socket)
{
	if (socket->local.address.type != PO_ADDRESS_IPV4)
		return big_endian(socket->local.address.bytes, 8);
	return big_endian(socket->local.address.bytes, 4) << 32 |
	       (uint64_t)socket->connected << 16 | socket->remote_port;
}

static bool
same_socket(const struct po_socket *a, const struct po_socket *b)
{
	return a->handle == b->handle && a->connected == b->connected &&
	       (a->handle != 0 || a->connected) &&
	       po_endpoint_compare(&a->local, &b->local) == 0 &&
	       po_remote_compare(
		   a->remote_port, &a->remote, b->remote_port, &b->remote) == 0;
}

/*
 * A list that is read while it changes may tell of a socket twice: what has the
 * same addresses and the same handle is one.  Without a handle this holds for
 * connections alone.
 */
static size_t
drop_repeats(struct sort_item *items, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		if (n == 0 || !same_socket(&items[n - 1].entry->row,
				  &items[i].entry->row))
			items[n++] = items[i];
	return n;
}

/* One pass of sort_by_prefix(): by one octet, those that are equal stay so. */
static void
sort_by_octet(const struct sort_item *from, struct sort_item *to, size_t count,
    unsigned int shift, size_t places[256])
{
	size_t i, sum = 0, next;

	for (i = 0; i < 256; i++) {
		next = sum + places[i];
		places[i] = sum;
		sum = next;
	}
	for (i = 0; i < count; i++)
		to[places[from[i].prefix >> shift & 0xff]++] = from[i];
}

/*
 * Sorts by prefix, octet by octet from the last one on.  Most octets are the
 * same everywhere and cost nothing.  Returns the array that has the result,
 * items or spare.
 */
static struct sort_item *
sort_by_prefix(struct sort_item *items, struct sort_item *spare, size_t count)
{
	struct sort_item *swap;
	unsigned int shift;
	size_t places[256], i;

	for (shift = 0; shift < 64; shift += 8) {
		memset(places, 0, sizeof(places));
		for (i = 0; i < count; i++)
			places[items[i].prefix >> shift & 0xff]++;
		if (count == 0 ||
		    places[items[0].prefix >> shift & 0xff] == count)
			continue;
		sort_by_octet(items, spare, count, shift, places);
		swap = items;
		items = spare;
		spare = swap;
	}
	return items;
}

/* Sorts what has the same prefix: mostly a few. */
static void
sort_runs(struct sort_item *items, size_t count)
{
	size_t from, to;

	for (from = 0; from < count; from = to) {
		for (to = from + 1; to < count; to++)
			if (items[to].prefix != items[from].prefix)
				break;
		if (to - from > 1)
			qsort(
			    items + from, to - from, sizeof(*items), by_order);
	}
}

_Static_assert(sizeof(struct sort_item) <= sizeof(struct po_connection),
    "one fits into the other's place");

static int
sort_sockets(struct sealer *s)
{
	struct po_builder *builder = s->builder;
	const struct socket_entry *entry;
	struct sort_item *item, *spare;
	size_t i;

	/* The connections are yet to come: their memory serves to sort. */
	if (array_reserve(&builder->order, builder->sockets.count + 1,
		sizeof(*item)) != 0 ||
	    array_reserve(&s->sections[PO_SECTION_CONNECTIONS],
		builder->sockets.count + 1, sizeof(struct po_connection)) != 0)
		return -ENOMEM;
	s->order = builder->order.items;
	spare = s->sections[PO_SECTION_CONNECTIONS].items;
	for (i = 0; i < builder->sockets.count; i++) {
		entry = socket_at(builder, i);
		if (is_dropped(builder, entry))
			continue;
		item = &s->order[s->n_order++];
		item->entry = entry;
		item->prefix = (uint64_t)entry->row.local.stack << 32 |
			       (uint64_t)entry->row.local.protocol << 24 |
			       (uint64_t)entry->row.local.port << 8 |
			       entry->row.local.address.type;
		item->start = start_of(&entry->row);
	}
	if (sort_by_prefix(s->order, spare, s->n_order) == spare)
		memcpy(s->order, spare, s->n_order * sizeof(*spare));
	sort_runs(s->order, s->n_order);
	s->n_order = drop_repeats(s->order, s->n_order);
	return 0;
}

static bool
is_any(const struct sealer *s, const struct po_socket *socket)
{
	(void)s;
	(void)socket;
	return true;
}

/* The rows of portOwnerTable for the endpoint of order[from..to). */
static int
write_owners(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	const struct holder *holder;
	struct po_owner *row;
	size_t i, count, at;
	uint32_t process;
	int error;

	if (gather_holders(s, from, to, is_any) != 0)
		return -ENOMEM;
	for (i = 0; i < s->holders.count; i += count) {
		count = holders_of_row(s, i, &process);
		row = add_row(s, PO_SECTION_OWNERS, sizeof(*row), &error);
		if (error != 0)
			return error;
		if (row == NULL)
			continue;
		row->endpoint = endpoint;
		row->process = process;
		row->sockets = (uint32_t)count;
		for (at = i; at < i + count; at++) {
			holder = ITEM(s->holders, struct holder, at);
			row->connected += holder->socket->row.connected;
			row->listening +=
			    holder->socket->row.state == PO_STATE_LISTEN;
		}
	}
	return 0;
}

/* The rows of one pair of endpoints: order[from..to). */
static int
write_connection(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	const struct po_socket *socket = &s->order[from].entry->row;
	struct po_connection *row;
	uint32_t process;
	size_t i, count;
	int error;

	if (gather_holders(s, from, to, is_any) != 0)
		return -ENOMEM;
	for (i = 0; i < s->holders.count; i += count) {
		count = holders_of_row(s, i, &process);
		row = add_row(s, PO_SECTION_CONNECTIONS, sizeof(*row), &error);
		if (error != 0)
			return error;
		if (row == NULL)
			continue;
		row->endpoint = endpoint;
		row->process = process;
		row->sockets = (uint32_t)count;
		row->remote_port = socket->remote_port;
		row->remote = socket->remote;
		row->state =
		    ITEM(s->holders, struct holder, i)->socket->row.state;
	}
	return 0;
}

static int
write_connections(struct sealer *s, uint32_t endpoint, size_t from, size_t to)
{
	const struct po_socket *a, *b;
	size_t end;
	int error = 0;

	while (from < to && !s->order[from].entry->row.connected)
		from++;
	for (; from < to && error == 0; from = end) {
		a = &s->order[from].entry->row;
		for (end = from + 1; end < to; end++) {
			b = &s->order[end].entry->row;
			if (po_remote_compare(a->remote_port, &a->remote,
				b->remote_port, &b->remote) != 0)
				break;
		}
		error = write_connection(s, endpoint, from, end);
	}
	return error;
}

/* Everything about one endpoint: order[from..to). */
static int
write_endpoint(struct sealer *s, size_t from, size_t to)
{
	struct array *section = &s->sections[PO_SECTION_ENDPOINTS];
	struct po_endpoint *row = array_next(section, sizeof(*row));
	uint32_t endpoint = (uint32_t)section->count;
	int error;

	if (row == NULL)
		return -ENOMEM;
	*row = s->order[from].entry->row.local;
	section->count++;
	error = write_owners(s, endpoint, from, to);
	if (error == 0)
		error = write_listener(s, endpoint, from, to);
	if (error == 0)
		error = write_connections(s, endpoint, from, to);
	return error;
}

/* For most there is one row each; what is not used takes no memory. */
static int
reserve_rows(struct sealer *s)
{
	struct array *sections = s->sections;
	int error;

	error = array_reserve(&sections[PO_SECTION_ENDPOINTS], s->n_order,
	    sizeof(struct po_endpoint));
	if (error == 0)
		error = array_reserve(&sections[PO_SECTION_OWNERS], s->n_order,
		    sizeof(struct po_owner));
	return error;
}

static int
write_endpoints(struct sealer *s)
{
	size_t from, to;
	int error = reserve_rows(s);

	for (from = 0; from < s->n_order && error == 0; from = to) {
		for (to = from + 1; to < s->n_order; to++)
			if (s->order[to].prefix != s->order[from].prefix ||
			    po_address_compare(
				&s->order[to].entry->row.local.address,
				&s->order[from].entry->row.local.address) != 0)
				break;
		error = write_endpoint(s, from, to);
	}
	return error;
}

int
write_gaps(struct sealer *s)
{
	struct po_builder *builder = s->builder;
	struct po_gap_record *row;
	struct gap_entry *gap;
	char text[96];
	size_t i;

	if (s->dropped + builder->overflow != 0) {
		snprintf(text, sizeof(text),
		    "%lu rows beyond the limit of %lu are not shown",
		    (unsigned long)s->dropped + builder->overflow,
		    (unsigned long)builder->options.max_rows);
		if (po_builder_add_gap(builder, PO_GAP_LIMIT, s->dropped, text,
			"raise maxRows") != 0)
			return -ENOMEM;
	}
	for (i = 0; i < builder->gaps.count; i++) {
		gap = ITEM(builder->gaps, struct gap_entry, i);
		row = array_next(&s->sections[PO_SECTION_GAPS], sizeof(*row));
		if (row == NULL)
			return -ENOMEM;
		row->kind = gap->kind;
		row->count = gap->count;
		row->text = gap->text;
		row->hint = gap->hint;
		s->sections[PO_SECTION_GAPS].count++;
	}
	return 0;
}

static bool
misses_permission(const struct po_builder *builder)
{
	size_t i;

	for (i = 0; i < builder->gaps.count; i++)
		if (ITEM(builder->gaps, struct gap_entry, i)->kind ==
		    PO_GAP_PERMISSION)
			return true;
	return false;
}

static void
fill_header(const struct sealer *s, const struct po_seal *seal,
    struct po_snapshot_header *header)
{
	memcpy(header->magic, PO_SNAPSHOT_MAGIC, sizeof(header->magic));
	header->byte_order = PO_SNAPSHOT_BYTE_ORDER;
	header->version = PO_SNAPSHOT_VERSION;
	header->generation = seal->generation;
	header->taken_unix = seal->taken_unix;
	header->taken = seal->taken;
	header->collect_us = seal->collect_us;
	header->scope = seal->scope;
	header->partial = s->sections[PO_SECTION_GAPS].count != 0;
	header->unowned = s->unowned;
	header->dropped = s->dropped + s->builder->overflow;
}

int
end_seal(struct sealer *s, const struct po_seal *seal, struct po_pieces *pieces)
{
	static const uint32_t strides[PO_SECTIONS] = {
	    sizeof(struct po_endpoint), sizeof(struct po_owner),
	    sizeof(struct po_listener), sizeof(struct po_connection),
	    sizeof(struct po_process_record), sizeof(struct po_gap_record), 1};
	struct po_bytes source = {seal->source, strlen(seal->source)};
	struct po_snapshot_header *header = &s->builder->header;
	struct po_bytes *piece = pieces->items;
	const struct array *section;
	size_t i;

	*header = (struct po_snapshot_header){.size = sizeof(*header)};
	if (add_string(s->builder, source, &header->source) != 0)
		return -ENOMEM;
	fill_header(s, seal, header);
	*piece++ = (struct po_bytes){(const char *)header, sizeof(*header)};
	for (i = 0; i < PO_SECTIONS; i++) {
		section = i == PO_SECTION_STRINGS ? &s->builder->strings
						  : &s->sections[i];
		header->sections[i].offset = header->size;
		header->sections[i].count = (uint32_t)section->count;
		header->sections[i].stride = strides[i];
		header->size += section->count * strides[i];
		*piece++ = (struct po_bytes){
		    section->items, section->count * strides[i]};
	}
	pieces->header = header;
	pieces->count = 1 + PO_SECTIONS;
	pieces->size = (size_t)header->size;
	return 0;
}

void *
po_pieces_join(const struct po_pieces *pieces)
{
	char *image = malloc(pieces->size), *at = image;
	size_t i;

	for (i = 0; i < pieces->count && image != NULL; i++) {
		if (pieces->items[i].length != 0)
			memcpy(
			    at, pieces->items[i].data, pieces->items[i].length);
		at += pieces->items[i].length;
	}
	return image;
}

void
po_pieces_view(const struct po_pieces *pieces, struct po_snapshot *snapshot)
{
	const struct po_snapshot_header *header = pieces->header;
	const void *at[PO_SECTIONS];
	size_t i;

	for (i = 0; i < PO_SECTIONS; i++)
		at[i] = pieces->count == 1
			    ? (const char *)header + header->sections[i].offset
			    : pieces->items[1 + i].data;
	po_snapshot_assemble(header, at, snapshot);
}

struct sealer
begin_seal(struct po_builder *builder)
{
	size_t i;

	for (i = 0; i < PO_SECTION_STRINGS; i++)
		builder->sections[i].count = 0;
	return (struct sealer){
	    .builder = builder, .sections = builder->sections};
}

int
po_builder_seal_pieces(struct po_builder *builder, const struct po_seal *seal,
    struct po_pieces *pieces)
{
	struct sealer s = begin_seal(builder);
	enum po_phase before;
	int error;

	s.hidden = misses_permission(builder);
	settle_handles(builder);
	before = po_profile_enter(builder->options.profile, PO_PHASE_SORT);
	error = sort_sockets(&s);
	po_profile_enter(builder->options.profile, PO_PHASE_SEAL);
	if (error == 0)
		error = write_processes(&s);
	if (error == 0)
		error = write_endpoints(&s);
	if (error == 0) {
		count_connections(&s);
		error = write_gaps(&s);
	}
	if (error == 0)
		error = end_seal(&s, seal, pieces);
	free(s.absent.items);
	free(s.holders.items);
	po_profile_enter(builder->options.profile, before);
	return error;
}

int
po_builder_seal(struct po_builder *builder, const struct po_seal *seal,
    void **image, size_t *size)
{
	struct po_pieces pieces;
	int error = po_builder_seal_pieces(builder, seal, &pieces);

	if (error != 0)
		return error;
	*image = po_pieces_join(&pieces);
	*size = pieces.size;
	return *image == NULL ? -ENOMEM : 0;
}
