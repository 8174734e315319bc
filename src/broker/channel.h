/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What agent and collector, which have few rights, ask their supervisor to
 * open: a socket pair, one octet there, an errno (int32_t, 0: well) with a
 * descriptor back.  They say what they want, never where: addresses are the
 * supervisor's.
 */
#ifndef PO_BROKER_CHANNEL_H
#define PO_BROKER_CHANNEL_H

#define PO_CHANNEL_MASTER 'M' /* the agent: the AgentX master */
#define PO_CHANNEL_COLLECTOR 'C' /* the agent: the collector */
#define PO_CHANNEL_STACK 'S' /* the collector: a socket in this stack */

/*
 * Asks and waits.  with: a descriptor that belongs to the question, or -1.
 * Returns a descriptor or -errno.
 */
int po_channel_open(int channel, char what, int with);

#endif
