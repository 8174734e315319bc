/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a process calls itself, what is published is clean.
 */
#include "model/text.h"

#include <string.h>

#include "fuzz.h"

static void
check_name(const uint8_t *data, size_t size)
{
	char name[64], buffer[16];
	int number;

	if (size >= sizeof(name))
		return;
	memcpy(name, data, size);
	name[size] = '\0';
	number = po_protocol_number(name);
	FUZZ_CHECK(number >= -1 && number <= 255);
	if (number >= 0)
		FUZZ_CHECK(strcmp(po_protocol_name((uint8_t)number, buffer),
			       name) == 0);
}

static void
check_endpoint(const uint8_t *data, size_t size)
{
	char out[PO_ENDPOINT_TEXT_SIZE];
	struct po_endpoint endpoint;
	size_t length;

	if (size < sizeof(endpoint))
		return;
	memcpy(&endpoint, data, sizeof(endpoint));
	length = po_endpoint_format(&endpoint, out);
	FUZZ_CHECK(length < sizeof(out) && strlen(out) == length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[PO_TEXT_MAX + 1];
	size_t length = po_text_clean(out, (const char *)data, size);

	FUZZ_CHECK(length <= PO_TEXT_MAX && out[length] == '\0');
	FUZZ_CHECK(strlen(out) == length);
	FUZZ_CHECK(po_text_is_clean(out, length));
	/* Clean text without backslashes passes as it is. */
	if (po_text_is_clean((const char *)data, size) &&
	    memchr(data, '\\', size) == NULL)
		FUZZ_CHECK(length == size && memcmp(out, data, size) == 0);
	check_name(data, size);
	check_endpoint(data, size);
	return 0;
}
