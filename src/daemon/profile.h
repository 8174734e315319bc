/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portownerd --profile-refresh: what a resident collector's refreshes cost.
 */
#ifndef PO_DAEMON_PROFILE_H
#define PO_DAEMON_PROFILE_H

#include "daemon/options.h"

/*
 * Collects as the configuration says, once to warm up and then
 * options->refreshes times, and prints one line of JSON.  Returns the status
 * to end with.
 */
int po_profile_refreshes(const struct po_daemon_options *options);

#endif
