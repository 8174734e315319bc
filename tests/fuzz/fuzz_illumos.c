/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * illumos's tables: messages, each with an octet that says which it is and one
 * that says how long it is, in units of 4 octets; and what the join makes of
 * them.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/illumos_join.h"
#include "collect/illumos_wire.h"
#include "rows.h"

#define MESSAGES 12

static const uint32_t names[][2] = {
    {PO_MIB2_TCP, PO_MIB2_GROUP},
    {PO_MIB2_TCP, PO_MIB2_TCP_CONN},
    {PO_MIB2_TCP, PO_MIB2_SOCK_INFO},
    {PO_MIB2_TCP6, PO_MIB2_TCP6_CONN},
    {PO_MIB2_TCP6, PO_MIB2_SOCK_INFO},
    {PO_MIB2_UDP, PO_MIB2_GROUP},
    {PO_MIB2_UDP, PO_MIB2_UDP_ENTRY},
    {PO_MIB2_UDP, PO_MIB2_SOCK_INFO},
    {PO_MIB2_UDP6, PO_MIB2_UDP6_ENTRY},
    {PO_MIB2_UDP6, PO_MIB2_SOCK_INFO},
};

static size_t
split(const uint8_t *data, size_t size, struct po_illumos_message *messages)
{
	size_t n = 0, length;

	while (n < MESSAGES && size >= 2) {
		length = 4 * (size_t)data[1];
		if (length > size - 2)
			length = size - 2;
		messages[n].level = names[data[0] % 10][0];
		messages[n].name = names[data[0] % 10][1];
		messages[n].data = data + 2;
		messages[n++].length = length;
		data += 2 + length;
		size -= 2 + length;
	}
	return n;
}

/* Every row has a handle of its own or of its file, or is nobody's. */
static void
check_joined(const struct po_illumos_rows *rows)
{
	const struct po_illumos_socket *row;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		row = &rows->items[i];
		FUZZ_CHECK(row->socket.handle <= i + 1);
		FUZZ_CHECK(row->has_info == (row->socket.handle != 0));
		if (i > 0)
			FUZZ_CHECK(row->socket.handle >=
				   rows->items[i - 1].socket.handle);
	}
}

static void
check_file(const uint8_t *data, size_t size, const struct po_illumos_rows *rows)
{
	struct po_illumos_file file;
	const int result = po_illumos_decode_file(data, size, &file);

	FUZZ_CHECK(result == 1 || result == 0 || result == -EBADMSG);
	if (result != 1)
		return;
	check_address(&file.local);
	check_address(&file.remote);
	FUZZ_CHECK(file.device != 0 || file.port != 0);
	FUZZ_CHECK(po_illumos_find(rows, &file) <= rows->count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_illumos_message messages[MESSAGES];
	struct po_illumos_rows rows = {0}, now = {0};
	struct po_illumos_process process;
	struct po_illumos_notes notes;
	size_t i, n = split(data, size, messages), count;
	int result;

	result =
	    po_illumos_decode(messages, n, 5, &notes, po_illumos_keep, &rows);
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	FUZZ_CHECK(rows.count <= size / 20);
	for (i = 0; i < rows.count; i++)
		check_address(&rows.items[i].socket.local.address);
	(void)po_illumos_decode(messages, n, 5, &notes, po_illumos_keep, &now);
	count = rows.count;
	po_illumos_keep_common(&rows, &now);
	FUZZ_CHECK(rows.count == count);
	po_illumos_join(&rows);
	check_joined(&rows);
	check_file(data, size, &rows);
	po_illumos_merge(&rows, count % 2 == 0);
	free(rows.items);
	free(now.items);
	if (po_illumos_decode_process(data, size, &process) == 0)
		FUZZ_CHECK(process.command.length <= 16);
	return 0;
}
