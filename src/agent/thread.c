/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent/thread.h"

#include <signal.h>

int
po_thread_start(
    pthread_t *thread, void *(*function)(void *context), void *context)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(thread, NULL, function, context);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -error;
}
