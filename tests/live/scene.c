/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens sockets of every kind, prints a JSON line for each row that a right
 * answer has, then "READY", and ends with all its processes when its standard
 * input does.  See scene.h; `scene --list` names the kinds.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define MAX_CHURNERS 250
#define MAX_SECONDS 600

static const struct kind *const groups[] = {scene_tcp_kinds, scene_udp_kinds,
    scene_share_kinds, scene_process_kinds, scene_netns_kinds};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static void
usage(FILE *f)
{
	fprintf(f, "usage: scene [--without KIND]... [--only KIND]...\n"
		   "       scene --churn N SECONDS\n"
		   "       scene --list\n");
}

static void
list(void)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct kind *k = groups[g]; k->name != NULL; k++)
			printf("%-15s  %s%s\n", k->name, k->help,
			    k->root ? " (root)" : "");
}

static const struct kind *
kind_named(const char *name)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct kind *k = groups[g]; k->name != NULL; k++)
			if (strcmp(k->name, name) == 0)
				return k;
	fprintf(stderr, "scene: no kind %s; see --list\n", name);
	exit(2);
}

static bool
is_among(const struct kind *k, const struct kind **set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] == k)
			return true;
	return false;
}

static void
run_kind(struct actor *a, void *arg)
{
	const struct kind *k = arg;

	a->kind = k->name;
	a->extra = k->extra;
	errno = EPERM;
	if (k->root && geteuid() != 0)
		actor_skip(a, "only root");
	k->run(a);
}

static void
on_signal(int number)
{
	(void)number; /* ppoll(2) ends with EINTR */
}

/* Until standard input ends or a signal asks for the end. */
static void
until_told_to_end(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	struct sigaction sa;
	sigset_t blocked, before;
	char bytes[256];

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	while (ppoll(&p, 1, NULL, &before) == 1)
		if (read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0)
			break;
}

/* Everything is in its final state; stays, and ends with all processes. */
int
scene_play(struct actor *a)
{
	if (write(STDOUT_FILENO, "READY\n", 6) == 6)
		until_told_to_end();
	close(a->life_writer);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}

static int
stage(struct actor *a, const struct kind **only, size_t onlies,
    const struct kind **without, size_t withouts)
{
	for (size_t g = 0; g < GROUPS; g++) {
		for (const struct kind *k = groups[g]; k->name != NULL; k++) {
			if ((onlies > 0 && !is_among(k, only, onlies)) ||
			    is_among(k, without, withouts))
				continue;
			actor_start(a, k->name, run_kind, (void *)(uintptr_t)k);
		}
	}
	return scene_play(a);
}

static void
prepare(struct actor *a)
{
	int life[2];

	memset(a, 0, sizeof(*a));
	a->kind = "scene";
	a->ready = -1;
	a->home = netns_inode();
	if (pipe(life) == -1)
		actor_fail(a, "pipe");
	a->life = life[0];
	a->life_writer = life[1];
	/* processes whose starter has ended are waited for, too */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
}

static unsigned
number(const char *text, unsigned max)
{
	unsigned long n;
	char *end;

	n = text == NULL ? 0 : strtoul(text, &end, 10);
	if (n == 0 || n > max || *end != '\0') {
		usage(stderr);
		exit(2);
	}
	return (unsigned)n;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"without", required_argument, NULL, 'w'},
	    {"only", required_argument, NULL, 'o'},
	    {"churn", required_argument, NULL, 'c'},
	    {"list", no_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0}};
	const struct kind *only[64], *without[64];
	size_t onlies = 0, withouts = 0;
	unsigned churners = 0;
	struct actor a;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'w':
			if (withouts < 64)
				without[withouts++] = kind_named(optarg);
			break;
		case 'o':
			if (onlies < 64)
				only[onlies++] = kind_named(optarg);
			break;
		case 'c':
			churners = number(optarg, MAX_CHURNERS);
			break;
		case 'l':
			list();
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	prepare(&a);
	if (churners > 0)
		return (scene_churn(
		    &a, churners, number(argv[optind], MAX_SECONDS)));
	return stage(&a, only, onlies, without, withouts);
}
