/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pid file is written when the service is there, and not before.
 */
#include "daemon/serving.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

static void
write_pid_file(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fprintf(file, "%ld\n", (long)getpid()) < 0 ||
	    fclose(file) != 0)
		snmp_log(
		    LOG_ERR, "portownerd: %s: %s\n", path, strerror(errno));
}

void
po_serving_begin(const struct po_daemon_options *options)
{
	if (options->pid_file != NULL)
		write_pid_file(options->pid_file);
	snmp_log(LOG_INFO, "portownerd: " PORTOWNER_VERSION " serves\n");
}

void
po_serving_end(const struct po_daemon_options *options)
{
	if (options->pid_file != NULL)
		unlink(options->pid_file);
	snmp_log(LOG_INFO, "portownerd: ended\n");
}
