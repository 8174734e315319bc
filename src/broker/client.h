/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader of a collector, behind its socket or in a thread of the own process:
 * the build knows one of the two.  Nothing here blocks but po_client_fetch.
 */
#ifndef PO_BROKER_CLIENT_H
#define PO_BROKER_CLIENT_H

#include "broker/protocol.h"
#include "broker/share.h"

struct po_client;
struct po_collector;

/* Of the socket at path, which is copied.  NULL: no memory. */
struct po_client *po_client_new(const char *path);

/*
 * Of a thread that works with a collector, which is taken over in any case.
 * NULL: no memory, or no thread.
 */
struct po_client *po_client_new_thread(struct po_collector *collector);

/* A thread that collects is not waited for: it ends by itself. */
void po_client_free(struct po_client *client);

/*
 * Lets function connect to the socket instead: it returns a connected non-blocking socket or
 * -errno, and is called whenever there is no connection.
 */
void po_client_set_connect(
    struct po_client *client, int (*function)(void *context), void *context);

/* From the next request on, hints are wanted: see broker/protocol.h. */
void po_client_want_hints(struct po_client *client, bool wanted);

/*
 * Asks for a snapshot that is not older than max_age milliseconds, connecting
 * first if need be.  Asking while an answer is awaited is harmless.  Returns 0
 * or -errno.
 */
int po_client_request(struct po_client *client, uint32_t max_age);

/* Becomes readable when there may be an answer; -1: not connected. */
int po_client_descriptor(const struct po_client *client);

bool po_client_is_waiting(const struct po_client *client);

/* po_client_receive(): not an answer, but a new request would find more. */
#define PO_CLIENT_HINT 2

/*
 * Takes an answer.  Returns 1 and a snapshot for the caller, who opens it
 * (po_shared_open) and says by po_client_refuse() if it is of no use; 0: not
 * yet; PO_CLIENT_HINT; or -errno with a sentence in po_client_error(): the collection failed
 * (the connection stays) or the connection broke (it is closed).
 */
int po_client_receive(struct po_client *client, struct po_shared **shared);

/* error: of po_shared_open().  Ends the connection and returns error. */
int po_client_refuse(struct po_client *client, int error);

const char *po_client_error(const struct po_client *client);

/*
 * Asks, waits at most timeout milliseconds, and opens the snapshot.  Returns 0 or
 * -errno.
 */
int po_client_fetch(struct po_client *client, uint32_t max_age,
    unsigned int timeout, struct po_shared **shared);

#endif
