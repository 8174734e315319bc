/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent process: an AgentX subagent, or an SNMP agent by itself.
 */
#ifndef PO_AGENT_AGENT_H
#define PO_AGENT_AGENT_H

#include "agent/config.h"
#include "agent/keeper.h"
#include "broker/client.h"

/* With what the agent works besides. */
struct po_agent_means {
	struct po_client *client; /* the way to the collector, taken over */
	struct po_keeper *keeper; /* of the state; taken over; NULL: none */
};

struct po_agent_options {
	struct po_config_files files;
	const char *master; /* AgentX address, NULL: as configured */
	const char *standalone; /* address to listen on; NULL: a subagent */
	/*
	 * The end of a stream (broker/pair.h): 'H' comes in to reload, and the
	 * agent ends when the other end closes.
	 */
	int control;
	int channel; /* to the supervisor, if there is one: broker/channel.h */
	/*
	 * Called when the files have been read and all is open that needs
	 * rights: gives those up and fills means.  Returns 0, or -errno after
	 * having said why.
	 */
	int (*enter)(void *context, const struct po_config *config,
	    struct po_agent_means *means);
	/* Called when the agent serves.  Returns 0 or -errno. */
	int (*ready)(void *context);
	/* NULL, or called when it serves no more and can still log. */
	void (*ended)(void *context);
	void *context;
};

/* The agent cannot work as it is configured: starting again will not help. */
#define PO_AGENT_HOPELESS 78

/* Once in a process.  Returns its exit status. */
int po_agent_run(const struct po_agent_options *options);

#endif
