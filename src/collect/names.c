/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name service behind a thread.  The table is shared under one lock; only the
 * thread asks, and never while it holds the lock.
 */
#include "config.h"

#include "collect/names.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/names_private.h"
#include "model/clock.h"

#define LIFETIME 300 /* seconds after which a name is asked for again */

/* Windows' threads know no clock but the one that can be set. */
#if defined(HAVE_PTHREAD_CONDATTR_SETCLOCK) && !defined(_WIN32)
#define WAITS_BY_CLOCK
#endif

enum answer { ANSWER_NONE, ANSWER_WANTED, ANSWER_NAME, ANSWER_NO_NAME };

struct name {
	struct po_name_key key;
	enum answer answer;
	bool asked; /* it is in the thread's queue */
	time_t expires;
	char text[PO_NAME_SIZE];
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
	char result[PO_NAME_SIZE];
	uint16_t queue[PO_NAMES_MAX]; /* those asked: places in the table */
	size_t queued;
	struct name table[PO_NAMES_MAX]; /* half full, it starts anew */
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
#ifdef WAITS_BY_CLOCK
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

static uint32_t
hash_of(const struct po_name_key *key)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	size_t i;

	for (i = 0; i < key->length; i++)
		hash = (hash ^ key->octets[i]) * 16777619u;
	return hash;
}

static bool
same_key(const struct po_name_key *a, const struct po_name_key *b)
{
	return a->length == b->length &&
	       memcmp(a->octets, b->octets, a->length) == 0;
}

/* The key's place in the table, a new one if need be.  Needs the lock. */
static struct name *
find_name(struct po_names *names, const struct po_name_key *key)
{
	size_t at = hash_of(key) % PO_NAMES_MAX;

	if (names->count >= PO_NAMES_MAX / 2) {
		memset(names->table, 0, sizeof(names->table));
		names->count = names->queued = 0;
	}
	while (names->table[at].answer != ANSWER_NONE &&
	       !same_key(&names->table[at].key, key))
		at = (at + 1) % PO_NAMES_MAX;
	if (names->table[at].answer == ANSWER_NONE) {
		names->table[at].key = *key;
		names->count++;
	}
	return &names->table[at];
}

static void
store(struct po_names *names, const struct po_name_key *key, const char *text)
{
	struct name *name = find_name(names, key);

	name->answer = text != NULL ? ANSWER_NAME : ANSWER_NO_NAME;
	name->expires = now() + LIFETIME;
	if (text != NULL)
		memcpy(name->text, text, PO_NAME_SIZE);
}

static void *
run(void *context)
{
	struct po_names *names = context;
	char text[PO_NAME_SIZE] = "", *room = malloc(PO_NAMES_ROOM);
	struct po_name_key key;
	struct name *name;
	bool found;

	pthread_mutex_lock(&names->lock);
	while (!names->closing) {
		if (names->queued == 0) {
			pthread_cond_wait(&names->wanted, &names->lock);
			continue;
		}
		name = &names->table[names->queue[--names->queued]];
		key = name->key;
		name->asked = false;
		pthread_mutex_unlock(&names->lock);
		found = room != NULL && po_names_ask(&key, text, room);
		pthread_mutex_lock(&names->lock);
		store(names, &key, found ? text : NULL);
		pthread_cond_broadcast(&names->answered);
	}
	pthread_mutex_unlock(&names->lock);
	free(room);
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
#ifdef WAITS_BY_CLOCK
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
#ifdef WAITS_BY_CLOCK
	pthread_cond_timedwait(&names->answered, &names->lock, &time);
#else
	/* macOS and Windows know this instead. */
	pthread_cond_timedwait_relative_np(
	    &names->answered, &names->lock, &time);
#endif
	waited = po_clock_us() - begin;
	names->left -= waited < names->left ? waited : names->left;
	return true;
}

const char *
po_names_lookup(struct po_names *names, const void *octets, size_t length)
{
	struct po_name_key key = {.length = (uint8_t)length};
	struct name *name;

	if (length > sizeof(key.octets))
		return NULL;
	memcpy(key.octets, octets, length);

	pthread_mutex_lock(&names->lock);
	name = find_name(names, &key);
	if (name->answer == ANSWER_NONE ||
	    (name->answer != ANSWER_WANTED && name->expires < now())) {
		if (name->answer == ANSWER_NONE)
			name->answer = ANSWER_WANTED;
		else
			name->expires = now() + LIFETIME;
		if (!name->asked && start(names)) {
			name->asked = true;
			names->queue[names->queued++] =
			    (uint16_t)(name - names->table);
		}
		pthread_cond_signal(&names->wanted);
	}
	while (name->answer == ANSWER_WANTED && names->running &&
	       wait_for_answer(names))
		name = find_name(names, &key);
	if (name->answer == ANSWER_NAME)
		memcpy(names->result, name->text, PO_NAME_SIZE);
	else
		names->result[0] = '\0';
	pthread_mutex_unlock(&names->lock);
	return names->result[0] == '\0' ? NULL : names->result;
}
