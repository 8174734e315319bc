/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing is believed of an answer: names may be of anything and in any order,
 * values of any type, and some may be left out.
 */
#include "ask/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No agent has more rows. */
#define ROWS_MAX 3000000

/*
 * The part of a varbind's name below a node of the module; NULL where it has no
 * such name or no value.
 */
static const oid *
below(const struct reader *reader, const netsnmp_variable_list *varbind,
    const uint32_t *node, size_t n_node, size_t *length)
{
	const size_t n = reader->root_length;
	size_t i;

	if (varbind->type == SNMP_ENDOFMIBVIEW ||
	    varbind->type == SNMP_NOSUCHOBJECT ||
	    varbind->type == SNMP_NOSUCHINSTANCE || varbind->type == ASN_NULL ||
	    varbind->name_length <= n + n_node ||
	    memcmp(varbind->name, reader->root, n * sizeof(oid)) != 0)
		return NULL;
	for (i = 0; i < n_node; i++)
		if (varbind->name[n + i] != node[i])
			return NULL;
	*length = varbind->name_length - n - n_node;
	return varbind->name + n + n_node;
}

static struct po_ask_cell
cell_of(const netsnmp_variable_list *varbind)
{
	struct po_ask_cell cell = {.present = false};

	switch (varbind->type) {
	case ASN_OCTET_STR:
		cell.present = true;
		cell.text.data = (const char *)varbind->val.string;
		cell.text.length = varbind->val_len;
		break;
	case ASN_INTEGER:
	case ASN_COUNTER:
	case ASN_GAUGE:
	case ASN_TIMETICKS:
		if (varbind->val_len != sizeof(long))
			break;
		cell.present = true;
		cell.number = (uint32_t)*varbind->val.integer;
		break;
	}
	return cell;
}

static int
take_generation(struct reader *reader, uint32_t generation)
{
	struct po_ask_facts *facts = reader->facts;

	if (!reader->begun || generation == facts->generation) {
		facts->generation = generation;
		return 0;
	}
	if (!reader->final)
		return TORN;
	facts->generation = generation;
	facts->torn = 1;
	return 0;
}

static int
take_absent_scalar(struct reader *reader, uint32_t number)
{
	reader->absent |= 1u << number;
	if (number != GENERATION)
		return 0;
	return reader_fail(reader, -ENOENT,
	    "the agent does not show PORT-OWNER-MIB: portownerd does not run "
	    "there, or the access control of the agent leaves it out");
}

static int
take_scalar(struct reader *reader, uint32_t number,
    const netsnmp_variable_list *varbind)
{
	const uint32_t node[] = {1, number};
	struct po_ask_facts *facts = reader->facts;
	const struct scalar *scalar = po_ask_scalars;
	struct po_ask_cell cell;
	size_t length;

	if (below(reader, varbind, node, 2, &length) == NULL)
		return take_absent_scalar(reader, number);
	cell = cell_of(varbind);
	facts->has |= 1u << number;
	if (number == GENERATION)
		return take_generation(reader, cell.number);
	if (number == SOURCE) {
		if (po_text_is_clean(cell.text.data, cell.text.length))
			snprintf(facts->source, sizeof(facts->source), "%.*s",
			    (int)cell.text.length, cell.text.data);
		else
			po_text_clean(
			    facts->source, cell.text.data, cell.text.length);
		return 0;
	}
	while (scalar->number != number)
		scalar++;
	memcpy(
	    (char *)facts + scalar->offset, &cell.number, sizeof(cell.number));
	return 0;
}

/* The index of a varbind in a column; 0: it is of another one. */
static size_t
index_of(const struct reader *reader, const struct po_ask_table *table,
    uint32_t column, const netsnmp_variable_list *varbind,
    uint32_t index[PO_ASK_INDEX_MAX])
{
	const uint32_t node[] = {table->number, 1, column};
	size_t length, i;
	const oid *name = below(reader, varbind, node, 3, &length);

	if (name == NULL || length > PO_ASK_INDEX_MAX)
		return 0;
	/* AgentX gives sub-identifiers from 2^31 on with their sign. */
	for (i = 0; i < length; i++)
		index[i] = (uint32_t)name[i];
	return length;
}

static void
take_next_stack(struct reader *reader, const netsnmp_variable_list *varbind)
{
	uint32_t index[PO_ASK_INDEX_MAX];

	if (index_of(reader, reader->plan->tables[0],
		reader->plan->tables[0]->columns[0], varbind, index) == 0 ||
	    index[0] <= reader->stack) {
		reader->no_next_stack = true;
		return;
	}
	reader->has_next_stack = true;
	reader->next_stack = index[0];
}

static void
take_probe(const struct reader *reader, struct span *span,
    const netsnmp_variable_list *varbind)
{
	uint32_t index[PO_ASK_INDEX_MAX];
	size_t length = index_of(
	    reader, span->table, span->table->columns[0], varbind, index);

	span->state = span_has(span, index, length) ? SPAN_OPEN : SPAN_DONE;
}

/* An answer taken apart: varbinds of repetitions, after the fixed ones. */
struct answer {
	const struct request *request;
	netsnmp_variable_list *const *varbinds;
	size_t repetitions;
};

static const netsnmp_variable_list *
varbind_at(const struct answer *answer, size_t slot, size_t repetition)
{
	const struct request *request = answer->request;

	return answer
	    ->varbinds[slot + repetition * (request->count - request->n_fixed)];
}

/*
 * The cell of a row in one of its columns: in the same repetition, unless the
 * agent leaves out some rows of one column.
 */
static struct po_ask_cell
find_cell(struct reader *reader, const struct answer *answer, size_t slot,
    size_t repetition, const struct po_ask_row *row)
{
	const struct slot *what = &answer->request->slots[slot];
	const struct po_ask_table *table = what->span->table;
	const netsnmp_variable_list *varbind;
	uint32_t index[PO_ASK_INDEX_MAX];
	size_t length, i, at;

	for (i = 0; i < answer->repetitions; i++) {
		at = (repetition + i) % answer->repetitions;
		varbind = varbind_at(answer, slot, at);
		length = index_of(reader, table, what->number, varbind, index);
		if (length == row->length &&
		    memcmp(index, row->index, length * sizeof(*index)) == 0)
			return cell_of(varbind);
		if (at == 0 && length == 0)
			reader->missing[table->number] |= 1u << what->column;
	}
	return (struct po_ask_cell){.present = false};
}

/* The span's row in a repetition; its slots are from first to end. */
static int
take_row(struct reader *reader, const struct answer *answer, size_t first,
    size_t end, size_t repetition)
{
	struct span *span = answer->request->slots[first].span;
	const struct po_ask_table *table = span->table;
	const netsnmp_variable_list *lead =
	    varbind_at(answer, first, repetition);
	struct po_ask_row row = {.length = 0};
	size_t i;
	int error;

	row.length =
	    index_of(reader, table, table->columns[0], lead, row.index);
	if (row.length > 0 && !span_is_after(span, row.index, row.length))
		return reader_fail(reader, -EBADMSG,
		    "the answers of the agent are not in order: %s",
		    table->name);
	if (!span_has(span, row.index, row.length)) {
		span->state = SPAN_DONE;
		return 0;
	}
	if (++reader->facts->rows > ROWS_MAX)
		return reader_fail(reader, -EFBIG,
		    "the agent has more than %d rows", ROWS_MAX);
	row.cells[0] = cell_of(lead);
	for (i = first + 1; i < end; i++)
		row.cells[answer->request->slots[i].column] =
		    find_cell(reader, answer, i, repetition, &row);
	reader->rows[table->number]++;
	if (table == &po_ask_owners && po_ask_owner_is_unclear(&row))
		reader->unclear = true;
	span_advance(span, row.index, row.length);
	reader->unsure = reader->unsure || repetition > 0;
	error = table->add(reader->compose, &row);
	if (error == -EBADMSG)
		return reader_fail(reader, error,
		    "the agent has an index that is none: %s", table->name);
	return error;
}

static int
take_rows(struct reader *reader, const struct answer *answer)
{
	const struct request *request = answer->request;
	size_t first, end, r;
	int error = 0;

	for (first = request->n_fixed; first < request->count; first = end) {
		end = first + 1;
		while (end < request->count &&
		       request->slots[end].span == request->slots[first].span)
			end++;
		for (r = 0; r < answer->repetitions && error == 0 &&
			    request->slots[first].span->state == SPAN_OPEN;
		     r++)
			error = take_row(reader, answer, first, end, r);
	}
	return error;
}

static int
take_fixed(struct reader *reader, const struct answer *answer)
{
	const struct request *request = answer->request;
	const struct slot *slot;
	int error = 0;
	size_t i;

	for (i = 0; i < request->n_fixed && error == 0; i++) {
		slot = &request->slots[i];
		if (slot->kind == SLOT_SCALAR)
			error = take_scalar(
			    reader, slot->number, answer->varbinds[i]);
		else if (slot->kind == SLOT_NEXT_STACK)
			take_next_stack(reader, answer->varbinds[i]);
		else
			take_probe(reader, slot->span, answer->varbinds[i]);
	}
	if (error == 0)
		reader->begun = true;
	return error;
}

int
answer_take(struct reader *reader, const struct request *request,
    const netsnmp_pdu *response)
{
	const size_t repeated = request->count - request->n_fixed;
	struct answer answer = {.request = request};
	netsnmp_variable_list *varbind, **all;
	size_t count = 0, i = 0;
	int error;

	for (varbind = response->variables; varbind != NULL;
	     varbind = varbind->next_variable)
		count++;
	if (count < request->n_fixed)
		return reader_fail(reader, -EBADMSG,
		    "the agent leaves out what it was asked for");
	all = calloc(count + 1, sizeof(*all));
	if (all == NULL)
		return reader_fail(reader, -ENOMEM, "out of memory");
	for (varbind = response->variables; varbind != NULL;
	     varbind = varbind->next_variable)
		all[i++] = varbind;
	answer.varbinds = all;
	answer.repetitions =
	    repeated == 0 ? 0 : (count - request->n_fixed) / repeated;
	reader->unsure = false;
	error = take_fixed(reader, &answer);
	if (error == 0 && repeated > 0 && answer.repetitions == 0)
		error = TOO_BIG;
	if (error == 0)
		error = take_rows(reader, &answer);
	free(all);
	return error == -ENOMEM ? reader_fail(reader, error, "out of memory")
				: error;
}

/* SNMPv1 has no exceptions: an error names the varbind that has no value. */
int
answer_take_no_such_name(
    struct reader *reader, const struct request *request, long error_index)
{
	const struct slot *slot;

	if (error_index < 1 || (size_t)error_index > request->count)
		return reader_fail(reader, -EBADMSG,
		    "the agent answers noSuchName and does not say of what");
	slot = &request->slots[error_index - 1];
	switch (slot->kind) {
	case SLOT_SCALAR:
		return take_absent_scalar(reader, slot->number);
	case SLOT_NEXT_STACK:
		reader->no_next_stack = true;
		return 0;
	case SLOT_PROBE:
		slot->span->state = SPAN_DONE;
		return 0;
	case SLOT_CELL:
		if (slot->column == 0)
			slot->span->state = SPAN_DONE;
		else
			reader->missing[slot->span->table->number] |=
			    1u << slot->column;
	}
	return 0;
}
