/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PORT-OWNER-MIB as data: for row n of a snapshot a view gives the index as
 * sub-identifiers and the value of a column.  Nothing here knows of Net-SNMP
 * or of the network; any request is answered by binary search.
 */
#ifndef PO_MIB_VIEW_H
#define PO_MIB_VIEW_H

#include "model/expectation.h"
#include "model/history.h"
#include "model/snapshot.h"

/* The longest index: a connection between two zoned addresses. */
#define PO_KEY_MAX 64
/* The longest name below the module's root. */
#define PO_NAME_MAX (PO_KEY_MAX + 8)

enum po_value_type {
	PO_VALUE_INTEGER,
	PO_VALUE_UNSIGNED, /* Unsigned32 and Gauge32 */
	PO_VALUE_COUNTER,
	PO_VALUE_TICKS, /* hundredths of a second */
	PO_VALUE_TEXT,
};

/* text: in the snapshot or in buffer, not terminated by anything. */
struct po_value {
	enum po_value_type type;
	uint32_t number;
	const char *text;
	size_t length;
	char buffer[2 * 96 + 8];
};

/* What the agent knows of itself.  Times in ticks. */
struct po_status {
	uint32_t generation;
	uint32_t cache_timeout; /* s */
	uint32_t age;
	uint32_t collect_us;
	uint32_t collect_errors;
	const char *source;
	uint32_t listener_changes;
	uint32_t listener_last_change; /* sysUpTime then */
	uint32_t listener_change_age;
	uint32_t discontinuity; /* sysUpTime then */
	bool notify;
	uint32_t notifications; /* sent */
	uint32_t held_back; /* beyond the rate */
	uint32_t lost; /* the queue was full */
};

/*
 * All that one answer is made of.  now: microseconds, as in history; now_unix:
 * the same moment, in microseconds since 1970.
 */
struct po_view_source {
	const struct po_snapshot *snapshot;
	const struct po_status *status;
	const struct po_listener_history *history; /* of each listener */
	const struct po_verdicts *verdicts;
	uint64_t now;
	uint64_t now_unix;
};

struct po_view {
	/* The entry's name below the module's root, ahead of the column. */
	uint32_t prefix[3];
	size_t prefix_length;
	uint32_t first_column;
	uint32_t last_column; /* all between them exist in every row */
	uint32_t at_once; /* bit n: column n needs no fresh snapshot */
	uint32_t (*count)(const struct po_view_source *source);
	/* Writes row's index to key, returns its length. */
	size_t (*key)(const struct po_view_source *source, uint32_t row,
	    uint32_t key[PO_KEY_MAX]);
	void (*cell)(const struct po_view_source *source, uint32_t row,
	    uint32_t column, struct po_value *value);
};

#define PO_VIEWS 5
/* In the order of their names. */
extern const struct po_view *const po_views[PO_VIEWS];
extern const struct po_view po_view_agent;
extern const struct po_view po_view_owner;
extern const struct po_view po_view_listener;
extern const struct po_view po_view_connection;
extern const struct po_view po_view_expectation;

/* A cell of the MIB. */
struct po_place {
	const struct po_view *view;
	uint32_t row;
	uint32_t column;
};

enum po_found {
	PO_FOUND,
	PO_NO_OBJECT, /* noSuchObject, and the end of the MIB */
	PO_NO_INSTANCE, /* noSuchInstance */
};

/* The cell of this name below the module's root. */
enum po_found po_view_get(const struct po_view_source *source,
    const uint32_t *name, size_t length, struct po_place *place);

/* The first cell after this name; PO_NO_OBJECT after the last one. */
enum po_found po_view_next(const struct po_view_source *source,
    const uint32_t *name, size_t length, struct po_place *place);

/* Moves on to the cell after this one, which is found without a search. */
enum po_found po_view_step(
    const struct po_view_source *source, struct po_place *place);

/* The cell's name below the module's root; returns its length. */
size_t po_view_name(const struct po_view_source *source,
    const struct po_place *place, uint32_t name[PO_NAME_MAX]);

void po_view_value(const struct po_view_source *source,
    const struct po_place *place, struct po_value *value);

/*
 * Whether an answer to a request for this name (next: for the one after it)
 * needs rows of a fresh snapshot, or tells of the agent itself.
 */
bool po_view_needs_rows(const uint32_t *name, size_t length, bool next);

#endif
