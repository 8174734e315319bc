/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Systems without a sandbox of their own here: user and group alone.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sandbox.h"

int
po_sandbox_enter(
    const struct po_sandbox *sandbox, char *error, size_t error_size)
{
	int saved;

	if (!sandbox->change_user)
		return 0;
	if (setgroups(1, &sandbox->gid) == 0 && setgid(sandbox->gid) == 0 &&
	    setuid(sandbox->uid) == 0)
		return 0;
	saved = errno;
	snprintf(error, error_size, "cannot become user %lu: %s",
	    (unsigned long)sandbox->uid, strerror(saved));
	return -saved;
}

bool
po_sandbox_reads_files(bool filter)
{
	(void)filter;
	return true;
}
