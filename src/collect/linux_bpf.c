/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf tells, put into the builder.  Sockets are joined with their holders
 * by inode, like those from elsewhere; a holder brings its socket along if no
 * list had it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "collect/linux_private.h"

#define ARGUMENTS_MAX 4096

/* A scan, and the process that it is at. */
struct scan {
	struct linux_run *run;
	uint64_t tick; /* ns */
	struct po_bpf_process process;
	bool known; /* the builder has all about it */
	bool reused; /* its pid was another process's at the first look */
	bool init; /* process 1 was among them */
};

/* A list of sockets, and whoever wants to see them. */
struct list {
	struct linux_run *run;
	const struct linux_visitor *visitor;
};

static void
expect_listed(void *context, uint64_t inode)
{
	const struct list *list = context;

	po_builder_expect(list->run->builder, inode);
}

static void
expect_held(void *context, uint64_t inode)
{
	const struct scan *scan = context;

	po_builder_expect(scan->run->builder, inode);
}

static int
skip_process(void *context, const struct po_bpf_process *process)
{
	(void)context;
	(void)process;
	return -EBADMSG;
}

static int
skip_hold(void *context, uint64_t inode, uint32_t pid)
{
	(void)context;
	(void)inode;
	(void)pid;
	return -EBADMSG;
}

static int
skip_table(void *context, const struct po_bpf_table *table)
{
	(void)context;
	(void)table;
	return -EBADMSG;
}

static int
visit_socket(void *context, const struct po_socket *socket, bool row,
    const struct po_bpf_socket *record)
{
	const struct list *list = context;

	if (!row)
		return 0;
	if (record->fileless &&
	    linux_set_add(&list->run->fileless, record->inode) != 0)
		return -ENOMEM;
	return list->visitor->visit(list->visitor->context, socket);
}

int
linux_bpf_list_sockets(
    struct linux_run *run, const struct linux_visitor *visitor)
{
	const struct linux_collector *collector = run->collector;
	struct list list = {run, visitor};
	const struct po_bpf_visitor each = {
	    .expect = expect_listed,
	    .process = skip_process,
	    .socket = visit_socket,
	    .hold = skip_hold,
	    .table = skip_table,
	    .context = &list,
	};
	int error;

	if (!linux_bpf_has_tables(collector->bpf) || run->range.tables == 0)
		return 0;
	error = linux_bpf_list(
	    collector->bpf, !collector->all_stacks, run->range.tables, &each);
	linux_set_sort(&run->fileless);
	return error;
}

static void
fill_process(const struct scan *scan, struct po_process *process)
{
	memset(process, 0, sizeof(*process));
	process->pid = scan->process.pid;
	process->parent = scan->process.parent;
	process->uid = scan->process.uid;
	/* In ticks, as /proc tells it of others. */
	process->start = scan->process.start / scan->tick;
}

/* Every process is added, for it may be somebody's ancestor. */
static int
visit_process(void *context, const struct po_bpf_process *record)
{
	struct scan *scan = context;
	struct po_process process;
	uint64_t start;

	scan->process = *record;
	scan->known = false;
	scan->init |= record->pid == 1;
	fill_process(scan, &process);
	scan->reused =
	    po_builder_has_process(scan->run->builder, process.pid, &start) &&
	    start != process.start;
	if (scan->reused || process.pid == 0)
		return 0;
	return po_builder_add_process(scan->run->builder, &process);
}

/* The current process holds a socket: all about it is of interest. */
static int
add_facts(struct scan *scan)
{
	const struct po_bpf_process *record = &scan->process;
	struct linux_scan *options = &scan->run->scan;
	const struct linux_facts_key key = {
	    .pid = record->pid,
	    .start = record->start,
	    .image = record->image,
	    .groups = record->groups,
	    .cgroup = record->cgroup,
	};
	const char *command = (const char *)record->command;
	char arguments[ARGUMENTS_MAX];
	struct po_process process;

	fill_process(scan, &process);
	process.command.data = command;
	process.command.length = strnlen(command, sizeof(record->command));
	if (options->arguments)
		process.arguments = linux_read_arguments(
		    -1, record->pid, arguments, sizeof(arguments));
	scan->known = true;
	if (linux_facts_fill(options->facts, &key, -1, &process) != 0 ||
	    po_builder_add_process(scan->run->builder, &process) != 0 ||
	    linux_set_add(&options->parents, process.parent) != 0)
		return -ENOMEM;
	return 0;
}

/* Of a process that is known yet the builder takes only what it has. */
static int
add_owner(struct scan *scan, uint64_t handle)
{
	struct linux_run *run = scan->run;
	int error = 0;

	if (!scan->known) {
		po_profile_enter(run->collector->profile, PO_PHASE_FACTS);
		error = add_facts(scan);
		po_profile_enter(run->collector->profile, PO_PHASE_JOIN);
	}
	if (error != 0)
		return error;
	return po_builder_add_owner(run->builder, handle, scan->process.pid);
}

static bool
is_current(const struct scan *scan, uint32_t pid)
{
	return pid != 0 && pid == scan->process.pid && !scan->reused;
}

static int
add_holder(
    struct scan *scan, const struct po_socket *socket, bool row, uint32_t pid)
{
	struct po_builder *builder = scan->run->builder;
	int error = 0;

	if (!is_current(scan, pid))
		return 0;
	if (!po_builder_has_handle(builder, socket->handle)) {
		if (!row)
			return 0;
		error = po_builder_add_socket(builder, socket);
	}
	return error != 0 ? error : add_owner(scan, socket->handle);
}

/* A socket that came to be after the list was made is left to the next one. */
static int
visit_hold(void *context, uint64_t inode, uint32_t pid)
{
	struct scan *scan = context;
	struct po_profile *profile = scan->run->collector->profile;
	enum po_phase before = po_profile_enter(profile, PO_PHASE_JOIN);
	int error = 0;

	if (is_current(scan, pid) &&
	    (scan->known || po_builder_has_handle(scan->run->builder, inode)))
		error = add_owner(scan, inode);
	po_profile_enter(profile, before);
	return error;
}

static int
visit_holder(void *context, const struct po_socket *socket, bool row,
    const struct po_bpf_socket *record)
{
	struct scan *scan = context;
	struct po_profile *profile = scan->run->collector->profile;
	enum po_phase before = po_profile_enter(profile, PO_PHASE_JOIN);
	int error = add_holder(scan, socket, row, record->pid);

	po_profile_enter(profile, before);
	return error;
}

int
linux_bpf_scan_tasks(struct linux_run *run)
{
	struct scan scan = {
	    .run = run,
	    .tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK),
	};
	const struct po_bpf_visitor each = {
	    .expect = expect_held,
	    .process = visit_process,
	    .socket = visit_holder,
	    .hold = visit_hold,
	    .table = skip_table,
	    .context = &scan,
	};
	const struct linux_collector *collector = run->collector;
	int error;

	run->scan.denied = 0;
	run->scan.denied_uids.count = 0;
	error = linux_bpf_scan(collector->bpf, !collector->all_stacks, &each);
	/* Some kernels keep their init to themselves: that is to be said. */
	if (error == 0 && !scan.init)
		error = linux_tasks_scan_one(run->builder, &run->scan, "1");
	return error;
}
