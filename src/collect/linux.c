/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two collectors that every Linux has: "diag" lists sockets by netlink,
 * "proc" by /proc/net; both find the holders under /proc/PID/fd.
 *
 * Sockets and processes cannot be read at one instant.  Sockets come first;
 * whichever then has no holder is looked for a second time in both lists: it
 * has gone (and is no row), or its holder has moved (and is found), or it
 * really has none.  Those are remembered, so that the kernel's own sockets do
 * not cost a second look at every refresh.  And no more is looked at than may
 * help: the places where such sockets are, and the processes only if one of
 * those that may be looked into can be the holder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/linux_private.h"

#define LOOKS_MAX 4 /* at the processes, in one collection */

static int
open_collector(const struct po_collect_options *options, enum linux_way way,
    struct linux_bpf *bpf, void **state)
{
	struct linux_collector *collector = calloc(1, sizeof(*collector));

	if (collector != NULL) {
		collector->facts = linux_facts_new(!options->no_executables);
		/* /proc/net leaves questions that each socket has to answer. */
		if (way == LINUX_BY_DIAG && !options->once)
			collector->holdings = linux_holdings_new();
	}
	if (collector == NULL || collector->facts == NULL) {
		if (bpf != NULL)
			linux_bpf_close(bpf);
		free(collector);
		return -ENOMEM;
	}
	collector->way = way;
	collector->enclosed = linux_is_enclosed();
	collector->bpf = bpf;
	collector->all_stacks = options->all_stacks;
	collector->arguments = options->arguments;
	collector->open_stack = options->open_stack;
	collector->context = options->context;
	collector->profile = options->profile;
	collector->own_stack =
	    open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	*state = collector;
	return 0;
}

static int
open_bpf_files(const struct po_collect_options *options, void **state)
{
	const struct linux_bpf_options how = {
	    .files_only = true,
	    .events = options->events,
	    .profile = options->profile,
	};
	struct linux_bpf *bpf;
	int error;

	/* The sockets themselves come by netlink. */
	error = linux_diag_probe();
	if (error == 0)
		error = linux_bpf_open(&bpf, &how);
	if (error != 0)
		return error;
	return open_collector(options, LINUX_BY_BPF, bpf, state);
}

static int
open_bpf(const struct po_collect_options *options, void **state)
{
	const struct linux_bpf_options how = {
	    .events = options->events,
	    .profile = options->profile,
	};
	struct linux_bpf *bpf;
	int error = linux_bpf_open(&bpf, &how);

	if (error == -ENOTSUP)
		return open_bpf_files(options, state);
	if (error != 0)
		return error;
	return open_collector(options, LINUX_BY_BPF, bpf, state);
}

static int
open_diag(const struct po_collect_options *options, void **state)
{
	int error = linux_diag_probe();

	if (error != 0)
		return error;
	return open_collector(options, LINUX_BY_DIAG, NULL, state);
}

static int
open_proc(const struct po_collect_options *options, void **state)
{
	if (access("/proc/self/net/tcp", R_OK) != 0)
		return -errno;
	return open_collector(options, LINUX_BY_PROC, NULL, state);
}

static void
close_collector(void *state)
{
	struct linux_collector *collector = state;

	if (collector->own_stack >= 0)
		close(collector->own_stack);
	if (collector->bpf != NULL)
		linux_bpf_close(collector->bpf);
	linux_facts_free(collector->facts);
	linux_holdings_free(collector->holdings);
	free(collector->ownerless.items);
	free(collector);
}

/* Scans after the first one rely on nothing that is kept. */
static int
scan_tasks(struct linux_run *run)
{
	int error;

	if (run->collector->bpf != NULL)
		return linux_bpf_scan_tasks(run);
	error = linux_tasks_scan(run->builder, &run->scan);
	run->relied = run->scan.reuse;
	run->scan.reuse = false;
	return error;
}

static int
add_socket(void *context, const struct po_socket *socket)
{
	struct linux_run *run = context;
	struct po_profile *profile = run->collector->profile;
	enum po_phase before = po_profile_enter(profile, PO_PHASE_JOIN);
	int error = po_builder_add_socket(run->builder, socket);

	po_profile_enter(profile, before);
	return error;
}

static int
confirm_socket(void *context, const struct po_socket *socket)
{
	struct linux_run *run = context;

	po_builder_confirm(run->builder, socket->handle);
	return 0;
}

/* Where the orphans are: what has to be listed to see them again. */
static void
extend_range(struct linux_run *run, const struct po_socket *socket)
{
	const uint8_t protocol = socket->local.protocol;
	struct linux_range *range = &run->orphan_range;
	size_t i;

	for (i = 0; i < LINUX_PROTOCOLS; i++)
		if (linux_protocols[i].number == protocol)
			range->protocols |= 1u << i;
	if (protocol == PO_PROTOCOL_UDP)
		range->tables |= 1u << PO_BPF_UDP;
	else if (protocol == PO_PROTOCOL_TCP)
		range->tables |= socket->state == PO_STATE_LISTEN
				     ? 1u << PO_BPF_TCP_LISTENING
				     : 1u << PO_BPF_TCP_CONNECTED;
	linux_set_add_once(&run->orphan_stacks, socket->local.stack);
}

static void
note_orphan(void *context, const struct po_socket *socket)
{
	struct linux_run *run = context;

	/* Seen from a pid namespace, other stacks are those of others. */
	if (run->collector->enclosed && socket->local.stack != 0)
		return;
	if (linux_set_has(&run->fileless, socket->handle) ||
	    linux_set_has(&run->collector->ownerless, socket->handle))
		return;
	linux_set_add(&run->orphans, socket->handle);
	extend_range(run, socket);
	/* What others hold stays hidden however often one looks. */
	run->lost += run->relied ||
		     !linux_set_holds(&run->scan.denied_uids, socket->uid);
}

/*
 * Finds the sockets without holder that were not known to have none; how many
 * of them another look may find one for.
 */
static size_t
count_lost(struct linux_run *run)
{
	run->orphans.count = run->orphan_stacks.count = 0;
	run->orphan_range = (struct linux_range){.stacks = &run->orphan_stacks};
	run->lost = 0;
	po_builder_each_orphan(run->builder, note_orphan, run);
	linux_set_sort(&run->orphans);
	return run->lost;
}

/* An orphan that is not in question is not asked for, either. */
static void
confirm_known(void *context, const struct po_socket *socket)
{
	struct linux_run *run = context;

	if (!linux_set_has(&run->orphans, socket->handle))
		po_builder_confirm(run->builder, socket->handle);
}

/* Lists the orphans again, and what is in the same place. */
static int
list_again(struct linux_run *run)
{
	const struct linux_visitor confirm = {
	    confirm_socket, run, run->collector->profile};
	const struct linux_run before = *run;
	int error;

	run->range = run->orphan_range;
	error = linux_list_sockets(run, &confirm);
	po_builder_each_orphan(run->builder, confirm_known, run);
	run->range = before.range;
	/* The first list has told of all. */
	run->ambiguous.count = before.ambiguous.count;
	run->unreachable = before.unreachable;
	run->by_tables = before.by_tables;
	run->lacking = before.lacking;
	return error;
}

/*
 * Forgets the ownerless sockets that the kernel does not list any more;
 * *dropped: how many there were.
 */
static int
drop_vanished(struct linux_run *run, size_t *dropped)
{
	int error;

	*dropped = 0;
	po_builder_begin_confirm(run->builder);
	error = list_again(run);
	if (error == 0)
		*dropped = po_builder_drop_unconfirmed(run->builder);
	return error;
}

/*
 * Looks again for the holders of sockets that seem to have none, as long as
 * that finds any.
 */
static int
look_again(struct linux_run *run)
{
	size_t before, after = count_lost(run), dropped = 0;
	unsigned int looks;
	int error = 0;

	if (run->orphans.count == 0)
		return 0;
	for (looks = 1; looks < LOOKS_MAX; looks++) {
		error = drop_vanished(run, &dropped);
		before = count_lost(run);
		if (error != 0 || before == 0)
			return error;
		error = scan_tasks(run);
		after = count_lost(run);
		if (error != 0 || after == before)
			break;
	}
	/* Where some have gone, others may have since the last look at them. */
	if (error == 0 && after != 0 && dropped != 0)
		error = drop_vanished(run, &dropped);
	return error;
}

static int
look(struct linux_run *run)
{
	const struct linux_visitor add = {
	    add_socket, run, run->collector->profile};
	int error;

	error = linux_list_sockets(run, &add);
	linux_set_sort(&run->ambiguous);
	if (error == 0)
		error = scan_tasks(run);
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
remember_ownerless(struct linux_run *run)
{
	struct linux_set *ownerless = &run->collector->ownerless;

	ownerless->count = 0;
	po_builder_each_orphan(run->builder, remember_one, ownerless);
	linux_set_sort(ownerless);
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
	struct linux_run run = {
	    .collector = collector,
	    .builder = builder,
	    .range = {LINUX_ALL_PROTOCOLS, LINUX_BPF_TABLES, NULL},
	};
	enum po_phase before;
	int error;

	run.scan.arguments = collector->arguments;
	run.scan.ambiguous = &run.ambiguous;
	run.scan.facts = collector->facts;
	run.scan.profile = collector->profile;
	set_ephemeral(builder);
	linux_facts_begin(collector->facts);
	run.scan.holdings = collector->holdings;
	if (collector->holdings != NULL)
		run.scan.reuse = linux_holdings_begin(collector->holdings);
	before = po_profile_enter(collector->profile, PO_PHASE_KERNEL);
	error = look(&run);
	po_profile_enter(collector->profile, before);
	linux_facts_end(collector->facts);
	if (collector->holdings != NULL)
		linux_holdings_end(collector->holdings);
	if (error == 0) {
		remember_ownerless(&run);
		error = linux_add_gaps(&run);
	}
	linux_stacks_clear(&run.stacks);
	free(run.scan.resolved.items);
	free(run.scan.parents.items);
	free(run.ambiguous.items);
	free(run.orphans.items);
	free(run.orphan_stacks.items);
	free(run.fileless.items);
	free(run.scan.denied_uids.items);
	return error;
}

static int
event_fd(void *state)
{
	const struct linux_collector *collector = state;

	return collector->bpf == NULL ? -1 : linux_bpf_event_fd(collector->bpf);
}

static void
take_events(void *state)
{
	const struct linux_collector *collector = state;

	linux_bpf_take_events(collector->bpf);
}

#define OPS(variable, word)                                                    \
	static const struct po_collector_ops variable = {                      \
	    .name = word,                                                      \
	    .open = open_##variable,                                           \
	    .collect = collect,                                                \
	    .close = close_collector,                                          \
	    .event_fd = event_fd,                                              \
	    .acknowledge = take_events,                                        \
	}

OPS(bpf, "bpf");
OPS(bpf_files, "bpf-files");
OPS(diag, "diag");
OPS(proc, "proc");

/* bpf turns to the way of bpf-files by itself where it has to. */
const struct po_collector_ops *const po_collectors[] = {
    &bpf, &bpf_files, &diag, &proc, NULL};
