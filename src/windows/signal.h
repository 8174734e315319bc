/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody sends SIGPIPE here, so to ignore it is harmless; and no thread is
 * disturbed by signals, so to block them is done.
 */
#ifndef PO_WINDOWS_SIGNAL_H
#define PO_WINDOWS_SIGNAL_H

#include_next <signal.h>

#include <pthread.h>

#define SIGPIPE 13

typedef _sigset_t sigset_t;

#undef pthread_sigmask
#define sigfillset(set) ((void)(set))
#define pthread_sigmask(how, set, old) ((void)(old))

#endif
