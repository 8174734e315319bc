/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket's inode is 16 bits of its address: several sockets have the same at
 * one time.  So what joins a row with a process's descriptor are the names of
 * both ends as well.  Whatever has the same inode and the same names is taken
 * for one: sockets that share an endpoint, once in 65,536 times, and then the
 * owners of the endpoint are right all the same.
 *
 * An IPv6 socket that takes in IPv4 as well has a row in either table.  The
 * list of inodes says so.  Where there is none, they have one creator and one
 * time of creation, in ticks: two sockets that one process opened within a
 * tick, one for each family, cannot be told from that.
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

/* Zones do not count: the tables know more of them than names do. */
static int
compare_addresses(const struct po_address *a, const struct po_address *b)
{
	const int result = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

	return result != 0 ? result
			   : order(a->type == PO_ADDRESS_IPV4,
				 b->type == PO_ADDRESS_IPV4);
}

int
po_illumos_compare(const void *left, const void *right)
{
	const struct po_illumos_socket *a = left, *b = right;
	int result = order(a->socket.local.stack, b->socket.local.stack);

	if (result == 0)
		result =
		    order(a->socket.local.protocol, b->socket.local.protocol);
	if (result == 0)
		result = order(a->socket.local.port, b->socket.local.port);
	if (result == 0)
		result = order(a->socket.remote_port, b->socket.remote_port);
	if (result == 0)
		result = compare_addresses(
		    &a->socket.local.address, &b->socket.local.address);
	if (result == 0)
		result =
		    compare_addresses(&a->socket.remote, &b->socket.remote);
	return result != 0 ? result : order(a->created, b->created);
}

static void
sort(struct po_illumos_rows *rows,
    int (*compare)(const void *left, const void *right))
{
	if (rows->count > 1)
		qsort(rows->items, rows->count, sizeof(*rows->items), compare);
}

void
po_illumos_keep_common(
    struct po_illumos_rows *rows, struct po_illumos_rows *now)
{
	struct po_illumos_socket *ours = rows->items, *theirs = now->items;
	size_t i = 0, j = 0, kept = 0;
	int result;

	sort(rows, po_illumos_compare);
	sort(now, po_illumos_compare);
	while (i < rows->count && j < now->count) {
		result = po_illumos_compare(&ours[i], &theirs[j]);
		if (result == 0)
			ours[kept++] = theirs[j];
		i += result <= 0;
		j += result >= 0;
	}
	rows->count = kept;
}

/* As the socket's descriptor tells of it. */
static struct po_illumos_file
file_of(const struct po_illumos_socket *row)
{
	struct po_illumos_file file = {
	    .device = row->device,
	    .inode = row->inode,
	    .local = row->socket.local.address,
	    .remote = row->socket.remote,
	    .port = row->socket.local.port,
	    .remote_port = row->socket.remote_port,
	    .protocol = row->socket.local.protocol,
	};

	/* The only such rows are wildcards, of octets that are 0. */
	if (row->of_ipv6)
		file.local.type = PO_ADDRESS_IPV6;
	/* It has no peer until that answers. */
	if (row->socket.state == PO_STATE_SYN_SENT) {
		memset(&file.remote, 0, sizeof(file.remote));
		file.remote_port = 0;
	}
	return file;
}

static int
compare_files(const struct po_illumos_file *a, const struct po_illumos_file *b)
{
	int result = order(a->device, b->device);

	if (result == 0)
		result = order(a->inode, b->inode);
	if (result != 0 || a->device != 0)
		return result;
	result = order(a->protocol, b->protocol);
	if (result == 0)
		result = order(a->port, b->port);
	if (result == 0)
		result = order(a->remote_port, b->remote_port);
	if (result == 0)
		result = compare_addresses(&a->local, &b->local);
	return result != 0 ? result : compare_addresses(&a->remote, &b->remote);
}

/* Those without a file stand first. */
static int
compare_with_file(
    const struct po_illumos_socket *row, const struct po_illumos_file *file)
{
	struct po_illumos_file own;

	if (!row->has_info)
		return -1;
	own = file_of(row);
	return compare_files(&own, file);
}

static int
compare_by_file(const void *left, const void *right)
{
	const struct po_illumos_socket *a = left, *b = right;
	struct po_illumos_file file;
	int result = order(a->has_info, b->has_info);

	if (result != 0 || !a->has_info)
		return result;
	file = file_of(b);
	return compare_with_file(a, &file);
}

void
po_illumos_join(struct po_illumos_rows *rows)
{
	struct po_illumos_socket *items = rows->items;
	size_t i, first = 0;

	sort(rows, compare_by_file);
	for (i = 0; i < rows->count; i++) {
		if (i > 0 && compare_by_file(&items[first], &items[i]) != 0)
			first = i;
		items[i].socket.handle = items[i].has_info ? first + 1 : 0;
	}
}

uint64_t
po_illumos_find(
    const struct po_illumos_rows *rows, const struct po_illumos_file *file)
{
	size_t low = 0, high = rows->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_with_file(&rows->items[middle], file) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < rows->count &&
		       compare_with_file(&rows->items[low], file) == 0
		   ? rows->items[low].socket.handle
		   : 0;
}

static bool
is_open_to_all(const struct po_illumos_socket *row)
{
	return !row->socket.connected &&
	       po_octets_is_wildcard(&row->socket.local.address);
}

/* 0: they may be rows of one socket. */
static int
compare_sockets(
    const struct po_illumos_socket *a, const struct po_illumos_socket *b)
{
	int result = order(a->socket.handle, b->socket.handle);

	if (result == 0)
		result = order(a->socket.local.stack, b->socket.local.stack);
	if (result == 0)
		result =
		    order(a->socket.local.protocol, b->socket.local.protocol);
	if (result == 0)
		result = order(a->socket.local.port, b->socket.local.port);
	if (result == 0)
		result = order(a->creator, b->creator);
	return result != 0 ? result : order(a->created, b->created);
}

/* Whether the list of inodes says that it is not of an IPv6 socket. */
static bool
is_of_ipv4_alone(const struct po_illumos_socket *row)
{
	return row->has_info && !row->of_ipv6 &&
	       row->socket.local.address.type == PO_ADDRESS_IPV4;
}

/*
 * Those that may be of one socket stand together, wildcards first, IPv4's
 * halves before those of IPv6.
 */
static int
compare_rows(const void *left, const void *right)
{
	const struct po_illumos_socket *a = left, *b = right;
	int result = compare_sockets(a, b);

	if (result == 0)
		result = order(is_of_ipv4_alone(a), is_of_ipv4_alone(b));
	if (result == 0)
		result = order(is_open_to_all(b), is_open_to_all(a));
	return result != 0 ? result
			   : order(a->socket.local.address.type,
				 b->socket.local.address.type);
}

/*
 * Rows that may be of one socket: as many wildcards as there are of IPv4 and of
 * IPv6 are of both.  IPv4's half of those loses its port, and is no row.
 */
static void
merge(struct po_illumos_socket *rows, size_t n)
{
	size_t ipv4 = 0, all = 0, i;

	while (all < n && is_open_to_all(&rows[all]) &&
	       !is_of_ipv4_alone(&rows[all])) {
		ipv4 += rows[all].socket.local.address.type == PO_ADDRESS_IPV4;
		all++;
	}
	for (i = 0; i < ipv4 && ipv4 + i < all; i++) {
		rows[i].socket.local.port = 0;
		rows[ipv4 + i].socket.local.address.type = PO_ADDRESS_UNKNOWN;
	}
}

void
po_illumos_merge(struct po_illumos_rows *rows, bool creators)
{
	struct po_illumos_socket *items = rows->items;
	size_t begin, end;

	for (begin = 0; creators && begin < rows->count; begin++)
		items[begin].socket.handle = 0;
	sort(rows, compare_rows);
	for (begin = 0; begin < rows->count; begin = end) {
		end = begin + 1;
		while (end < rows->count &&
		       compare_sockets(&items[begin], &items[end]) == 0)
			end++;
		merge(items + begin, end - begin);
	}
	for (begin = 0; creators && begin < rows->count; begin++)
		if (!po_illumos_is_nobodys(&items[begin]))
			items[begin].socket.handle = begin + 1;
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
		if (error == 0 && clock != NULL && row->creator != 0 &&
		    is_creator(row, clock, builder))
			error = po_builder_add_owner(
			    builder, row->socket.handle, row->creator);
	}
	return error;
}
