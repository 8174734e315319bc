/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows' collector, "iphlpapi": the four tables of sockets and the processes
 * that they name.  A table names the process that bound a socket, whoever else
 * inherited it.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <iphlpapi.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/windows_decode.h"
#include "collect/windows_private.h"

#define TRIES 16
#define TABLE_MAX (256u << 20) /* octets */

_Static_assert(sizeof(MIB_TCPROW_OWNER_MODULE) == 160, "tcp4");
_Static_assert(sizeof(MIB_TCP6ROW_OWNER_MODULE) == 192, "tcp6");
_Static_assert(sizeof(MIB_UDPROW_OWNER_MODULE) == 160, "udp4");
_Static_assert(sizeof(MIB_UDP6ROW_OWNER_MODULE) == 176, "udp6");
_Static_assert(offsetof(MIB_TCPROW_OWNER_MODULE, dwOwningPid) == 20, "tcp4");
_Static_assert(offsetof(MIB_TCP6ROW_OWNER_MODULE, dwState) == 48, "tcp6");
_Static_assert(offsetof(MIB_TCP6ROW_OWNER_MODULE, dwOwningPid) == 52, "tcp6");
_Static_assert(offsetof(MIB_UDPROW_OWNER_MODULE, dwOwningPid) == 8, "udp4");
_Static_assert(offsetof(MIB_UDP6ROW_OWNER_MODULE, dwOwningPid) == 24, "udp6");
_Static_assert(
    offsetof(MIB_TCPROW_OWNER_MODULE, liCreateTimestamp) == 24, "tcp4");
_Static_assert(
    offsetof(MIB_TCP6ROW_OWNER_MODULE, liCreateTimestamp) == 56, "tcp6");
_Static_assert(
    offsetof(MIB_UDPROW_OWNER_MODULE, liCreateTimestamp) == 16, "udp4");
_Static_assert(
    offsetof(MIB_UDP6ROW_OWNER_MODULE, liCreateTimestamp) == 32, "udp6");
_Static_assert(offsetof(MIB_TCP6TABLE_OWNER_MODULE, table) == 8, "table");

/* Kept from one collection to the next. */
struct table {
	uint8_t *buffer;
	DWORD room;
	bool there; /* the system has this family */
};

struct windows_collector {
	struct table tables[PO_WINDOWS_TABLES];
	struct windows_services services;
	struct windows_processes *processes;
};

/* One collection. */
struct run {
	struct po_builder *builder;
	struct windows_processes *processes;
	const struct windows_services *services;
	uint64_t listed; /* FILETIME */
	uint64_t handles;
	uint32_t hidden, odd;
	uint32_t elder; /* sockets than the processes they name */
};

static int
open_collector(const struct po_collect_options *options, void **state)
{
	struct windows_collector *collector = calloc(1, sizeof(*collector));

	(void)options;
	if (collector == NULL)
		return -ENOMEM;
	collector->processes = windows_processes_new();
	if (collector->processes == NULL) {
		free(collector);
		return -ENOMEM;
	}
	*state = collector;
	return 0;
}

static void
close_collector(void *state)
{
	struct windows_collector *collector = state;
	size_t i;

	for (i = 0; i < PO_WINDOWS_TABLES; i++)
		free(collector->tables[i].buffer);
	windows_services_free(&collector->services);
	windows_processes_free(collector->processes);
	free(collector);
}

static DWORD
get(enum po_windows_table table, void *buffer, DWORD *size)
{
	const ULONG family =
	    table == PO_WINDOWS_TCP4 || table == PO_WINDOWS_UDP4 ? AF_INET
								 : AF_INET6;

	if (table == PO_WINDOWS_TCP4 || table == PO_WINDOWS_TCP6)
		return GetExtendedTcpTable(
		    buffer, size, FALSE, family, TCP_TABLE_OWNER_MODULE_ALL, 0);
	return GetExtendedUdpTable(
	    buffer, size, FALSE, family, UDP_TABLE_OWNER_MODULE, 0);
}

/* A table may grow between being asked for its size and being read. */
static int
fetch(struct table *table, enum po_windows_table which)
{
	DWORD size, error = ERROR_INSUFFICIENT_BUFFER;
	uint8_t *grown;
	int i;

	for (i = 0; i < TRIES; i++) {
		size = table->room;
		error = get(which, table->buffer, &size);
		if (error != ERROR_INSUFFICIENT_BUFFER)
			break;
		if (size > TABLE_MAX)
			return -EFBIG;
		size += size / 4 + 4096;
		grown = realloc(table->buffer, size);
		if (grown == NULL)
			return -ENOMEM;
		table->buffer = grown;
		table->room = size;
	}
	table->there = error == NO_ERROR;
	switch (error) {
	case NO_ERROR:
	case ERROR_NOT_SUPPORTED: /* IPv6 can be absent */
		return 0;
	case ERROR_INSUFFICIENT_BUFFER:
		return -EAGAIN;
	case ERROR_NOT_ENOUGH_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int
add_row(void *context, const struct po_windows_socket *found)
{
	struct po_socket socket = found->socket;
	struct run *run = context;
	uint64_t start = 0;
	int result;

	if (socket.handle != 0)
		socket.handle = ++run->handles;
	result = po_builder_add_socket(run->builder, &socket);
	if (result != 0 || found->pid == 0)
		return result;
	result = windows_processes_add(run->processes, &run->services->list,
	    found->pid, run->listed, run->builder, &run->hidden);
	if (result <= 0)
		return result;
	po_builder_has_process(run->builder, found->pid, &start);
	if (!po_windows_may_own(found, start)) {
		run->elder++;
		return 0;
	}
	return po_builder_add_owner(run->builder, socket.handle, found->pid);
}

static uint64_t
file_time(void)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

static int
add_gap(struct po_builder *builder, enum po_gap_kind kind, uint32_t count,
    const char *format, const char *hint)
{
	char text[160];

	if (count == 0)
		return 0;
	snprintf(text, sizeof(text), format, (unsigned long)count);
	return po_builder_add_gap(builder, kind, count, text, hint);
}

static int
add_services_gaps(const struct run *run)
{
	const struct windows_services *services = run->services;
	char text[160];
	int error = 0;

	if (services->error == ERROR_ACCESS_DENIED) {
		error = po_builder_add_gap(run->builder, PO_GAP_PERMISSION, 1,
		    "the service manager does not tell of services",
		    "run as administrator");
	} else if (services->error != NO_ERROR) {
		snprintf(text, sizeof(text),
		    "not all services are known: error %lu of Windows",
		    (unsigned long)services->error);
		error = po_builder_add_gap(
		    run->builder, PO_GAP_ERROR, 1, text, NULL);
	}
	if (error != 0)
		return error;
	return add_gap(run->builder, PO_GAP_UNSUPPORTED, services->odd,
	    "the names of %lu services are not understood",
	    "use a PortOwner that knows this Windows");
}

static int
add_gaps(const struct run *run)
{
	int error = add_gap(run->builder, PO_GAP_UNSUPPORTED, run->odd,
	    "%lu sockets are in a state that is not known",
	    "use a PortOwner that knows this Windows");

	if (error == 0)
		error = add_gap(run->builder, PO_GAP_PERMISSION, run->hidden,
		    "of %lu processes no more than the name is visible",
		    "run as administrator");
	if (error == 0)
		error = add_gap(run->builder, PO_GAP_UNSUPPORTED, run->elder,
		    "%lu sockets are older than the processes that have the "
		    "numbers of those that bound them",
		    NULL);
	return error == 0 ? add_services_gaps(run) : error;
}

static int
decode(const struct windows_collector *collector, struct run *run)
{
	struct po_windows_notes notes;
	const struct table *table;
	int which, error = 0;

	for (which = 0; which < PO_WINDOWS_TABLES && error == 0; which++) {
		table = &collector->tables[which];
		if (!table->there)
			continue;
		error = po_windows_decode((enum po_windows_table)which,
		    table->buffer, table->room, &notes, add_row, run);
		run->odd += notes.odd;
	}
	return error;
}

/*
 * Sockets, services, processes: who is there at the end and began before the
 * sockets were listed was there all the time, and is whom the others mean.
 */
static int
collect(void *state, struct po_builder *builder)
{
	struct windows_collector *collector = state;
	struct run run = {.builder = builder,
	    .services = &collector->services,
	    .processes = collector->processes,
	    .listed = file_time()};
	int which, error = 0;

	for (which = 0; which < PO_WINDOWS_TABLES && error == 0; which++)
		error = fetch(
		    &collector->tables[which], (enum po_windows_table)which);
	if (error == 0)
		error = windows_services_list(&collector->services);
	if (error == 0)
		error = windows_processes_list(collector->processes);
	if (error == 0)
		error = decode(collector, &run);
	return error == 0 ? add_gaps(&run) : error;
}

static const struct po_collector_ops by_iphlpapi = {
    .name = "iphlpapi",
    .open = open_collector,
    .collect = collect,
    .close = close_collector,
};

const struct po_collector_ops *const po_collectors[] = {&by_iphlpapi, NULL};
