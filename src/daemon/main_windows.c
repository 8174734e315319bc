/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd.exe.
 */
#include "daemon/daemon.h"
#include "windows/start.h"

int
main(int argc, char **argv)
{
	po_windows_start();
	return po_daemon_main(argc, argv);
}
