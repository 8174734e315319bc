/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the bpf source.  The first octet is how many there are said to
 * be.
 */
#include "collect/linux_bpf_decode.h"

#include <errno.h>

#include "rows.h"

static int
visit_socket(void *context, const struct po_socket *socket, bool row,
    const struct po_bpf_socket *record)
{
	size_t *count = context;

	(void)row;
	(void)record;
	check_row(socket);
	++*count;
	return 0;
}

static int
visit_process(void *context, const struct po_bpf_process *process)
{
	(void)process;
	++*(size_t *)context;
	return 0;
}

static int
visit_hold(void *context, uint64_t inode, uint32_t pid)
{
	(void)inode;
	(void)pid;
	++*(size_t *)context;
	return 0;
}

static int
visit_table(void *context, const struct po_bpf_table *table)
{
	(void)table;
	++*(size_t *)context;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;
	const struct po_bpf_visitor visitor = {
	    .process = visit_process,
	    .socket = visit_socket,
	    .hold = visit_hold,
	    .table = visit_table,
	    .context = &count,
	};
	int result;

	if (size == 0)
		return 0;
	result = po_bpf_decode(data + 1, size - 1, data[0], &visitor);
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	FUZZ_CHECK(count <= data[0]);
	FUZZ_CHECK(count <= size / sizeof(union po_bpf_record));
	return 0;
}
