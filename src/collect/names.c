/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getpwuid_r(3) behind a thread.  The table is shared under one lock; only the
 * thread calls the name service, and never while it holds the lock.
 */
#include "config.h"

#include "collect/names.h"

#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/clock.h"

#define NAME_SIZE 64
#define TABLE_SIZE 4096 /* uids remembered; beyond that it starts anew */
#define LIFETIME 300 /* seconds after which a name is asked for again */
#define PASSWD_SIZE 65536

enum answer { ANSWER_NONE, ANSWER_WANTED, ANSWER_NAME, ANSWER_NO_NAME };

struct name {
	uint32_t uid;
	enum answer answer;
	bool asked; /* the thread has still to ask (again) */
	time_t expires;
	char text[NAME_SIZE];
};

struct po_names {
	pthread_mutex_t lock;
	pthread_cond_t wanted; /* for the thread */
	pthread_cond_t answered; /* for the collector */
	unsigned int patience; /* ms, of one collection */
	uint64_t left; /* us, of this one */
	bool running;
	bool closing;
	size_t count;
	char result[NAME_SIZE];
	struct name table[TABLE_SIZE];
};

static time_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

struct po_names *
po_names_new(unsigned int patience)
{
	struct po_names *names = calloc(1, sizeof(*names));
	pthread_condattr_t attributes;

	if (names == NULL)
		return NULL;
	names->patience = patience;
	pthread_condattr_init(&attributes);
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
	pthread_mutex_init(&names->lock, NULL);
	pthread_cond_init(&names->wanted, NULL);
	pthread_cond_init(&names->answered, &attributes);
	pthread_condattr_destroy(&attributes);
	po_names_begin(names);
	return names;
}

static void
destroy(struct po_names *names)
{
	pthread_cond_destroy(&names->wanted);
	pthread_cond_destroy(&names->answered);
	pthread_mutex_destroy(&names->lock);
	free(names);
}

void
po_names_free(struct po_names *names)
{
	bool running;

	if (names == NULL)
		return;
	pthread_mutex_lock(&names->lock);
	names->closing = true;
	running = names->running;
	pthread_cond_signal(&names->wanted);
	pthread_mutex_unlock(&names->lock);
	/* A thread that waits for a name service cleans up when it returns. */
	if (!running)
		destroy(names);
}

void
po_names_begin(struct po_names *names)
{
	names->left = (uint64_t)names->patience * 1000;
}

/* The uid's place in the table, a new one if need be.  Needs the lock. */
static struct name *
find_name(struct po_names *names, uint32_t uid)
{
	size_t at = uid * 2654435761u % TABLE_SIZE;

	if (names->count >= TABLE_SIZE / 2) {
		memset(names->table, 0, sizeof(names->table));
		names->count = 0;
	}
	while (names->table[at].answer != ANSWER_NONE &&
	       names->table[at].uid != uid)
		at = (at + 1) % TABLE_SIZE;
	if (names->table[at].answer == ANSWER_NONE) {
		names->table[at].uid = uid;
		names->count++;
	}
	return &names->table[at];
}

static struct name *
next_asked(struct po_names *names)
{
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		if (names->table[i].asked)
			return &names->table[i];
	return NULL;
}

/* A name of uid into text, or false. */
static bool
ask(uint32_t uid, char text[NAME_SIZE], char *buffer)
{
	struct passwd entry, *found;

	if (getpwuid_r((uid_t)uid, &entry, buffer, PASSWD_SIZE, &found) != 0 ||
	    found == NULL || strlen(found->pw_name) >= NAME_SIZE)
		return false;
	strcpy(text, found->pw_name);
	return true;
}

static void
store(struct po_names *names, uint32_t uid, const char *text)
{
	struct name *name = find_name(names, uid);

	name->asked = false;
	name->answer = text != NULL ? ANSWER_NAME : ANSWER_NO_NAME;
	name->expires = now() + LIFETIME;
	if (text != NULL)
		memcpy(name->text, text, NAME_SIZE);
}

static void *
run(void *context)
{
	struct po_names *names = context;
	char text[NAME_SIZE] = "", *buffer = malloc(PASSWD_SIZE);
	struct name *name;
	uint32_t uid;
	bool found;

	pthread_mutex_lock(&names->lock);
	while (!names->closing) {
		name = next_asked(names);
		if (name == NULL) {
			pthread_cond_wait(&names->wanted, &names->lock);
			continue;
		}
		uid = name->uid;
		name->asked = false;
		pthread_mutex_unlock(&names->lock);
		found = buffer != NULL && ask(uid, text, buffer);
		pthread_mutex_lock(&names->lock);
		store(names, uid, found ? text : NULL);
		pthread_cond_broadcast(&names->answered);
	}
	pthread_mutex_unlock(&names->lock);
	free(buffer);
	destroy(names);
	return NULL;
}

/* Starts the thread, which takes no signals.  Needs the lock. */
static bool
start(struct po_names *names)
{
	pthread_attr_t attributes;
	sigset_t all, old;
	pthread_t thread;

	if (names->running)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	names->running = pthread_create(&thread, &attributes, run, names) == 0;
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return names->running;
}

/*
 * Waits for any answer as long as patience is left; only waiting takes from it.
 * Needs the lock.  False: none is left.
 */
static bool
wait_for_answer(struct po_names *names)
{
	const uint64_t begin = po_clock_us();
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
	const uint64_t limit = begin + names->left;
#else
	const uint64_t limit = names->left;
#endif
	const struct timespec time = {
	    .tv_sec = (time_t)(limit / 1000000),
	    .tv_nsec = (long)(limit % 1000000) * 1000,
	};
	uint64_t waited;

	if (names->left == 0)
		return false;
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
	pthread_cond_timedwait(&names->answered, &names->lock, &time);
#else
	/* macOS knows no other clock, and this instead. */
	pthread_cond_timedwait_relative_np(
	    &names->answered, &names->lock, &time);
#endif
	waited = po_clock_us() - begin;
	names->left -= waited < names->left ? waited : names->left;
	return true;
}

const char *
po_names_user(void *context, uint32_t uid)
{
	struct po_names *names = context;
	struct name *name;

	pthread_mutex_lock(&names->lock);
	name = find_name(names, uid);
	if (name->answer == ANSWER_NONE ||
	    (name->answer != ANSWER_WANTED && name->expires < now())) {
		if (name->answer == ANSWER_NONE)
			name->answer = ANSWER_WANTED;
		else
			name->expires = now() + LIFETIME;
		name->asked = start(names);
		pthread_cond_signal(&names->wanted);
	}
	while (name->answer == ANSWER_WANTED && names->running &&
	       wait_for_answer(names))
		name = find_name(names, uid);
	if (name->answer == ANSWER_NAME)
		memcpy(names->result, name->text, NAME_SIZE);
	else
		names->result[0] = '\0';
	pthread_mutex_unlock(&names->lock);
	return names->result[0] == '\0' ? NULL : names->result;
}
