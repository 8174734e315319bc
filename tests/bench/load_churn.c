/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process of the churn: a ring of pairs, the eldest of which is closed when
 * it has lived long enough, and opened anew.  They are reset, not shut down, so
 * that nothing of them is seen without a process but in an accept queue, and
 * there only for a moment and without an inode.
 */
#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define STEP_NS (LOAD_CHURN_LIFE_MS * 1000000L / LOAD_CHURN_PAIRS)

static void
reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* When it comes late, time is lost, not the life of the next ones. */
static void
sleep_until_next(struct timespec *next)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	next->tv_nsec += STEP_NS;
	if (next->tv_nsec >= 1000000000L) {
		next->tv_sec++;
		next->tv_nsec -= 1000000000L;
	}
	if (now.tv_sec > next->tv_sec ||
	    (now.tv_sec == next->tv_sec && now.tv_nsec > next->tv_nsec)) {
		*next = now;
		return;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) ==
	       EINTR)
		;
}

int
load_churn(
    unsigned int number, void (*ready)(void *), void *arg, const char **what)
{
	uint32_t address =
	    127u << 24 | LOAD_CHURN_NET << 16 | (number + 1) << 8 | 1u;
	int pairs[LOAD_CHURN_PAIRS][2], listener, i, err;
	struct timespec next;

	*what = "pairs of the churn";
	listener = load_listen_at(address);
	if (listener < 0)
		return listener;
	for (i = 0; i < LOAD_CHURN_PAIRS; i++) {
		err = load_connect_pair(listener, address + 1, pairs[i]);
		if (err < 0)
			return err;
	}
	ready(arg);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (i = 0;; i = (i + 1) % LOAD_CHURN_PAIRS) {
		sleep_until_next(&next);
		reset(pairs[i][0]);
		reset(pairs[i][1]);
		err = load_connect_pair(listener, address + 1, pairs[i]);
		if (err < 0)
			return err;
	}
}
