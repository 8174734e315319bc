/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table is walked with all of its columns side by side, since the master of
 * an AgentX agent asks it once for each repetition, however many columns there
 * are; and all tables are walked side by side, too.  The generation comes with
 * every answer.
 */
#include "ask/reader.h"

#include <string.h>

/*
 * Octets of an answer: below the largest message over UDP, as an agent that
 * makes it too big may never come to an end (snmpd 5.9.3 with SNMPv3).
 */
#define ANSWER_MAX 60000
#define REPETITIONS_MAX 100
/* Where a few rows are wanted, a few repetitions will do. */
#define REPETITIONS_FEW 4

static struct slot *
add_slot(struct request *request, enum slot_kind kind, uint32_t number,
    struct span *span)
{
	struct slot *slot = &request->slots[request->count++];

	*slot = (struct slot){.kind = kind, .number = number, .span = span};
	return slot;
}

static void
add_scalars(const struct reader *reader, struct request *request)
{
	uint32_t number;
	size_t i;

	for (i = 0; i < N_SCALARS; i++) {
		number = po_ask_scalars[i].number;
		if (number != GENERATION && reader->begun)
			break;
		if ((reader->absent >> number & 1) == 0 &&
		    (number != PO_ASK_VIOLATIONS || reader->violations))
			add_slot(request, SLOT_SCALAR, number, NULL);
	}
}

/* The columns of a span, but for those that the agent does not show. */
static bool
add_cells(
    const struct reader *reader, struct request *request, struct span *span)
{
	const struct po_ask_table *table = span->table;
	size_t i;

	if (request->count + table->n_columns > SLOTS_MAX)
		return false;
	for (i = 0; i < table->n_columns; i++)
		if ((reader->missing[table->number] >> i & 1) == 0)
			add_slot(request, SLOT_CELL, table->columns[i], span)
			    ->column = i;
	return true;
}

static void
choose_repetitions(const struct reader *reader, struct request *request)
{
	const struct span *span = NULL;
	size_t size = 0, i;
	bool few = true;

	for (i = request->n_fixed; i < request->count; i++) {
		if (request->slots[i].span == span)
			continue;
		span = request->slots[i].span;
		size += po_ask_row_size(span->table);
		few = few && span->range != NULL &&
		      span->range->high - span->range->low < PO_ASK_FEW_PORTS;
	}
	/* Where large answers get lost, the first one had better be small. */
	request->repetitions = few	       ? REPETITIONS_FEW
			       : reader->begun ? REPETITIONS_MAX
					       : 1;
	if (size > 0 && request->repetitions > (long)(ANSWER_MAX / size))
		request->repetitions = (long)(ANSWER_MAX / size);
	if (request->repetitions > reader->repetitions)
		request->repetitions = reader->repetitions;
}

/* What is open, as far as it has room. */
void
request_make(const struct reader *reader, struct request *request)
{
	struct span *span, *end = reader->spans.items + reader->spans.count;

	request->count = 0;
	add_scalars(reader, request);
	if (reader_seeks_stack(reader))
		add_slot(request, SLOT_NEXT_STACK,
		    reader->plan->tables[0]->columns[0], NULL);
	for (span = reader->spans.items; span < end; span++)
		if (span->state == SPAN_PROBE && request->count < SLOTS_MAX / 2)
			add_slot(
			    request, SLOT_PROBE, span->table->columns[0], span);
	request->n_fixed = request->count;
	for (span = reader->spans.items; span < end; span++)
		if (span->state == SPAN_OPEN &&
		    !add_cells(reader, request, span))
			break;
	choose_repetitions(reader, request);
}

static void
add_varbind(
    const struct reader *reader, const struct slot *slot, netsnmp_pdu *pdu)
{
	oid name[MAX_OID_LEN];
	size_t length = reader->root_length, i;

	memcpy(name, reader->root, length * sizeof(oid));
	if (slot->kind == SLOT_SCALAR) {
		name[length++] = 1;
		name[length++] = slot->number;
		if (pdu->command == SNMP_MSG_GET)
			name[length++] = 0;
	} else {
		name[length++] = slot->span != NULL
				     ? slot->span->table->number
				     : reader->plan->tables[0]->number;
		name[length++] = 1;
		name[length++] = slot->number;
		if (slot->kind == SLOT_NEXT_STACK)
			name[length++] = (oid)reader->stack + 1;
		for (i = 0; slot->span != NULL && i < slot->span->length; i++)
			name[length++] = slot->span->key[i];
	}
	snmp_add_null_var(pdu, name, length);
}

netsnmp_pdu *
request_pdu(const struct reader *reader, const struct request *request)
{
	const bool bulk = reader->walk->version != SNMP_VERSION_1;
	netsnmp_pdu *pdu;
	size_t i;

	pdu = snmp_pdu_create(reader->plan->n_tables == 0 ? SNMP_MSG_GET
			      : bulk			  ? SNMP_MSG_GETBULK
							  : SNMP_MSG_GETNEXT);
	if (pdu == NULL)
		return NULL;
	if (pdu->command == SNMP_MSG_GETBULK) {
		pdu->non_repeaters = (long)request->n_fixed;
		pdu->max_repetitions = request->n_fixed == request->count
					   ? 0
					   : request->repetitions;
	}
	for (i = 0; i < request->count; i++)
		add_varbind(reader, &request->slots[i], pdu);
	return pdu;
}
