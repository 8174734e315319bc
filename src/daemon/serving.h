/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What everybody can see of a portownerd: its pid file and two lines of log.
 */
#ifndef PO_DAEMON_SERVING_H
#define PO_DAEMON_SERVING_H

#include "daemon/options.h"

/* The agent serves. */
void po_serving_begin(const struct po_daemon_options *options);

/* It does not any more, or never did. */
void po_serving_end(const struct po_daemon_options *options);

#endif
