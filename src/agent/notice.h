/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One notification, from the facts that it tells to its varbinds.
 */
#ifndef PO_AGENT_NOTICE_H
#define PO_AGENT_NOTICE_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "model/expectation.h"
#include "model/history.h"

#define PO_NOTICE_TEXTS 5

/* The notifications' numbers below portOwnerNotifications. */
enum po_notice_kind {
	PO_NOTICE_APPEARED = 1,
	PO_NOTICE_GONE,
	PO_NOTICE_OWNER_CHANGED,
	PO_NOTICE_EXPECTATION_FAILED,
	PO_NOTICE_EXPECTATION_MET,
	PO_NOTICE_SUMMARY,
};

/*
 * texts: command, user, service, old command and old user; or an expectation's
 * text and message.  next, request and trials are the queue's.
 */
struct po_notice {
	struct po_notice *next;
	enum po_notice_kind kind;
	struct po_endpoint endpoint;
	uint32_t pid;
	uint32_t old_pid;
	uint32_t number; /* row from 0, or how many were held back */
	uint32_t total; /* ever held back */
	int request; /* at the master; 0: not sent */
	unsigned int trials;
	const char *texts[PO_NOTICE_TEXTS]; /* in strings */
	char strings[];
};

/* What a notice tells is copied.  From malloc(), or NULL. */
struct po_notice *po_notice_of_change(const struct po_change *change);
/* row: of portOwnerExpectationTable, from 0. */
struct po_notice *po_notice_of_expectation(
    uint32_t row, const struct po_expectation *expectation);
/* held: since the last summary; total: ever. */
struct po_notice *po_notice_of_summary(uint32_t held, uint32_t total);

/* The varbinds, snmpTrapOID.0 first; the caller frees them. */
netsnmp_variable_list *po_notice_build(const struct po_notice *notice);

/* PO_OID_ROOT as an OID; returns its length. */
size_t po_notice_root(oid root[MAX_OID_LEN]);

#endif
