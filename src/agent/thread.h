/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PO_AGENT_THREAD_H
#define PO_AGENT_THREAD_H

#include <pthread.h>

/* A thread that leaves all signals to the main one.  Returns 0 or -errno. */
int po_thread_start(
    pthread_t *thread, void *(*function)(void *context), void *context);

#endif
