/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Linux collectors could not see, in words.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "collect/linux_private.h"

#define HINT_TASKS "run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
#define HINT_STACKS "run as root, or with CAP_SYS_PTRACE"
#define HINT_ENTER "run as root, or with CAP_SYS_ADMIN"

/* one and many: the sentence for one of the things, and for several. */
static int
add_gap(struct linux_run *run, enum po_gap_kind kind, uint32_t count,
    const char *one, const char *many, const char *hint)
{
	char text[160];

	if (count == 0)
		return 0;
	snprintf(
	    text, sizeof(text), count == 1 ? one : many, (unsigned long)count);
	return po_builder_add_gap(run->builder, kind, count, text, hint);
}

static uint32_t
count_unresolved(struct linux_run *run)
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

bool
linux_is_enclosed(void)
{
	const ino_t initial_pid_namespace = 0xeffffffc;
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 &&
	       st.st_ino != initial_pid_namespace;
}

/*
 * With hidepid, or in a pid namespace, processes are missing from /proc
 * without any error: they show by the sockets that nobody there holds.
 */
static int
add_gaps_of_proc(struct linux_run *run)
{
	struct stat st;
	uint32_t orphans;

	orphans = (uint32_t)po_builder_count_orphans(run->builder);
	if (run->scan.denied != 0 || orphans == 0)
		return 0;
	if (run->collector->bpf == NULL && stat("/proc/1", &st) != 0)
		return add_gap(run, PO_GAP_PERMISSION, orphans,
		    "/proc hides the processes of others (hidepid): the owner "
		    "of %lu socket is not visible",
		    "/proc hides the processes of others (hidepid): the "
		    "owners of %lu sockets are not visible",
		    HINT_TASKS);
	if (run->collector->enclosed)
		return add_gap(run, PO_GAP_PERMISSION, orphans,
		    "%lu socket may be held outside this pid namespace",
		    "%lu sockets may be held outside this pid namespace",
		    "run in the host's pid namespace");
	return 0;
}

int
linux_add_gaps(struct linux_run *run)
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
		    run->collector->way == LINUX_BY_PROC ? NULL : HINT_ENTER);
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
