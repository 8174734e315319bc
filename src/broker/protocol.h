/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What collector and readers say to each other on a local stream socket: a
 * request of fixed size, then a reply of fixed size that carries, if status is
 * 0, one descriptor of a snapshot that nobody can change any more.  A reader
 * has one request under way at a time.  Integers are in host byte order: both
 * sides are on one host.
 *
 * A reader may ask to be told of changes.  Then, at some time after the
 * answer, one hint may come: a reply without descriptor, which says that the
 * kernel told of a new listener, and that a new request would find it.  Until
 * that request no other hint comes.
 */
#ifndef PO_BROKER_PROTOCOL_H
#define PO_BROKER_PROTOCOL_H

#include <stdint.h>

#define PO_BROKER_MAGIC 0x504f5752u /* "POWR" */
#define PO_BROKER_VERSION 1
#define PO_BROKER_TEXT 256

#define PO_BROKER_WANTS_HINT 1u

/* A snapshot not older than max_age is wanted. */
struct po_broker_request {
	uint32_t magic;
	uint32_t version;
	uint32_t max_age; /* milliseconds */
	uint32_t flags; /* PO_BROKER_WANTS_HINT, or 0 */
};

enum po_broker_kind {
	PO_BROKER_ANSWER = 0,
	PO_BROKER_HINT = 1,
};

struct po_broker_reply {
	uint32_t magic;
	uint32_t version;
	int32_t status; /* 0 or the negative error of the collection */
	uint32_t kind; /* enum po_broker_kind */
	uint64_t size; /* of the snapshot, octets */
	/* NUL-terminated: the source's name; with an error what went wrong. */
	char text[PO_BROKER_TEXT];
};

#endif
