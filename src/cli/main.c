/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portowner(1).
 */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	return po_cli_main(argc, argv);
}
