/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A walk fills the shared records; when they are full, or it has come to its
 * end, they are decoded, and it goes on.
 */
#include "collect/linux_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux_kernel.skel.h"

_Static_assert(sizeof(union po_bpf_record) == 88, "as the programs have it");

#define TABLES_MAX 4096
#define STALLS_MAX 64 /* runs on end that bring nothing */

struct linux_bpf {
	struct linux_kernel *programs;
	struct bpf_link *walk; /* of tasks, or of files */
	union po_bpf_record *records;
	struct po_bpf_control *control;
	int find_tables; /* program descriptors */
	int walk_table;
	bool has_tables;
	struct po_profile *profile;
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

static int
load(struct linux_bpf *bpf, bool files_only)
{
	struct linux_kernel *programs = linux_kernel__open();
	int error;

	if (programs == NULL)
		return -errno;
	bpf->programs = programs;
	bpf_program__set_autoload(programs->progs.find_tables, !files_only);
	bpf_program__set_autoload(programs->progs.walk_table, !files_only);
	bpf_program__set_autoload(programs->progs.walk_tasks, !files_only);
	bpf_program__set_autoload(programs->progs.walk_files, files_only);
	error = linux_kernel__load(programs);
	if (error != 0)
		return error;
	bpf->walk =
	    bpf_program__attach_iter(files_only ? programs->progs.walk_files
						: programs->progs.walk_tasks,
		NULL);
	if (bpf->walk == NULL)
		return -errno;
	if (files_only)
		return 0;
	bpf->find_tables = bpf_program__fd(programs->progs.find_tables);
	bpf->walk_table = bpf_program__fd(programs->progs.walk_table);
	bpf->has_tables = true;
	return 0;
}

static void *
map_memory(const struct bpf_map *map, size_t size, int protection)
{
	void *memory =
	    mmap(NULL, size, protection, MAP_SHARED, bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int
share_memory(struct linux_bpf *bpf)
{
	bpf->records = map_memory(bpf->programs->maps.records,
	    PO_BPF_RECORDS * sizeof(*bpf->records), PROT_READ);
	if (bpf->records == NULL)
		return -errno;
	bpf->control = map_memory(bpf->programs->maps.control,
	    sizeof(*bpf->control), PROT_READ | PROT_WRITE);
	return bpf->control == NULL ? -errno : 0;
}

int
linux_bpf_open(
    struct linux_bpf **bpf, bool files_only, struct po_profile *profile)
{
	struct linux_bpf *new = calloc(1, sizeof(*new));
	int error;

	*bpf = NULL;
	if (new == NULL)
		return -ENOMEM;
	new->profile = profile;
	libbpf_set_print(be_silent);
	error = load(new, files_only);
	if (error == 0)
		error = share_memory(new);
	if (error != 0) {
		linux_bpf_close(new);
		/* The verifier says so where the kernel lacks something. */
		return error == -EINVAL || error == -EACCES || error == -ESRCH
			   ? -ENOTSUP
			   : error;
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
	bpf_link__destroy(bpf->walk);
	linux_kernel__destroy(bpf->programs);
	free(bpf);
}

bool
linux_bpf_has_tables(const struct linux_bpf *bpf)
{
	return bpf->has_tables;
}

static void
begin(struct linux_bpf *bpf, bool own_stack_only)
{
	memset(bpf->control, 0, sizeof(*bpf->control));
	bpf->control->own_stack_only = own_stack_only;
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
	error = run(bpf->find_tables);
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
		error = run(bpf->walk_table);
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
list(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor, struct tables *tables)
{
	size_t i;
	int error = find_tables(bpf, own_stack_only, tables);

	for (i = 0; i < tables->count && error == 0; i++)
		error =
		    walk_table(bpf, own_stack_only, &tables->items[i], visitor);
	return error;
}

int
linux_bpf_list(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor)
{
	struct tables *tables = malloc(sizeof(*tables));
	enum po_phase before;
	int error;

	if (tables == NULL)
		return -ENOMEM;
	before = po_profile_enter(bpf->profile, PO_PHASE_KERNEL);
	error = list(bpf, own_stack_only, visitor, tables);
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

int
linux_bpf_scan(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor)
{
	enum po_phase before = po_profile_enter(bpf->profile, PO_PHASE_KERNEL);
	int fd, error;

	begin(bpf, own_stack_only);
	fd = bpf_iter_create(bpf_link__fd(bpf->walk));
	error = fd < 0 ? fd : read_walk(bpf, fd, visitor);
	if (fd >= 0)
		close(fd);
	po_profile_enter(bpf->profile, before);
	return error;
}
