/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of each notification, in the order of the MIB.
 */
#include "agent/notice.h"

#include <stdlib.h>
#include <string.h>

#include "mib/cell.h"
#include "model/text.h"

/* Objects of portOwnerAgent that only notifications have, and columns. */
enum object {
	HELD_BACK = 20,
	SUMMARY_HELD_BACK = 22,
	OLD_PID = 23,
	OLD_COMMAND = 24,
	OLD_USER = 25,
};

enum column {
	LISTENER_ENDPOINT = 6,
	LISTENER_PID = 7,
	LISTENER_COMMAND = 8,
	LISTENER_USER = 9,
	LISTENER_SERVICE = 11,
	EXPECTATION_TEXT = 2,
	EXPECTATION_STATUS = 3,
	EXPECTATION_MESSAGE = 4,
};

size_t
po_notice_root(oid root[MAX_OID_LEN])
{
	const char *text = PO_OID_ROOT;
	size_t length = 0;
	char *end;

	/* Checked by configure: numbers with dots between. */
	while (length < MAX_OID_LEN - PO_NAME_MAX) {
		root[length++] = strtoul(text, &end, 10);
		if (*end != '.')
			break;
		text = end + 1;
	}
	return length;
}

/* Copies texts (NULL: empty). */
static struct po_notice *
new_notice(enum po_notice_kind kind, const char *const *texts, size_t count)
{
	size_t size = 1, i, length;
	struct po_notice *notice;
	char *at;

	for (i = 0; i < count; i++)
		size += texts[i] == NULL ? 1 : strlen(texts[i]) + 1;
	notice = calloc(1, sizeof(*notice) + size);
	if (notice == NULL)
		return NULL;
	notice->kind = kind;
	at = notice->strings;
	for (i = 0; i < count; i++) {
		length = texts[i] == NULL ? 0 : strlen(texts[i]);
		notice->texts[i] =
		    memcpy(at, texts[i] == NULL ? "" : texts[i], length + 1);
		at += length + 1;
	}
	return notice;
}

struct po_notice *
po_notice_of_change(const struct po_change *change)
{
	static const enum po_notice_kind kinds[] = {
	    [PO_CHANGE_APPEARED] = PO_NOTICE_APPEARED,
	    [PO_CHANGE_GONE] = PO_NOTICE_GONE,
	    [PO_CHANGE_OWNER] = PO_NOTICE_OWNER_CHANGED,
	};
	const char *const texts[PO_NOTICE_TEXTS] = {
	    change->holder.command,
	    change->holder.user,
	    change->holder.service,
	    change->before.command,
	    change->before.user,
	};
	struct po_notice *notice =
	    new_notice(kinds[change->kind], texts, PO_NOTICE_TEXTS);

	if (notice == NULL)
		return NULL;
	notice->endpoint = change->endpoint;
	notice->pid = change->holder.pid;
	notice->old_pid = change->before.pid;
	return notice;
}

struct po_notice *
po_notice_of_expectation(uint32_t row, const struct po_expectation *expectation)
{
	const char *const texts[] = {expectation->text, expectation->message};
	struct po_notice *notice =
	    new_notice(expectation->met ? PO_NOTICE_EXPECTATION_MET
					: PO_NOTICE_EXPECTATION_FAILED,
		texts, 2);

	if (notice != NULL)
		notice->number = row;
	return notice;
}

struct po_notice *
po_notice_of_summary(uint32_t held, uint32_t total)
{
	struct po_notice *notice = new_notice(PO_NOTICE_SUMMARY, NULL, 0);

	if (notice == NULL)
		return NULL;
	notice->number = held;
	notice->total = total;
	return notice;
}

/* The varbinds of a notification as they grow. */
struct varbinds {
	oid root[MAX_OID_LEN];
	size_t root_length;
	netsnmp_variable_list *list;
	uint32_t index[PO_KEY_MAX];
	size_t index_length;
};

static size_t
name_of(const struct varbinds *v, uint32_t table, uint32_t column, oid *name)
{
	size_t length = v->root_length, i;

	memcpy(name, v->root, length * sizeof(oid));
	name[length++] = 1;
	name[length++] = table;
	/* A scalar has no entry. */
	if (table != 1)
		name[length++] = 1;
	name[length++] = column;
	if (table == 1)
		name[length++] = 0;
	else
		for (i = 0; i < v->index_length; i++)
			name[length++] = v->index[i];
	return length;
}

static void
add_text(struct varbinds *v, uint32_t table, uint32_t column, const char *text)
{
	oid name[MAX_OID_LEN];
	size_t length = name_of(v, table, column, name);

	snmp_varlist_add_variable(
	    &v->list, name, length, ASN_OCTET_STR, text, strlen(text));
}

static void
add_number(struct varbinds *v, uint32_t table, uint32_t column, u_char type,
    uint32_t number)
{
	oid name[MAX_OID_LEN];
	size_t length = name_of(v, table, column, name);
	const long value = (long)number;

	snmp_varlist_add_variable(
	    &v->list, name, length, type, &value, sizeof(value));
}

/* snmpTrapOID.0: which one it is. */
static void
add_kind(struct varbinds *v, enum po_notice_kind kind)
{
	static const oid trap[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
	oid value[MAX_OID_LEN];
	size_t length = v->root_length;

	memcpy(value, v->root, length * sizeof(oid));
	value[length++] = 0;
	value[length++] = (oid)kind;
	snmp_varlist_add_variable(&v->list, trap, OID_LENGTH(trap),
	    ASN_OBJECT_ID, value, length * sizeof(oid));
}

static void
add_listener(struct varbinds *v, const struct po_notice *n)
{
	char endpoint[PO_ENDPOINT_TEXT_SIZE];

	v->index_length = po_key_endpoint(v->index, 0, &n->endpoint);
	po_endpoint_format(&n->endpoint, endpoint);
	add_text(v, 3, LISTENER_ENDPOINT, endpoint);
	add_number(v, 3, LISTENER_PID, ASN_UNSIGNED, n->pid);
	add_text(v, 3, LISTENER_COMMAND, n->texts[0]);
	add_text(v, 3, LISTENER_USER, n->texts[1]);
	add_text(v, 3, LISTENER_SERVICE, n->texts[2]);
	if (n->kind != PO_NOTICE_OWNER_CHANGED)
		return;
	add_number(v, 1, OLD_PID, ASN_UNSIGNED, n->old_pid);
	add_text(v, 1, OLD_COMMAND, n->texts[3]);
	add_text(v, 1, OLD_USER, n->texts[4]);
}

netsnmp_variable_list *
po_notice_build(const struct po_notice *n)
{
	struct varbinds v = {.list = NULL};

	v.root_length = po_notice_root(v.root);
	add_kind(&v, n->kind);
	switch (n->kind) {
	case PO_NOTICE_SUMMARY:
		add_number(&v, 1, SUMMARY_HELD_BACK, ASN_UNSIGNED, n->number);
		add_number(&v, 1, HELD_BACK, ASN_COUNTER, n->total);
		break;
	case PO_NOTICE_EXPECTATION_FAILED:
	case PO_NOTICE_EXPECTATION_MET:
		v.index[0] = n->number + 1;
		v.index_length = 1;
		add_text(&v, 5, EXPECTATION_TEXT, n->texts[0]);
		add_number(&v, 5, EXPECTATION_STATUS, ASN_INTEGER,
		    n->kind == PO_NOTICE_EXPECTATION_MET ? 1 : 2);
		add_text(&v, 5, EXPECTATION_MESSAGE, n->texts[1]);
		break;
	default:
		add_listener(&v, n);
	}
	return v.list;
}
