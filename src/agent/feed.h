/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the agent's snapshots come from: the newest one at hand, its age, and
 * the way to a fresher one, which never blocks.
 */
#ifndef PO_AGENT_FEED_H
#define PO_AGENT_FEED_H

#include "agent/epoch.h"
#include "agent/watch.h"
#include "broker/client.h"
#include "mib/view.h"

/* A request waits this long for a fresher snapshot; the master waits 1 s. */
#define PO_FEED_PATIENCE 800000 /* us */

struct po_feed;

/*
 * client is taken over in any case; NULL: there was no memory for it.
 * done(context) is called whenever a refresh has ended, well or not.  Each
 * snapshot goes through watch, which must live longer.  Nothing is asked yet.
 * NULL: no memory.
 */
struct po_feed *po_feed_new(struct po_client *client, struct po_watch *watch,
    void (*done)(void *context), void *context);
void po_feed_free(struct po_feed *feed);

/* Waits at most timeout milliseconds for the first snapshot; 0 or -errno. */
int po_feed_start(struct po_feed *feed, unsigned int timeout);

/* The newest snapshot; there is always one.  The caller releases it. */
struct po_epoch *po_feed_hold(struct po_feed *feed);

/*
 * Makes sure that a refresh is under way if the snapshot at hand is older than
 * the timeout.  Returns how many microseconds are left to wait for it: 0 means
 * that the answer has to come from what is at hand.
 */
uint64_t po_feed_refresh(struct po_feed *feed);

/*
 * Asks for a snapshot that is taken after now, whatever is at hand.  after: a
 * refresh that is under way may be too early, and does not do.
 */
void po_feed_look(struct po_feed *feed, bool after);

uint32_t po_feed_timeout(const struct po_feed *feed); /* s */
void po_feed_set_timeout(struct po_feed *feed, uint32_t seconds);

/* What the feed knows of itself, now. */
void po_feed_status(struct po_feed *feed, struct po_status *status);

#endif
