/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Systems without sealed memory: a file without a name, handed out for reading
 * only; see share_copy.c.
 */
#include "broker/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/share_private.h"

/* A descriptor for writing and one for reading of a file that has no name. */
static int
open_both(int ends[2])
{
	static const char *const folders[] = {"/tmp", "/var/tmp", RUNDIR};
	char path[256];
	size_t i;
	int error = ENOENT;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/portowner.XXXXXX", folders[i]);
		ends[0] = mkstemp(path);
		if (ends[0] < 0) {
			error = errno;
			continue;
		}
		ends[1] = open(path, O_RDONLY | O_CLOEXEC);
		error = errno;
		unlink(path);
		if (ends[1] >= 0)
			return 0;
		close(ends[0]);
	}
	return -error;
}

int
po_share_create(const struct po_pieces *pieces)
{
	int ends[2], error;

	error = open_both(ends);
	if (error != 0)
		return error;
	error = po_share_write(ends[0], pieces);
	close(ends[0]);
	if (error == 0)
		return ends[1];
	close(ends[1]);
	return error;
}
