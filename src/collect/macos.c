/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * macOS's collector, "libproc": every process, its descriptors, and of each
 * that is a socket what the kernel tells.  There is no list of sockets that an
 * ordinary program can rely on, so those that nobody holds (TIME_WAIT) are not
 * rows.  The descriptors of other users' processes are told to root alone.
 */
#include <errno.h>
#include <libproc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>

#include "collect/collector.h"
#include "collect/macos_join.h"
#include "collect/macos_wire.h"

#define PROCESSES_MAX 1000000
#define TRIES 5 /* at a list that grows while it is read */

struct macos_run {
	struct po_builder *builder;
	uint32_t pid;
	uint32_t hidden; /* processes that may not be looked into */
	uint32_t odd; /* sockets and lists that are not understood */
	uint32_t unsettled; /* processes that kept opening files */
	uint8_t *descriptors;
	size_t room; /* octets of descriptors */
	struct po_macos_holds holds;
};

static int
open_collector(const struct po_collect_options *options, void **state)
{
	(void)options;
	if (proc_listpids(PROC_ALL_PIDS, 0, NULL, 0) <= 0)
		return errno != 0 ? -errno : -ENOTSUP;
	*state = NULL;
	return 0;
}

static void
close_collector(void *state)
{
	(void)state;
}

/* A list may grow while it is read: there is room to spare, or once more. */
static int
list_processes(pid_t **pids, size_t *n)
{
	int wanted, got, tries;

	*pids = NULL;
	for (tries = 0; tries < TRIES; tries++) {
		free(*pids);
		*pids = NULL;
		wanted = proc_listpids(PROC_ALL_PIDS, 0, NULL, 0);
		if (wanted <= 0 || wanted / (int)sizeof(pid_t) > PROCESSES_MAX)
			return errno != 0 ? -errno : -E2BIG;
		wanted += 64 * (int)sizeof(pid_t);
		*pids = malloc((size_t)wanted);
		if (*pids == NULL)
			return -ENOMEM;
		got = proc_listpids(PROC_ALL_PIDS, 0, *pids, wanted);
		if (got <= 0)
			return errno != 0 ? -errno : -EIO;
		*n = (size_t)got / sizeof(pid_t);
		if (got < wanted)
			return 0;
	}
	return -EAGAIN;
}

static int
look_at_descriptor(void *context, int32_t descriptor)
{
	struct macos_run *run = context;
	uint8_t buffer[PO_MACOS_SOCKET_SIZE];
	struct po_macos_socket socket;
	int size, result;

	size = proc_pidfdinfo((int)run->pid, descriptor, PROC_PIDFDSOCKETINFO,
	    buffer, sizeof(buffer));
	/* It was closed, or its number is another file's by now. */
	if (size <= 0)
		return 0;
	result = po_macos_decode_socket(buffer, (size_t)size, &socket);
	if (result < 0)
		run->odd++;
	if (result <= 0)
		return 0;
	return po_macos_keep(&run->holds, &socket);
}

/* The octets of the list of descriptors; 0: it is not to be had. */
static int
list_descriptors(struct macos_run *run)
{
	uint8_t *room;
	int size, tries;

	for (tries = 0; tries < TRIES; tries++) {
		size = proc_pidinfo((int)run->pid, PROC_PIDLISTFDS, 0, NULL, 0);
		if (size <= 0)
			return 0;
		size += 32 * PO_MACOS_FD_SIZE;
		if ((size_t)size > run->room) {
			room = realloc(run->descriptors, (size_t)size);
			if (room == NULL)
				return -ENOMEM;
			run->descriptors = room;
			run->room = (size_t)size;
		}
		size = proc_pidinfo((int)run->pid, PROC_PIDLISTFDS, 0,
		    run->descriptors, (int)run->room);
		if (size < (int)run->room)
			return size > 0 ? size : 0;
	}
	run->unsettled++;
	return (int)run->room;
}

static bool
look_at_process(uint32_t pid, uint8_t buffer[PO_MACOS_PROCESS_SIZE],
    struct po_macos_process *process)
{
	const int size = proc_pidinfo(
	    (int)pid, PROC_PIDTBSDINFO, 0, buffer, PO_MACOS_PROCESS_SIZE);

	return size > 0 &&
	       po_macos_decode_process(buffer, (size_t)size, process) == 0;
}

static int
tell_process(struct macos_run *run, const struct po_macos_process *process)
{
	char path[PROC_PIDPATHINFO_MAXSIZE];
	struct po_process facts = {
	    .pid = process->pid,
	    .parent = process->parent,
	    .start = process->start,
	    .uid = process->uid,
	    .command = process->command,
	};
	int length;

	length = proc_pidpath((int)process->pid, path, sizeof(path));
	if (length > 0)
		facts.executable = (struct po_bytes){path, (size_t)length};
	return po_builder_add_process(run->builder, &facts);
}

/*
 * One process: who it is, what it holds, and whether it is still the same; else
 * it holds nothing that is known.
 */
static int
collect_process(struct macos_run *run)
{
	uint8_t first[PO_MACOS_PROCESS_SIZE], then[PO_MACOS_PROCESS_SIZE];
	struct po_macos_process process, again;
	int size, error = 0;

	errno = 0;
	if (!look_at_process(run->pid, first, &process)) {
		run->hidden += errno == EPERM;
		return 0;
	}
	errno = 0;
	size = list_descriptors(run);
	if (size < 0)
		return size;
	run->hidden += size == 0 && errno == EPERM;
	if (size > 0)
		error = po_macos_decode_descriptors(
		    run->descriptors, (size_t)size, look_at_descriptor, run);
	run->odd += error == -EBADMSG;
	if (error != 0 && error != -EBADMSG)
		return error;
	if (!look_at_process(run->pid, then, &again) ||
	    again.start != process.start) {
		po_macos_settle(&run->holds, 0);
		return 0;
	}
	po_macos_settle(&run->holds, again.pid);
	return tell_process(run, &again);
}

static void
set_ephemeral(struct po_builder *builder)
{
	int low = 0, high = 0;
	size_t size = sizeof(low);

	if (sysctlbyname("net.inet.ip.portrange.first", &low, &size, NULL, 0) !=
		0 ||
	    sysctlbyname("net.inet.ip.portrange.last", &high, &size, NULL, 0) !=
		0)
		return;
	if (low > 0 && low <= high && high <= UINT16_MAX)
		po_builder_set_ephemeral(
		    builder, (uint16_t)low, (uint16_t)high);
}

static int
add_gaps(const struct macos_run *run)
{
	char text[160];
	int error;

	error = po_builder_add_gap(run->builder, PO_GAP_UNSUPPORTED, 1,
	    "sockets that no process holds, such as those in TIME_WAIT, are "
	    "not told",
	    NULL);
	if (error == 0 && run->hidden != 0) {
		snprintf(text, sizeof(text),
		    "%lu processes could not be looked into",
		    (unsigned long)run->hidden);
		error = po_builder_add_gap(run->builder, PO_GAP_PERMISSION,
		    run->hidden, text, "run as root");
	}
	if (error == 0 && run->odd != 0) {
		snprintf(text, sizeof(text),
		    "%lu of the kernel's records are of a kind that is not "
		    "known",
		    (unsigned long)run->odd);
		error = po_builder_add_gap(run->builder, PO_GAP_UNSUPPORTED,
		    run->odd, text, "use a PortOwner that knows this macOS");
	}
	if (error == 0 && run->unsettled != 0) {
		snprintf(text, sizeof(text),
		    "%lu processes opened files whenever they were looked at",
		    (unsigned long)run->unsettled);
		error = po_builder_add_gap(
		    run->builder, PO_GAP_RACE, run->unsettled, text, NULL);
	}
	return error;
}

static int
collect(void *state, struct po_builder *builder)
{
	struct macos_run run = {.builder = builder};
	pid_t *pids;
	size_t n = 0, i;
	int error;

	(void)state;
	set_ephemeral(builder);
	error = list_processes(&pids, &n);
	for (i = 0; i < n && error == 0; i++) {
		if (pids[i] <= 0)
			continue;
		run.pid = (uint32_t)pids[i];
		error = collect_process(&run);
	}
	if (error == 0)
		error = po_macos_tell(&run.holds, builder);
	if (error == 0)
		error = add_gaps(&run);
	free(pids);
	free(run.descriptors);
	free(run.holds.items);
	return error;
}

static const struct po_collector_ops by_libproc = {
    .name = "libproc",
    .open = open_collector,
    .collect = collect,
    .close = close_collector,
};

const struct po_collector_ops *const po_collectors[] = {&by_libproc, NULL};
