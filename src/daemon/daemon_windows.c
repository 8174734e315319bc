/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process, which the user who starts it gives all rights that it has: the
 * agent in the thread that was there first, and beside it one that collects.
 */
#include <winsock2.h>
#include <windows.h>

#include <errno.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/agent.h"
#include "agent/master.h"
#include "broker/pair.h"
#include "collect/collector.h"
#include "daemon/daemon.h"
#include "daemon/serving.h"
#include "daemon/service_windows.h"

#define GRACE 5000 /* ms to end in before Windows ends the process */

struct daemon {
	struct po_daemon_options options;
	int status;
	char folder[512]; /* of files, "" where Windows names none */
	char state[1024];
	HANDLE lock; /* of the master */
	bool ready; /* it has begun to serve */
};

/* Ends the agent when it is closed, by whoever takes it first; -1: taken. */
static volatile LONG stopper = -1;
static HANDLE ended; /* an event: the agent has ended */

static void
stop(void)
{
	const LONG end = InterlockedExchange(&stopper, -1);

	if (end >= 0)
		po_pair_close((int)end);
}

/* Runs in a thread of its own.  But for Ctrl-C, the process ends with it. */
static BOOL WINAPI
hear_console(DWORD event)
{
	stop();
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
		WaitForSingleObject(ended, GRACE);
	return TRUE;
}

/* A second agent would be refused by the master where nobody sees it. */
static int
take_lock(struct daemon *daemon)
{
	const char *master = po_master_address();
	char name[MAX_PATH], *at;

	snprintf(name, sizeof(name), "Global\\portownerd %.200s", master);
	for (at = strchr(name, '\\') + 1; *at != '\0'; at++)
		if (*at == '\\')
			*at = '/';
	daemon->lock = CreateMutexA(NULL, FALSE, name);
	if (daemon->lock != NULL && GetLastError() != ERROR_ALREADY_EXISTS)
		return 0;
	snmp_log(LOG_ERR,
	    "portownerd: another portownerd serves the AgentX master %s "
	    "already; stop it or give -x another master\n",
	    master);
	return -EWOULDBLOCK;
}

/* Its folder is made, where the one around it is there. */
static void
make_state_folder(const char *path)
{
	char folder[1024];
	size_t length = strlen(path);

	while (length > 0 && strchr("/\\", path[length - 1]) == NULL)
		length--;
	if (length <= 1)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)length - 1, path);
	CreateDirectoryA(folder, NULL);
}

/* Without a place to keep its state the agent works all the same. */
static void
prepare_state(struct daemon *daemon, const struct po_config *config)
{
	const char *folder = daemon->folder[0] == '\0' ? NULL : daemon->folder;

	if (po_config_state_path(
		config, folder, daemon->state, sizeof(daemon->state)) != 0)
		snmp_log(LOG_ERR,
		    "portownerd: the name of the state file is too long: "
		    "nothing is kept (stateFile)\n");
	make_state_folder(daemon->state);
}

static int
open_collector(const struct po_config *config, struct po_collector **collector)
{
	const struct po_collect_options options = {
	    .source = config->source,
	    .all_stacks = config->all_stacks,
	    .arguments = config->arguments,
	    .max_rows = config->max_rows,
	    .listener_ephemeral_udp = config->listener_ephemeral_udp,
	};
	char error[256];
	int result;

	result = po_collector_open(&options, collector, error, sizeof(error));
	if (error[0] != '\0')
		snmp_log(result == 0 ? LOG_NOTICE : LOG_ERR, "portownerd: %s\n",
		    error);
	return result;
}

static int
enter(
    void *context, const struct po_config *config, struct po_agent_means *means)
{
	struct daemon *daemon = context;
	struct po_collector *collector;
	int error = 0;

	if (daemon->options.standalone == NULL)
		error = take_lock(daemon);
	if (error == 0)
		error = open_collector(config, &collector);
	if (error != 0)
		return error;
	prepare_state(daemon, config);
	if (daemon->state[0] != '\0')
		means->keeper = po_keeper_new(daemon->state);
	means->client = po_client_new_thread(collector);
	return means->client == NULL ? -ENOMEM : 0;
}

static int
be_ready(void *context)
{
	struct daemon *daemon = context;

	daemon->ready = true;
	po_serving_begin(&daemon->options);
	po_service_ready();
	return 0;
}

/* Who was refused leaves another's pid file alone. */
static void
be_ended(void *context)
{
	const struct daemon *daemon = context;

	if (daemon->ready)
		po_serving_end(&daemon->options);
}

static int
run_agent(void *context)
{
	struct daemon *daemon = context;
	struct po_agent_options options = {
	    .files = daemon->options.files,
	    .master = daemon->options.master,
	    .standalone = daemon->options.standalone,
	    .channel = -1,
	    .enter = enter,
	    .ready = be_ready,
	    .ended = be_ended,
	    .context = daemon,
	};
	int ends[2], error;

	error = po_pair_open(ends);
	if (error != 0) {
		snmp_log(
		    LOG_ERR, "portownerd: no sockets: %s\n", strerror(-error));
		return 1;
	}
	options.control = ends[0];
	InterlockedExchange(&stopper, ends[1]);
	daemon->status = po_agent_run(&options) == 0 ? 0 : 1;
	stop();
	SetEvent(ended);
	return daemon->status;
}

/* A service has an Event Log, and no console to be told anything by. */
static int
run_service(void *context)
{
	struct daemon *daemon = context;

	if (!daemon->options.logged)
		snmp_enable_syslog_ident("portownerd", 0);
	return run_agent(daemon);
}

static int
run_program(struct daemon *daemon)
{
	if (!daemon->options.logged)
		snmp_enable_stderrlog();
	SetConsoleCtrlHandler(hear_console, TRUE);
	return run_agent(daemon);
}

/* What other systems have: says why not, or returns NULL. */
static const char *
refuse(const struct po_daemon_options *options)
{
	const char *master = options->master;

	if (options->user != NULL || options->group != NULL)
		return "-u and -g are not for Windows: it runs as whoever "
		       "starts it";
	if (options->collector_only)
		return "--collector is not for Windows: nobody could ask it";
	if (options->pin)
		return "--pin-bpf is not for Windows: BPF is Linux's";
	if (options->refreshes != 0)
		return "--profile-refresh is not for Windows";
	if (master != NULL && (strncmp(master, "tcp:", 4) != 0 ||
				  strrchr(master, ':') <= master + 4))
		return "an AgentX master is at tcp:HOST:PORT on Windows";
	return NULL;
}

/* Net-SNMP looks for portowner.conf where it was built to, else here. */
static void
find_files(struct daemon *daemon)
{
	if (po_config_state_folder(daemon->folder, sizeof(daemon->folder)) ==
	    NULL)
		daemon->folder[0] = '\0';
	else if (getenv("SNMPCONFPATH") == NULL)
		_putenv_s("SNMPCONFPATH", daemon->folder);
}

int
po_daemon_main(int argc, char **argv)
{
	struct daemon daemon = {.status = 1};
	const struct po_service service = {run_service, stop, &daemon};
	const char *why;
	int status;

	status = po_daemon_parse(argc, argv, &daemon.options);
	if (status >= 0)
		return status;
	why = refuse(&daemon.options);
	if (why != NULL) {
		fprintf(stderr, "portownerd: %s; try portownerd --help\n", why);
		return 2;
	}
	find_files(&daemon);
	ended = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!daemon.options.foreground && po_service_run(&service))
		return daemon.status;
	return run_program(&daemon);
}
