/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the lists: again with more room where one has grown, and again where
 * one says that it changed while it was made.
 */
#include "collect/freebsd_lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/freebsd_private.h"

#define READS_MAX 12 /* of a list that grows */
#define SETTLE_MAX 5 /* of a list that changes */
#define LIST_MAX ((size_t)1 << 30) /* octets */
#define SLACK 4096 /* octets more than estimated */

static int
make_room(struct po_freebsd_buffer *buffer, size_t wanted)
{
	void *data;

	if (wanted <= buffer->capacity)
		return 0;
	if (wanted > LIST_MAX)
		return -ENOMEM;
	data = realloc(buffer->data, wanted);
	if (data == NULL)
		return -ENOMEM;
	buffer->data = data;
	buffer->capacity = wanted;
	return 0;
}

int
po_freebsd_read(const struct po_freebsd_source *source,
    enum po_freebsd_list list, uint32_t stack, struct po_freebsd_buffer *buffer)
{
	size_t size = 0, wanted;
	unsigned int reads;
	int error;

	error = source->get(source->context, list, stack, NULL, &size);
	if (error != 0)
		return error;
	for (reads = 0; reads < READS_MAX; reads++) {
		wanted = size > LIST_MAX ? size : size + size / 8 + SLACK;
		error = make_room(buffer, wanted);
		if (error != 0)
			return error;
		buffer->size = buffer->capacity;
		error = source->get(
		    source->context, list, stack, buffer->data, &buffer->size);
		if (error == 0 && buffer->size > buffer->capacity)
			return -EBADMSG;
		if (error != -ENOMEM)
			return error;
		/* The kernel's estimate may be wrong: double what was tried. */
		size = buffer->capacity * 2;
	}
	return -ENOMEM;
}

void *
freebsd_array_add(struct freebsd_array *array, size_t size)
{
	size_t capacity;
	void *items;

	if (array->count == array->capacity) {
		capacity = array->capacity == 0 ? 64 : array->capacity * 2;
		if (capacity > SIZE_MAX / size)
			return NULL;
		items = realloc(array->items, capacity * size);
		if (items == NULL)
			return NULL;
		array->items = items;
		array->capacity = capacity;
	}
	return (char *)array->items + array->count++ * size;
}

static int
add_socket(void *context, const struct po_freebsd_socket *socket)
{
	struct po_freebsd_socket *new =
	    freebsd_array_add(context, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	*new = *socket;
	return 0;
}

/* One list of one stack, until it has settled or patience ends. */
static int
list_one(struct freebsd_run *run, enum po_freebsd_list list, uint32_t stack,
    struct freebsd_array *sockets)
{
	struct po_freebsd_buffer *buffer = &run->memory->buffer;
	const size_t before = sockets->count;
	struct po_freebsd_notes notes;
	unsigned int i;
	int error;

	for (i = 0; i < SETTLE_MAX; i++) {
		sockets->count = before;
		error = po_freebsd_read(run->source, list, stack, buffer);
		if (error != 0)
			return error;
		error = po_freebsd_decode_sockets(list, buffer->data,
		    buffer->size, stack, &notes, add_socket, sockets);
		if (error != 0 && error != -EBADMSG)
			return error;
		if (error == 0 && notes.settled)
			break;
	}
	if (error == 0) {
		run->gaps->odd += notes.odd;
		run->gaps->unsettled += !notes.settled;
	}
	return error;
}

static int
list_stack(
    struct freebsd_run *run, uint32_t stack, struct freebsd_array *sockets)
{
	const size_t before = sockets->count;
	int error = 0, list;

	for (list = 0; list < PO_FREEBSD_SOCKET_LISTS && error == 0; list++) {
		error =
		    list_one(run, (enum po_freebsd_list)list, stack, sockets);
		/* A kernel without the protocol has no sockets of it. */
		if (error == -ENOENT)
			error = 0;
	}
	if (error == 0 || error == -ENOMEM || error == -EBADMSG || stack == 0)
		return error;
	/* Half of a stack would look like all of it; it may have gone, too. */
	sockets->count = before;
	run->gaps->unreachable += error != -ESRCH;
	return 0;
}

#define COMPARE(a, b)                                                          \
	do {                                                                   \
		if ((a) != (b))                                                \
			return (a) < (b) ? -1 : 1;                             \
	} while (0)

/* The PCB's number says all; SCTP, and what is no PCB yet, has none. */
static int
compare_sockets(const void *left, const void *right)
{
	const struct po_freebsd_socket *a = left, *b = right;

	COMPARE(a->socket.local.stack, b->socket.local.stack);
	COMPARE(a->socket.local.protocol, b->socket.local.protocol);
	COMPARE(a->generation, b->generation);
	if (a->generation != 0)
		return 0;
	COMPARE(a->socket.handle, b->socket.handle);
	COMPARE(a->socket.local.port, b->socket.local.port);
	COMPARE(a->socket.remote_port, b->socket.remote_port);
	COMPARE(a->socket.connected, b->socket.connected);
	if (memcmp(&a->socket.local.address, &b->socket.local.address,
		sizeof(a->socket.local.address)) != 0)
		return memcmp(&a->socket.local.address,
		    &b->socket.local.address, sizeof(a->socket.local.address));
	return memcmp(
	    &a->socket.remote, &b->socket.remote, sizeof(a->socket.remote));
}

int
freebsd_list_sockets(struct freebsd_run *run, struct freebsd_array *sockets)
{
	size_t i;
	int error = 0;

	sockets->count = 0;
	for (i = 0; i < run->n_stacks && error == 0; i++)
		error = list_stack(run, run->stacks[i], sockets);
	if (error == 0 && sockets->count > 1)
		qsort(sockets->items, sockets->count,
		    sizeof(struct po_freebsd_socket), compare_sockets);
	return error;
}

void
freebsd_keep_common(struct freebsd_run *run, const struct freebsd_array *now)
{
	struct po_freebsd_socket *ours = run->sockets.items;
	const struct po_freebsd_socket *theirs = now->items;
	size_t i = 0, j = 0, kept = 0;
	int order;

	while (i < run->sockets.count && j < now->count) {
		order = compare_sockets(&ours[i], &theirs[j]);
		if (order > 0) {
			j++;
			continue;
		}
		/*
		 * It may have lost its socket meanwhile (TIME_WAIT); one that
		 * has another than before is not the same.
		 */
		if (order == 0 &&
		    (theirs[j].socket.handle == 0 ||
			theirs[j].socket.handle == ours[i].socket.handle))
			ours[kept++] = theirs[j];
		j += order == 0;
		i++;
	}
	run->sockets.count = kept;
}

static int
add_process(void *context, const struct po_freebsd_process *process)
{
	struct freebsd_process *new = freebsd_array_add(context, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	memset(new, 0, sizeof(*new));
	new->pid = process->pid;
	new->parent = process->parent;
	new->uid = process->uid;
	new->jail = process->jail;
	new->start = process->start;
	new->length = (uint8_t)(process->command.length < sizeof(new->command)
				    ? process->command.length
				    : sizeof(new->command));
	memcpy(new->command, process->command.data, new->length);
	return 0;
}

static int
compare_processes(const void *left, const void *right)
{
	const struct freebsd_process *a = left, *b = right;

	COMPARE(a->pid, b->pid);
	COMPARE(a->start, b->start);
	return 0;
}

int
freebsd_list_processes(struct freebsd_run *run)
{
	struct po_freebsd_buffer *buffer = &run->memory->buffer;
	struct freebsd_array swap = run->before;
	struct po_freebsd_notes notes;
	int error;

	run->before = run->processes;
	run->processes = swap;
	run->processes.count = 0;
	error = po_freebsd_read(run->source, PO_FREEBSD_PROCESSES, 0, buffer);
	if (error == 0)
		error = po_freebsd_decode_processes(buffer->data, buffer->size,
		    &notes, add_process, &run->processes);
	if (error != 0)
		return error;
	run->gaps->odd += notes.odd;
	if (run->processes.count > 1)
		qsort(run->processes.items, run->processes.count,
		    sizeof(struct freebsd_process), compare_processes);
	return 0;
}

struct freebsd_process *
freebsd_find_process(const struct freebsd_array *processes, uint32_t pid)
{
	struct freebsd_process *items = processes->items;
	size_t low = 0, high = processes->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (items[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < processes->count && items[low].pid == pid ? &items[low]
							       : NULL;
}

static int
add_hold(void *context, const struct po_freebsd_file *file)
{
	struct freebsd_hold *new = freebsd_array_add(context, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->handle = file->handle;
	new->pid = file->pid;
	return 0;
}

int
freebsd_list_holds(struct freebsd_run *run)
{
	struct po_freebsd_buffer *buffer = &run->memory->buffer;
	struct po_freebsd_notes notes;
	int error;

	error = po_freebsd_read(run->source, PO_FREEBSD_FILES, 0, buffer);
	if (error == 0)
		error = po_freebsd_decode_files(
		    buffer->data, buffer->size, &notes, add_hold, &run->holds);
	if (error == 0)
		run->gaps->odd += notes.odd;
	return error;
}
