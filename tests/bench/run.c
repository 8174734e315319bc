/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command and writes what it cost to a file, as JSON.  It is small
 * itself: a process begins with the peak memory of the one that starts it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CPU seconds, those of all processes that the command waited for among them;
 * ru_maxrss is that of the largest one, in KiB on Linux. */
static int
report(const char *path, int status, double wall, const struct rusage *used)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return -errno;
	fprintf(f,
	    "{\"status\": %d, \"wall\": %.6f, \"user\": %.6f, "
	    "\"system\": %.6f, \"rss_kib\": %ld}\n",
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	    wall, seconds(used->ru_utime), seconds(used->ru_stime),
	    used->ru_maxrss);
	return fclose(f) == 0 ? 0 : -errno;
}

int
main(int argc, char **argv)
{
	struct rusage used;
	double began;
	pid_t pid;
	int status, err;

	if (argc < 3) {
		fputs("usage: run FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	began = now();
	pid = fork();
	if (pid < 0) {
		perror("run: fork");
		return 1;
	}
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	while (wait4(pid, &status, 0, &used) < 0) {
		if (errno != EINTR) {
			perror("run: wait4");
			return 1;
		}
	}
	err = report(argv[1], status, now() - began, &used);
	if (err < 0)
		fprintf(stderr, "run: %s: %s\n", argv[1], strerror(-err));
	return err < 0;
}
