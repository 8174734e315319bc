/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes of the scene: how they start, tell that they are ready, and end.
 * A starter goes on only when the process it started has said so, hence the
 * main process needs no clock to know that everything is in its final state.
 */
#include <sys/prctl.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define START_LIMIT_MS 30000

static void
tell_starter(struct actor *a, char what)
{
	if (a->ready == -1)
		return;
	if (write(a->ready, &what, 1) != 1)
		_exit(1);
	close(a->ready);
	a->ready = -1;
}

/* The sockets of this process are in their final state. */
void
actor_report(struct actor *a)
{
	tell_starter(a, 'r');
}

/* Waits for the byte that the started process writes; 'f' when it died. */
static char
await_report(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char what = 'f';
	int n;

	do
		n = poll(&p, 1, START_LIMIT_MS);
	while (n == -1 && errno == EINTR);
	if (n != 1 || read(fd, &what, 1) != 1)
		what = 'f';
	close(fd);
	return what;
}

/*
 * Starts a process named name (NULL: like its starter) that runs body and
 * then stays; returns when it is ready, or has skipped its kind.
 */
pid_t
actor_start(struct actor *a, const char *name,
    void (*body)(struct actor *, void *), void *arg)
{
	struct actor child;
	int report[2];
	pid_t pid;

	if (pipe(report) == -1)
		actor_fail(a, "pipe");
	pid = fork();
	if (pid == -1)
		actor_fail(a, "fork");
	if (pid == 0) {
		close(report[0]);
		if (a->ready != -1)
			close(a->ready);
		if (a->life_writer != -1)
			close(a->life_writer);
		child = *a;
		child.ready = report[1];
		child.life_writer = -1;
		if (name != NULL)
			prctl(PR_SET_NAME, name);
		body(&child, arg);
		actor_stay(&child);
	}
	close(report[1]);
	if (await_report(report[0]) == 'f') {
		errno = 0;
		actor_fail(a, "a process it started did not get ready");
	}
	return pid;
}

/* Says that this process is ready, and returns when the scene is over. */
void
actor_await_end(struct actor *a)
{
	char byte;
	ssize_t n;

	actor_report(a);
	do
		n = read(a->life, &byte, 1);
	while (n > 0 || (n == -1 && errno == EINTR));
}

void
actor_stay(struct actor *a)
{
	actor_await_end(a);
	_exit(0);
}

/* This kernel or user cannot have the kind: said on stdout, no failure. */
void
actor_skip(struct actor *a, const char *why)
{
	char line[256];
	int n;

	n = snprintf(line, sizeof(line),
	    "{\"kind\":\"%s\",\"skipped\":\"%s: %s\"}\n", a->kind, why,
	    strerror(errno));
	if (n < 0 || write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(1);
	tell_starter(a, 's');
	_exit(0);
}

void
actor_fail(struct actor *a, const char *what)
{
	if (errno != 0)
		fprintf(stderr, "scene: %s: %s: %s\n", a->kind, what,
		    strerror(errno));
	else
		fprintf(stderr, "scene: %s: %s\n", a->kind, what);
	_exit(1);
}

/* Between two looks at kernel state that no descriptor reports. */
void
actor_pause(void)
{
	poll(NULL, 0, 1);
}
