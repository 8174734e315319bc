/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks columns of a table, all of them side by side in each GETBULK, and says
 * in JSON how many variables came and how long that took.  snmpbulkwalk walks
 * one column, and spends more time on printing than the agent on answering.
 */
#include "session.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define COLUMNS_MAX 64
#define TIMEOUT 120 /* seconds: a table may have to be loaded first */

struct column {
	struct name root, at;
	bool ended;
};

struct walk {
	void *session;
	struct column columns[COLUMNS_MAX];
	size_t n, active;
	long repetitions;
	unsigned long varbinds, requests;
};

static netsnmp_pdu *
request_of(const struct walk *walk)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
	size_t i;

	if (pdu == NULL)
		return NULL;
	pdu->non_repeaters = 0;
	pdu->max_repetitions = walk->repetitions;
	for (i = 0; i < walk->n; i++) {
		const struct column *c = &walk->columns[i];

		if (!c->ended &&
		    !snmp_add_null_var(pdu, c->at.oid, c->at.len)) {
			snmp_free_pdu(pdu);
			return NULL;
		}
	}
	return pdu;
}

/* Takes one variable of a column's; an end is told by what lies behind it. */
static int
take(struct walk *walk, struct column *column, const netsnmp_variable_list *v)
{
	if (column->ended)
		return 0;
	if (v->type == SNMP_ENDOFMIBVIEW ||
	    snmp_oidtree_compare(v->name, v->name_length, column->root.oid,
		column->root.len) != 0) {
		column->ended = true;
		walk->active--;
		return 0;
	}
	if (snmp_oid_compare(
		v->name, v->name_length, column->at.oid, column->at.len) <= 0) {
		fputs("walk: the names do not increase\n", stderr);
		return -1;
	}
	memcpy(column->at.oid, v->name, v->name_length * sizeof(oid));
	column->at.len = v->name_length;
	walk->varbinds++;
	return 0;
}

/* The answer repeats the columns that were asked for, in their order. */
static int
take_answer(struct walk *walk, const netsnmp_pdu *answer)
{
	struct column *asked[COLUMNS_MAX];
	const netsnmp_variable_list *v;
	size_t i, n = 0;

	for (i = 0; i < walk->n; i++) {
		if (!walk->columns[i].ended)
			asked[n++] = &walk->columns[i];
	}
	if (answer->errstat != SNMP_ERR_NOERROR || answer->variables == NULL) {
		fprintf(
		    stderr, "walk: %s\n", snmp_errstring((int)answer->errstat));
		return -1;
	}
	for (v = answer->variables, i = 0; v != NULL; v = v->next_variable) {
		if (take(walk, asked[i++ % n], v) < 0)
			return -1;
	}
	return 0;
}

static int
step(struct walk *walk)
{
	netsnmp_pdu *pdu = request_of(walk), *answer = NULL;
	int err;

	if (pdu == NULL) {
		fputs("walk: out of memory\n", stderr);
		return -1;
	}
	if (snmp_sess_synch_response(walk->session, pdu, &answer) !=
	    STAT_SUCCESS) {
		fputs("walk: no answer\n", stderr);
		return -1;
	}
	walk->requests++;
	err = take_answer(walk, answer);
	snmp_free_pdu(answer);
	return err;
}

static void
say(const struct walk *walk, double wall)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	printf("{\"varbinds\": %lu, \"requests\": %lu, \"wall\": %.6f, "
	       "\"client_cpu\": %.6f}\n",
	    walk->varbinds, walk->requests, wall,
	    (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

static int
open_walk(struct walk *walk, int argc, char **argv)
{
	int i;

	walk->repetitions = strtol(argv[3], NULL, 10);
	if (walk->repetitions < 1 || argc - 4 > COLUMNS_MAX)
		return -1;
	for (i = 4; i < argc; i++) {
		struct column *c = &walk->columns[walk->n++];

		if (parse_name(argv[i], &c->root) < 0)
			return -1;
		c->at = c->root;
	}
	walk->active = walk->n;
	walk->session = session_open(argv[1], argv[2], TIMEOUT);
	return walk->session == NULL ? -1 : 0;
}

int
main(int argc, char **argv)
{
	static struct walk walk;
	double began;
	int err = 0;

	if (argc < 5 || open_walk(&walk, argc, argv) < 0) {
		fputs("usage: walk ADDRESS COMMUNITY REPETITIONS COLUMN...\n",
		    stderr);
		return 2;
	}
#ifdef __GLIBC__
	/* What is measured is the agent, not this program's memory. */
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
	began = clock_now();
	while (err == 0 && walk.active > 0)
		err = step(&walk);
	if (err == 0)
		say(&walk, clock_now() - began);
	snmp_sess_close(walk.session);
	return err < 0;
}
