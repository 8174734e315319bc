/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are on Unix, and reading the configuration in another process.
 */
#include "agent/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

void
po_config_set_places(struct po_config *config)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	const char *service = getenv("RUNTIME_DIRECTORY"); /* systemd's */

	strcpy(config->master, "unix:/var/agentx/master");
	if (service != NULL && strlen(service) < 64)
		snprintf(config->collector_socket,
		    sizeof(config->collector_socket), "%s/collector.sock",
		    service);
	else if (geteuid() == 0)
		snprintf(config->collector_socket,
		    sizeof(config->collector_socket), "%s/collector.sock",
		    RUNDIR);
	else if (folder != NULL && strlen(folder) < 64)
		snprintf(config->collector_socket,
		    sizeof(config->collector_socket),
		    "%s/portowner/collector.sock", folder);
	else
		snprintf(config->collector_socket,
		    sizeof(config->collector_socket),
		    "/tmp/portowner-%lu/collector.sock",
		    (unsigned long)geteuid());
}

/* Lines with tokens of Net-SNMP's own that are wrong show in the log alone. */
static int
count_error(int major, int minor, void *server, void *client)
{
	const struct snmp_log_message *message = server;

	(void)major;
	(void)minor;
	if (strstr(message->msg, ": Error: ") != NULL)
		++*(uint32_t *)client;
	return SNMPERR_SUCCESS;
}

/* Whom nobody can ask would warn that nobody may. */
static int
give_access(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	vacm_createAccessEntry("", "", 0, 0);
	return SNMPERR_SUCCESS;
}

/* The life of the process that po_config_read_apart() forks. */
static void
read_and_send(const struct po_config_files *files, bool loud, int out)
{
	struct po_rules rules = {.items = NULL};
	struct po_config config;
	const char *master;
	uint32_t errors = 0;
	bool sent;
	int null;

	if (!loud) {
		/* What is wrong with the files, the agent will say. */
		snmp_disable_log();
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
	}
	snmp_enable_calllog();
	snmp_register_callback(
	    SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, count_error, &errors);
	po_config_prepare(files);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_NO_TOKEN_WARNINGS, 1);
	po_config_set_defaults(&config);
	/* As a master, so that it knows agentXSocket and connects to nobody. */
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 0);
	init_agent("portowner");
	netsnmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_READ_CONFIG, give_access, NULL,
	    NETSNMP_CALLBACK_HIGHEST_PRIORITY);
	po_config_register("portowner", "", &config, &rules);
	init_snmp("portowner");
	if (errors > config.errors)
		config.errors = errors;
	master = netsnmp_ds_get_string(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET);
	if (master != NULL && strlen(master) < sizeof(config.master))
		strcpy(config.master, master);
	sent = write(out, &config, sizeof(config)) == (ssize_t)sizeof(config);
	_exit(sent ? 0 : 1);
}

int
po_config_read_apart(
    const struct po_config_files *files, bool loud, struct po_config *config)
{
	size_t used = 0;
	ssize_t got;
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		read_and_send(files, loud, ends[1]);
	}
	close(ends[1]);
	while (pid > 0 && used < sizeof(*config)) {
		got = read(
		    ends[0], (char *)config + used, sizeof(*config) - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(ends[0]);
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return pid < 0 ? -EAGAIN : used == sizeof(*config) ? 0 : -EIO;
}

const char *
po_config_state_folder(char *buffer, size_t size)
{
	const char *service = getenv("STATE_DIRECTORY"); /* systemd's */
	const char *own = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int length = -1;

	if (service != NULL)
		length = snprintf(
		    buffer, size, "%.*s", (int)strcspn(service, ":"), service);
	else if (geteuid() == 0)
		length = snprintf(buffer, size, "%s", STATEDIR);
	else if (own != NULL && own[0] == '/')
		length = snprintf(buffer, size, "%s/portowner", own);
	else if (home != NULL && home[0] == '/')
		length =
		    snprintf(buffer, size, "%s/.local/state/portowner", home);
	return length > 0 && (size_t)length < size ? buffer : NULL;
}
