/* SPDX-License-Identifier: BSD-2-Clause */
/*
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

#include "collect/pin.h"
#include "linux_kernel.skel.h"

static const char *const names[LINUX_BPF_PARTS] = {
    [LINUX_BPF_RECORDS] = LINUX_BPF_PINS "/records",
    [LINUX_BPF_CONTROL] = LINUX_BPF_PINS "/control",
    [LINUX_BPF_FIND_TABLES] = LINUX_BPF_PINS "/find_tables",
    [LINUX_BPF_WALK_TABLE] = LINUX_BPF_PINS "/walk_table",
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
	parts->programs = NULL;
	parts->walk = NULL;
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
	const struct linux_kernel *k = parts->programs;

	parts->listeners = bpf_program__attach(k->progs.note_listener);
	if (parts->listeners == NULL)
		return;
	parts->events = ring_buffer__new(
	    bpf_map__fd(k->maps.events), take_event, NULL, NULL);
}

static int
load(struct linux_bpf_parts *parts, bool files_only, bool events)
{
	struct linux_kernel *k = linux_kernel__open();
	int error;

	if (k == NULL)
		return -errno;
	parts->programs = k;
	bpf_program__set_autoload(k->progs.find_tables, !files_only);
	bpf_program__set_autoload(k->progs.walk_table, !files_only);
	bpf_program__set_autoload(k->progs.walk_tasks, !files_only);
	bpf_program__set_autoload(k->progs.walk_files, files_only);
	bpf_program__set_autoload(k->progs.note_listener, events);
	bpf_map__set_autocreate(k->maps.events, events);
	error = linux_kernel__load(k);
	if (error != 0)
		return error;
	parts->walk = bpf_program__attach_iter(
	    files_only ? k->progs.walk_files : k->progs.walk_tasks, NULL);
	if (parts->walk == NULL)
		return -errno;
	parts->fd[LINUX_BPF_RECORDS] = bpf_map__fd(k->maps.records);
	parts->fd[LINUX_BPF_CONTROL] = bpf_map__fd(k->maps.control);
	parts->fd[LINUX_BPF_WALK] = bpf_link__fd(parts->walk);
	if (events)
		attach_events(parts);
	if (files_only)
		return 0;
	parts->fd[LINUX_BPF_FIND_TABLES] =
	    bpf_program__fd(k->progs.find_tables);
	parts->fd[LINUX_BPF_WALK_TABLE] = bpf_program__fd(k->progs.walk_table);
	return 0;
}

int
linux_bpf_load(struct linux_bpf_parts *parts, bool files_only, bool events)
{
	int error;

	begin(parts);
	error = load(parts, files_only, events);
	/* The verifier says so where the kernel lacks something. */
	if (error == -EINVAL || error == -EACCES || error == -ESRCH)
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

	if (parts->programs == NULL)
		for (i = 0; i < LINUX_BPF_PARTS; i++)
			if (parts->fd[i] >= 0)
				close(parts->fd[i]);
	if (parts->lock >= 0)
		close(parts->lock);
	ring_buffer__free(parts->events);
	bpf_link__destroy(parts->listeners);
	bpf_link__destroy(parts->walk);
	linux_kernel__destroy(parts->programs);
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
