/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets of all network stacks: by the kernel's own tables (bpf), by
 * netlink, by /proc/net; where one does not tell of a protocol, by the next.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "collect/linux_private.h"

/*
 * The protocols that are asked for stack by stack, as bits.  bpf tells of all
 * sockets but the associations of SCTP and what is like them; a UDP-Lite or
 * raw socket it knows by its holder.
 */
static uint32_t
wanted(const struct linux_run *run)
{
	if (run->collector->bpf == NULL ||
	    !linux_bpf_has_tables(run->collector->bpf))
		return run->range.protocols;
	return run->range.protocols & (1u << LINUX_SCTP | 1u << LINUX_DCCP);
}

/* The tables of a /proc/PID/net, where netlink tells of some protocols not. */
static int
list_tables(struct linux_run *run, const char *root, uint32_t id,
    uint32_t protocols, const struct linux_visitor *visitor)
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
list_here(
    struct linux_run *run, uint32_t id, const struct linux_visitor *visitor)
{
	uint32_t protocols = wanted(run);
	int error = 0;

	if (run->collector->way != LINUX_BY_PROC)
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
list_by_visit(struct linux_run *run, const struct linux_stack *stack,
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
list_by_others(struct linux_run *run, const struct linux_stack *stack,
    const struct linux_visitor *visitor)
{
	const struct linux_collector *collector = run->collector;
	uint32_t protocols = wanted(run);
	int socket = -1, error = 0;
	char path[64];

	if (collector->way != LINUX_BY_PROC && collector->open_stack != NULL &&
	    stack->fd >= 0)
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
list_there(struct linux_run *run, const struct linux_stack *stack,
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

static bool
is_wanted(const struct linux_run *run, uint32_t stack)
{
	return run->range.stacks == NULL ||
	       linux_set_holds(run->range.stacks, stack);
}

static int
list_stacks(struct linux_run *run, const struct linux_visitor *visitor)
{
	size_t i;
	int error = 0;

	if (run->stacks.count == 0) {
		error =
		    linux_stacks_find(&run->stacks, run->collector->all_stacks);
		if (error != 0)
			return error;
	}
	if (is_wanted(run, 0))
		error = list_here(run, 0, visitor);
	for (i = 1; i < run->stacks.count && error == 0; i++)
		if (is_wanted(run, run->stacks.items[i].id))
			error = list_there(run, &run->stacks.items[i], visitor);
	return error;
}

int
linux_list_sockets(struct linux_run *run, const struct linux_visitor *visitor)
{
	int error = 0;

	run->unreachable = run->by_tables = run->lacking = 0;
	if (run->collector->bpf != NULL)
		error = linux_bpf_list_sockets(run, visitor);
	if (error != 0 || (wanted(run) & linux_procnet_protocols()) == 0)
		return error;
	return list_stacks(run, visitor);
}
