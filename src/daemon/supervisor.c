/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor knows neither SNMP nor sockets' owners.  It listens on the
 * collector's socket, so that readers find it open while a collector is being
 * restarted, and holds one end of a socket pair to each child: when it goes,
 * they go.
 */
#include "daemon/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/agent.h"
#include "broker/server.h"

#define BACKOFF_FIRST 50000 /* us before a restart, doubled each time */
#define BACKOFF_LAST 2000000 /* us */
#define STEADY 10000000 /* us of life after which all is well again */
#define GRACE 5000000 /* us for the children to end */
#define COLLECTION_PATIENCE 120 /* s */

struct po_supervisor;

struct child {
	const char *name;
	int (*run)(struct po_supervisor *supervisor, int control);
	pid_t pid; /* 0: does not run */
	int control; /* our end; -1: none */
	uint64_t started;
	uint64_t restart_at; /* us; 0: not waiting for a restart */
	uint64_t backoff;
	bool expected; /* it ends because it was told to */
};

struct po_supervisor {
	const struct po_daemon_options *options;
	struct po_config config;
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

/* The writing end of the signals' pipe, for the handler alone. */
static volatile sig_atomic_t signal_end;

static void
note_signal(int number)
{
	char octet = (char)number;
	int saved = errno;

	/* A full pipe is being read already. */
	if (write(signal_end, &octet, 1) < 0)
		errno = saved;
	errno = saved;
}

static void
set_signals(void (*handler)(int number))
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	struct sigaction action = {.sa_handler = handler};
	size_t i;

	action.sa_flags = SA_RESTART;
	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
log_sentence(int priority, const char *sentence)
{
	snmp_log(priority, "portownerd: %s\n", sentence);
}

static int
run_collector(struct po_supervisor *s, int control)
{
	const struct po_server_options options = {
	    .collect =
		{
		    .source = s->config.source,
		    .all_stacks = s->config.all_stacks,
		    .arguments = s->config.arguments,
		    .max_rows = s->config.max_rows,
		    .listener_ephemeral_udp = s->config.listener_ephemeral_udp,
		},
	    .listener = s->listener,
	    .control = control,
	    .patience = COLLECTION_PATIENCE,
	    .log = log_sentence,
	};
	int error = po_server_run(&options);

	return error == 0 ? 0 : PO_AGENT_HOPELESS;
}

static int
run_agent(struct po_supervisor *s, int control)
{
	const struct po_agent_options options = {
	    .files = s->options->files,
	    .master = s->options->master,
	    .standalone = s->options->standalone,
	    .socket = s->config.collector_socket,
	    .control = control,
	};

	close(s->listener);
	return po_agent_run(&options);
}

/* What a child must not inherit from the supervisor. */
static void
leave_supervisor(struct po_supervisor *s, const struct child *child)
{
	const struct child *other =
	    child == &s->agent ? &s->collector : &s->agent;

	if (other->control >= 0)
		close(other->control);
	close(s->signals[0]);
	close(s->signals[1]);
	set_signals(SIG_DFL);
	/* The supervisor alone hears the terminal and the administrator. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static int
start_child(struct po_supervisor *s, struct child *child)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (child->pid == 0) {
		close(ends[0]);
		leave_supervisor(s, child);
		exit(child->run(s, ends[1]));
	}
	close(ends[1]);
	child->control = ends[0];
	child->started = po_clock_us();
	child->restart_at = 0;
	return 0;
}

static void
plan_restart(struct child *child)
{
	const uint64_t now = po_clock_us();

	if (now - child->started > STEADY || child->backoff == 0)
		child->backoff = BACKOFF_FIRST;
	else if (child->backoff < BACKOFF_LAST)
		child->backoff *= 2;
	child->restart_at = now + child->backoff;
}

static void
note_end(struct po_supervisor *s, struct child *child, int status)
{
	bool hopeless =
	    WIFEXITED(status) && WEXITSTATUS(status) == PO_AGENT_HOPELESS;

	child->pid = 0;
	if (child->control >= 0)
		close(child->control);
	child->control = -1;
	if (s->ended)
		return;
	/* It has said why; starting it again would say the same. */
	if (hopeless && !s->served) {
		s->ended = true;
		s->status = 1;
		return;
	}
	if (child->expected) {
		child->expected = false;
		child->restart_at = 1;
		return;
	}
	plan_restart(child);
	if (WIFSIGNALED(status))
		snmp_log(LOG_ERR,
		    "portownerd: the %s was ended by signal %d; starting it "
		    "again\n",
		    child->name, WTERMSIG(status));
	else
		snmp_log(LOG_ERR,
		    "portownerd: the %s ended with status %d; starting it "
		    "again\n",
		    child->name, WEXITSTATUS(status));
}

static void
reap(struct po_supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->collector.pid)
			note_end(s, &s->collector, status);
		else if (pid == s->agent.pid)
			note_end(s, &s->agent, status);
	}
}

/*
 * The collector begins anew with the new configuration, except for the place
 * of its socket; the agent reads it by itself.
 */
static void
reload(struct po_supervisor *s)
{
	struct po_config config;

	if (po_config_read_apart(&s->options->files, &config) == 0) {
		if (strcmp(config.collector_socket,
			s->config.collector_socket) != 0)
			snmp_log(LOG_WARNING,
			    "portownerd: a new collectorSocket is used after "
			    "a restart\n");
		strcpy(config.collector_socket, s->config.collector_socket);
		s->config = config;
	}
	if (s->collector.control >= 0) {
		close(s->collector.control);
		s->collector.control = -1;
		s->collector.expected = true;
	}
	if (s->agent.control >= 0 && write(s->agent.control, "H", 1) < 0)
		snmp_log(LOG_ERR, "portownerd: the agent does not listen\n");
}

static void
handle_signals(struct po_supervisor *s)
{
	char octets[64];
	ssize_t got, i;

	got = read(s->signals[0], octets, sizeof(octets));
	for (i = 0; i < got; i++) {
		if (octets[i] == SIGHUP && !s->ended)
			reload(s);
		else if (octets[i] == SIGTERM || octets[i] == SIGINT)
			s->ended = true;
	}
	reap(s);
}

static void
hear_agent(struct po_supervisor *s)
{
	char octet;
	ssize_t got = read(s->agent.control, &octet, 1);

	if (got == 1 && octet == 'R') {
		if (!s->served)
			s->ready(s->context);
		s->served = true;
	} else if (got == 0) {
		/* It is ending; SIGCHLD will tell how. */
		close(s->agent.control);
		s->agent.control = -1;
	}
}

/* Starts again who is due; returns the milliseconds until the next is. */
static int
restart_due(struct po_supervisor *s)
{
	struct child *children[] = {&s->collector, &s->agent};
	const uint64_t now = po_clock_us();
	uint64_t wait;
	int timeout = -1;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (children[i]->restart_at == 0)
			continue;
		if (children[i]->restart_at <= now &&
		    start_child(s, children[i]) == 0)
			continue;
		wait = children[i]->restart_at > now
			   ? children[i]->restart_at - now
			   : BACKOFF_LAST;
		if (timeout < 0 || wait / 1000 + 1 < (uint64_t)timeout)
			timeout = (int)(wait / 1000 + 1);
	}
	return timeout;
}

static void
supervise(struct po_supervisor *s)
{
	struct pollfd fds[2];
	int timeout;

	while (!s->ended) {
		timeout = restart_due(s);
		fds[0] = (struct pollfd){s->signals[0], POLLIN, 0};
		fds[1] = (struct pollfd){s->agent.control, POLLIN, 0};
		if (poll(fds, 2, timeout) < 0)
			continue;
		if (fds[1].revents != 0)
			hear_agent(s);
		if (fds[0].revents != 0)
			handle_signals(s);
	}
}

/* Lets the children end by themselves, and makes them if they do not. */
static void
end_children(struct po_supervisor *s)
{
	struct child *children[] = {&s->agent, &s->collector};
	const uint64_t deadline = po_clock_us() + GRACE;
	struct pollfd fd = {s->signals[0], POLLIN, 0};
	size_t i;

	s->ended = true;
	for (i = 0; i < 2; i++) {
		if (children[i]->control >= 0)
			close(children[i]->control);
		children[i]->control = -1;
	}
	while ((s->agent.pid != 0 || s->collector.pid != 0) &&
	       po_clock_us() < deadline) {
		if (poll(&fd, 1, 100) > 0)
			handle_signals(s);
		else
			reap(s);
	}
	for (i = 0; i < 2; i++) {
		if (children[i]->pid == 0)
			continue;
		kill(children[i]->pid, SIGKILL);
		waitpid(children[i]->pid, NULL, 0);
	}
}

static int
open_listener(struct po_supervisor *s)
{
	const char *path = s->config.collector_socket;

	s->listener = po_server_listen(path, NULL);
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

static int
open_signals(struct po_supervisor *s)
{
	int i;

	if (pipe(s->signals) != 0)
		return -errno;
	for (i = 0; i < 2; i++) {
		fcntl(s->signals[i], F_SETFD, FD_CLOEXEC);
		fcntl(s->signals[i], F_SETFL, O_NONBLOCK);
	}
	signal_end = s->signals[1];
	set_signals(note_signal);
	return 0;
}

int
po_supervisor_run(const struct po_daemon_options *options,
    void (*ready)(void *context), void *context)
{
	struct po_supervisor s = {
	    .options = options,
	    .collector = {.name = "collector", .control = -1},
	    .agent = {.name = "agent", .control = -1},
	    .ready = ready,
	    .context = context,
	};
	int error;

	s.collector.run = run_collector;
	s.agent.run = run_agent;
	error = po_config_read_apart(&options->files, &s.config);
	if (error != 0)
		snmp_log(LOG_ERR, "portownerd: no configuration: %s\n",
		    strerror(-error));
	if (error == 0)
		error = open_signals(&s);
	if (error != 0 || open_listener(&s) != 0)
		return 1;
	error = start_child(&s, &s.collector);
	if (error == 0)
		error = start_child(&s, &s.agent);
	if (error != 0) {
		snmp_log(
		    LOG_ERR, "portownerd: no process: %s\n", strerror(-error));
		s.status = 1;
	} else {
		supervise(&s);
	}
	end_children(&s);
	close(s.listener);
	unlink(s.config.collector_socket);
	return s.status;
}
