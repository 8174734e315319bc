/* SPDX-License-Identifier: BSD-2-Clause */
/* See session.h. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <net-snmp/library/default_store.h>

void *
session_open(const char *address, const char *community, long timeout)
{
	static char name[] = "bench";
	netsnmp_session wanted;
	void *session;

	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	init_snmp(name);
	snmp_sess_init(&wanted);
	wanted.version = SNMP_VERSION_2c;
	wanted.peername = strdup(address);
	wanted.community = (u_char *)strdup(community);
	wanted.community_len = strlen(community);
	wanted.timeout = timeout * 1000000;
	wanted.retries = 0;
	session = snmp_sess_open(&wanted);
	if (session == NULL)
		snmp_sess_perror(name, &wanted);
	return session;
}

int
parse_name(const char *text, struct name *name)
{
	const char *at = text;
	char *end;

	for (name->len = 0; name->len < MAX_OID_LEN; at = end) {
		if (*at != '.' || at[1] < '0' || at[1] > '9')
			break;
		name->oid[name->len++] = strtoul(at + 1, &end, 10);
	}
	if (name->len > 1 && *at == '\0')
		return 0;
	fprintf(stderr, "%s: not an object as in .1.3.6.1\n", text);
	return -1;
}

double
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
