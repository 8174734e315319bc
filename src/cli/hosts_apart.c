/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other hosts are asked by portowner-ask, which is all of this program and
 * Net-SNMP besides: to load its libraries was more than half of what it cost to
 * start this program.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/hosts_apart.h"

#define NAME "portowner-ask"
#define INSTALLED PKGLIBEXECDIR "/" NAME

/* The one beside this program is of the same build, though not installed. */
static void
become_neighbour(char **argv)
{
	char path[PATH_MAX + sizeof(NAME)];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	if (length <= 0 || length == PATH_MAX) {
		length = (ssize_t)strlen(argv[0]);
		if (length >= PATH_MAX)
			return;
		memcpy(path, argv[0], (size_t)length);
	}
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return;
	memcpy(slash + 1, NAME, sizeof(NAME));
	execv(path, argv);
}

void
cli_hosts_become(char **argv)
{
	become_neighbour(argv);
	execv(INSTALLED, argv);
}

int
cli_hosts_run(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules)
{
	char error[CLI_ERROR_SIZE];

	(void)rules;
	snprintf(error, sizeof(error),
	    "hosts cannot be asked: " INSTALLED ": %s",
	    access(INSTALLED, X_OK) != 0 ? strerror(errno) : "does not start");
	return cli_give_up(out, options, error);
}
