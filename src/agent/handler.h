/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PORT-OWNER-MIB's place in a Net-SNMP agent: one raw handler for all of it.
 */
#ifndef PO_AGENT_HANDLER_H
#define PO_AGENT_HANDLER_H

#include "agent/feed.h"

struct po_handler;

/*
 * client: the way to the collector, as for po_feed_new(); watch must live
 * longer.  NULL: no memory.
 */
struct po_handler *po_handler_new(
    struct po_client *client, struct po_watch *watch);

/*
 * Registers the module's objects.  direct: the requests come from managers, not
 * from a master agent, so a GETBULK is answered in one go.  -1: refused by
 * Net-SNMP.
 */
int po_handler_register(struct po_handler *handler, bool direct);
void po_handler_free(struct po_handler *handler);

struct po_feed *po_handler_feed(struct po_handler *handler);

#endif
