/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that live for a fifth of a second, again and again.  Each process
 * has an address of its own, and each run a net of its own in 127.64.0.0/10:
 * whoever sees one of the sockets knows whose it must be, whenever he looked.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"

#define LIFE_MS 200

struct churner {
	unsigned number;
	unsigned run; /* the main process's pid */
	time_t end; /* of CLOCK_MONOTONIC */
};

static time_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* A TCP connection and its listener, two UDP sockets that are connected. */
static void
one_life(struct actor *a, const struct endpoint *e)
{
	struct pollfd life = {.fd = a->life};
	int fds[5];

	fds[0] = tcp_listener(a, e);
	tcp_pair(a, fds[0], &fds[1]);
	fds[3] = socket_bound(a, e, SOCK_DGRAM, 0);
	fds[4] = socket_bound(a, e, SOCK_DGRAM, 0);
	socket_connect(a, fds[4], fds[3]);
	if (poll(&life, 1, LIFE_MS) != 0)
		_exit(0);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close(fds[i]);
}

static void
churn(struct actor *a, void *arg)
{
	struct churner *c = arg;
	struct endpoint e = {.family = AF_INET};
	char address[32];

	snprintf(address, sizeof(address), "127.%u.%u.%u", 64 + c->run % 64,
	    c->run / 64 % 256, c->number + 1);
	e.address = address;
	/* one that stays tells the reader who it is */
	expect(a, tcp_listener(a, &e), "LISTEN");
	actor_report(a);
	while (now() < c->end)
		one_life(a, &e);
}

int
scene_churn(struct actor *a, unsigned n, unsigned seconds)
{
	struct churner c;

	a->kind = "churn";
	c.run = (unsigned)getpid();
	c.end = now() + (time_t)seconds;
	for (c.number = 0; c.number < n; c.number++)
		actor_start(a, "churner", churn, &c);
	return scene_play(a);
}
