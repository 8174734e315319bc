/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's lists.  The first octet says which.
 */
#include "collect/freebsd_decode.h"

#include <errno.h>

#include "rows.h"

static int
visit_socket(void *context, const struct po_freebsd_socket *socket)
{
	size_t *rows = context;

	check_row(&socket->socket);
	FUZZ_CHECK(socket->socket.local.stack == 5);
	++*rows;
	return 0;
}

static int
visit_file(void *context, const struct po_freebsd_file *file)
{
	size_t *rows = context;

	FUZZ_CHECK(file->handle != 0);
	++*rows;
	return 0;
}

static int
visit_process(void *context, const struct po_freebsd_process *process)
{
	size_t *rows = context, i;

	FUZZ_CHECK(process->command.length <= 20);
	for (i = 0; i < process->command.length; i++)
		FUZZ_CHECK(process->command.data[i] != '\0');
	++*rows;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_freebsd_notes notes;
	size_t rows = 0;
	int result;

	if (size == 0)
		return 0;
	switch (data[0] % 6) {
	case PO_FREEBSD_FILES:
		result = po_freebsd_decode_files(
		    data + 1, size - 1, &notes, visit_file, &rows);
		break;
	case PO_FREEBSD_PROCESSES:
		result = po_freebsd_decode_processes(
		    data + 1, size - 1, &notes, visit_process, &rows);
		break;
	default:
		result = po_freebsd_decode_sockets(data[0] % 6, data + 1,
		    size - 1, 5, &notes, visit_socket, &rows);
	}
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	/* The smallest thing that is a row is a descriptor. */
	FUZZ_CHECK(rows <= size / 128);
	return 0;
}
