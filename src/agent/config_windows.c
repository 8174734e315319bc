/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are on Windows: files in %ProgramData%\\PortOwner, and no
 * collector's socket.
 */
#include "agent/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
po_config_set_places(struct po_config *config)
{
	strcpy(config->master, "tcp:127.0.0.1:705");
}

const char *
po_config_state_folder(char *buffer, size_t size)
{
	const char *data = getenv("ProgramData");
	int length;

	if (data == NULL)
		return NULL;
	length = snprintf(buffer, size, "%s\\PortOwner", data);
	return length > 0 && (size_t)length < size ? buffer : NULL;
}
