/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What takes too long for the event loop is done in a thread, one piece of work
 * at a time, and told to the loop when it is through.
 */
#ifndef PO_AGENT_WORKER_H
#define PO_AGENT_WORKER_H

#include <stdbool.h>

struct po_worker;

/* NULL: no memory. */
struct po_worker *po_worker_new(void);

/* After po_worker_finish(). */
void po_worker_free(struct po_worker *worker);

/*
 * Calls work(context) in a thread and then done(context) in the event loop.
 * Until then all that work touches is the thread's, and the worker is busy.
 * Where no thread can be had, both have been called when this returns.  For a
 * worker that is not busy.
 */
void po_worker_start(struct po_worker *worker, void (*work)(void *context),
    void (*done)(void *context), void *context);

bool po_worker_is_busy(const struct po_worker *worker);

/* Waits for the work and calls done() now. */
void po_worker_finish(struct po_worker *worker);

#endif
