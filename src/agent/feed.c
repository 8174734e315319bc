/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's way to the collector, hung into Net-SNMP's event loop.
 */
#include "agent/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "model/builder.h"
#include "model/clock.h"

#define RETRY 1000000 /* us after a failure */
#define TICK 10000 /* us */
#define SAME_UPTIME 100000 /* us that reading two clocks may take */

struct po_feed {
	struct po_client *client;
	struct po_watch *watch;
	struct po_epoch *epoch;
	struct po_epoch *coming; /* the watch takes it in; NULL: none */
	void (*done)(void *context);
	void *context;
	uint32_t timeout; /* s */
	int watched; /* descriptor in the event loop, -1: none */
	bool refreshing;
	bool again; /* look again when that has ended */
	bool failed; /* the last time; so it is logged once */
	bool partial; /* the same */
	uint32_t dropped; /* the same */
	uint64_t started; /* the refresh under way, us */
	uint64_t took; /* the last one that went well, us */
	uint64_t retry_at; /* us */
	uint32_t generation;
	uint32_t errors;
	uint64_t begun; /* us */
	int64_t up_since; /* us: when sysUpTime was 0 */
	char source[256];
};

/* What is served before there is anything: no rows, and visibly partial. */
static struct po_epoch *
empty_epoch(void)
{
	const struct po_builder_options options = {.max_rows = 1};
	const struct po_seal seal = {.source = "none"};
	struct po_builder *builder = po_builder_new(&options);
	struct po_shared *shared = NULL;
	struct po_epoch *epoch;
	void *image;
	size_t size;

	if (builder == NULL)
		return NULL;
	if (po_builder_add_gap(builder, PO_GAP_ERROR, 1,
		"no collector has answered yet", NULL) == 0 &&
	    po_builder_seal(builder, &seal, &image, &size) == 0)
		po_shared_own(image, size, &shared);
	po_builder_free(builder);
	epoch = shared == NULL ? NULL : po_epoch_new(shared);
	if (epoch == NULL)
		return NULL;
	/* No listener, no rule. */
	epoch->verdicts = calloc(1, sizeof(*epoch->verdicts));
	if (epoch->verdicts == NULL || po_shared_open(shared) != 0) {
		po_epoch_release(epoch);
		return NULL;
	}
	return epoch;
}

struct po_feed *
po_feed_new(struct po_client *client, struct po_watch *watch,
    void (*done)(void *context), void *context)
{
	struct po_feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL || client == NULL) {
		po_client_free(client);
		free(feed);
		return NULL;
	}
	feed->client = client;
	feed->watched = -1;
	feed->epoch = empty_epoch();
	if (feed->epoch == NULL) {
		po_feed_free(feed);
		return NULL;
	}
	feed->watch = watch;
	feed->done = done;
	feed->context = context;
	feed->timeout = 30;
	feed->begun = po_clock_us();
	strcpy(feed->source, "none");
	return feed;
}

static void
unwatch(struct po_feed *feed)
{
	if (feed->watched >= 0)
		unregister_readfd(feed->watched);
	feed->watched = -1;
}

void
po_feed_free(struct po_feed *feed)
{
	if (feed == NULL)
		return;
	if (feed->watch != NULL)
		po_watch_finish(feed->watch);
	unwatch(feed);
	po_client_free(feed->client);
	po_epoch_release(feed->epoch);
	free(feed);
}

/* Says once what the rows lack, and once that they are whole again. */
static void
log_visibility(struct po_feed *feed, const struct po_snapshot *snapshot)
{
	const struct po_snapshot_header *header = snapshot->header;
	const char *hint;
	size_t length;
	uint32_t i;

	if (header->dropped != 0 && feed->dropped == 0)
		snmp_log(LOG_WARNING,
		    "portowner: %lu rows beyond maxRows are dropped\n",
		    (unsigned long)header->dropped);
	feed->dropped = header->dropped;
	if ((header->partial != 0) == feed->partial)
		return;
	feed->partial = header->partial != 0;
	if (!feed->partial)
		snmp_log(LOG_INFO, "portowner: everything is visible\n");
	for (i = 0; i < snapshot->n_gaps; i++) {
		if (snapshot->gaps[i].kind == PO_GAP_LIMIT)
			continue;
		hint =
		    po_snapshot_text(snapshot, snapshot->gaps[i].hint, &length);
		snmp_log(LOG_WARNING, "portowner: %s%s%s%s\n",
		    po_snapshot_text(snapshot, snapshot->gaps[i].text, &length),
		    *hint == '\0' ? "" : " (", hint, *hint == '\0' ? "" : ")");
	}
}

static void
note_failure(struct po_feed *feed)
{
	feed->errors++;
	feed->retry_at = po_clock_us() + RETRY;
	if (!feed->failed)
		snmp_log(
		    LOG_ERR, "portowner: %s\n", po_client_error(feed->client));
	feed->failed = true;
}

static void
end_refresh(struct po_feed *feed)
{
	if (!feed->refreshing)
		return;
	feed->refreshing = false;
	feed->done(feed->context);
	if (feed->again)
		po_feed_look(feed, false);
}

static void
serve(struct po_feed *feed, struct po_epoch *epoch)
{
	memcpy(feed->source, epoch->shared->source, sizeof(feed->source));
	log_visibility(feed, &epoch->shared->snapshot);
	po_epoch_release(feed->epoch);
	feed->epoch = epoch;
	feed->generation++;
}

/* The collector is not what it should be. */
static void
refuse(struct po_feed *feed, int error)
{
	po_client_refuse(feed->client, error);
	if (po_client_descriptor(feed->client) != feed->watched)
		unwatch(feed);
	note_failure(feed);
}

static void
note_taken(void *context, int error)
{
	struct po_feed *feed = context;
	struct po_epoch *epoch = feed->coming;

	feed->coming = NULL;
	if (error >= 0 && feed->failed) {
		snmp_log(LOG_INFO, "portowner: the collector answers again\n");
		feed->failed = false;
	}
	if (error == 0) {
		if (feed->refreshing)
			feed->took = po_clock_us() - feed->started;
		serve(feed, epoch);
	} else {
		po_epoch_release(epoch);
		if (error == -ENOMEM)
			feed->errors++;
		else if (error < 0)
			refuse(feed, error);
	}
	end_refresh(feed);
}

static void
take_snapshot(struct po_feed *feed, struct po_shared *shared)
{
	feed->coming = po_epoch_new(shared);
	if (feed->coming == NULL) {
		feed->errors++;
		end_refresh(feed);
		return;
	}
	po_watch_take(feed->watch, feed->coming, note_taken, feed);
}

static void
receive(int fd, void *context)
{
	struct po_feed *feed = context;
	struct po_shared *shared;
	bool idle = !po_client_is_waiting(feed->client);
	int result;

	result = po_client_receive(feed->client, &shared);
	if (result == 0)
		return;
	if (result == PO_CLIENT_HINT) {
		po_feed_look(feed, true);
		return;
	}
	if (po_client_descriptor(feed->client) != fd)
		unwatch(feed);
	if (result > 0) {
		take_snapshot(feed, shared);
	} else if (!idle) {
		note_failure(feed);
		end_refresh(feed);
	}
	/* Else the collector was restarted: the next request will tell. */
}

static void
watch(struct po_feed *feed)
{
	int fd = po_client_descriptor(feed->client);

	if (fd == feed->watched)
		return;
	unwatch(feed);
	if (fd >= 0 && register_readfd(fd, receive, feed) == 0)
		feed->watched = fd;
}

/* Asks the collector, a second time where the first broke a dead connection. */
static int
ask(struct po_feed *feed, uint32_t age)
{
	int error;

	po_client_want_hints(feed->client, po_watch_is_looking(feed->watch));
	error = po_client_request(feed->client, age);
	if (error == -EPIPE || error == -ECONNRESET)
		error = po_client_request(feed->client, age);
	watch(feed);
	return error;
}

int
po_feed_start(struct po_feed *feed, unsigned int timeout)
{
	struct po_shared *shared;
	int error;

	po_client_want_hints(feed->client, po_watch_is_looking(feed->watch));
	error = po_client_fetch(
	    feed->client, feed->timeout * 1000, timeout, &shared);
	if (error == 0) {
		take_snapshot(feed, shared);
		po_watch_finish(feed->watch);
	} else {
		note_failure(feed);
	}
	watch(feed);
	return error;
}

struct po_epoch *
po_feed_hold(struct po_feed *feed)
{
	return po_epoch_hold(feed->epoch);
}

static uint64_t
age_of(const struct po_feed *feed)
{
	const uint64_t taken = feed->epoch->shared->snapshot.header->taken;
	const uint64_t now = po_clock_us();

	return now > taken ? now - taken : 0;
}

/* False: not now. */
static bool
begin_refresh(struct po_feed *feed, uint32_t age)
{
	const uint64_t now = po_clock_us();

	if (now < feed->retry_at)
		return false;
	if (ask(feed, age) != 0) {
		note_failure(feed);
		return false;
	}
	feed->refreshing = true;
	feed->started = now;
	return true;
}

void
po_feed_look(struct po_feed *feed, bool after)
{
	if (feed->refreshing) {
		feed->again = feed->again || after;
		return;
	}
	feed->again = false;
	begin_refresh(feed, 0);
}

/*
 * So long ahead of its time a refresh begins: then who asks all the time need
 * not wait for it.  The collector may have to end one for somebody else first.
 * One that takes much of the timeout would not leave the collector alone.
 */
static uint64_t
lead(const struct po_feed *feed)
{
	const uint64_t collection =
	    feed->epoch->shared->snapshot.header->collect_us;
	const uint64_t longest =
	    feed->took > collection ? feed->took : collection;
	const uint64_t most = (uint64_t)feed->timeout * 1000000 / 4;

	if (longest > most)
		return 0;
	return 2 * longest < most ? 2 * longest : most;
}

uint64_t
po_feed_refresh(struct po_feed *feed)
{
	const uint64_t age = age_of(feed);
	const uint64_t limit = (uint64_t)feed->timeout * 1000000;
	const uint64_t early = limit - lead(feed);
	uint64_t waited;

	if (feed->generation != 0 && age <= early)
		return 0;
	if (!feed->refreshing && !begin_refresh(feed, (uint32_t)(early / 1000)))
		return 0;
	if (feed->generation != 0 && age <= limit)
		return 0;
	waited = po_clock_us() - feed->started;
	return waited < PO_FEED_PATIENCE ? PO_FEED_PATIENCE - waited : 0;
}

uint32_t
po_feed_timeout(const struct po_feed *feed)
{
	return feed->timeout;
}

void
po_feed_set_timeout(struct po_feed *feed, uint32_t seconds)
{
	feed->timeout = seconds;
}

/*
 * A time stamp must not differ by a tick from one request to the next, so this
 * changes only when sysUpTime has begun anew: that of the master, if there is
 * one, while it is connected.
 */
static int64_t
up_since(struct po_feed *feed)
{
	const int64_t now = (int64_t)po_clock_us();
	const int64_t since = now - (int64_t)netsnmp_get_agent_uptime() * TICK;
	const int64_t moved = since - feed->up_since;

	/* Who was interrupted between the two clocks learns it next time. */
	if (feed->up_since == 0 ||
	    ((moved > SAME_UPTIME || moved < -SAME_UPTIME) &&
		(int64_t)po_clock_us() - now < SAME_UPTIME / 2))
		feed->up_since = since;
	return feed->up_since;
}

static uint32_t
ticks(uint64_t us)
{
	return us / 10000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(us / 10000);
}

void
po_feed_status(struct po_feed *feed, struct po_status *status)
{
	const struct po_snapshot *snapshot = &feed->epoch->shared->snapshot;
	const uint64_t collect_us = snapshot->header->collect_us;
	const int64_t since = up_since(feed);

	*status = (struct po_status){
	    .generation = feed->generation,
	    .cache_timeout = feed->timeout,
	    .age = ticks(age_of(feed)),
	    .collect_us =
		collect_us > UINT32_MAX ? UINT32_MAX : (uint32_t)collect_us,
	    .collect_errors = feed->errors,
	    .source = feed->source,
	    .discontinuity = po_watch_stamp(feed->begun, since),
	};
	po_watch_status(feed->watch, since, status);
}
