/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's side of the agent's channel: opens what the agent may not.
 */
#ifndef PO_DAEMON_OPENER_H
#define PO_DAEMON_OPENER_H

/*
 * Answers one request of the agent.  master: an AgentX address as Net-SNMP
 * writes it (unix:PATH, PATH, tcp:HOST:PORT).  collector: the path of the
 * collector's socket.  Returns 0, or -errno where the channel is broken.
 */
int po_opener_answer(int channel, const char *master, const char *collector);

/* Whether a master's address is one that can be opened. */
int po_opener_check(const char *master);

#endif
