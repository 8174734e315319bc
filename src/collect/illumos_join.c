/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IPv6 socket that takes in IPv4 as well has a row in either table.  They
 * have one inode, where the kernel tells it.  Elsewhere they have one creator
 * and one time of creation, in ticks: two sockets that one process opened
 * within a tick, one for each family, cannot be told from that.
 *
 * The kernel gives an IPv6 wildcard of UDP a row for IPv4 whether or not it
 * takes that in.
 */
#include "collect/illumos_join.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/octets.h"

#define SLACK 2000000000u /* ns by which two clocks may differ */

int
po_illumos_keep(void *context, const struct po_illumos_socket *socket)
{
	struct po_illumos_rows *rows = context;
	struct po_illumos_socket *items;
	size_t capacity = rows->capacity;

	if (rows->count == capacity) {
		capacity = capacity == 0 ? 256 : capacity * 2;
		if (capacity > SIZE_MAX / sizeof(*items))
			return -ENOMEM;
		items = realloc(rows->items, capacity * sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		rows->items = items;
		rows->capacity = capacity;
	}
	rows->items[rows->count++] = *socket;
	return 0;
}

static int
order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_files(
    uint64_t device, uint64_t inode, uint64_t device2, uint64_t inode2)
{
	const int result = order(device, device2);

	return result != 0 ? result : order(inode, inode2);
}

/* 0: they may be rows of one socket. */
static int
compare_sockets(
    const struct po_illumos_socket *a, const struct po_illumos_socket *b)
{
	int result = order(a->has_info, b->has_info);

	if (result == 0 && a->has_info)
		result =
		    compare_files(a->device, a->inode, b->device, b->inode);
	if (result == 0)
		result = order(a->socket.local.stack, b->socket.local.stack);
	if (result == 0)
		result =
		    order(a->socket.local.protocol, b->socket.local.protocol);
	if (result == 0)
		result = order(a->socket.local.port, b->socket.local.port);
	if (result == 0)
		result = order(a->creator, b->creator);
	if (result == 0)
		result = order(a->created, b->created);
	return result;
}

static bool
is_open_to_all(const struct po_illumos_socket *row)
{
	return !row->socket.connected &&
	       po_octets_is_wildcard(&row->socket.local.address);
}

/* Those that may be of one socket stand together, wildcards first, IPv4's. */
static int
compare_rows(const void *left, const void *right)
{
	const struct po_illumos_socket *a = left, *b = right;
	int result = compare_sockets(a, b);

	if (result == 0)
		result = order(is_open_to_all(b), is_open_to_all(a));
	if (result == 0)
		result = order(
		    a->socket.local.address.type, b->socket.local.address.type);
	return result;
}

/*
 * Rows that may be of one socket: as many wildcards as there are of IPv4 and of
 * IPv6 are of both.  IPv4's half of those loses its port, and is no row.
 */
static void
merge(struct po_illumos_socket *rows, size_t n)
{
	size_t ipv4 = 0, all = 0, i;

	while (all < n && is_open_to_all(&rows[all])) {
		ipv4 += rows[all].socket.local.address.type == PO_ADDRESS_IPV4;
		all++;
	}
	for (i = 0; i < ipv4 && ipv4 + i < all; i++) {
		rows[i].socket.local.port = 0;
		rows[ipv4 + i].socket.local.address.type = PO_ADDRESS_UNKNOWN;
	}
}

/* Sockets with an inode have one for all of their rows. */
static void
give_handles(struct po_illumos_socket *rows, size_t n, uint64_t first,
    const struct po_illumos_notes *notes)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (rows[i].has_info)
			rows[i].socket.handle = first;
		else if (!notes->infos && !po_illumos_is_nobodys(&rows[i]))
			rows[i].socket.handle = first + i;
	}
}

void
po_illumos_join(
    struct po_illumos_rows *rows, const struct po_illumos_notes *notes)
{
	struct po_illumos_socket *items = rows->items;
	size_t begin, end;

	if (rows->count > 1)
		qsort(items, rows->count, sizeof(*items), compare_rows);
	for (begin = 0; begin < rows->count; begin = end) {
		end = begin + 1;
		while (end < rows->count &&
		       compare_sockets(&items[begin], &items[end]) == 0)
			end++;
		merge(items + begin, end - begin);
		give_handles(items + begin, end - begin, begin + 1, notes);
	}
}

uint64_t
po_illumos_find(
    const struct po_illumos_rows *rows, const struct po_illumos_file *file)
{
	const struct po_illumos_socket *row;
	size_t low = 0, high = rows->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		row = &rows->items[middle];
		if (!row->has_info || compare_files(row->device, row->inode,
					  file->device, file->inode) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == rows->count)
		return 0;
	row = &rows->items[low];
	return row->device == file->device && row->inode == file->inode
		   ? row->socket.handle
		   : 0;
}

/* Whether the process of this pid is the one that opened the socket. */
static bool
is_creator(const struct po_illumos_socket *row,
    const struct po_illumos_clock *clock, const struct po_builder *builder)
{
	uint64_t start = 0;

	return po_builder_has_process(builder, row->creator, &start) &&
	       start / clock->tick <=
		   (clock->boot + SLACK) / clock->tick + row->created;
}

int
po_illumos_tell(const struct po_illumos_rows *rows,
    const struct po_illumos_clock *clock, struct po_builder *builder)
{
	const struct po_illumos_socket *row;
	int error = 0;
	size_t i;

	for (i = 0; i < rows->count && error == 0; i++) {
		row = &rows->items[i];
		if (row->socket.local.port == 0)
			continue;
		error = po_builder_add_socket(builder, &row->socket);
		if (error == 0 && !row->has_info && row->socket.handle != 0 &&
		    row->creator != 0 && is_creator(row, clock, builder))
			error = po_builder_add_owner(
			    builder, row->socket.handle, row->creator);
	}
	return error;
}
