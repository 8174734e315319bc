/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going into the background, and telling others when the service is there: by
 * the pid file, by the end of the process that was started, and by systemd's
 * protocol (one datagram to the socket that NOTIFY_SOCKET names, sd_notify(3)).
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "broker/socket.h"
#include "collect/pin.h"
#include "daemon/identity.h"
#include "daemon/profile.h"
#include "daemon/serving.h"
#include "daemon/supervisor.h"

struct daemon {
	struct po_daemon_options options;
	int starter; /* where the process that was started waits; -1: none */
};

static void
notify_systemd(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path == NULL ? 0 : strlen(path);
	int fd;

	if (length == 0 || length >= sizeof(address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, length);
	/* '@' stands for the abstract name space. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = po_socket_open(AF_UNIX, SOCK_DGRAM);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

static void
be_ready(void *context)
{
	struct daemon *daemon = context;

	po_serving_begin(&daemon->options);
	notify_systemd("READY=1");
	if (daemon->starter >= 0) {
		if (write(daemon->starter, "R", 1) < 0)
			snmp_log(LOG_WARNING,
			    "portownerd: nobody waits for the start\n");
		close(daemon->starter);
	}
	daemon->starter = -1;
}

/* The process that was started ends when the service is there, or is not. */
static void
wait_for_service(int from)
{
	char octet;
	ssize_t got;

	do
		got = read(from, &octet, 1);
	while (got < 0 && errno == EINTR);
	if (got == 1)
		_exit(0);
	fputs("portownerd: did not start; its log says why (-f shows it "
	      "here)\n",
	    stderr);
	_exit(1);
}

static int
go_into_background(struct daemon *daemon)
{
	int ends[2], null;
	pid_t pid;

	if (pipe(ends) != 0)
		return -errno;
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		close(ends[1]);
		wait_for_service(ends[0]);
	}
	close(ends[0]);
	daemon->starter = ends[1];
	setsid();
	if (chdir("/") != 0)
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	dup2(null, STDIN_FILENO);
	if (!daemon->options.log_to_terminal) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	return 0;
}

/* Relative names mean what they meant where the command was given. */
static const char *
absolute(const char *path)
{
	char *whole, *here;

	if (path == NULL || path[0] == '/')
		return path;
	here = getcwd(NULL, 0);
	if (here == NULL)
		return path;
	whole = malloc(strlen(here) + strlen(path) + 2);
	if (whole != NULL)
		sprintf(whole, "%s/%s", here, path);
	free(here);
	return whole == NULL ? path : whole;
}

static int
pin_programs(const struct po_daemon_options *options)
{
	struct po_identity identity;
	char message[256];
	int result;

	if (po_identity_find(options->user, options->group, &identity) != 0)
		return 1;
	result = po_bpf_pin(identity.gid, message, sizeof(message));
	fprintf(stderr, "portownerd: %s\n", message);
	return result == 0 ? 0 : 1;
}

/* The log of who did not say where to log. */
static void
set_default_log(const struct po_daemon_options *options)
{
	if (options->foreground)
		snmp_enable_stderrlog();
	else
		snmp_enable_syslog_ident("portownerd", LOG_DAEMON);
}

int
po_daemon_main(int argc, char **argv)
{
	struct daemon daemon = {.starter = -1};
	int status;

	status = po_daemon_parse(argc, argv, &daemon.options);
	if (status >= 0)
		return status;
	if (!daemon.options.logged)
		set_default_log(&daemon.options);
	if (daemon.options.pin)
		return pin_programs(&daemon.options);
	if (daemon.options.refreshes != 0)
		return po_profile_refreshes(&daemon.options);
	daemon.options.pid_file = absolute(daemon.options.pid_file);
	daemon.options.files.extra = absolute(daemon.options.files.extra);
	if (!daemon.options.foreground && go_into_background(&daemon) != 0) {
		perror("portownerd: no background process");
		return 1;
	}
	status = po_supervisor_run(&daemon.options, be_ready, &daemon);
	notify_systemd("STOPPING=1");
	po_serving_end(&daemon.options);
	return status;
}
