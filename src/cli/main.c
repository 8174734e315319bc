/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portowner(1).
 */
#include "cli/cli.h"
#include "cli/hosts_apart.h"

int
main(int argc, char **argv)
{
	if (cli_options_ask_hosts(argc, argv))
		cli_hosts_become(argv);
	return po_cli_main(argc, argv);
}
