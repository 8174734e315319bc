/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of /proc/PID: every decoder sees every input.
 */
#include "collect/linux_task_decode.h"

#include <errno.h>
#include <string.h>

#include "fuzz.h"

static void
check_inside(struct po_bytes part, const char *text, size_t size)
{
	FUZZ_CHECK(part.data >= text && part.data <= text + size);
	FUZZ_CHECK(part.length <= (size_t)(text + size - part.data));
}

static void
check_cmdline(const uint8_t *data, size_t size)
{
	char *copy = malloc(size);
	size_t length;

	FUZZ_CHECK(copy != NULL);
	memcpy(copy, data, size);
	length = po_task_decode_cmdline(copy, size);
	FUZZ_CHECK(length <= size);
	FUZZ_CHECK(memchr(copy, '\0', length) == NULL);
	FUZZ_CHECK(length == 0 || data[length - 1] != '\0');
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct po_task_stat stat;
	struct po_bytes unit;
	uint64_t value;
	int error;

	error = po_task_decode_stat(text, size, &stat);
	FUZZ_CHECK(error == 0 || error == -EBADMSG);
	if (error == 0) {
		check_inside(stat.command, text, size);
		FUZZ_CHECK(stat.pid <= INT32_MAX && stat.parent <= INT32_MAX);
	}
	unit = po_task_decode_cgroup(text, size);
	if (unit.data != NULL) {
		check_inside(unit, text, size);
		FUZZ_CHECK(unit.length > 0);
		FUZZ_CHECK(memchr(unit.data, '/', unit.length) == NULL);
	}
	po_task_decode_socket(text, size);
	if (po_task_decode_number(text, size, 1000, &value))
		FUZZ_CHECK(value <= 1000);
	if (size > 0)
		check_cmdline(data, size);
	return 0;
}
