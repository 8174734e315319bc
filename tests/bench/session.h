/* SPDX-License-Identifier: BSD-2-Clause */
/* A manager's session with an agent: SNMPv2c, no MIB, nothing stored. */
#ifndef PO_BENCH_SESSION_H
#define PO_BENCH_SESSION_H

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

/* A name and its length, in sub-identifiers. */
struct name {
	oid oid[MAX_OID_LEN];
	size_t len;
};

/* Opens a session that waits for an answer as long as told, in seconds, and
 * asks once; NULL after a message. */
void *session_open(const char *address, const char *community, long timeout);

/* A name in numbers, each with a dot before it; 0, or -1 after a message. */
int parse_name(const char *text, struct name *);

/* Seconds of a clock that goes forward. */
double clock_now(void);

#endif
