/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of /proc/net.  The first octet says of which table, the second is the
 * protocol; all three line decoders see every line.
 */
#include "collect/linux_procnet_decode.h"

#include <errno.h>
#include <string.h>

#include "rows.h"

static void
decode_line(
    const struct po_procnet_table *table, const char *line, size_t length)
{
	struct po_socket socket;
	uint8_t address[16];
	uint32_t zone = 0;
	int result;

	result = po_procnet_decode(table, line, length, &socket);
	FUZZ_CHECK(result == 0 || result == 1 || result == -EBADMSG);
	if (result == 1)
		check_row(&socket);
	result = po_procnet_decode_if_inet6(line, length, address, &zone);
	FUZZ_CHECK(result == 0 || result == 1 || result == -EBADMSG);
	FUZZ_CHECK((result == 1) == (zone != 0));
	if (result == 1)
		FUZZ_CHECK(address[0] == 0xfe);
	po_procnet_decode_protocol(line, length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_procnet_table table = {.stack = 5};
	const char *line, *end, *newline;

	if (size < 2)
		return 0;
	table.ipv6 = (data[0] & 1) != 0;
	table.little_endian = (data[0] & 2) != 0;
	table.protocol = data[1];
	line = (const char *)data + 2;
	end = (const char *)data + size;
	while (line < end) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (newline == NULL)
			newline = end;
		decode_line(&table, line, (size_t)(newline - line));
		line = newline == end ? end : newline + 1;
	}
	return 0;
}
