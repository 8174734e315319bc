/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A part that is loaded stays as long as somebody has a descriptor of it, so
 * what loads it is freed at once.  The walk is loaded by a light skeleton: the
 * kernel fits it to its structures, which costs a seventh of what it costs
 * libbpf to search through all types of the kernel.
 *
 * Pins lie in a folder of bpffs that root and one group may use.  They are
 * shared, records and all, so whoever runs them locks the folder.
 */
#include "collect/linux_bpf_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/linux_bpf_wire.h"
#include "collect/pin.h"
#include "linux_events.skel.h"
#include "linux_files.skel.h"

/* What is generated is not ours to mend. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpointer-arith"
#include "linux_walk.skel.h"
#pragma GCC diagnostic pop

static const char *const names[LINUX_BPF_PARTS] = {
    [LINUX_BPF_RECORDS] = LINUX_BPF_PINS "/records",
    [LINUX_BPF_CONTROL] = LINUX_BPF_PINS "/control",
    [LINUX_BPF_WALK_TABLES] = LINUX_BPF_PINS "/walk_tables",
    [LINUX_BPF_WALK] = LINUX_BPF_PINS "/walk_tasks",
};

/* libbpf's own words go nowhere: what failed is said by who handles it. */
static int
be_silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static void
begin(struct linux_bpf_parts *parts)
{
	size_t i;

	for (i = 0; i < LINUX_BPF_PARTS; i++)
		parts->fd[i] = -1;
	parts->lock = -1;
	parts->listeners = NULL;
	parts->events = NULL;
	libbpf_set_print(be_silent);
}

/* Nothing but that somebody listens, or not any more, is of interest. */
static int
take_event(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

static void
attach_events(struct linux_bpf_parts *parts)
{
	struct linux_events *programs = linux_events__open_and_load();

	parts->listeners = programs;
	if (programs == NULL || linux_events__attach(programs) != 0)
		return;
	parts->events = ring_buffer__new(
	    bpf_map__fd(programs->maps.events), take_event, NULL, NULL);
}

/* Makes a part ours, whatever becomes of the descriptor that it came by. */
static int
keep(struct linux_bpf_parts *parts, enum linux_bpf_part part, int fd)
{
	parts->fd[part] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return parts->fd[part] < 0 ? -errno : 0;
}

static int
keep_walk(struct linux_bpf_parts *parts, const struct linux_walk *walk)
{
	int error, iterator = walk->progs.walk_tasks.prog_fd;

	error = keep(parts, LINUX_BPF_RECORDS, walk->maps.records.map_fd);
	if (error == 0)
		error = keep(parts, LINUX_BPF_CONTROL, walk->maps.bss.map_fd);
	if (error == 0)
		error = keep(parts, LINUX_BPF_WALK_TABLES,
		    walk->progs.walk_tables.prog_fd);
	if (error != 0)
		return error;
	parts->fd[LINUX_BPF_WALK] =
	    bpf_link_create(iterator, 0, BPF_TRACE_ITER, NULL);
	return parts->fd[LINUX_BPF_WALK] < 0 ? parts->fd[LINUX_BPF_WALK] : 0;
}

static int
load_walk(struct linux_bpf_parts *parts)
{
	struct linux_walk *walk = linux_walk__open();
	int error;

	if (walk == NULL)
		return -errno;
	error = linux_walk__load(walk);
	if (error == 0)
		error = keep_walk(parts, walk);
	linux_walk__destroy(walk);
	return error;
}

static int
keep_files(struct linux_bpf_parts *parts, const struct linux_files *files)
{
	struct bpf_link *link;
	int error;

	error =
	    keep(parts, LINUX_BPF_RECORDS, bpf_map__fd(files->maps.records));
	if (error == 0)
		error = keep(
		    parts, LINUX_BPF_CONTROL, bpf_map__fd(files->maps.bss));
	if (error != 0)
		return error;
	link = bpf_program__attach_iter(files->progs.walk_files, NULL);
	if (link == NULL)
		return -errno;
	error = keep(parts, LINUX_BPF_WALK, bpf_link__fd(link));
	bpf_link__destroy(link);
	return error;
}

static int
load_files(struct linux_bpf_parts *parts)
{
	struct linux_files *files = linux_files__open();
	int error;

	if (files == NULL)
		return -errno;
	error = linux_files__load(files);
	if (error == 0)
		error = keep_files(parts, files);
	linux_files__destroy(files);
	return error;
}

int
linux_bpf_load(struct linux_bpf_parts *parts, bool files_only, bool events)
{
	int error;

	begin(parts);
	error = files_only ? load_files(parts) : load_walk(parts);
	if (error == 0 && events)
		attach_events(parts);
	/* Thus it says that it lacks something: types, a call, a program. */
	if (error == -EINVAL || error == -EACCES || error == -ESRCH ||
	    error == -ENOENT)
		return -ENOTSUP;
	return error;
}

int
linux_bpf_find(struct linux_bpf_parts *parts)
{
	size_t i;

	begin(parts);
	parts->lock = open(LINUX_BPF_PINS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parts->lock < 0)
		return -errno;
	for (i = 0; i < LINUX_BPF_PARTS; i++) {
		parts->fd[i] = bpf_obj_get(names[i]);
		if (parts->fd[i] < 0)
			return parts->fd[i];
	}
	return 0;
}

void
linux_bpf_unload(struct linux_bpf_parts *parts)
{
	size_t i;

	for (i = 0; i < LINUX_BPF_PARTS; i++)
		if (parts->fd[i] >= 0)
			close(parts->fd[i]);
	if (parts->lock >= 0)
		close(parts->lock);
	ring_buffer__free(parts->events);
	linux_events__destroy(parts->listeners);
}

static int
pin(const struct linux_bpf_parts *parts, gid_t group)
{
	int error = 0;
	size_t i;

	/* What an earlier version, or an earlier call, has left. */
	for (i = 0; i < LINUX_BPF_PARTS; i++)
		unlink(names[i]);
	if (mkdir(LINUX_BPF_PINS, 0750) != 0 && errno != EEXIST)
		return -errno;
	if (chown(LINUX_BPF_PINS, 0, group) != 0)
		return -errno;
	for (i = 0; i < LINUX_BPF_PARTS && error == 0; i++) {
		error = bpf_obj_pin(parts->fd[i], names[i]);
		if (error == 0 && (chown(names[i], 0, group) != 0 ||
				      chmod(names[i], 0660) != 0))
			error = -errno;
	}
	return error;
}

int
po_bpf_pin(gid_t group, char *message, size_t size)
{
	struct linux_bpf_parts parts;
	int error = linux_bpf_load(&parts, false, false);

	if (error != 0) {
		snprintf(message, size, "the BPF programs cannot be loaded: %s",
		    strerror(-error));
	} else {
		error = pin(&parts, group);
		snprintf(message, size, "%s: %s", LINUX_BPF_PINS,
		    error != 0 ? strerror(-error) : "pinned");
	}
	linux_bpf_unload(&parts);
	return error;
}
