/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's collector, "sysctl".  The lists and what follows from them are in
 * freebsd_lists.c and freebsd_join.c; here is where they come from: sysctl(3),
 * which shows everything to everybody unless it was told otherwise, and, for
 * jails with a network stack of their own, a child inside of each.
 */
#include <sys/param.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "collect/collector.h"
#include "collect/freebsd_jail.h"
#include "collect/freebsd_lists.h"

#define JAILS_MAX 4096
#define PATIENCE 2000000 /* us that one collection waits for jails in all */
#define ARGUMENTS_MAX 4096 /* octets of a command line that are read */

struct freebsd_collector {
	bool all_stacks;
	bool arguments;
	struct po_freebsd_memory memory;
};

/* One collection. */
struct run {
	struct freebsd_collector *collector;
	struct freebsd_jail *jails;
	size_t n_jails;
	uint32_t *stacks; /* 0, then the jails' */
	struct freebsd_reader *readers; /* of stacks from the second on */
	size_t n_stacks;
	uint64_t patience; /* us that are left */
	char executable[PATH_MAX];
	char arguments[ARGUMENTS_MAX];
};

static int
open_collector(const struct po_collect_options *options, void **state)
{
	struct freebsd_collector *collector;
	size_t size = 0;

	if (sysctlbyname(
		po_freebsd_name(PO_FREEBSD_TCP), NULL, &size, NULL, 0) != 0)
		return -errno;
	collector = calloc(1, sizeof(*collector));
	if (collector == NULL)
		return -ENOMEM;
	collector->all_stacks = options->all_stacks;
	collector->arguments = options->arguments;
	*state = collector;
	return 0;
}

static void
close_collector(void *state)
{
	struct freebsd_collector *collector = state;

	po_freebsd_forget(&collector->memory);
	free(collector);
}

static struct freebsd_reader *
find_reader(struct run *run, uint32_t stack)
{
	size_t i;

	for (i = 1; i < run->n_stacks; i++)
		if (run->stacks[i] == stack)
			return &run->readers[i - 1];
	return NULL;
}

static int
get(void *context, enum po_freebsd_list list, uint32_t stack, void *buffer,
    size_t *size)
{
	struct freebsd_reader *reader;

	if (stack != 0) {
		reader = find_reader(context, stack);
		return reader == NULL
			   ? -ESRCH
			   : freebsd_reader_get(
				 reader, po_freebsd_name(list), buffer, size);
	}
	if (sysctlbyname(po_freebsd_name(list), buffer, size, NULL, 0) != 0)
		return -errno;
	return 0;
}

static const char *
name_jail(void *context, uint32_t jail)
{
	const struct run *run = context;
	size_t i;

	for (i = 0; i < run->n_jails; i++)
		if (run->jails[i].id == jail)
			return run->jails[i].name;
	return NULL;
}

/* What the kernel tells of one process alone; unset where it does not. */
static void
ask(int what, uint32_t pid, char *buffer, size_t size, struct po_bytes *bytes)
{
	const int name[] = {CTL_KERN, KERN_PROC, what, (int)pid};

	/* With ENOMEM, what there was room for. */
	if ((sysctl(name, 4, buffer, &size, NULL, 0) != 0 && errno != ENOMEM) ||
	    size == 0)
		return;
	if (buffer[size - 1] == '\0')
		size--;
	bytes->data = buffer;
	bytes->length = size;
}

static void
add_details(void *context, struct po_process *process)
{
	struct run *run = context;
	size_t i;

	ask(KERN_PROC_PATHNAME, process->pid, run->executable,
	    sizeof(run->executable), &process->executable);
	if (!run->collector->arguments)
		return;
	ask(KERN_PROC_ARGS, process->pid, run->arguments,
	    sizeof(run->arguments), &process->arguments);
	for (i = 0; i < process->arguments.length; i++)
		if (run->arguments[i] == '\0')
			run->arguments[i] = ' ';
}

static int
find_jails(struct run *run)
{
	struct freebsd_jail *jails, jail;
	uint32_t last = 0;
	int error;

	while ((error = freebsd_jail_next(last, &jail)) == 0 &&
	       run->n_jails < JAILS_MAX) {
		jails =
		    reallocarray(run->jails, run->n_jails + 1, sizeof(*jails));
		if (jails == NULL)
			return -ENOMEM;
		run->jails = jails;
		run->jails[run->n_jails++] = jail;
		last = jail.id;
	}
	/* Inside of a jail, and without jails, there are none. */
	return 0;
}

/* The own stack, and a reader in each jail that has another. */
static int
open_stacks(struct run *run)
{
	struct freebsd_reader *reader;
	size_t i;

	run->stacks = calloc(run->n_jails + 1, sizeof(*run->stacks));
	run->readers = calloc(run->n_jails + 1, sizeof(*run->readers));
	if (run->stacks == NULL || run->readers == NULL)
		return -ENOMEM;
	run->n_stacks = 1;
	if (!run->collector->all_stacks)
		return 0;
	for (i = 0; i < run->n_jails; i++) {
		if (!run->jails[i].own_stack)
			continue;
		reader = &run->readers[run->n_stacks - 1];
		run->stacks[run->n_stacks++] = run->jails[i].id;
		/* What went wrong it says to whoever reads. */
		freebsd_reader_open(reader, run->jails[i].id, &run->patience);
	}
	return 0;
}

static void
clear(struct run *run)
{
	size_t i;

	for (i = 1; i < run->n_stacks; i++)
		freebsd_reader_close(&run->readers[i - 1]);
	free(run->jails);
	free(run->stacks);
	free(run->readers);
}

/* The number behind a name, or what is usual. */
static int
ask_number(const char *name, int usual)
{
	size_t size = sizeof(int);
	int number;

	return sysctlbyname(name, &number, &size, NULL, 0) == 0 &&
		       size == sizeof(int)
		   ? number
		   : usual;
}

static void
set_ephemeral(struct po_builder *builder)
{
	const int low = ask_number("net.inet.ip.portrange.first", 0);
	const int high = ask_number("net.inet.ip.portrange.last", 0);

	if (low > 0 && low <= high && high <= UINT16_MAX)
		po_builder_set_ephemeral(
		    builder, (uint16_t)low, (uint16_t)high);
}

/* Settings that hide others from all but root. */
static int
add_gaps_of_policy(struct po_builder *builder)
{
	static const char *const settings[] = {
	    "security.bsd.see_other_uids",
	    "security.bsd.see_other_gids",
	    "security.bsd.see_jail_proc",
	};
	char text[160];
	int error = 0;
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]) &&
		    geteuid() != 0 && error == 0;
	     i++) {
		if (ask_number(settings[i], 1) != 0)
			continue;
		snprintf(text, sizeof(text),
		    "the sockets and processes of others are hidden (%s is 0)",
		    settings[i]);
		error = po_builder_add_gap(
		    builder, PO_GAP_PERMISSION, 1, text, "run as root");
	}
	if (error == 0 && ask_number("security.jail.jailed", 0) != 0)
		error = po_builder_add_gap(builder, PO_GAP_PERMISSION, 1,
		    "the sockets and processes outside of this jail are hidden",
		    "run outside of jails");
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
add_gaps(struct po_builder *builder, const struct po_freebsd_gaps *gaps)
{
	int error = add_gaps_of_policy(builder);

	if (error == 0)
		error = add_gap(builder, PO_GAP_PERMISSION, gaps->unreachable,
		    "the network stacks of %lu jails could not be looked into",
		    "run as root");
	if (error == 0)
		error = add_gap(builder, PO_GAP_UNSUPPORTED, gaps->odd,
		    "%lu of the kernel's records are of a kind that is not "
		    "known",
		    "use a PortOwner that knows this kernel");
	if (error == 0)
		error = add_gap(builder, PO_GAP_RACE, gaps->unsettled,
		    "%lu lists of sockets changed whenever they were read",
		    NULL);
	return error;
}

static int
collect(void *state, struct po_builder *builder)
{
	struct freebsd_collector *collector = state;
	struct run run = {.collector = collector, .patience = PATIENCE};
	const struct po_freebsd_source source = {
	    .get = get,
	    .jail = name_jail,
	    .details = add_details,
	    .context = &run,
	};
	struct po_freebsd_gaps gaps = {0};
	int error;

	set_ephemeral(builder);
	error = find_jails(&run);
	if (error == 0)
		error = open_stacks(&run);
	if (error == 0)
		error = po_freebsd_collect(&source, run.stacks, run.n_stacks,
		    &collector->memory, builder, &gaps);
	if (error == 0)
		error = add_gaps(builder, &gaps);
	clear(&run);
	return error;
}

static const struct po_collector_ops by_sysctl = {
    .name = "sysctl",
    .open = open_collector,
    .collect = collect,
    .close = close_collector,
};

const struct po_collector_ops *const po_collectors[] = {&by_sysctl, NULL};
