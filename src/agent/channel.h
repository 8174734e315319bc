/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent, which has no rights, asks its supervisor to open: a socket
 * pair, one octet there, an errno (int32_t, 0: well) with a descriptor back.
 * The agent says what it wants, never where: addresses are the supervisor's.
 */
#ifndef PO_AGENT_CHANNEL_H
#define PO_AGENT_CHANNEL_H

#define PO_CHANNEL_MASTER 'M' /* the AgentX master */
#define PO_CHANNEL_COLLECTOR 'C' /* the collector */

/* Asks and waits.  Returns a connected stream socket or -errno. */
int po_channel_open(int channel, char what);

#endif
