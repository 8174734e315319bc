/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd from its command line to its exit status.
 */
#ifndef PO_DAEMON_DAEMON_H
#define PO_DAEMON_DAEMON_H

int po_daemon_main(int argc, char **argv);

#endif
