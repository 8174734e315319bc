/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hostile collector could say to a reader: any octets, in two pieces,
 * with a descriptor of nothing useful.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/client.h"
#include "broker/rights.h"
#include "fuzz.h"

static int
lend(void *context)
{
	return *(int *)context;
}

/* No request fits this reader: an error may come of it, or a hint. */
static void
hear(struct po_client *client, bool hints)
{
	struct po_shared *shared = NULL;
	int result = po_client_receive(client, &shared);

	FUZZ_CHECK(result <= 0 || (result == PO_CLIENT_HINT && hints));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_client *client = po_client_new("/nowhere");
	const bool hints = size % 2 != 0;
	int ends[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t first = size == 0 ? 0 : data[0] % (size + 1);

	if (client == NULL || null < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		abort();
	po_client_set_connect(client, lend, &ends[0]);
	po_client_want_hints(client, hints);
	if (po_client_request(client, 0) != 0)
		abort();
	if (first > 0 && po_rights_send(ends[1], data, first, null) < 0)
		abort();
	hear(client, hints);
	if (size > first)
		po_rights_send(ends[1], data + first, size - first, -1);
	close(ends[1]);
	while (po_client_descriptor(client) >= 0)
		hear(client, hints);
	po_client_free(client);
	close(null);
	return 0;
}
