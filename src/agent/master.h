/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to the AgentX master, whose socket only root may connect to.
 */
#ifndef PO_AGENT_MASTER_H
#define PO_AGENT_MASTER_H

/*
 * Makes Net-SNMP get its connection to the master from the supervisor, whatever
 * address its files name.  Before init_snmp(), after init_agent(), once.
 */
void po_master_use(int channel);

/* Again after Net-SNMP has read its files anew. */
void po_master_set_address(void);

#endif
