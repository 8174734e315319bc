/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent process from its options to its end, around Net-SNMP's event loop.
 */
/* Not the config.h beside this file. */
#include <config.h>

#include "agent/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/fd_event_manager.h>
#include <net-snmp/library/large_fd_set.h>

#include "agent/handler.h"
#include "agent/master.h"
#include "broker/pair.h"

#define FIRST_SNAPSHOT 10000 /* ms to wait for it */
#define PING_INTERVAL 2 /* s, also between attempts to connect */

struct agent {
	const struct po_agent_options *options;
	/* What the files say: it counts once they have been read whole. */
	struct po_config config;
	struct po_rules rules;
	struct po_watch *watch;
	struct po_handler *handler;
	netsnmp_session *master; /* NULL: not connected */
	bool ended;
};

static int
note_connected(int major, int minor, void *server, void *client)
{
	struct agent *agent = client;

	(void)major;
	agent->master = minor == SNMPD_CALLBACK_INDEX_START ? server : NULL;
	if (agent->watch != NULL)
		po_notifier_set_master(
		    po_watch_notifier(agent->watch), agent->master);
	return 0;
}

/* Whatever has to be said to Net-SNMP before it reads its files. */
static void
prepare(struct agent *agent)
{
	const struct po_agent_options *options = agent->options;

	po_config_prepare(&options->files);
	/* Nobody needs to read who asked what. */
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_DONT_LOG_TCPWRAPPERS_CONNECTS, 1);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	/* Where the kernel's memory may not be read, nothing is amiss. */
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_ROOT_ACCESS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE,
	    options->standalone == NULL);
	/* An absent master is said once here, not at every attempt. */
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	if (options->standalone != NULL)
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
		    NETSNMP_DS_AGENT_PORTS, options->standalone);
}

static int
listen_for_managers(const char *address)
{
	if (init_master_agent() == 0)
		return 0;
	snmp_log(LOG_ERR,
	    "portownerd: cannot listen on %s; is another agent there?\n",
	    address);
	return -EADDRINUSE;
}

/*
 * On systems that have /dev/kmem the library opens it for MIB modules that are
 * not here, which is no descriptor for an ordinary user's process to have.
 */
static void
close_kernel_memory(void)
{
#ifdef HAVE_FREE_KMEM
	void free_kmem(void); /* not in its public headers */

	free_kmem();
#endif
}

/* Between the reading of the files and the first connection. */
static int
note_config(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	po_master_set_address();
	return SNMPERR_SUCCESS;
}

static void
use_master(const struct po_agent_options *options)
{
	po_master_use(options);
	netsnmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_READ_CONFIG, note_config, NULL,
	    NETSNMP_CALLBACK_HIGHEST_PRIORITY);
}

/* Reads the configuration; as a subagent this also connects to the master. */
static int
start_net_snmp(struct agent *agent)
{
	const struct po_agent_options *options = agent->options;
	char no_smux[] = "-smux";

	prepare(agent);
	/* By itself the agent would listen for SMUX peers, on all addresses. */
	add_to_init_list(no_smux);
	if (init_agent("portowner") != 0)
		return -EIO;
	close_kernel_memory();
	/* init_agent() has its own idea of it; the files come later. */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, PING_INTERVAL);
	po_config_register("portowner", "", &agent->config, &agent->rules);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_START, note_connected, agent);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_STOP, note_connected, agent);
	if (options->standalone == NULL)
		use_master(options);
	init_snmp("portowner");
	if (options->standalone != NULL)
		return listen_for_managers(options->standalone);
	if (agent->master == NULL)
		snmp_log(LOG_WARNING,
		    "portownerd: no AgentX master at %s; trying again every "
		    "%d s (snmpd.conf needs \"master agentx\")\n",
		    po_master_address(),
		    netsnmp_ds_get_int(NETSNMP_DS_APPLICATION_ID,
			NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL));
	return 0;
}

/*
 * read_configs() would also start the subagent a second time, so a subagent
 * reads its files one by one.
 */
static void
read_again(const struct po_agent_options *options)
{
	if (options->standalone != NULL) {
		read_configs();
		return;
	}
	if (!options->files.without_defaults)
		read_config_files(NORMAL_CONFIG);
	if (options->files.extra != NULL)
		read_config_with_type(options->files.extra, "portowner");
	po_master_set_address();
}

static void
reload(struct agent *agent)
{
	snmp_log(LOG_INFO, "portownerd: reading the configuration again\n");
	po_config_set_defaults(&agent->config);
	po_rules_clear(&agent->rules);
	free_config();
	read_again(agent->options);
	/* The supervisor has read it before: then it was right. */
	if (agent->config.errors != 0) {
		snmp_log(LOG_ERR,
		    "portownerd: the old configuration stays in force\n");
		return;
	}
	if (po_watch_configure(agent->watch, &agent->config, &agent->rules) !=
	    0) {
		snmp_log(LOG_ERR, "portownerd: no memory for the rules\n");
		return;
	}
	po_feed_set_timeout(
	    po_handler_feed(agent->handler), agent->config.cache_timeout);
}

static void
read_control(int fd, void *context)
{
	struct agent *agent = context;
	const int octet = po_pair_receive(fd);

	if (octet == 'H')
		reload(agent);
	else if (octet <= 0 && octet != -EAGAIN)
		agent->ended = true;
}

static void
look(void *context)
{
	struct agent *agent = context;

	po_feed_look(po_handler_feed(agent->handler), false);
}

static int
start_watching(struct agent *agent, struct po_keeper *keeper)
{
	agent->watch = po_watch_new(agent->options->standalone == NULL);
	if (agent->watch == NULL || po_watch_configure(agent->watch,
					&agent->config, &agent->rules) != 0) {
		po_keeper_free(keeper);
		return -ENOMEM;
	}
	po_watch_restore(agent->watch, keeper);
	po_notifier_set_master(po_watch_notifier(agent->watch), agent->master);
	return 0;
}

static int
start_serving(struct agent *agent)
{
	const struct po_agent_options *options = agent->options;
	struct po_agent_means means = {.client = NULL};
	struct po_feed *feed;
	int error;

	error = options->enter(options->context, &agent->config, &means);
	if (error == 0)
		error = start_watching(agent, means.keeper);
	else
		po_keeper_free(means.keeper);
	if (error != 0) {
		po_client_free(means.client);
		return error;
	}
	agent->handler = po_handler_new(means.client, agent->watch);
	if (agent->handler == NULL)
		return -ENOMEM;
	feed = po_handler_feed(agent->handler);
	po_feed_set_timeout(feed, agent->config.cache_timeout);
	/* Without rows the agent still says what is wrong. */
	po_feed_start(feed, FIRST_SNAPSHOT);
	if (po_handler_register(agent->handler, options->standalone != NULL) !=
	    0) {
		snmp_log(LOG_ERR, "portownerd: the tables are refused\n");
		return -EIO;
	}
	po_watch_begin(agent->watch, look, agent);
	if (register_readfd(options->control, read_control, agent) != 0)
		return -EIO;
	return options->ready(options->context);
}

/*
 * A master that goes away closes its end of a Unix socket; nobody has to be
 * woken up to ask whether it is still there.  The interval stays, for attempts
 * to connect again.
 */
static void
stop_pings(const struct agent *agent)
{
	netsnmp_session *master = agent->master;

	if (master == NULL || master->securityModel == SNMP_DEFAULT_SECMODEL ||
	    strncmp(po_master_address(), "tcp", 3) == 0)
		return;
	/* There Net-SNMP has put the number of the alarm. */
	snmp_alarm_unregister((unsigned int)master->securityModel);
	master->securityModel = SNMP_DEFAULT_SECMODEL;
}

/* Waits for anything to happen and lets Net-SNMP handle it. */
static void
run_once(void)
{
	netsnmp_large_fd_set readable, writable, special;
	struct timeval timeout = {3600, 0};
	int count, descriptors = 0, block = 1;

	netsnmp_large_fd_set_init(&readable, FD_SETSIZE);
	netsnmp_large_fd_set_init(&writable, FD_SETSIZE);
	netsnmp_large_fd_set_init(&special, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&readable);
	NETSNMP_LARGE_FD_ZERO(&writable);
	NETSNMP_LARGE_FD_ZERO(&special);
	snmp_select_info2(&descriptors, &readable, &timeout, &block);
	netsnmp_external_event_info2(
	    &descriptors, &readable, &writable, &special);
	count = netsnmp_large_fd_set_select(descriptors, &readable, &writable,
	    &special, block ? NULL : &timeout);
	if (count > 0) {
		netsnmp_dispatch_external_events2(
		    &count, &readable, &writable, &special);
		snmp_read2(&readable);
	} else if (count == 0) {
		snmp_timeout();
	}
	run_alarms();
	netsnmp_check_outstanding_agent_requests();
	netsnmp_large_fd_set_cleanup(&readable);
	netsnmp_large_fd_set_cleanup(&writable);
	netsnmp_large_fd_set_cleanup(&special);
}

int
po_agent_run(const struct po_agent_options *options)
{
	struct agent agent = {.options = options};
	int error;

	/* A master that goes away must not take the agent with it. */
	signal(SIGPIPE, SIG_IGN);
	po_config_set_defaults(&agent.config);
	error = start_net_snmp(&agent);
	if (error == 0)
		error = start_serving(&agent);
	while (error == 0 && !agent.ended) {
		stop_pings(&agent);
		run_once();
	}
	unregister_readfd(options->control);
	po_handler_free(agent.handler);
	po_watch_free(agent.watch);
	po_rules_clear(&agent.rules);
	/* Net-SNMP would free the argument of a callback that is left. */
	snmp_unregister_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_START, note_connected, &agent, 1);
	snmp_unregister_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_STOP, note_connected, &agent, 1);
	if (options->ended != NULL)
		options->ended(options->context);
	/* It closes the log, too. */
	if (error == 0) {
		snmp_shutdown("portowner");
		shutdown_agent();
	}
	return error == 0 ? 0 : PO_AGENT_HOPELESS;
}
