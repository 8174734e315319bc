/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A walk fills the shared records; when they are full, or it has come to its
 * end, they are decoded, and it goes on.
 */
#include "collect/linux_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/linux_bpf_load.h"

_Static_assert(sizeof(union po_bpf_record) == 88, "as the programs have it");

#define TABLES_MAX 4096
#define STALLS_MAX 64 /* runs on end that bring nothing */

struct linux_bpf {
	struct linux_bpf_parts parts;
	union po_bpf_record *records;
	struct po_bpf_control *control;
	uint64_t own; /* as in the control */
	struct po_profile *profile;
};

static void *
map_memory(int map, size_t size, int protection)
{
	/* All at once, and not by a fault at each page. */
	void *memory =
	    mmap(NULL, size, protection, MAP_SHARED | MAP_POPULATE, map, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int
share_memory(struct linux_bpf *bpf)
{
	bpf->records = map_memory(bpf->parts.fd[LINUX_BPF_RECORDS],
	    PO_BPF_RECORDS * sizeof(*bpf->records), PROT_READ);
	if (bpf->records == NULL)
		return -errno;
	bpf->control = map_memory(bpf->parts.fd[LINUX_BPF_CONTROL],
	    sizeof(*bpf->control), PROT_READ | PROT_WRITE);
	return bpf->control == NULL ? -errno : 0;
}

static int
get_parts(
    struct linux_bpf_parts *parts, const struct linux_bpf_options *options)
{
	int error = linux_bpf_load(parts, options->files_only, options->events);

	if (error != -EPERM || options->files_only)
		return error;
	/* Somebody with more rights may have pinned them. */
	linux_bpf_unload(parts);
	return linux_bpf_find(parts) == 0 ? 0 : error;
}

int
linux_bpf_open(struct linux_bpf **bpf, const struct linux_bpf_options *options)
{
	struct linux_bpf *new = calloc(1, sizeof(*new));
	int error;

	*bpf = NULL;
	if (new == NULL)
		return -ENOMEM;
	new->profile = options->profile;
	error = get_parts(&new->parts, options);
	if (error == 0)
		error = share_memory(new);
	if (error != 0) {
		linux_bpf_close(new);
		return error;
	}
	*bpf = new;
	return 0;
}

void
linux_bpf_close(struct linux_bpf *bpf)
{
	if (bpf->records != NULL)
		munmap(bpf->records, PO_BPF_RECORDS * sizeof(*bpf->records));
	if (bpf->control != NULL)
		munmap(bpf->control, sizeof(*bpf->control));
	linux_bpf_unload(&bpf->parts);
	free(bpf);
}

bool
linux_bpf_has_tables(const struct linux_bpf *bpf)
{
	return bpf->parts.fd[LINUX_BPF_WALK_TABLES] >= 0;
}

/* Pinned parts are for one at a time. */
static int
lock(struct linux_bpf *bpf, int operation)
{
	int result;

	if (bpf->parts.lock < 0)
		return 0;
	do
		result = flock(bpf->parts.lock, operation);
	while (result != 0 && errno == EINTR);
	return result != 0 ? -errno : 0;
}

static void
begin(struct linux_bpf *bpf, bool own_stack_only)
{
	memset(bpf->control, 0, sizeof(*bpf->control));
	bpf->control->own_stack_only = own_stack_only;
	bpf->control->own = bpf->own;
}

/* Decodes what has come and makes room for more. */
static int
drain(struct linux_bpf *bpf, const struct po_bpf_visitor *visitor)
{
	const uint32_t used = bpf->control->used;
	enum po_phase before;
	int error;

	bpf->control->used = 0;
	before = po_profile_enter(bpf->profile, PO_PHASE_DECODE);
	error = po_bpf_decode(bpf->records,
	    PO_BPF_RECORDS * sizeof(*bpf->records), used, visitor);
	po_profile_enter(bpf->profile, before);
	return error;
}

static int
run(int program)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	return bpf_prog_test_run_opts(program, &options);
}

struct tables {
	struct po_bpf_table items[TABLES_MAX];
	size_t count;
};

/* Network namespaces may share a table. */
static int
note_table(void *context, const struct po_bpf_table *table)
{
	struct tables *tables = context;
	size_t i;

	for (i = 0; i < tables->count; i++)
		if (tables->items[i].address == table->address)
			return 0;
	if (tables->count == TABLES_MAX)
		return -E2BIG;
	tables->items[tables->count++] = *table;
	return 0;
}

static int
find_tables(struct linux_bpf *bpf, bool own_stack_only, struct tables *tables)
{
	const struct po_bpf_visitor visitor = {
	    .table = note_table, .context = tables};
	int error;

	tables->count = 0;
	begin(bpf, own_stack_only);
	error = run(bpf->parts.fd[LINUX_BPF_WALK_TABLES]);
	bpf->own = bpf->control->own;
	if (error == 0 && bpf->control->used == PO_BPF_RECORDS)
		error = -E2BIG;
	return error == 0 ? drain(bpf, &visitor) : error;
}

static int
walk_table(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_table *table, const struct po_bpf_visitor *visitor)
{
	uint32_t bucket, used, stalls = 0;
	int error = 0;

	begin(bpf, own_stack_only);
	bpf->control->table = *table;
	while (error == 0 && !bpf->control->done) {
		bucket = bpf->control->bucket;
		error = run(bpf->parts.fd[LINUX_BPF_WALK_TABLES]);
		used = bpf->control->used;
		stalls = used == 0 && bpf->control->bucket == bucket
			     ? stalls + 1
			     : 0;
		if (stalls > STALLS_MAX)
			error = -EAGAIN;
		if (error == 0)
			error = drain(bpf, visitor);
	}
	return error;
}

static int
list(struct linux_bpf *bpf, bool own_stack_only, uint32_t kinds,
    const struct po_bpf_visitor *visitor, struct tables *tables)
{
	size_t i;
	int error = find_tables(bpf, own_stack_only, tables);

	for (i = 0; i < tables->count && error == 0; i++)
		if ((kinds >> tables->items[i].what & 1) != 0)
			error = walk_table(
			    bpf, own_stack_only, &tables->items[i], visitor);
	return error;
}

int
linux_bpf_list(struct linux_bpf *bpf, bool own_stack_only, uint32_t kinds,
    const struct po_bpf_visitor *visitor)
{
	struct tables *tables = malloc(sizeof(*tables));
	enum po_phase before;
	int error;

	if (tables == NULL)
		return -ENOMEM;
	before = po_profile_enter(bpf->profile, PO_PHASE_KERNEL);
	error = lock(bpf, LOCK_EX);
	if (error == 0)
		error = list(bpf, own_stack_only, kinds, visitor, tables);
	lock(bpf, LOCK_UN);
	po_profile_enter(bpf->profile, before);
	free(tables);
	return error;
}

/*
 * Reading runs the programs.  EAGAIN: one of them had no room left and is to
 * be called again.
 */
static int
read_walk(struct linux_bpf *bpf, int fd, const struct po_bpf_visitor *visitor)
{
	uint32_t stalls = 0;
	ssize_t got;
	char octet;
	int error;

	do {
		got = read(fd, &octet, sizeof(octet));
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		stalls = got < 0 && bpf->control->used == 0 ? stalls + 1 : 0;
		if (stalls > STALLS_MAX)
			return -EAGAIN;
		error = drain(bpf, visitor);
	} while (error == 0 && got != 0);
	return error;
}

static int
scan(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor)
{
	int fd, error;

	begin(bpf, own_stack_only);
	fd = bpf_iter_create(bpf->parts.fd[LINUX_BPF_WALK]);
	if (fd < 0)
		return fd;
	error = read_walk(bpf, fd, visitor);
	close(fd);
	return error;
}

int
linux_bpf_scan(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor)
{
	enum po_phase before = po_profile_enter(bpf->profile, PO_PHASE_KERNEL);
	int error = lock(bpf, LOCK_EX);

	if (error == 0)
		error = scan(bpf, own_stack_only, visitor);
	lock(bpf, LOCK_UN);
	po_profile_enter(bpf->profile, before);
	return error;
}

int
linux_bpf_event_fd(const struct linux_bpf *bpf)
{
	if (bpf->parts.events == NULL)
		return -1;
	return ring_buffer__epoll_fd(bpf->parts.events);
}

void
linux_bpf_take_events(struct linux_bpf *bpf)
{
	ring_buffer__consume(bpf->parts.events);
}
