/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that was started: it keeps collector and agent alive.
 */
#ifndef PO_DAEMON_SUPERVISOR_H
#define PO_DAEMON_SUPERVISOR_H

#include "daemon/options.h"

/*
 * Starts both and restarts whichever ends, until SIGTERM or SIGINT; SIGHUP
 * reads the configuration again.  ready(context) is called once, when the agent
 * serves.  Returns the exit status.
 */
int po_supervisor_run(const struct po_daemon_options *options,
    void (*ready)(void *context), void *context);

#endif
