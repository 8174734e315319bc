/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A collector in a thread of this process, for a system on which a process of
 * its own would gain nothing.  An octet to the thread is a request, an octet
 * back says that the answer is in its place: what both sides know belongs to
 * whom the last octet went to.  A third one ends the thread.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/client_private.h"
#include "broker/pair.h"
#include "collect/collector.h"

#define REQUEST 'R'
#define ANSWER 'A'
#define END 'E'

struct worker {
	struct po_collector *collector;
	int end;
	/* The answer: */
	int status; /* 0 or -errno, and then text says why */
	char text[PO_BROKER_TEXT];
	struct po_shared *shared;
};

struct po_client {
	struct worker *worker;
	int end; /* -1: the thread has ended */
	bool waiting;
	char error[PO_BROKER_TEXT + 32];
};

static int
fill_answer(struct worker *worker)
{
	const char *source;
	void *image;
	size_t size;
	int result;

	result = po_collector_collect(worker->collector, &image, &size,
	    worker->text, sizeof(worker->text));
	if (result != 0)
		return result;
	result = po_shared_own(image, size, &worker->shared);
	/* The thread has the time. */
	if (result == 0)
		result = po_shared_open(worker->shared);
	if (result != 0) {
		po_shared_release(worker->shared);
		worker->shared = NULL;
		snprintf(worker->text, sizeof(worker->text),
		    "a snapshot that cannot be used: %s", strerror(-result));
		return result;
	}
	source = po_collector_source(worker->collector);
	snprintf(worker->shared->source, sizeof(worker->shared->source), "%s",
	    source);
	return 0;
}

static void
free_worker(struct worker *worker)
{
	if (worker == NULL)
		return;
	po_shared_release(worker->shared);
	po_collector_close(worker->collector);
	free(worker);
}

static void *
work(void *context)
{
	struct worker *worker = context;

	while (po_pair_receive(worker->end) == REQUEST) {
		worker->status = fill_answer(worker);
		if (po_pair_send(worker->end, ANSWER) != 0)
			break;
	}
	po_pair_close(worker->end);
	free_worker(worker);
	return NULL;
}

/* From here on the worker is the thread's. */
static int
start(struct worker *worker)
{
	pthread_t thread;
	int error;

	error = pthread_create(&thread, NULL, work, worker);
	if (error == 0)
		pthread_detach(thread);
	return -error;
}

struct po_client *
po_client_new_thread(struct po_collector *collector)
{
	struct po_client *client = calloc(1, sizeof(*client));
	struct worker *worker = calloc(1, sizeof(*worker));
	int ends[2];

	if (worker == NULL) {
		po_collector_close(collector);
		free(client);
		return NULL;
	}
	worker->collector = collector;
	if (client == NULL || po_pair_open(ends) != 0)
		goto fail;
	client->worker = worker;
	client->end = ends[0];
	worker->end = ends[1];
	if (start(worker) == 0)
		return client;
	po_pair_close(ends[0]);
	po_pair_close(ends[1]);
fail:
	free_worker(worker);
	free(client);
	return NULL;
}

void
po_client_free(struct po_client *client)
{
	if (client == NULL)
		return;
	if (client->end >= 0) {
		/* What the client knew is the thread's again. */
		po_pair_send(client->end, END);
		po_pair_close(client->end);
	}
	free(client);
}

/* Windows and its like tell of no new listeners. */
void
po_client_want_hints(struct po_client *client, bool wanted)
{
	(void)client;
	(void)wanted;
}

int
po_client_fail(struct po_client *client, const char *what, int error)
{
	snprintf(client->error, sizeof(client->error), "%s: %s", what,
	    strerror(-error));
	return error;
}

/* It would not come back: nothing of it is looked at any more. */
static int
lose_thread(struct po_client *client, int error)
{
	if (client->end >= 0)
		po_pair_close(client->end);
	client->end = -1;
	client->waiting = false;
	return po_client_fail(
	    client, "the thread that collects has ended", error);
}

/* Whatever the age: who has a snapshot that is young enough does not ask. */
int
po_client_request(struct po_client *client, uint32_t max_age)
{
	int error;

	(void)max_age;
	if (client->waiting)
		return 0;
	error =
	    client->end < 0 ? -ENOTCONN : po_pair_send(client->end, REQUEST);
	if (error != 0)
		return lose_thread(client, error);
	client->waiting = true;
	return 0;
}

int
po_client_descriptor(const struct po_client *client)
{
	return client->end;
}

bool
po_client_is_waiting(const struct po_client *client)
{
	return client->waiting;
}

int
po_client_receive(struct po_client *client, struct po_shared **shared)
{
	struct worker *worker = client->worker;
	int octet;

	octet = client->end < 0 ? -ENOTCONN : po_pair_receive(client->end);
	if (octet == -EAGAIN)
		return 0;
	if (octet <= 0)
		return lose_thread(client, octet == 0 ? -EPIPE : octet);
	client->waiting = false;
	if (worker->status != 0) {
		snprintf(
		    client->error, sizeof(client->error), "%s", worker->text);
		return worker->status;
	}
	*shared = worker->shared;
	worker->shared = NULL;
	return 1;
}

const char *
po_client_error(const struct po_client *client)
{
	return client->error;
}
