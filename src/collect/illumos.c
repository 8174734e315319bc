/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector of illumos and Solaris, "mib2": the tables of the MIB-2 stream
 * and, where these tell inodes, the files of /proc/PID/fdinfo, which stop
 * nobody.  Where they do not, whoever opened a socket stands for its owners.
 */
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include <zone.h>

#include "collect/collector.h"
#include "collect/illumos_fetch.h"
#include "collect/illumos_join.h"
#include "collect/illumos_wire.h"

#define NANO 1000000000u

struct collector {
	bool arguments;
};

/* One collection. */
struct run {
	const struct collector *collector;
	struct po_builder *builder;
	struct po_illumos_rows rows;
	struct po_illumos_notes notes;
	zoneid_t zone;
	uint32_t hidden; /* processes that could not be looked into */
	uint32_t odd; /* processes that are not understood */
};

static int
open_collector(const struct po_collect_options *options, void **state)
{
	struct illumos_stream stream;
	struct collector *collector;
	const int error = illumos_fetch(&stream);

	illumos_stream_free(&stream);
	if (error != 0)
		return error;
	collector = calloc(1, sizeof(*collector));
	if (collector == NULL)
		return -ENOMEM;
	collector->arguments = options->arguments;
	*state = collector;
	return 0;
}

static void
close_collector(void *state)
{
	free(state);
}

/* The octets that were read, of at most size; -errno. */
static ssize_t
read_file(int directory, const char *name, void *buffer, size_t size)
{
	const int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	int saved;

	if (fd < 0)
		return -errno;
	length = read(fd, buffer, size);
	saved = errno;
	close(fd);
	return length < 0 ? -saved : length;
}

/* Adds process as the owner of what descriptor is, if that is a socket. */
static int
look_at_descriptor(
    struct run *run, int directory, const char *name, uint32_t pid)
{
	uint8_t buffer[PO_PRFDINFO_SIZE];
	struct po_illumos_file file;
	ssize_t length;
	uint64_t handle;

	length = read_file(directory, name, buffer, sizeof(buffer));
	/* It was closed meanwhile. */
	if (length < 0 ||
	    po_illumos_decode_file(buffer, (size_t)length, &file) != 0)
		return 0;
	handle = po_illumos_find(&run->rows, &file);
	return handle == 0 ? 0
			   : po_builder_add_owner(run->builder, handle, pid);
}

static int
look_at_descriptors(struct run *run, int process, uint32_t pid)
{
	const int fd = openat(process, "fdinfo", O_RDONLY | O_CLOEXEC);
	struct dirent *entry;
	int error = 0;
	DIR *directory;

	directory = fd < 0 ? NULL : fdopendir(fd);
	if (directory == NULL) {
		run->hidden += errno == EACCES || errno == EPERM;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (error == 0 && (entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			error = look_at_descriptor(run, fd, entry->d_name, pid);
	closedir(directory);
	return error;
}

static int
tell_process(struct run *run, const struct po_illumos_process *process)
{
	struct po_process facts = {
	    .pid = process->pid,
	    .parent = process->parent,
	    .start = process->start,
	    .uid = process->uid,
	    .command = process->command,
	};
	char zone[ZONENAME_MAX];

	if (run->collector->arguments)
		facts.arguments = process->arguments;
	if ((zoneid_t)process->zone != run->zone &&
	    getzonenamebyid((zoneid_t)process->zone, zone, sizeof(zone)) > 0)
		facts.service = (struct po_bytes){zone, strlen(zone)};
	return po_builder_add_process(run->builder, &facts);
}

/*
 * The directory stays the process's own: it does not become another's that has
 * the same pid later.
 */
static int
look_at_process(struct run *run, int proc, const char *name)
{
	const int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	uint8_t buffer[PO_PSINFO_SIZE];
	struct po_illumos_process process;
	ssize_t length;
	int error = 0;

	if (fd < 0)
		return 0;
	length = read_file(fd, "psinfo", buffer, sizeof(buffer));
	if (length > 0 &&
	    po_illumos_decode_process(buffer, (size_t)length, &process) == 0) {
		error = tell_process(run, &process);
		if (error == 0 && run->notes.infos)
			error = look_at_descriptors(run, fd, process.pid);
	} else if (length > 0) {
		run->odd++;
	}
	close(fd);
	return error;
}

static int
look_at_processes(struct run *run)
{
	struct dirent *entry;
	DIR *directory = opendir("/proc");
	int error = 0;

	if (directory == NULL)
		return -errno;
	while (error == 0 && (entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			error = look_at_process(
			    run, dirfd(directory), entry->d_name);
	closedir(directory);
	return error;
}

/* Ticks are counted from the system's start, as gethrtime(3C) counts. */
static struct po_illumos_clock
look_at_clock(void)
{
	const uint64_t since = (uint64_t)gethrtime();
	const long hz = sysconf(_SC_CLK_TCK);
	struct timespec now = {0};
	uint64_t unix_now;

	clock_gettime(CLOCK_REALTIME, &now);
	unix_now = (uint64_t)now.tv_sec * NANO + (uint64_t)now.tv_nsec;
	return (struct po_illumos_clock){
	    .boot = unix_now > since ? unix_now - since : 0,
	    .tick = NANO / (uint64_t)(hz > 0 ? hz : 100),
	};
}

static int
list_sockets(struct run *run)
{
	struct illumos_stream stream;
	int error = illumos_fetch(&stream);

	if (error == 0)
		error = po_illumos_decode(stream.messages, stream.n, 0,
		    &run->notes, po_illumos_keep, &run->rows);
	illumos_stream_free(&stream);
	if (error == 0)
		po_illumos_join(&run->rows, &run->notes);
	return error;
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
add_gaps_of_owners(const struct run *run)
{
	if (run->notes.infos || run->rows.count == 0)
		return 0;
	if (run->notes.creators)
		return po_builder_add_gap(run->builder, PO_GAP_UNSUPPORTED, 1,
		    "owners are the processes that opened the sockets: this "
		    "system does not tell who holds them",
		    NULL);
	return po_builder_add_gap(run->builder, PO_GAP_UNSUPPORTED, 1,
	    "sockets are without owners: this system tells neither who opened "
	    "nor who holds them",
	    NULL);
}

static int
add_gaps(const struct run *run)
{
	uint_t zones = 0;
	int error = add_gaps_of_owners(run);

	if (error == 0)
		error = add_gap(run->builder, PO_GAP_PERMISSION, run->hidden,
		    "%lu processes could not be looked into",
		    "run with the privilege PRIV_PROC_OWNER");
	if (error == 0)
		error = add_gap(run->builder, PO_GAP_UNSUPPORTED,
		    run->notes.odd + run->odd,
		    "%lu of the kernel's tables and records are of a kind that "
		    "is not known",
		    "use a PortOwner that knows this kernel");
	if (error == 0 && run->zone == GLOBAL_ZONEID &&
	    zone_list(NULL, &zones) == 0 && zones > 1)
		error = add_gap(run->builder, PO_GAP_UNSUPPORTED, zones - 1,
		    "the sockets of %lu other zones are not shown",
		    "run portownerd in each zone");
	return error;
}

static int
collect(void *state, struct po_builder *builder)
{
	struct run run = {
	    .collector = state,
	    .builder = builder,
	    .zone = getzoneid(),
	};
	struct po_illumos_clock clock = look_at_clock();
	int error;

	error = list_sockets(&run);
	/* Where inodes join, sockets have to be there before their holders. */
	if (error == 0 && run.notes.infos)
		error = po_illumos_tell(&run.rows, &clock, builder);
	if (error == 0)
		error = look_at_processes(&run);
	/* Otherwise it is the processes. */
	if (error == 0 && !run.notes.infos)
		error = po_illumos_tell(&run.rows, &clock, builder);
	if (error == 0)
		error = add_gaps(&run);
	free(run.rows.items);
	return error;
}

static const struct po_collector_ops by_mib2 = {
    .name = "mib2",
    .open = open_collector,
    .collect = collect,
    .close = close_collector,
};

const struct po_collector_ops *const po_collectors[] = {&by_mib2, NULL};
