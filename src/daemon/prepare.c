/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Before there are children: the configuration, the lock of the master, the
 * folder of the state file, the collector's socket.
 */
#include "daemon/supervisor_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "broker/server.h"
#include "daemon/lock.h"
#include "daemon/opener.h"

int
supervisor_take_lock(struct po_supervisor *s)
{
	const char *master = s->config.master;
	pid_t holder;

	if (s->options->standalone != NULL || s->options->collector_only)
		return 0;
	s->lock = po_lock_take(master, &holder);
	if (s->lock >= 0)
		return 0;
	if (s->lock == -EWOULDBLOCK)
		snmp_log(LOG_ERR,
		    "portownerd: another portownerd (pid %ld) serves the "
		    "AgentX master %s already; stop it or give -x another "
		    "master\n",
		    (long)holder, master);
	else
		snmp_log(LOG_ERR, "portownerd: no lock for %s: %s\n", master,
		    strerror(-s->lock));
	return s->lock;
}

/* The folder of the state file is made, and given to the agent's user. */
static void
make_state_folder(const struct po_supervisor *s)
{
	char folder[sizeof(s->state)], *slash;

	strcpy(folder, s->state);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return;
	*slash = '\0';
	/* Whoever made it before has said whose it is. */
	if (mkdir(folder, 0750) != 0 || !s->identity.change)
		return;
	if (chown(folder, s->identity.uid, s->identity.gid) != 0)
		snmp_log(
		    LOG_ERR, "portownerd: %s: %s\n", folder, strerror(errno));
}

/* Without a place to keep its state the agent works all the same. */
static void
prepare_state(struct po_supervisor *s)
{
	char buffer[sizeof(s->state)];

	if (po_config_state_path(&s->config,
		po_config_state_folder(buffer, sizeof(buffer)), s->state,
		sizeof(s->state)) != 0)
		snmp_log(LOG_ERR,
		    "portownerd: the name of the state file is too long: "
		    "nothing is kept (stateFile)\n");
	if (s->state[0] != '\0')
		make_state_folder(s);
}

int
supervisor_configure(struct po_supervisor *s)
{
	const struct po_daemon_options *options = s->options;
	int error;

	error = po_config_read_apart(&options->files, false, &s->config);
	if (error != 0) {
		snmp_log(LOG_ERR, "portownerd: no configuration: %s\n",
		    strerror(-error));
		return error;
	}
	if (options->master != NULL)
		snprintf(s->config.master, sizeof(s->config.master), "%s",
		    options->master);
	if (options->standalone == NULL && !options->collector_only &&
	    po_opener_check(s->config.master) != 0) {
		snmp_log(LOG_ERR,
		    "portownerd: %s is no address of an AgentX master; it is "
		    "unix:PATH or tcp:HOST:PORT\n",
		    s->config.master);
		return -EINVAL;
	}
	error = po_identity_find(options->user, options->group, &s->identity);
	if (error == 0 && !options->collector_only)
		prepare_state(s);
	return error;
}

void
supervisor_release_lock(const struct po_supervisor *s)
{
	if (s->lock >= 0)
		po_lock_release(s->config.master, s->lock);
}

int
supervisor_open_listener(struct po_supervisor *s)
{
	const char *path = s->config.collector_socket;
	gid_t group = s->identity.gid;

	s->n_groups = po_identity_groups(s->config.collector_allow, s->groups);
	/* -g names a group for all of it. */
	if (s->options->group != NULL && s->n_groups < PO_GROUPS_MAX)
		s->groups[s->n_groups++] = group;
	if (s->n_groups > 0)
		group = s->groups[0];
	s->listener = po_server_listen(path, group, s->n_groups > 1);
	if (s->listener >= 0)
		return 0;
	if (s->listener == -EADDRINUSE)
		snmp_log(LOG_ERR,
		    "portownerd: another collector listens on %s; stop it or "
		    "set collectorSocket in portowner.conf\n",
		    path);
	else
		snmp_log(LOG_ERR,
		    "portownerd: %s: %s (set collectorSocket in "
		    "portowner.conf)\n",
		    path, strerror(-s->listener));
	return s->listener;
}
