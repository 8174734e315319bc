/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notifications: how many may go, those that wait for the master, and those
 * that it has not confirmed yet.
 */
#ifndef PO_AGENT_NOTIFY_H
#define PO_AGENT_NOTIFY_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/notice.h"
#include "mib/view.h"

#define PO_NOTIFY_RATE_DEFAULT 60 /* a minute */
#define PO_NOTIFY_RATE_MAX 60000
#define PO_NOTIFY_QUEUE 1000 /* more wait for the master in vain */

struct po_notifier;

/*
 * by_master: they go over the AgentX session that po_notifier_set_master()
 * gives, else to Net-SNMP's own sinks.  There is one notifier in a process.
 * NULL: no memory.
 */
struct po_notifier *po_notifier_new(bool by_master);
void po_notifier_free(struct po_notifier *notifier);

/* The session to the master, or NULL while there is none. */
void po_notifier_set_master(
    struct po_notifier *notifier, netsnmp_session *session);

/* At most so many in any minute; 0: as many as there are. */
void po_notifier_set_rate(struct po_notifier *notifier, uint32_t rate);

/* While they are not wanted, none is made, and those that wait are dropped. */
bool po_notifier_enabled(const struct po_notifier *notifier);
void po_notifier_enable(struct po_notifier *notifier, bool enabled);

/*
 * Sends the notice as soon as it may go.  It is taken over, and has no next;
 * NULL: there was no memory for it, and it is counted as lost.
 */
void po_notifier_add(struct po_notifier *notifier, struct po_notice *notice);

/* Fills its part of the status. */
void po_notifier_status(
    const struct po_notifier *notifier, struct po_status *status);

#endif
