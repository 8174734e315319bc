/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into portownerd, lets time pass FACTOR times as fast for the
 * supervisor alone, so that what waits between two starts of a child waits
 * less.  Its children have the real time.
 */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#define FACTOR 40
#define SECOND 1000000000LL

static bool slow;

static void
note_child(void)
{
	slow = true;
}

__attribute__((constructor)) static void
begin(void)
{
	pthread_atfork(NULL, NULL, note_child);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int (*next)(clockid_t, struct timespec *);
	long long ns;
	int result;

	*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
	result = next(clock, now);
	if (result == 0 && clock == CLOCK_MONOTONIC && !slow) {
		ns = (now->tv_sec * SECOND + now->tv_nsec) * FACTOR;
		now->tv_sec = ns / SECOND;
		now->tv_nsec = ns % SECOND;
	}
	return result;
}

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int (*next)(struct pollfd *, nfds_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "poll");
	if (timeout > 0 && !slow)
		timeout = timeout / FACTOR + 1;
	return next(fds, n, timeout);
}
