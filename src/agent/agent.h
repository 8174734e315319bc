/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent process: an AgentX subagent, or an SNMP agent by itself.
 */
#ifndef PO_AGENT_AGENT_H
#define PO_AGENT_AGENT_H

#include "agent/config.h"

struct po_agent_options {
	struct po_config_files files;
	const char *master; /* AgentX address, NULL: as configured */
	const char *standalone; /* address to listen on; NULL: a subagent */
	const char *socket; /* the collector's */
	const char *state; /* the file where the state is kept; "": none */
	/*
	 * The supervisor's end: one octet 'R' goes out when the agent serves,
	 * 'H' comes in to reload; the agent ends when it closes.
	 */
	int control;
	int channel; /* see agent/channel.h */
	/*
	 * Called when all is open that needs rights: gives them up.  Returns
	 * 0, or -errno after having said why.
	 */
	int (*confine)(void *context);
	void *context;
};

/* The agent cannot work as it is configured: starting again will not help. */
#define PO_AGENT_HOPELESS 78

/* Returns the exit status of the process. */
int po_agent_run(const struct po_agent_options *options);

#endif
