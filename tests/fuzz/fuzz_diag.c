/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock_diag replies.  The first octet is the protocol that was asked for.
 */
#include "collect/linux_diag_decode.h"

#include <errno.h>

#include "rows.h"

static int
visit(void *context, const struct po_socket *socket)
{
	size_t *rows = context;

	check_row(socket);
	FUZZ_CHECK(socket->local.stack == 5);
	++*rows;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool interrupted = false;
	size_t rows = 0;
	int result;

	if (size == 0)
		return 0;
	result = po_diag_decode(
	    data + 1, size - 1, 5, data[0], &interrupted, visit, &rows);
	FUZZ_CHECK(result == PO_DIAG_MORE || result == PO_DIAG_DONE ||
		   (result < 0 && result >= -4095));
	/* A row takes a header and a message. */
	FUZZ_CHECK(rows <= size / 88);
	return 0;
}
