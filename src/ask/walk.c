/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A repetition is answered from one snapshot, and the generation together with
 * the first one: if rows of a later one are used, the generation is asked for
 * once more, after the last answer.
 */
#include "ask/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct scalar po_ask_scalars[N_SCALARS] = {
    {GENERATION, offsetof(struct po_ask_facts, generation)},
    {4, offsetof(struct po_ask_facts, collect_us)},
    {SOURCE, 0},
    {PO_ASK_VISIBILITY, offsetof(struct po_ask_facts, visibility)},
    {8, offsetof(struct po_ask_facts, unowned)},
    {9, offsetof(struct po_ask_facts, counts[0])},
    {10, offsetof(struct po_ask_facts, counts[1])},
    {11, offsetof(struct po_ask_facts, counts[2])},
    {12, offsetof(struct po_ask_facts, dropped)},
    {PO_ASK_VIOLATIONS, offsetof(struct po_ask_facts, violations)},
};

int
reader_fail(const struct reader *reader, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reader->error, PO_ASK_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return error;
}

/* What the library says of a request that got no answer. */
static int
tell_failure(struct reader *reader, int status)
{
	char *text = NULL;
	int system_error, library_error;

	if (status == STAT_TIMEOUT)
		return reader_fail(reader, -ETIMEDOUT, "no answer");
	snmp_sess_error(
	    reader->walk->session, &system_error, &library_error, &text);
	reader_fail(reader, -EIO, "%s", text != NULL ? text : "SNMP fails");
	free(text);
	return -EIO;
}

/* An answer that says what is wrong. */
static int
take_error(struct reader *reader, const struct request *request,
    const netsnmp_pdu *response)
{
	switch (response->errstat) {
	case SNMP_ERR_TOOBIG:
		return TOO_BIG;
	case SNMP_ERR_NOSUCHNAME:
		return answer_take_no_such_name(
		    reader, request, response->errindex);
	case SNMP_ERR_GENERR:
		return reader_fail(reader, -EIO,
		    "the agent answers genErr: its subagent has ended, or "
		    "takes too long");
	default:
		return reader_fail(reader, -EIO, "the agent answers: %s",
		    snmp_errstring((int)response->errstat));
	}
}

/* One request and its answer. */
static int
exchange(struct reader *reader, const struct request *request)
{
	const struct po_ask_walk *walk = reader->walk;
	netsnmp_pdu *pdu = request_pdu(reader, request), *response = NULL;
	int status, error;

	if (pdu == NULL)
		return reader_fail(reader, -ENOMEM, "out of memory");
	reader->facts->requests++;
	status = snmp_sess_synch_response(walk->session, pdu, &response);
	if (status != STAT_SUCCESS)
		error = tell_failure(reader, status);
	else if (response->errstat != SNMP_ERR_NOERROR)
		error = take_error(reader, request, response);
	else
		error = answer_take(reader, request, response);
	if (response != NULL)
		snmp_free_pdu(response);
	if (walk->progress != NULL)
		walk->progress(walk->context, reader->facts->rows);
	return error;
}

/*
 * Large answers may not fit, or get lost on their way: less is asked for at
 * once.  False: it is little already.
 */
static bool
ask_for_less(struct reader *reader, const struct request *request, int error)
{
	if (error != TOO_BIG && (error != -ETIMEDOUT || !reader->begun))
		return false;
	if (request->n_fixed == request->count || request->repetitions < 2)
		return false;
	reader->repetitions = request->repetitions / 4;
	if (reader->repetitions < 1)
		reader->repetitions = 1;
	return true;
}

bool
reader_seeks_stack(const struct reader *reader)
{
	return reader->plan->all_stacks && !reader->plan->everything &&
	       reader->plan->n_tables > 0 && reader->stack != UINT32_MAX &&
	       !reader->has_next_stack && !reader->no_next_stack;
}

/* All of a stack, but for what may not be needed. */
static bool
is_read(const struct reader *reader)
{
	return reader->begun && !reader_seeks_stack(reader) &&
	       spans_are_done(&reader->spans);
}

/* Reads the spans of one stack. */
static int
read_stack(struct reader *reader)
{
	struct request request;
	int error;

	reader->has_next_stack = false;
	reader->no_next_stack = false;
	reader->unclear = false;
	error = spans_make(&reader->spans, reader->plan, reader->stack);
	if (error != 0)
		return reader_fail(reader, error, "out of memory");
	while (error == 0 &&
	       (!is_read(reader) ||
		   (reader->unclear && spans_wake(&reader->spans)))) {
		request_make(reader, &request);
		error = exchange(reader, &request);
		if (error != 0 && ask_for_less(reader, &request, error))
			error = 0;
	}
	spans_free(&reader->spans);
	if (error == TOO_BIG)
		return reader_fail(reader, error,
		    "not even one row fits into an answer of the agent");
	return error;
}

/* After the last answer: it may have been of two snapshots. */
static int
confirm(struct reader *reader)
{
	struct request request = {.count = 0};

	if (!reader->unsure || reader->facts->torn)
		return 0;
	request_make(reader, &request);
	request.count = request.n_fixed = 1;
	return exchange(reader, &request);
}

static int
read_once(struct reader *reader)
{
	int error;

	po_compose_reset(reader->compose);
	reader->begun = false;
	reader->unsure = false;
	reader->facts->rows = 0;
	reader->facts->torn = 0;
	memset(reader->rows, 0, sizeof(reader->rows));
	reader->stack = reader->plan->stack;
	for (;;) {
		error = read_stack(reader);
		if (error != 0 || !reader->has_next_stack)
			break;
		reader->stack = reader->next_stack;
	}
	return error == 0 ? confirm(reader) : error;
}

/* Columns, and whole rows, that are there and that the agent does not show. */
static int
add_gaps_of_table(struct reader *reader, const struct po_ask_table *table)
{
	const uint32_t count = reader->facts->counts[table->number - 2];
	const uint32_t rows = reader->rows[table->number];
	char text[PO_TEXT_MAX];
	int error = 0;
	size_t i;

	for (i = 0; i < table->n_columns && error == 0; i++) {
		if ((reader->missing[table->number] >> i & 1) == 0)
			continue;
		snprintf(text, sizeof(text),
		    "the agent does not show column %lu of %s",
		    (unsigned long)table->columns[i], table->name);
		error = po_compose_add_gap(reader->compose, PO_GAP_UNSUPPORTED,
		    1, text, "look at its access control");
	}
	if (error != 0 || !reader->plan->everything ||
	    !reader->plan->all_stacks || reader->facts->torn || rows >= count ||
	    (table == &po_ask_listeners && !reader->unclear))
		return error;
	snprintf(text, sizeof(text), "the agent shows %lu of %lu rows of %s",
	    (unsigned long)rows, (unsigned long)count, table->name);
	return po_compose_add_gap(reader->compose, PO_GAP_UNSUPPORTED,
	    count - rows, text, "look at its access control");
}

/* What is missing becomes a gap. */
static int
add_gaps(struct reader *reader)
{
	const struct po_ask_facts *facts = reader->facts;
	char text[PO_TEXT_MAX];
	int error = 0;
	size_t i;

	if (facts->visibility == 2)
		error = po_compose_add_gap(reader->compose, PO_GAP_PERMISSION,
		    1, "the agent does not see everything",
		    "portowner -v on that host tells what");
	if (error == 0 && facts->dropped != 0) {
		snprintf(text, sizeof(text),
		    "%lu rows beyond the limit of the agent are not shown",
		    (unsigned long)facts->dropped);
		error = po_compose_add_gap(reader->compose, PO_GAP_LIMIT,
		    facts->dropped, text, "raise maxRows there");
	}
	if (error == 0 && facts->torn)
		error = po_compose_add_gap(reader->compose, PO_GAP_RACE, 1,
		    "the tables changed while they were read: rows are of "
		    "several moments",
		    "ask for a port or a protocol");
	for (i = 0; i < reader->plan->n_tables && error == 0; i++)
		error = add_gaps_of_table(reader, reader->plan->tables[i]);
	return error;
}

static int
seal(struct reader *reader, void **image, size_t *size)
{
	const struct po_ask_facts *facts = reader->facts;
	const struct po_compose_totals totals = {
	    .partial = facts->visibility == 2,
	    .unowned = facts->unowned,
	    .dropped = facts->dropped,
	};
	const struct po_seal about = {
	    .source = facts->source,
	    .generation = facts->generation,
	    .collect_us = facts->collect_us,
	};

	if (add_gaps(reader) != 0 ||
	    po_compose_seal(reader->compose, &totals, &about, image, size) != 0)
		return reader_fail(reader, -ENOMEM, "out of memory");
	return 0;
}

static int
read_all(struct reader *reader)
{
	struct po_ask_facts *facts = reader->facts;
	int error = TORN;

	while (error == TORN && facts->attempts < PO_ASK_ATTEMPTS) {
		facts->attempts++;
		reader->final = facts->attempts == PO_ASK_ATTEMPTS;
		error = read_once(reader);
	}
	return error;
}

int
po_ask_walk(const struct po_ask_walk *walk, const struct po_ask_what *what,
    struct po_ask_facts *facts, void **image, size_t *size,
    char error[PO_ASK_ERROR_SIZE])
{
	struct po_ask_plan plan;
	struct reader reader = {
	    .walk = walk,
	    .plan = &plan,
	    .facts = facts,
	    .root_length = MAX_OID_LEN,
	    .repetitions = LONG_MAX,
	    .violations = what->violations,
	    .error = error,
	};
	int result;

	memset(facts, 0, sizeof(*facts));
	*image = NULL;
	*size = 0;
	error[0] = '\0';
	if (read_objid(PO_OID_ROOT ".1", reader.root, &reader.root_length) == 0)
		return reader_fail(&reader, -EINVAL, "the OID root is wrong");
	reader.compose = po_compose_new();
	result = po_ask_plan_make(&plan, what);
	if (reader.compose == NULL || result != 0)
		result = reader_fail(&reader, -ENOMEM, "out of memory");
	if (result == 0)
		result = read_all(&reader);
	if (result == 0 && plan.n_tables > 0)
		result = seal(&reader, image, size);
	po_ask_plan_free(&plan);
	po_compose_free(reader.compose);
	return result;
}
