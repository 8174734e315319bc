/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the supervisor share: prepare.c makes what its children
 * need, children.c is what they do, supervisor.c keeps them alive.
 */
#ifndef PO_DAEMON_SUPERVISOR_PRIVATE_H
#define PO_DAEMON_SUPERVISOR_PRIVATE_H

#include <sys/types.h>

#include "daemon/identity.h"
#include "daemon/supervisor.h"

struct po_supervisor;

struct child {
	const char *name;
	int (*run)(struct po_supervisor *supervisor, int control, int channel);
	pid_t pid; /* 0: does not run */
	int control; /* our end; -1: none */
	int channel; /* our end of what it asks to be opened; -1: none */
	uint64_t started;
	uint64_t restart_at; /* us; 0: not waiting for a restart */
	uint64_t backoff;
	bool expected; /* it ends because it was told to */
};

struct po_supervisor {
	const struct po_daemon_options *options;
	struct po_config config;
	char state[1024]; /* the file where the agent keeps its; "": none */
	struct po_identity identity;
	gid_t groups[PO_GROUPS_MAX]; /* that may read the collector */
	size_t n_groups;
	int lock; /* of the master; -1: none */
	int listener;
	int signals[2]; /* a pipe that signals write into */
	struct child collector;
	struct child agent;
	bool served; /* the agent has been ready once */
	bool ended;
	int status;
	void (*ready)(void *context);
	void *context;
};

/*
 * prepare.c: the configuration, with whose rights it is served, and the folder
 * of the state file.  Each says in the log what is wrong.  0 or -errno.
 */
int supervisor_configure(struct po_supervisor *s);

/* prepare.c: a subagent alone; a second one would be refused unseen. */
int supervisor_take_lock(struct po_supervisor *s);
void supervisor_release_lock(const struct po_supervisor *s);

/* prepare.c: the collector's socket. */
int supervisor_open_listener(struct po_supervisor *s);

/* children.c: a child's whole life; returns its exit status. */
int supervisor_run_collector(struct po_supervisor *s, int control, int channel);
int supervisor_run_agent(struct po_supervisor *s, int control, int channel);

#endif
