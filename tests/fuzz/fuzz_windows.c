/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows' tables and lists.  The first octet says which.
 */
#include "collect/windows_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/windows_services.h"
#include "rows.h"

#define ADDRESS 0x10000 /* of lists */

enum {
	SERVICES32 = PO_WINDOWS_TABLES,
	SERVICES64,
	PROCESSES32,
	PROCESSES64,
	KINDS
};

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

static void
check_table(enum po_windows_table table, const uint8_t *data, size_t size)
{
	struct po_windows_notes notes;
	size_t rows = 0;
	int result;

	result = po_windows_decode(table, data, size, &notes, visit, &rows);
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	FUZZ_CHECK(result == 0 || rows + notes.odd == 0);
	/* The smallest row. */
	FUZZ_CHECK(rows + notes.odd <= size / 160);
}

/* An octet says how many there are. */
static void
check_services(uint8_t word, const uint8_t *data, size_t size)
{
	const struct po_windows_buffer buffer = {
	    data + 1, size - 1, ADDRESS, word};
	struct po_windows_services services = {0};
	char text[PO_WINDOWS_SERVICES_SIZE];
	size_t i, length;
	uint32_t odd;
	int result;

	if (size == 0)
		return;
	result = po_windows_decode_services(
	    &buffer, data[0], &odd, po_windows_services_add, &services);
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	FUZZ_CHECK(result == 0 || odd + services.n == 0);
	FUZZ_CHECK(odd + services.n <= data[0]);
	po_windows_services_sort(&services);
	for (i = 0; i < services.n; i++) {
		length =
		    po_windows_services_of(&services, services.at[i].pid, text);
		FUZZ_CHECK(length >= strlen(services.at[i].name) ||
			   memcmp(text + length - 3, "...", 3) == 0);
		FUZZ_CHECK(length <= sizeof(text));
	}
	po_windows_services_free(&services);
}

static int
visit_process(void *context, const struct po_windows_process *process)
{
	size_t *units = context;
	char text[64];

	units[0]++;
	units[1] = process->name.units;
	FUZZ_CHECK((process->name.octets == NULL) == (units[1] == 0));
	FUZZ_CHECK(po_windows_utf8(&process->name, text, sizeof(text)) <=
		   units[1] * PO_WINDOWS_UTF8_UNIT);
	return 0;
}

static void
check_processes(uint8_t word, const uint8_t *data, size_t size)
{
	const struct po_windows_buffer buffer = {data, size, ADDRESS, word};
	size_t units[2] = {0, 0};
	int result;

	result = po_windows_decode_processes(&buffer, visit_process, units);
	FUZZ_CHECK(result == 0 || result == -EBADMSG);
	/* The smallest record. */
	FUZZ_CHECK(units[0] <= size / 76);
	FUZZ_CHECK(units[1] <= size / 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int kind;

	if (size == 0)
		return 0;
	kind = data[0] % KINDS;
	if (kind == SERVICES32 || kind == SERVICES64)
		check_services(kind == SERVICES32 ? 4 : 8, data + 1, size - 1);
	else if (kind == PROCESSES32 || kind == PROCESSES64)
		check_processes(
		    kind == PROCESSES32 ? 4 : 8, data + 1, size - 1);
	else
		check_table((enum po_windows_table)kind, data + 1, size - 1);
	return 0;
}
