/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd's command line.
 */
#ifndef PO_DAEMON_OPTIONS_H
#define PO_DAEMON_OPTIONS_H

#include <stdio.h>

#include "agent/config.h"

struct po_daemon_options {
	struct po_config_files files;
	const char *master; /* -x, NULL: as configured */
	const char *standalone; /* NULL: a subagent */
	const char *pid_file; /* -p, NULL: none */
	const char *user; /* -u, NULL: the default one */
	const char *group; /* -g, NULL: the user's */
	bool collector_only; /* --collector */
	bool foreground; /* -f */
	bool logged; /* any -L: else the caller finds a log */
	bool log_to_terminal; /* -Le or -Lo */
	bool pin; /* --pin-bpf */
	int refreshes; /* --profile-refresh, 0: serve */
};

/*
 * Reads the command line and sets up the log that it names.  Returns -1 to go
 * on, or the status to end with at once.
 */
int po_daemon_parse(int argc, char **argv, struct po_daemon_options *options);

/* What --help prints. */
void po_daemon_usage(FILE *out);

#endif
