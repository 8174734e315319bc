/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that reads portOwnerTable with the columns that a table of sockets
 * needs side by side: GETBULK after GETBULK, nothing kept.  What portowner
 * --host takes is compared with it.
 *
 * usage: walker HOST:PORT OID-OF-ENTRY; prints how many rows there were.
 */
#include <stdio.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#define COLUMNS 8
#define REPETITIONS 30

static const oid columns[COLUMNS] = {7, 8, 9, 10, 11, 12, 14, 15};

static netsnmp_pdu *
make_request(
    const oid *entry, size_t length, const oid *index, size_t index_length)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
	oid name[MAX_OID_LEN];
	size_t i;

	pdu->non_repeaters = 0;
	pdu->max_repetitions = REPETITIONS;
	memcpy(name, entry, length * sizeof(oid));
	memcpy(name + length + 1, index, index_length * sizeof(oid));
	for (i = 0; i < COLUMNS; i++) {
		name[length] = columns[i];
		snmp_add_null_var(pdu, name, length + 1 + index_length);
	}
	return pdu;
}

/* Counts the rows of an answer; keeps the last index; false at the end. */
static int
take_answer(const netsnmp_pdu *response, const oid *entry, size_t length,
    oid *index, size_t *index_length, unsigned long *rows)
{
	const netsnmp_variable_list *varbind = response->variables;
	size_t i;

	for (i = 0; varbind != NULL; i++, varbind = varbind->next_variable) {
		if (i % COLUMNS != 0)
			continue;
		if (varbind->name_length <= length + 1 ||
		    memcmp(varbind->name, entry, length * sizeof(oid)) != 0 ||
		    varbind->name[length] != columns[0])
			return 0;
		*index_length = varbind->name_length - length - 1;
		memcpy(index, varbind->name + length + 1,
		    *index_length * sizeof(oid));
		(*rows)++;
	}
	return i > 0;
}

int
main(int argc, char **argv)
{
	oid entry[MAX_OID_LEN], index[MAX_OID_LEN];
	size_t length = MAX_OID_LEN, index_length = 0;
	netsnmp_session session, *open;
	netsnmp_pdu *response = NULL;
	unsigned long rows = 0;
	int more = 1;

	if (argc != 3)
		return 2;
	init_snmp("snmpapp");
	snmp_sess_init(&session);
	session.version = SNMP_VERSION_2c;
	session.community = (unsigned char *)"public";
	session.community_len = 6;
	session.peername = argv[1];
	open = snmp_open(&session);
	if (open == NULL || !read_objid(argv[2], entry, &length))
		return 1;
	while (more) {
		if (snmp_synch_response(open,
			make_request(entry, length, index, index_length),
			&response) != STAT_SUCCESS ||
		    response->errstat != SNMP_ERR_NOERROR)
			return 1;
		more = take_answer(
		    response, entry, length, index, &index_length, &rows);
		snmp_free_pdu(response);
	}
	printf("%lu\n", rows);
	return 0;
}
