/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * macOS's records.  The first octet says which.
 */
#include "collect/macos_decode.h"

#include <errno.h>

#include "rows.h"

static int
visit(void *context, int32_t descriptor)
{
	(void)descriptor;
	++*(size_t *)context;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_macos_process process;
	struct po_macos_socket socket;
	size_t n = 0;
	int result;

	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		result = po_macos_decode_socket(data + 1, size - 1, &socket);
		if (result == 1)
			check_row(&socket.socket);
		FUZZ_CHECK(result == 1 || result == 0 || result == -EBADMSG);
		break;
	case 1:
		result =
		    po_macos_decode_descriptors(data + 1, size - 1, visit, &n);
		FUZZ_CHECK(result == 0 || result == -EBADMSG);
		FUZZ_CHECK(n <= size / 8);
		break;
	default:
		result = po_macos_decode_process(data + 1, size - 1, &process);
		FUZZ_CHECK(result == 0 || result == -EBADMSG);
		if (result == 0)
			FUZZ_CHECK(process.command.length <= 32);
	}
	return 0;
}
