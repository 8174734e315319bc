/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two collectors that every Linux has: "diag" lists sockets by netlink,
 * "proc" by /proc/net; both find the holders under /proc/PID/fd.
 *
 * Sockets and processes cannot be read at one instant.  Sockets come first;
 * whichever then has no holder is looked for a second time in both lists: it
 * has gone (and is no row), or its holder has moved (and is found), or it
 * really has none.  Those are remembered, so that the kernel's own sockets do
 * not cost a second look at every refresh.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/linux_private.h"

#define LOOKS_MAX 4 /* at the processes, in one collection */

#define HINT_TASKS "run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
#define HINT_STACKS "run as root, or with CAP_SYS_PTRACE"
#define HINT_ENTER "run as root, or with CAP_SYS_ADMIN"

struct linux_collector {
	bool diag; /* else /proc/net */
	bool all_stacks;
	bool arguments;
	int (*open_stack)(void *context, int namespace);
	void *context;
	int own_stack; /* descriptor of the own namespace */
	struct linux_set ownerless; /* from the last collection, sorted */
};

/* One collection. */
struct run {
	struct linux_collector *collector;
	struct po_builder *builder;
	struct linux_stacks stacks;
	struct linux_scan scan;
	struct linux_set ambiguous; /* see linux_procnet_list() */
	struct linux_set orphans;
	uint32_t unreachable; /* stacks that could not be listed */
	uint32_t by_tables; /* stacks that /proc/net alone told of */
	uint32_t lacking; /* stacks of which no /proc/net is to be had */
	bool interrupted;
};

static int
open_collector(
    const struct po_collect_options *options, bool diag, void **state)
{
	struct linux_collector *collector = calloc(1, sizeof(*collector));

	if (collector == NULL)
		return -ENOMEM;
	collector->diag = diag;
	collector->all_stacks = options->all_stacks;
	collector->arguments = options->arguments;
	collector->open_stack = options->open_stack;
	collector->context = options->context;
	collector->own_stack =
	    open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	*state = collector;
	return 0;
}

static int
open_diag(const struct po_collect_options *options, void **state)
{
	int error = linux_diag_probe();

	return error != 0 ? error : open_collector(options, true, state);
}

static int
open_proc(const struct po_collect_options *options, void **state)
{
	if (access("/proc/self/net/tcp", R_OK) != 0)
		return -errno;
	return open_collector(options, false, state);
}

static void
close_collector(void *state)
{
	struct linux_collector *collector = state;

	if (collector->own_stack >= 0)
		close(collector->own_stack);
	free(collector->ownerless.items);
	free(collector);
}

/* The tables of a /proc/PID/net, where netlink tells of some protocols not. */
static int
list_tables(struct run *run, const char *root, uint32_t id, uint32_t protocols,
    const struct linux_visitor *visitor)
{
	int error = 0, pass;

	/*
	 * The kernel finds its place in a table again by counting, so a pass
	 * may miss sockets that stay when others before them go.  The second
	 * one has them; what both have is one socket to the builder.
	 */
	for (pass = 0; pass < 2 && protocols != 0 && error == 0; pass++)
		error = linux_procnet_list(
		    root, id, protocols, visitor, &run->ambiguous);
	return error;
}

/* Lists the sockets of the stack that the thread is in. */
static int
list_here(struct run *run, uint32_t id, const struct linux_visitor *visitor)
{
	uint32_t protocols = LINUX_ALL_PROTOCOLS;
	int error = 0;

	if (run->collector->diag)
		error = linux_diag_list(
		    -1, id, visitor, &protocols, &run->interrupted);
	else
		run->by_tables++;
	if (error != 0)
		return error;
	return list_tables(
	    run, "/proc/thread-self/net", id, protocols, visitor);
}

/* Goes to another stack, lists its sockets and comes back; -EPERM: may not. */
static int
list_by_visit(struct run *run, const struct linux_stack *stack,
    const struct linux_visitor *visitor)
{
	const int own = run->collector->own_stack;
	int error;

	if (own < 0 || stack->fd < 0 || setns(stack->fd, CLONE_NEWNET) != 0)
		return -EPERM;
	error = list_here(run, stack->id, visitor);
	/* Nothing can be trusted any more if there is no way back. */
	return setns(own, CLONE_NEWNET) != 0 ? -ENOTRECOVERABLE : error;
}

/*
 * Lists another stack through a socket that somebody with more rights opens
 * there, and by the tables of a process in it; -EPERM: neither is to be had.
 */
static int
list_by_others(struct run *run, const struct linux_stack *stack,
    const struct linux_visitor *visitor)
{
	const struct linux_collector *collector = run->collector;
	uint32_t protocols = LINUX_ALL_PROTOCOLS;
	int socket = -1, error = 0;
	char path[64];

	if (collector->diag && collector->open_stack != NULL && stack->fd >= 0)
		socket = collector->open_stack(collector->context, stack->fd);
	if (socket >= 0)
		error = linux_diag_list(
		    socket, stack->id, visitor, &protocols, &run->interrupted);
	if (error != 0 || protocols == 0)
		return error;
	if (stack->pid == 0) {
		run->lacking += socket >= 0;
		return socket >= 0 ? 0 : -EPERM;
	}
	snprintf(path, sizeof(path), "/proc/%d/net", (int)stack->pid);
	error = list_tables(run, path, stack->id, protocols, visitor);
	run->by_tables += socket < 0 && error == 0;
	return error;
}

static int
list_there(struct run *run, const struct linux_stack *stack,
    const struct linux_visitor *visitor)
{
	int error;

	error = list_by_visit(run, stack, visitor);
	if (error == -EPERM)
		error = list_by_others(run, stack, visitor);
	if (error == -ENOENT || error == -ESRCH)
		return 0; /* its last process has ended */
	if (error != -EPERM && error != -EACCES)
		return error;
	run->unreachable++;
	return 0;
}

static int
list_sockets(struct run *run, const struct linux_visitor *visitor)
{
	size_t i;
	int error;

	run->unreachable = run->by_tables = run->lacking = 0;
	error = list_here(run, 0, visitor);
	for (i = 1; i < run->stacks.count && error == 0; i++)
		error = list_there(run, &run->stacks.items[i], visitor);
	return error;
}

static int
add_socket(void *context, const struct po_socket *socket)
{
	struct run *run = context;

	return po_builder_add_socket(run->builder, socket);
}

static int
confirm_socket(void *context, const struct po_socket *socket)
{
	struct run *run = context;

	po_builder_confirm(run->builder, socket->handle);
	return 0;
}

static void
note_orphan(void *context, const struct po_socket *socket)
{
	struct run *run = context;

	/* What others hold stays hidden however often one looks. */
	if (run->scan.denied != 0 && socket->uid != geteuid())
		return;
	if (!linux_set_has(&run->collector->ownerless, socket->handle))
		linux_set_add(&run->orphans, socket->handle);
}

/* Sockets without holder that were not known to have none. */
static size_t
count_orphans(struct run *run)
{
	run->orphans.count = 0;
	po_builder_each_orphan(run->builder, note_orphan, run);
	return run->orphans.count;
}

/* Forgets the ownerless sockets that the kernel does not list any more. */
static int
drop_vanished(struct run *run)
{
	const struct linux_visitor confirm = {confirm_socket, run};
	size_t ambiguous = run->ambiguous.count;
	int error;

	po_builder_begin_confirm(run->builder);
	error = list_sockets(run, &confirm);
	if (error == 0)
		po_builder_drop_unconfirmed(run->builder);
	/* The same ones were listed again. */
	run->ambiguous.count = ambiguous;
	return error;
}

/*
 * Looks again for the holders of sockets that seem to have none, as long as
 * that finds any.
 */
static int
look_again(struct run *run)
{
	size_t before, after = count_orphans(run);
	unsigned int looks;
	int error = 0;

	for (looks = 1; after != 0 && looks < LOOKS_MAX; looks++) {
		error = drop_vanished(run);
		before = count_orphans(run);
		if (error != 0 || before == 0)
			return error;
		error = linux_tasks_scan(run->builder, &run->scan);
		after = count_orphans(run);
		if (error != 0 || after == before)
			break;
	}
	/* Some may have gone since the last look at the sockets. */
	if (error == 0 && after != 0)
		error = drop_vanished(run);
	return error;
}

static int
look(struct run *run)
{
	const struct linux_visitor add = {add_socket, run};
	int error;

	error = list_sockets(run, &add);
	linux_set_sort(&run->ambiguous);
	if (error == 0)
		error = linux_tasks_scan(run->builder, &run->scan);
	if (error == 0)
		error = look_again(run);
	if (error == 0)
		error = linux_tasks_add_ancestors(run->builder, &run->scan);
	return error;
}

static void
remember_one(void *context, const struct po_socket *socket)
{
	linux_set_add(context, socket->handle);
}

static void
remember_ownerless(struct run *run)
{
	struct linux_set *ownerless = &run->collector->ownerless;

	ownerless->count = 0;
	po_builder_each_orphan(run->builder, remember_one, ownerless);
	linux_set_sort(ownerless);
}

/* one and many: the sentence for one of the things, and for several. */
static int
add_gap(struct run *run, enum po_gap_kind kind, uint32_t count, const char *one,
    const char *many, const char *hint)
{
	char text[160];

	if (count == 0)
		return 0;
	snprintf(
	    text, sizeof(text), count == 1 ? one : many, (unsigned long)count);
	return po_builder_add_gap(run->builder, kind, count, text, hint);
}

static uint32_t
count_unresolved(struct run *run)
{
	uint32_t count = 0;
	size_t i;

	linux_set_sort(&run->scan.resolved);
	for (i = 0; i < run->ambiguous.count; i++)
		if (i == 0 ||
		    run->ambiguous.items[i] != run->ambiguous.items[i - 1])
			count += !linux_set_has(
			    &run->scan.resolved, run->ambiguous.items[i]);
	return count;
}

/*
 * With hidepid, or in a pid namespace, processes are missing from /proc
 * without any error: they show by the sockets that nobody there holds.
 */
static int
add_gaps_of_proc(struct run *run)
{
	const ino_t initial_pid_namespace = 0xeffffffc;
	struct stat st;
	uint32_t orphans;

	orphans = (uint32_t)po_builder_count_orphans(run->builder);
	if (run->scan.denied != 0 || orphans == 0)
		return 0;
	if (stat("/proc/1", &st) != 0)
		return add_gap(run, PO_GAP_PERMISSION, orphans,
		    "/proc hides the processes of others (hidepid): the owner "
		    "of %lu socket is not visible",
		    "/proc hides the processes of others (hidepid): the "
		    "owners of %lu sockets are not visible",
		    HINT_TASKS);
	if (stat("/proc/self/ns/pid", &st) == 0 &&
	    st.st_ino != initial_pid_namespace)
		return add_gap(run, PO_GAP_PERMISSION, orphans,
		    "%lu socket may be held outside this pid namespace",
		    "%lu sockets may be held outside this pid namespace",
		    "run in the host's pid namespace");
	return 0;
}

static int
add_gaps(struct run *run)
{
	int error;

	error = add_gap(run, PO_GAP_PERMISSION, run->scan.denied,
	    "the descriptors of %lu process may not be read",
	    "the descriptors of %lu processes may not be read", HINT_TASKS);
	if (error == 0)
		error = add_gaps_of_proc(run);
	if (error == 0)
		error = add_gap(run, PO_GAP_PERMISSION, run->stacks.denied,
		    "the network namespace of %lu process is not known",
		    "the network namespaces of %lu processes are not known",
		    HINT_STACKS);
	if (error == 0)
		error = add_gap(run, PO_GAP_PERMISSION, run->unreachable,
		    "%lu network namespace may not be looked into",
		    "%lu network namespaces may not be looked into",
		    HINT_ENTER);
	if (error == 0)
		error = add_gap(run, PO_GAP_UNSUPPORTED, run->by_tables,
		    "the tables of %lu network namespace lack TCP sockets "
		    "that are bound and not in use",
		    "the tables of %lu network namespaces lack TCP sockets "
		    "that are bound and not in use",
		    run->collector->diag ? HINT_ENTER : NULL);
	if (error == 0)
		error = add_gap(run, PO_GAP_UNSUPPORTED, run->lacking,
		    "the raw sockets of %lu network namespace are not known",
		    "the raw sockets of %lu network namespaces are not known",
		    HINT_ENTER);
	if (error == 0)
		error = add_gap(run, PO_GAP_UNSUPPORTED, count_unresolved(run),
		    "of %lu IPv6 socket it is not known whether it takes IPv4 "
		    "as well, or on which link it is",
		    "of %lu IPv6 sockets it is not known whether they take "
		    "IPv4 as well, or on which link they are",
		    NULL);
	if (error == 0)
		error = add_gap(run, PO_GAP_RACE, run->interrupted,
		    "the list of sockets changed while it was read",
		    "the list of sockets changed while it was read", NULL);
	return error;
}

static void
set_ephemeral(struct po_builder *builder)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned int low, high;

	if (file == NULL)
		return;
	if (fscanf(file, "%u %u", &low, &high) == 2 && low <= UINT16_MAX &&
	    high <= UINT16_MAX)
		po_builder_set_ephemeral(
		    builder, (uint16_t)low, (uint16_t)high);
	fclose(file);
}

static int
collect(void *state, struct po_builder *builder)
{
	struct linux_collector *collector = state;
	struct run run = {.collector = collector, .builder = builder};
	int error;

	run.scan.arguments = collector->arguments;
	run.scan.ambiguous = &run.ambiguous;
	set_ephemeral(builder);
	error = linux_stacks_find(&run.stacks, collector->all_stacks);
	if (error == 0)
		error = look(&run);
	if (error == 0) {
		remember_ownerless(&run);
		error = add_gaps(&run);
	}
	linux_stacks_clear(&run.stacks);
	free(run.scan.resolved.items);
	free(run.scan.parents.items);
	free(run.ambiguous.items);
	free(run.orphans.items);
	return error;
}

static const struct po_collector_ops diag = {
    .name = "diag",
    .open = open_diag,
    .collect = collect,
    .close = close_collector,
};

static const struct po_collector_ops proc = {
    .name = "proc",
    .open = open_proc,
    .collect = collect,
    .close = close_collector,
};

const struct po_collector_ops *const po_collectors[] = {&diag, &proc, NULL};
