/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has time: asking a collector and waiting for the answer, for who has
 * nothing else to do.
 */
#include <errno.h>
#include <poll.h>

#include "broker/client_private.h"
#include "model/clock.h"

int
po_client_refuse(struct po_client *client, int error)
{
	return po_client_fail(client, "a snapshot that cannot be used", error);
}

/* A snapshot that has come, or none. */
static int
open_answer(struct po_client *client, struct po_shared **shared)
{
	int error = po_shared_open(*shared);

	if (error == 0)
		return 0;
	po_shared_release(*shared);
	*shared = NULL;
	return po_client_refuse(client, error);
}

int
po_client_fetch(struct po_client *client, uint32_t max_age,
    unsigned int timeout, struct po_shared **shared)
{
	const uint64_t deadline = po_clock_us() / 1000 + timeout;
	struct pollfd fd = {.events = POLLIN};
	uint64_t now;
	int result;

	result = po_client_request(client, max_age);
	if (result != 0)
		return result;
	for (;;) {
		result = po_client_receive(client, shared);
		if (result == PO_CLIENT_HINT)
			continue;
		if (result < 0)
			return result;
		if (result > 0)
			return open_answer(client, shared);
		now = po_clock_us() / 1000;
		if (now >= deadline)
			return po_client_fail(
			    client, "no answer in time", -ETIMEDOUT);
		fd.fd = po_client_descriptor(client);
		if (poll(&fd, 1, (int)(deadline - now)) < 0 && errno != EINTR)
			return po_client_fail(client, "poll", -errno);
	}
}
