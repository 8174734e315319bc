/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to the AgentX master: by the supervisor, as its socket is root's, or
 * where there is no supervisor by Net-SNMP itself.
 */
#ifndef PO_AGENT_MASTER_H
#define PO_AGENT_MASTER_H

#include "agent/agent.h"

/*
 * Makes Net-SNMP get its connection to the master as the options say, whatever
 * address its files name; on Windows those have a say where the options have
 * none.  Before init_snmp(), after init_agent(), once.
 */
void po_master_use(const struct po_agent_options *options);

/* Whenever Net-SNMP has read its files, and before it connects. */
void po_master_set_address(void);

/* As whoever is told of it knows it; after init_snmp(). */
const char *po_master_address(void);

#endif
