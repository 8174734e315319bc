/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portowner.exe.
 */
#include "cli/cli.h"
#include "windows/start.h"

int
main(int argc, char **argv)
{
	po_windows_start();
	return po_cli_main(argc, argv);
}
