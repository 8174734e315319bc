/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd(8).  All of it is in libraries, so that tests link the real thing.
 */
#include "daemon/daemon.h"

int
main(int argc, char **argv)
{
	return po_daemon_main(argc, argv);
}
