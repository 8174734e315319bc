/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All times are of the clock of snapshots.  It goes on over a restart of the
 * agent and begins anew with the system: the boot's name tells which it was.
 *
 * What grows with the snapshots is done by a worker: to take one in, and to
 * write the past.  History and expectations are its own as long as it is busy.
 */
#include "agent/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/take.h"
#include "agent/worker.h"
#include "model/clock.h"
#include "model/past.h"

#define SECOND 1000000u /* us */
#define SOON 200000 /* us until changes are kept, so that more can come */
#define SHARE 100 /* of the time may go to keeping things, 1 in so many */

/* The past as text, being made. */
struct account {
	bool notify;
	char *text;
	size_t length;
	int error;
	uint64_t took; /* us */
};

struct po_watch {
	struct po_worker *worker;
	struct po_history *history; /* see above */
	struct po_expectations *expectations; /* the same */
	struct po_take take;
	bool take_waits; /* until the past is written */
	void (*take_done)(void *context, int error);
	void *take_context;
	struct account account;
	struct po_history_totals totals; /* since the last snapshot */
	struct po_notifier *notifier;
	struct po_keeper *keeper; /* NULL: nothing is kept */
	void (*look)(void *context);
	void *context;
	uint32_t interval; /* s; 0: only when polled */
	uint64_t taken; /* the last snapshot */
	uint64_t due; /* something will have lasted; 0: nothing */
	uint64_t begun; /* the first snapshot */
	unsigned int look_alarm;
	unsigned int keep_alarm;
	uint64_t keep_at; /* no sooner */
	bool keeping_failed; /* the last time; so it is logged once */
	char boot[64];
};

/* What names this boot, without blanks. */
static void
name_boot(char boot[64])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
	struct timespec now;
	bool found;

	found = file != NULL && fscanf(file, "%63s", boot) == 1;
	if (file != NULL)
		fclose(file);
	if (found)
		return;
	/* Five minutes are room for a clock that is being set. */
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(boot, 64, "at-%llu",
	    ((unsigned long long)now.tv_sec - po_clock_us() / SECOND + 150) /
		300);
}

struct po_watch *
po_watch_new(bool by_master)
{
	struct po_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->worker = po_worker_new();
	watch->history = po_history_new();
	watch->expectations = po_expectations_new();
	watch->notifier = po_notifier_new(by_master);
	if (watch->worker == NULL || watch->history == NULL ||
	    watch->expectations == NULL || watch->notifier == NULL) {
		po_watch_free(watch);
		return NULL;
	}
	watch->begun = po_clock_us();
	name_boot(watch->boot);
	return watch;
}

/* Logs once that it fails, and once that it works again. */
static void
note_keeping(struct po_watch *watch, int error)
{
	const char *path = po_keeper_path(watch->keeper);

	if (error != 0 && !watch->keeping_failed)
		snmp_log(LOG_ERR,
		    "portowner: %s: %s: listeners begin anew after a restart "
		    "(stateFile)\n",
		    path, strerror(-error));
	else if (error == 0 && watch->keeping_failed)
		snmp_log(LOG_INFO, "portowner: %s: written again\n", path);
	watch->keeping_failed = error != 0;
}

static void
write_account(void *context)
{
	struct po_watch *watch = context;
	struct account *account = &watch->account;
	const struct po_past past = {
	    .boot = watch->boot,
	    .notify = account->notify,
	    .history = watch->history,
	    .expectations = watch->expectations,
	};
	const uint64_t begin = po_clock_us();

	account->error = po_past_write(&past, &account->text, &account->length);
	account->took = po_clock_us() - begin;
}

/* Hands what was written to the keeper. */
static void
hand_over(struct po_watch *watch)
{
	struct account *account = &watch->account;
	int error = account->error;

	if (error == 0)
		error = po_keeper_write(
		    watch->keeper, account->text, account->length);
	if (error != 0)
		note_keeping(watch, error);
	watch->keep_at = po_clock_us() + account->took * SHARE;
}

static void start_take(struct po_watch *watch);

static void
note_account(void *context)
{
	struct po_watch *watch = context;

	hand_over(watch);
	if (watch->take_waits)
		start_take(watch);
}

static void keep_now(unsigned int alarm, void *context);

/* Changes that come together are kept together. */
static void
plan_keeping(struct po_watch *watch)
{
	const uint64_t now = po_clock_us();
	uint64_t wait = SOON;
	struct timeval when;

	if (watch->keeper == NULL || watch->keep_alarm != 0)
		return;
	if (watch->keep_at > now + wait)
		wait = watch->keep_at - now;
	when.tv_sec = (time_t)(wait / SECOND);
	when.tv_usec = (suseconds_t)(wait % SECOND);
	watch->keep_alarm = snmp_alarm_register_hr(when, 0, keep_now, watch);
}

static void
keep_now(unsigned int alarm, void *context)
{
	struct po_watch *watch = context;
	int error;

	(void)alarm;
	watch->keep_alarm = 0;
	/* A disk that is slow: what changed meanwhile is kept then. */
	if (po_worker_is_busy(watch->worker) ||
	    !po_keeper_is_idle(watch->keeper, &error)) {
		plan_keeping(watch);
		return;
	}
	note_keeping(watch, error);
	watch->account.notify = po_notifier_enabled(watch->notifier);
	po_worker_start(watch->worker, write_account, note_account, watch);
}

void
po_watch_finish(struct po_watch *watch)
{
	while (po_worker_is_busy(watch->worker))
		po_worker_finish(watch->worker);
}

/* Keeps what is known, and waits for the disk. */
static void
keep_last(struct po_watch *watch)
{
	po_keeper_wait(watch->keeper);
	watch->account.notify = po_notifier_enabled(watch->notifier);
	write_account(watch);
	hand_over(watch);
	note_keeping(watch, po_keeper_wait(watch->keeper));
}

void
po_watch_free(struct po_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->worker != NULL)
		po_watch_finish(watch);
	if (watch->look_alarm != 0)
		snmp_alarm_unregister(watch->look_alarm);
	if (watch->keep_alarm != 0)
		snmp_alarm_unregister(watch->keep_alarm);
	if (watch->keeper != NULL && watch->taken != 0)
		keep_last(watch);
	po_keeper_free(watch->keeper);
	po_notifier_free(watch->notifier);
	po_expectations_free(watch->expectations);
	po_history_free(watch->history);
	po_worker_free(watch->worker);
	free(watch);
}

static void look(unsigned int alarm, void *context);

/* The next look: an interval after the last, or when something has lasted. */
static void
plan_look(struct po_watch *watch)
{
	const uint64_t now = po_clock_us();
	struct timeval when;
	uint64_t at, wait;

	if (watch->look_alarm != 0)
		snmp_alarm_unregister(watch->look_alarm);
	watch->look_alarm = 0;
	if (watch->interval == 0 || watch->look == NULL)
		return;
	at = watch->taken + (uint64_t)watch->interval * SECOND;
	if (watch->due != 0 && watch->due < at)
		at = watch->due;
	wait = at > now ? at - now : 0;
	when.tv_sec = (time_t)(wait / SECOND);
	/* Alarms of no time do not exist. */
	when.tv_usec = (suseconds_t)(wait % SECOND) + 1000;
	if (when.tv_usec >= (suseconds_t)SECOND) {
		when.tv_sec++;
		when.tv_usec -= (suseconds_t)SECOND;
	}
	watch->look_alarm = snmp_alarm_register_hr(when, 0, look, watch);
}

static void
look(unsigned int alarm, void *context)
{
	struct po_watch *watch = context;
	struct timeval when = {(time_t)watch->interval, 0};

	(void)alarm;
	/* A snapshot plans the next look; this is for the case of none. */
	watch->look_alarm = snmp_alarm_register_hr(when, 0, look, watch);
	watch->look(watch->context);
}

int
po_watch_configure(struct po_watch *watch, const struct po_config *config,
    struct po_rules *rules)
{
	const uint64_t debounce = (uint64_t)config->debounce * SECOND;

	po_watch_finish(watch);
	if (po_expectations_set(watch->expectations, rules) != 0)
		return -ENOMEM;
	po_expectations_set_debounce(watch->expectations, debounce);
	po_history_set_debounce(watch->history, debounce);
	po_notifier_set_rate(watch->notifier, config->notify_rate);
	watch->interval = config->watch_interval;
	if (watch->look != NULL) {
		/* The rules are judged by a new snapshot. */
		watch->look(watch->context);
		plan_look(watch);
	}
	return 0;
}

/* What cannot be used does not keep the agent from working. */
static void
set_aside(struct po_watch *watch, const char *why)
{
	const char *path = po_keeper_path(watch->keeper);
	int error = po_keeper_set_aside(watch->keeper);

	snmp_log(LOG_ERR,
	    "portowner: %s: %s; set aside as %s.damaged, listeners begin "
	    "anew\n",
	    path, why, path);
	if (error != 0)
		snmp_log(LOG_ERR, "portowner: %s: cannot be renamed: %s\n",
		    path, strerror(-error));
}

/* A folder, say, is nothing to be renamed or replaced. */
static void
give_up_keeping(struct po_watch *watch)
{
	snmp_log(LOG_ERR,
	    "portowner: %s: is no regular file: nothing is kept there "
	    "(stateFile)\n",
	    po_keeper_path(watch->keeper));
	po_keeper_free(watch->keeper);
	watch->keeper = NULL;
}

/* Takes what was read into a history and expectations that are new. */
static int
apply(struct po_watch *watch, const char *text, size_t length)
{
	struct po_past past = {
	    .boot = watch->boot,
	    .history = watch->history,
	    .expectations = watch->expectations,
	};
	const char *why;
	bool same;
	int error;

	error = po_past_read(&past, text, length, po_clock_us(), &same, &why);
	if (error == 0)
		po_notifier_enable(watch->notifier, past.notify);
	else
		set_aside(
		    watch, error == -ENOMEM ? "no memory to read it" : why);
	return error;
}

void
po_watch_restore(struct po_watch *watch, struct po_keeper *keeper)
{
	size_t length;
	char *text;
	int error;

	watch->keeper = keeper;
	if (keeper == NULL)
		return;
	error = po_keeper_read(keeper, PO_PAST_SIZE_MAX, &text, &length);
	if (error == -ENOENT)
		return;
	if (error == -ENODEV) {
		give_up_keeping(watch);
		return;
	}
	if (error != 0) {
		set_aside(watch, strerror(-error));
		return;
	}
	if (apply(watch, text, length) != 0) {
		/* Half of it is worse than nothing. */
		po_history_forget(watch->history);
		po_expectations_forget(watch->expectations);
	}
	po_history_sum(watch->history, &watch->totals);
	free(text);
}

void
po_watch_begin(
    struct po_watch *watch, void (*function)(void *context), void *context)
{
	watch->look = function;
	watch->context = context;
	plan_look(watch);
}

bool
po_watch_is_looking(const struct po_watch *watch)
{
	return watch->interval != 0;
}

/* Says why something may have changed that nobody is told of. */
static void
log_scope(const struct po_watch *watch, const struct po_snapshot *snapshot)
{
	const struct po_snapshot_header *header = snapshot->header;
	size_t length;

	if (watch->totals.scope == 0 || watch->totals.scope == header->scope)
		return;
	snmp_log(LOG_WARNING,
	    "portowner: another source (%s) or other options than before: the "
	    "listeners that differ with it are not told as changes\n",
	    po_snapshot_text(snapshot, header->source, &length));
}

static void
tell(struct po_watch *watch)
{
	struct po_take *take = &watch->take;
	struct po_notice *notice;

	while ((notice = take->notices) != NULL) {
		take->notices = notice->next;
		notice->next = NULL;
		po_notifier_add(watch->notifier, notice);
	}
	for (; take->lost > 0; take->lost--)
		po_notifier_add(watch->notifier, NULL);
}

/* What the worker found becomes what is known. */
static void
adopt(struct po_watch *watch)
{
	const struct po_take *take = &watch->take;
	const struct po_snapshot *snapshot = &take->epoch->shared->snapshot;

	log_scope(watch, snapshot);
	watch->totals = take->totals;
	watch->due = take->due;
	if (watch->taken == 0)
		watch->begun = snapshot->header->taken;
	if (watch->taken == 0 || take->changed)
		plan_keeping(watch);
	watch->taken = snapshot->header->taken;
	plan_look(watch);
}

static void
note_take(void *context)
{
	struct po_watch *watch = context;

	if (watch->take.error == 0)
		adopt(watch);
	tell(watch);
	watch->take_done(watch->take_context, watch->take.error);
}

static void
run_take(void *context)
{
	struct po_watch *watch = context;

	po_take_run(&watch->take);
}

static void
start_take(struct po_watch *watch)
{
	watch->take_waits = false;
	watch->take.history = watch->history;
	watch->take.expectations = watch->expectations;
	watch->take.last = watch->taken;
	watch->take.tells = po_notifier_enabled(watch->notifier);
	po_worker_start(watch->worker, run_take, note_take, watch);
}

void
po_watch_take(struct po_watch *watch, struct po_epoch *epoch,
    void (*done)(void *context, int error), void *context)
{
	watch->take.epoch = epoch;
	watch->take_done = done;
	watch->take_context = context;
	watch->take_waits = po_worker_is_busy(watch->worker);
	if (!watch->take_waits)
		start_take(watch);
}

struct po_notifier *
po_watch_notifier(struct po_watch *watch)
{
	return watch->notifier;
}

void
po_watch_set_notify(struct po_watch *watch, bool enabled)
{
	po_notifier_enable(watch->notifier, enabled);
	plan_keeping(watch);
}

static uint32_t
ticks(uint64_t us)
{
	return us / 10000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(us / 10000);
}

uint32_t
po_watch_stamp(uint64_t at, int64_t up_since)
{
	return (int64_t)at > up_since
		   ? (uint32_t)(((int64_t)at - up_since) / 10000)
		   : 0;
}

void
po_watch_status(
    const struct po_watch *watch, int64_t up_since, struct po_status *status)
{
	const struct po_history_totals *totals = &watch->totals;
	const uint64_t now = po_clock_us();
	const uint64_t since =
	    totals->changed_at != 0 ? totals->changed_at : watch->begun;

	status->listener_changes = totals->changes;
	status->listener_change_age = ticks(now > since ? now - since : 0);
	status->listener_last_change =
	    po_watch_stamp(totals->changed_at, up_since);
	po_notifier_status(watch->notifier, status);
}
