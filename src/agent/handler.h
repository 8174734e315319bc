/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PORT-OWNER-MIB's place in a Net-SNMP agent: one raw handler for all of it.
 */
#ifndef PO_AGENT_HANDLER_H
#define PO_AGENT_HANDLER_H

#include "agent/feed.h"

struct po_handler;

/*
 * Registers the module's objects.  The handler owns a feed for the collector's
 * socket; watch must live longer.  direct: the requests come from managers, not from a master agent,
 * so a GETBULK is answered in one go.  NULL: no memory, or refused by Net-SNMP.
 */
struct po_handler *po_handler_new(
    const char *collector_socket, struct po_watch *watch);
int po_handler_register(struct po_handler *handler, bool direct);
void po_handler_free(struct po_handler *handler);

struct po_feed *po_handler_feed(struct po_handler *handler);

#endif
