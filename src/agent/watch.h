/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent makes of the snapshots that come: it looks at them one after
 * the other, tells what changed, keeps what it knows, and sees to it that the
 * next one comes in time.
 */
#ifndef PO_AGENT_WATCH_H
#define PO_AGENT_WATCH_H

#include "agent/config.h"
#include "agent/epoch.h"
#include "agent/keeper.h"
#include "agent/notify.h"
#include "mib/view.h"

struct po_watch;

/* by_master: as po_notifier_new().  NULL: no memory. */
struct po_watch *po_watch_new(bool by_master);

/* Keeps what is known, and waits for the disk. */
void po_watch_free(struct po_watch *watch);

/*
 * Takes the configuration in, and its rules over, which become none.  Returns
 * 0 or -ENOMEM: then all stays as it was.
 */
int po_watch_configure(struct po_watch *watch, const struct po_config *config,
    struct po_rules *rules);

/*
 * Brings back what an earlier agent kept, and will keep things there; keeper is
 * taken over, NULL: there is none.  Before the first snapshot, and after the
 * rules.
 */
void po_watch_restore(struct po_watch *watch, struct po_keeper *keeper);

/*
 * From now on look(context) is called whenever a new snapshot is wanted; unless
 * the watch interval is 0.
 */
void po_watch_begin(
    struct po_watch *watch, void (*look)(void *context), void *context);

/* Whether the agent looks by itself. */
bool po_watch_is_looking(const struct po_watch *watch);

/*
 * Takes a snapshot in, one at a time, while the event loop goes on: at the end
 * taken(context, error) is called with an error as in struct po_take, and if it
 * is 0 all of epoch is there.
 */
void po_watch_take(struct po_watch *watch, struct po_epoch *epoch,
    void (*taken)(void *context, int error), void *context);

/* Waits for what is under way: afterwards taken() has been called. */
void po_watch_finish(struct po_watch *watch);

struct po_notifier *po_watch_notifier(struct po_watch *watch);

/* Sets portOwnerNotifyEnable, which is kept. */
void po_watch_set_notify(struct po_watch *watch, bool enabled);

/*
 * The value of sysUpTime at a time; 0 if it had not begun.  up_since: when it
 * was 0, us.
 */
uint32_t po_watch_stamp(uint64_t at, int64_t up_since);

/* Fills its part of the status. */
void po_watch_status(
    const struct po_watch *watch, int64_t up_since, struct po_status *status);

#endif
