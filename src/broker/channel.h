/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What agent and collector, which have few rights, ask their supervisor to
 * open: a question there, an answer with a descriptor back, over a socket pair.
 * They say what they want, never where: addresses are the supervisor's.
 */
#ifndef PO_BROKER_CHANNEL_H
#define PO_BROKER_CHANNEL_H

#include <stdint.h>

#define PO_CHANNEL_MASTER 'M' /* the agent: the AgentX master */
#define PO_CHANNEL_COLLECTOR 'C' /* the agent: the collector */
#define PO_CHANNEL_STACK 'S' /* the collector: a socket in this stack */

/* tag: tells a late answer from that to the question after it. */
struct po_channel_question {
	uint32_t tag;
	uint32_t what;
};

/* error: an errno, 0 with a descriptor. */
struct po_channel_answer {
	uint32_t tag;
	int32_t error;
};

/*
 * Asks and waits.  with: a descriptor that belongs to the question, or -1.
 * Returns a descriptor or -errno.
 */
int po_channel_open(int channel, char what, int with);

#endif
