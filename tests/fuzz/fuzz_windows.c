/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows' tables.  The first octet says which.
 */
#include "collect/windows_decode.h"

#include <errno.h>

#include "rows.h"

static int
visit(void *context, const struct po_windows_socket *found)
{
	size_t *rows = context;

	check_row(&found->socket);
	FUZZ_CHECK(found->socket.handle <= 1);
	FUZZ_CHECK(found->socket.handle != 0 || found->pid == 0);
	++*rows;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_windows_notes notes;
	size_t rows = 0;
	int result;

	if (size == 0)
		return 0;
	result = po_windows_decode(
	    (enum po_windows_table)(data[0] % PO_WINDOWS_TABLES), data + 1,
	    size - 1, &notes, visit, &rows);
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	FUZZ_CHECK(result == 0 || rows + notes.odd == 0);
	/* The smallest row. */
	FUZZ_CHECK(rows + notes.odd <= size / 12);
	return 0;
}
