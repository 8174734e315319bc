/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread lives as long as its work: whoever has nothing to do has no thread,
 * and a process that forks before it begins loses none.
 */
#include "agent/worker.h"

#include <stdlib.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/thread.h"
#include "broker/pair.h"

#define THROUGH 'T'

struct po_worker {
	void (*work)(void *context);
	void (*done)(void *context);
	void *context;
	pthread_t thread;
	int ends[2]; /* of the loop and of the thread; -1: not open */
	bool busy;
};

struct po_worker *
po_worker_new(void)
{
	struct po_worker *worker = calloc(1, sizeof(*worker));

	if (worker != NULL)
		worker->ends[0] = worker->ends[1] = -1;
	return worker;
}

void
po_worker_free(struct po_worker *worker)
{
	if (worker == NULL)
		return;
	if (worker->ends[0] >= 0) {
		unregister_readfd(worker->ends[0]);
		po_pair_close(worker->ends[0]);
		po_pair_close(worker->ends[1]);
	}
	free(worker);
}

static void *
run(void *context)
{
	struct po_worker *worker = context;

	worker->work(worker->context);
	po_pair_send(worker->ends[1], THROUGH);
	return NULL;
}

void
po_worker_finish(struct po_worker *worker)
{
	if (!worker->busy)
		return;
	pthread_join(worker->thread, NULL);
	po_pair_receive(worker->ends[0]);
	worker->busy = false;
	worker->done(worker->context);
}

static void
hear(int fd, void *context)
{
	(void)fd;
	po_worker_finish(context);
}

static bool
open_ends(struct po_worker *worker)
{
	if (worker->ends[0] >= 0)
		return true;
	if (po_pair_open(worker->ends) == 0) {
		if (register_readfd(worker->ends[0], hear, worker) == 0)
			return true;
		po_pair_close(worker->ends[0]);
		po_pair_close(worker->ends[1]);
	}
	worker->ends[0] = worker->ends[1] = -1;
	return false;
}

void
po_worker_start(struct po_worker *worker, void (*work)(void *context),
    void (*done)(void *context), void *context)
{
	worker->work = work;
	worker->done = done;
	worker->context = context;
	worker->busy = open_ends(worker) &&
		       po_thread_start(&worker->thread, run, worker) == 0;
	if (worker->busy)
		return;
	work(context);
	done(context);
}

bool
po_worker_is_busy(const struct po_worker *worker)
{
	return worker->busy;
}
