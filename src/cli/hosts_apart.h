/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PO_CLI_HOSTS_APART_H
#define PO_CLI_HOSTS_APART_H

/*
 * The process becomes portowner-ask, with the same arguments.  Returns if that
 * cannot be: then cli_hosts_run() says why.
 */
void cli_hosts_become(char **argv);

#endif
