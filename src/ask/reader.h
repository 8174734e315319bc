/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of a walk share: request.c makes requests, answer.c takes
 * answers, walk.c has both go on until all is read.
 */
#ifndef PO_ASK_READER_H
#define PO_ASK_READER_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "ask/span.h"
#include "ask/walk.h"

/* Varbinds of a request. */
#define SLOTS_MAX 64

enum slot_kind { SLOT_SCALAR, SLOT_NEXT_STACK, SLOT_PROBE, SLOT_CELL };

/* What a varbind of a request is for. */
struct slot {
	enum slot_kind kind;
	uint32_t number; /* scalar, or column */
	size_t column; /* its place among the table's columns */
	struct span *span;
};

struct request {
	struct slot slots[SLOTS_MAX];
	size_t n_fixed; /* asked once, ahead of the others */
	size_t count;
	long repetitions;
};

struct reader {
	const struct po_ask_walk *walk;
	const struct po_ask_plan *plan;
	struct po_ask_facts *facts;
	struct po_compose *compose;
	struct spans spans;
	oid root[MAX_OID_LEN]; /* of portOwnerObjects */
	size_t root_length;
	long repetitions; /* the most that may be asked for */
	bool violations; /* are asked for */
	bool begun; /* scalars are known, the generation among them */
	bool final; /* no other attempt: torn rows are taken */
	bool unclear; /* some owner is, without the listeners */
	bool unsure; /* the last answer may be of two snapshots */
	bool has_next_stack;
	bool no_next_stack;
	uint32_t stack;
	uint32_t next_stack;
	/* What the agent does not show: scalars; columns, by table. */
	uint32_t absent;
	uint32_t rows[5]; /* that were read, by table */
	uint32_t missing[5];
	char *error;
};

/* An error of its own: an answer from another snapshot than those before. */
#define TORN (-ESTALE)
/* And one that is too large for a message. */
#define TOO_BIG (-EMSGSIZE)

/* The number of the scalar portOwnerGeneration, and of portOwnerSource. */
#define GENERATION 1
#define SOURCE 6

/* Where a scalar goes; the text has offset 0. */
struct scalar {
	uint32_t number;
	size_t offset; /* in struct po_ask_facts */
};

#define N_SCALARS 10
extern const struct scalar po_ask_scalars[N_SCALARS];

/* Writes the sentence and returns the error. */
int reader_fail(const struct reader *reader, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether the next stack that has rows is still to be found. */
bool reader_seeks_stack(const struct reader *reader);

/* The next request: all that is open, as far as it has room. */
void request_make(const struct reader *reader, struct request *request);
/* NULL: no memory. */
netsnmp_pdu *request_pdu(
    const struct reader *reader, const struct request *request);

/*
 * Takes the varbinds of an answer.  Returns 0, TORN, TOO_BIG, or another
 * negative errno with a sentence.
 */
int answer_take(struct reader *reader, const struct request *request,
    const netsnmp_pdu *response);

/* The same for SNMPv1's noSuchName, which is about one varbind. */
int answer_take_no_such_name(
    struct reader *reader, const struct request *request, long error_index);

#endif
