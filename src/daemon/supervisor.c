/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor knows neither SNMP nor sockets' owners.  It listens on the
 * collector's socket, so that readers find it open while a collector is being
 * restarted, and holds one end of a socket pair to each child: when it goes,
 * they go.
 */
#include "daemon/supervisor_private.h"

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
#include "broker/socket.h"
#include "daemon/opener.h"
#include "daemon/sandbox.h"
#include "model/clock.h"

#define BACKOFF_FIRST 50000 /* us before a restart, doubled each time */
#define BACKOFF_LAST 2000000 /* us */
#define STEADY 10000000 /* us of life after which all is well again */
#define GRACE 5000000 /* us for the children to end */

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

/* What a child must not inherit from the supervisor. */
static void
leave_supervisor(struct po_supervisor *s, const struct child *child)
{
	const struct child *other =
	    child == &s->agent ? &s->collector : &s->agent;

	if (other->control >= 0)
		close(other->control);
	if (other->channel >= 0)
		close(other->channel);
	close(s->signals[0]);
	close(s->signals[1]);
	set_signals(SIG_DFL);
	/* The supervisor alone hears the terminal and the administrator. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static void
close_ends(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static int
start_child(struct po_supervisor *s, struct child *child)
{
	int control[2], channel[2];

	if (po_socket_pair(control) != 0)
		return -errno;
	if (po_socket_pair(channel) != 0) {
		close_ends(control);
		return -errno;
	}
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		close_ends(control);
		close_ends(channel);
		return -EAGAIN;
	}
	if (child->pid == 0) {
		close(control[0]);
		close(channel[0]);
		leave_supervisor(s, child);
		exit(child->run(s, control[1], channel[1]));
	}
	close(control[1]);
	close(channel[1]);
	child->control = control[0];
	child->channel = channel[0];
	child->started = po_clock_us();
	child->restart_at = 0;
	return 0;
}

/* Ends what the child was given: it will end, too. */
static void
let_go(struct child *child)
{
	if (child->control >= 0)
		close(child->control);
	if (child->channel >= 0)
		close(child->channel);
	child->control = child->channel = -1;
}

static void
plan_restart(struct child *child)
{
	const uint64_t now = po_clock_us();

	if (now - child->started > STEADY || child->backoff == 0)
		child->backoff = BACKOFF_FIRST;
	else if (child->backoff < BACKOFF_LAST / 2)
		child->backoff *= 2;
	else
		child->backoff = BACKOFF_LAST;
	child->restart_at = now + child->backoff;
}

static void
note_end(struct po_supervisor *s, struct child *child, int status)
{
	bool hopeless =
	    WIFEXITED(status) && WEXITSTATUS(status) == PO_AGENT_HOPELESS;

	child->pid = 0;
	let_go(child);
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
 * of its socket; the agent reads it by itself, where it still can.  One that is
 * wrong is as if it were not there.
 */
static void
reload(struct po_supervisor *s)
{
	/* As the agent was confined, not as the next one will be. */
	const bool reads_files = po_sandbox_reads_files(s->config.sandbox);
	struct po_config config;

	if (po_config_read_apart(&s->options->files, true, &config) == 0) {
		if (config.errors != 0) {
			snmp_log(LOG_ERR,
			    "portownerd: the configuration has errors: the "
			    "old one stays in force\n");
			return;
		}
		if (strcmp(config.collector_socket,
			s->config.collector_socket) != 0)
			snmp_log(LOG_WARNING,
			    "portownerd: a new collectorSocket is used after "
			    "a restart\n");
		if (strcmp(config.state_file, s->config.state_file) != 0)
			snmp_log(LOG_WARNING,
			    "portownerd: a new stateFile is used after a "
			    "restart\n");
		strcpy(config.state_file, s->config.state_file);
		strcpy(config.collector_socket, s->config.collector_socket);
		strcpy(config.master, s->config.master);
		s->config = config;
	}
	if (s->collector.control >= 0) {
		let_go(&s->collector);
		s->collector.expected = true;
	}
	if (s->agent.control < 0)
		return;
	if (!reads_files) {
		let_go(&s->agent);
		s->agent.expected = true;
	} else if (write(s->agent.control, "H", 1) < 0) {
		snmp_log(LOG_ERR, "portownerd: the agent does not listen\n");
	}
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

/* A child says that it serves, or ends. */
static void
hear_child(struct po_supervisor *s, struct child *child)
{
	char octet;
	ssize_t got = read(child->control, &octet, 1);

	if (got == 1 && octet == 'R') {
		if (!s->served)
			s->ready(s->context);
		s->served = true;
	} else if (got == 0) {
		/* SIGCHLD will tell how. */
		let_go(child);
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
answer_child(const struct po_supervisor *s, struct child *child, short events)
{
	const bool is_agent = child == &s->agent;
	const struct po_opener opener = {
	    .master = is_agent ? s->config.master : NULL,
	    .collector = is_agent ? s->config.collector_socket : NULL,
	    .stacks = !is_agent,
	};

	if (events == 0 || po_opener_answer(child->channel, &opener) == 0)
		return;
	close(child->channel);
	child->channel = -1;
}

static void
supervise(struct po_supervisor *s)
{
	/* Who alone says that the service is there. */
	struct child *speaker =
	    s->options->collector_only ? &s->collector : &s->agent;
	struct pollfd fds[4];
	int timeout;

	while (!s->ended) {
		timeout = restart_due(s);
		fds[0] = (struct pollfd){s->signals[0], POLLIN, 0};
		fds[1] = (struct pollfd){speaker->control, POLLIN, 0};
		fds[2] = (struct pollfd){s->agent.channel, POLLIN, 0};
		fds[3] = (struct pollfd){s->collector.channel, POLLIN, 0};
		if (poll(fds, 4, timeout) < 0)
			continue;
		answer_child(s, &s->agent, fds[2].revents);
		answer_child(s, &s->collector, fds[3].revents);
		if (fds[1].revents != 0)
			hear_child(s, speaker);
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
	for (i = 0; i < 2; i++)
		let_go(children[i]);
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
	    .lock = -1,
	    .collector = {.name = "collector", .control = -1, .channel = -1},
	    .agent = {.name = "agent", .control = -1, .channel = -1},
	    .ready = ready,
	    .context = context,
	};
	int error;

	s.collector.run = supervisor_run_collector;
	s.agent.run = supervisor_run_agent;
	if (supervisor_configure(&s) != 0 || open_signals(&s) != 0 ||
	    supervisor_take_lock(&s) != 0)
		return 1;
	if (supervisor_open_listener(&s) != 0) {
		supervisor_release_lock(&s);
		return 1;
	}
	error = start_child(&s, &s.collector);
	if (error == 0 && !options->collector_only)
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
	supervisor_release_lock(&s);
	return s.status;
}
