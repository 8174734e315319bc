/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody sends SIGPIPE here; to ignore it is harmless.
 */
#ifndef PO_WINDOWS_SIGNAL_H
#define PO_WINDOWS_SIGNAL_H

#include_next <signal.h>

#define SIGPIPE 13

#endif
