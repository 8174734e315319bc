/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector of illumos and Solaris, "mib2": the tables of the MIB-2 stream
 * and, where these tell inodes, the files of /proc/PID/fdinfo, which stop
 * nobody.  Where they do not, whoever opened a socket stands for its owners.
 * What follows from them is in illumos_look.c.
 */
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <priv.h>
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
#include "collect/illumos_look.h"
#include "collect/illumos_ports.h"
#include "collect/illumos_service.h"
#include "collect/illumos_wire.h"

#define NANO 1000000000u
#define FILE_SIZE 8192 /* octets of a file of fdinfo that are read */
#define SERVICE_SIZE 256

struct collector {
	bool files; /* /proc/PID/fdinfo is there */
	bool arguments;
	struct po_illumos_memory memory;
};

/* One collection. */
struct run {
	struct collector *collector;
	zoneid_t zone;
	uint32_t hidden; /* processes that could not be looked into */
	uint32_t odd; /* processes that are not understood */
	ctid_t contract; /* whose service this is */
	char service[SERVICE_SIZE];
};

static int
open_collector(const struct po_collect_options *options, void **state)
{
	struct po_illumos_stream stream;
	struct collector *collector;
	const int error = illumos_fetch(&stream);

	po_illumos_stream_free(&stream);
	if (error != 0)
		return error;
	collector = calloc(1, sizeof(*collector));
	if (collector == NULL)
		return -ENOMEM;
	collector->files = access("/proc/self/fdinfo", F_OK) == 0;
	collector->arguments = options->arguments;
	*state = collector;
	return 0;
}

static void
close_collector(void *state)
{
	struct collector *collector = state;

	po_illumos_forget(&collector->memory);
	free(collector);
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

static int
look_at_files(struct run *run, int process, struct po_illumos_look *look)
{
	const int fd = openat(process, "fdinfo", O_RDONLY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	uint8_t buffer[FILE_SIZE];
	struct dirent *entry;
	bool denied = false;
	ssize_t length;
	int error = 0;

	if (directory == NULL) {
		run->hidden += errno == EACCES || errno == EPERM;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (error == 0 && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		length = read_file(fd, entry->d_name, buffer, sizeof(buffer));
		denied = denied || length == -EACCES || length == -EPERM;
		/* Otherwise it was closed meanwhile. */
		if (length >= 0)
			error =
			    po_illumos_see_file(look, buffer, (size_t)length);
	}
	run->hidden += denied;
	closedir(directory);
	return error;
}

/* Returns 1, or 0 if the process has ended or is not understood. */
static int
read_process(struct run *run, int directory, uint8_t buffer[PO_PSINFO_SIZE],
    struct po_illumos_process *process)
{
	const ssize_t length =
	    read_file(directory, "psinfo", buffer, PO_PSINFO_SIZE);

	if (length <= 0)
		return 0;
	if (po_illumos_decode_process(buffer, (size_t)length, process) == 0)
		return 1;
	run->odd++;
	return 0;
}

/*
 * The directory stays the process's own: it does not become another's that has
 * the same pid later.  Of other zones' processes nothing is told: their sockets
 * are not listed, and some have the names of sockets of this zone.
 */
static int
look_at_process(
    struct run *run, int directory, bool files, struct po_illumos_look *look)
{
	struct po_illumos_process process;
	uint8_t buffer[PO_PSINFO_SIZE];
	int error = 0;

	if (!read_process(run, directory, buffer, &process) ||
	    (zoneid_t)process.zone != run->zone)
		return 0;
	if (files)
		error = look_at_files(run, directory, look);
	if (error != 0)
		return error;
	return po_illumos_see_process(look,
	    read_process(run, directory, buffer, &process) ? &process : NULL);
}

static int
look_at_processes(void *context, bool files, struct po_illumos_look *look)
{
	DIR *directory = opendir("/proc");
	struct run *run = context;
	struct dirent *entry;
	int fd, error = 0;

	if (directory == NULL)
		return -errno;
	run->hidden = run->odd = 0;
	while (error == 0 && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(
		    dirfd(directory), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		error = look_at_process(run, fd, files, look);
		close(fd);
	}
	closedir(directory);
	return error;
}

/* The service of SMF that has started the process, by its contract. */
static void
add_service(void *context, uint32_t contract, struct po_process *facts)
{
	struct run *run = context;

	if ((ctid_t)contract != run->contract) {
		run->contract = (ctid_t)contract;
		illumos_service(
		    run->contract, run->service, sizeof(run->service));
	}
	if (run->service[0] != '\0')
		facts->service =
		    (struct po_bytes){run->service, strlen(run->service)};
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
fetch(void *context, struct po_illumos_stream *stream)
{
	(void)context;
	return illumos_fetch(stream);
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
add_gap_of_owners(
    struct po_builder *builder, const struct po_illumos_gaps *gaps)
{
	if (gaps->holders || !gaps->rows)
		return 0;
	if (gaps->creators)
		return po_builder_add_gap(builder, PO_GAP_UNSUPPORTED, 1,
		    "owners are the processes that opened the sockets: this "
		    "system does not tell who holds them",
		    NULL);
	return po_builder_add_gap(builder, PO_GAP_UNSUPPORTED, 1,
	    "sockets are without owners: this system tells neither who opened "
	    "nor who holds them",
	    NULL);
}

static int
add_gaps(const struct run *run, const struct po_illumos_gaps *gaps,
    struct po_builder *builder)
{
	int error = add_gap_of_owners(builder, gaps);
	uint_t zones = 0;

	if (error == 0)
		error = add_gap(builder, PO_GAP_PERMISSION,
		    !priv_ineffect(PRIV_PROC_INFO),
		    "the processes of others are hidden",
		    "run with the privilege PRIV_PROC_INFO");
	if (error == 0)
		error = add_gap(builder, PO_GAP_PERMISSION, run->hidden,
		    "%lu processes could not be looked into",
		    "run with the privilege PRIV_PROC_OWNER");
	if (error == 0)
		error = add_gap(builder, PO_GAP_UNSUPPORTED,
		    gaps->odd + run->odd,
		    "%lu of the kernel's tables and records are of a kind that "
		    "is not known",
		    "use a PortOwner that knows this kernel");
	/* The kernel lists a zone's sockets to that zone alone. */
	if (error == 0 && run->zone == GLOBAL_ZONEID &&
	    zone_list(NULL, &zones) == 0 && zones > 1)
		error = add_gap(builder, PO_GAP_UNSUPPORTED, zones - 1,
		    "the sockets and processes of %lu other zones are not "
		    "shown",
		    "run portownerd in each zone");
	return error;
}

static int
collect(void *state, struct po_builder *builder)
{
	struct run run = {
	    .collector = state,
	    .zone = getzoneid(),
	    .contract = -1,
	};
	const struct po_illumos_source source = {
	    .fetch = fetch,
	    .look = look_at_processes,
	    .details = add_service,
	    .context = &run,
	    .files = run.collector->files,
	    .arguments = run.collector->arguments,
	    .clock = look_at_clock(),
	};
	struct po_illumos_gaps gaps;
	int error;

	illumos_set_ephemeral(builder);
	error =
	    po_illumos_collect(&source, &run.collector->memory, builder, &gaps);
	return error != 0 ? error : add_gaps(&run, &gaps, builder);
}

static const struct po_collector_ops by_mib2 = {
    .name = "mib2",
    .open = open_collector,
    .collect = collect,
    .close = close_collector,
};

const struct po_collector_ops *const po_collectors[] = {&by_mib2, NULL};
