/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portowner-ask, which portowner(1) becomes where other hosts are asked.
 */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	return po_cli_main(argc, argv);
}
