/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a descriptor tells of its socket is of one instant, so who holds which
 * endpoint is certain.  Only whether two descriptors are of one socket has to
 * be found out: they have its address, the generation of its protocol's block
 * and its names.  The address alone may be another socket's by the time of the
 * second.
 */
#include "collect/macos_join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
po_macos_keep(
    struct po_macos_holds *holds, const struct po_macos_socket *socket)
{
	size_t capacity = holds->capacity == 0 ? 256 : 2 * holds->capacity;
	struct po_macos_hold *items;

	if (holds->count == holds->capacity) {
		if (capacity > SIZE_MAX / sizeof(*items))
			return -ENOMEM;
		items = realloc(holds->items, capacity * sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		holds->items = items;
		holds->capacity = capacity;
	}
	holds->items[holds->count] = (struct po_macos_hold){
	    .held = *socket,
	    .number = holds->count,
	};
	holds->count++;
	return 0;
}

void
po_macos_settle(struct po_macos_holds *holds, uint32_t pid)
{
	if (pid == 0)
		holds->count = holds->sure;
	for (; holds->sure < holds->count; holds->sure++)
		holds->items[holds->sure].pid = pid;
}

static int
order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_addresses(const struct po_address *a, const struct po_address *b)
{
	int result = order(a->type, b->type);

	if (result == 0)
		result = order(a->zone, b->zone);
	return result != 0 ? result
			   : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* 0: they are of one socket. */
static int
compare_sockets(
    const struct po_macos_socket *a, const struct po_macos_socket *b)
{
	const struct po_endpoint *own = &a->socket.local;
	const struct po_endpoint *other = &b->socket.local;
	int result = order(a->socket.handle, b->socket.handle);

	if (result == 0)
		result = order(a->generation, b->generation);
	if (result == 0)
		result = order(own->protocol, other->protocol);
	if (result == 0)
		result = order(own->port, other->port);
	if (result == 0)
		result = compare_addresses(&own->address, &other->address);
	if (result == 0)
		result = order(a->socket.remote_port, b->socket.remote_port);
	return result != 0
		   ? result
		   : compare_addresses(&a->socket.remote, &b->socket.remote);
}

/* The last that was seen of a socket comes first. */
static int
compare_holds(const void *left, const void *right)
{
	const struct po_macos_hold *a = left, *b = right;
	const int result = compare_sockets(&a->held, &b->held);

	return result != 0 ? result : order(b->number, a->number);
}

int
po_macos_tell(struct po_macos_holds *holds, struct po_builder *builder)
{
	struct po_macos_hold *items = holds->items;
	struct po_socket socket;
	size_t i, first = 0;
	int error = 0;

	if (holds->count > 1)
		qsort(items, holds->count, sizeof(*items), compare_holds);
	for (i = 0; i < holds->count && error == 0; i++) {
		if (i == 0 ||
		    compare_sockets(&items[first].held, &items[i].held) != 0) {
			first = i;
			socket = items[i].held.socket;
			socket.handle = first + 1;
			error = po_builder_add_socket(builder, &socket);
		}
		if (error == 0)
			error = po_builder_add_owner(
			    builder, first + 1, items[i].pid);
	}
	return error;
}
