/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system on which no collector listens for readers: whoever wants a
 * snapshot makes it.
 */
#include "broker/client.h"

#include <errno.h>
#include <stdlib.h>

struct po_client {
	int unused;
};

struct po_client *
po_client_new(const char *path)
{
	(void)path;
	return calloc(1, sizeof(struct po_client));
}

void
po_client_free(struct po_client *client)
{
	free(client);
}

int
po_client_fetch(struct po_client *client, uint32_t max_age,
    unsigned int timeout, struct po_shared **shared)
{
	(void)client;
	(void)max_age;
	(void)timeout;
	(void)shared;
	return -ENOTSUP;
}

const char *
po_client_error(const struct po_client *client)
{
	(void)client;
	return "no collector has a socket on this system (use --source=auto)";
}
