/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's side of its children's channels: opens what they may not.
 */
#ifndef PO_DAEMON_OPENER_H
#define PO_DAEMON_OPENER_H

#include <stdbool.h>

/*
 * What may be asked for.  master: an AgentX address as Net-SNMP writes it
 * (unix:PATH, PATH, tcp:HOST:PORT); collector: the path of its socket; NULL:
 * not by this asker.
 */
struct po_opener {
	const char *master;
	const char *collector;
	bool stacks;
};

/* Answers one request.  Returns 0, or -errno where the channel is broken. */
int po_opener_answer(int channel, const struct po_opener *opener);

/* Whether a master's address is one that can be opened. */
int po_opener_check(const char *master);

#endif
