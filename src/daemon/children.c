/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the supervisor's children do: the collector, which may look, and the
 * agent, which speaks; each gives up first what it does not need.
 */
#include "daemon/supervisor_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/agent.h"
#include "broker/channel.h"
#include "broker/pair.h"
#include "broker/server.h"
#include "collect/memory.h"
#include "daemon/sandbox.h"

#define COLLECTION_PATIENCE 120 /* s */

static void
log_sentence(int priority, const char *sentence)
{
	snmp_log(priority, "portownerd: %s\n", sentence);
}

static int
confine(const struct po_supervisor *s, enum po_sandbox_role role)
{
	const struct po_sandbox sandbox = {
	    .role = role,
	    .change_user = s->identity.change,
	    .uid = s->identity.uid,
	    .gid = s->identity.gid,
	    .filter = s->config.sandbox,
	    .bpf = strcmp(s->config.source, "auto") == 0 ||
		   strncmp(s->config.source, "bpf", 3) == 0,
	};
	char error[256];
	int result;

	result = po_sandbox_enter(&sandbox, error, sizeof(error));
	if (result != 0)
		log_sentence(LOG_ERR, error);
	return result;
}

static int
confine_collector(void *context)
{
	const struct po_supervisor *s = context;

	return confine(s, strncmp(s->config.source, "replay:", 7) == 0
			      ? PO_SANDBOX_REPLAY
			      : PO_SANDBOX_COLLECTOR);
}

static int
open_stack(void *context, int namespace)
{
	return po_channel_open(*(int *)context, PO_CHANNEL_STACK, namespace);
}

int
supervisor_run_collector(struct po_supervisor *s, int control, int channel)
{
	const struct po_server_options options = {
	    .collect =
		{
		    .source = s->config.source,
		    .all_stacks = s->config.all_stacks,
		    .arguments = s->config.arguments,
		    .max_rows = s->config.max_rows,
		    .listener_ephemeral_udp = s->config.listener_ephemeral_udp,
		    .open_stack = open_stack,
		    .events = true,
		    .context = &channel,
		},
	    .listener = s->listener,
	    .control = control,
	    .groups = s->groups,
	    .n_groups = s->n_groups,
	    .confine = confine_collector,
	    .context = s,
	    .patience = COLLECTION_PATIENCE,
	    .log = log_sentence,
	};

	po_memory_for_long();
	return po_server_run(&options) == 0 ? 0 : PO_AGENT_HOPELESS;
}

/* The agent in its own process. */
struct agent_side {
	const struct po_supervisor *supervisor;
	int control;
	int channel;
};

static int
open_collector(void *context)
{
	const struct agent_side *side = context;

	return po_channel_open(side->channel, PO_CHANNEL_COLLECTOR, -1);
}

static int
enter_agent(
    void *context, const struct po_config *config, struct po_agent_means *means)
{
	struct agent_side *side = context;
	const struct po_supervisor *s = side->supervisor;
	int error;

	(void)config;
	if (s->state[0] != '\0')
		means->keeper = po_keeper_new(s->state);
	error =
	    confine(s, s->options->standalone != NULL ? PO_SANDBOX_STANDALONE
						      : PO_SANDBOX_SUBAGENT);
	if (error != 0)
		return error;
	means->client = po_client_new(s->config.collector_socket);
	if (means->client == NULL)
		return -ENOMEM;
	po_client_set_connect(means->client, open_collector, side);
	return 0;
}

static int
tell_ready(void *context)
{
	const struct agent_side *side = context;

	return po_pair_send(side->control, 'R');
}

int
supervisor_run_agent(struct po_supervisor *s, int control, int channel)
{
	struct agent_side side = {s, control, channel};
	const struct po_agent_options options = {
	    .files = s->options->files,
	    .master = s->config.master,
	    .standalone = s->options->standalone,
	    .control = control,
	    .channel = channel,
	    .enter = enter_agent,
	    .ready = tell_ready,
	    .context = &side,
	};

	close(s->listener);
	return po_agent_run(&options);
}
