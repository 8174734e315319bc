/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries are in the order of the snapshots' listeners: one pass over both,
 * in which most entries stay where they are.
 */
#include "model/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/order.h"

/* Strings of a holder are one piece of memory, which command begins. */
struct entry {
	struct po_endpoint endpoint;
	struct po_holder holder; /* the one that was reported */
	struct po_holder other; /* one that may come to last; or NULL */
	uint64_t since;
	uint64_t other_since;
	uint64_t missing; /* since then; 0: it is there */
	uint64_t steady_at; /* of holder */
	uint32_t owner_changes;
	uint32_t restarts;
	/* They came with another way of looking: not to be told. */
	bool other_untold;
	bool missing_untold;
};

struct po_history {
	struct entry *entries;
	size_t count;
	size_t room;
	uint64_t debounce;
	struct po_history_totals totals;
	bool begun; /* there was a snapshot, or a past */
};

/* One snapshot being taken in. */
struct pass {
	struct po_history *history;
	const struct po_snapshot *snapshot;
	uint64_t now;
	bool unlike; /* the one before cannot be compared with it */
	bool cut; /* it lacks rows */
	void (*report)(void *context, const struct po_change *change);
	void *context;
};

struct po_history *
po_history_new(void)
{
	return calloc(1, sizeof(struct po_history));
}

static void
forget(struct po_holder *holder)
{
	free((char *)holder->command);
	memset(holder, 0, sizeof(*holder));
}

static void
drop_entry(struct entry *entry)
{
	forget(&entry->holder);
	forget(&entry->other);
}

void
po_history_forget(struct po_history *history)
{
	const uint64_t debounce = history->debounce;
	size_t i;

	for (i = 0; i < history->count; i++)
		drop_entry(&history->entries[i]);
	free(history->entries);
	memset(history, 0, sizeof(*history));
	history->debounce = debounce;
}

void
po_history_free(struct po_history *history)
{
	if (history == NULL)
		return;
	po_history_forget(history);
	free(history);
}

void
po_history_set_debounce(struct po_history *history, uint64_t us)
{
	history->debounce = us;
}

/* Copies seen; without memory the owner stays unknown. */
static struct po_holder
keep(const struct po_holder *seen)
{
	struct po_holder holder = {.pid = seen->pid};
	size_t command, user, service;
	char *text;

	if (seen->command == NULL)
		return holder;
	command = strlen(seen->command) + 1;
	user = strlen(seen->user) + 1;
	service = strlen(seen->service) + 1;
	text = malloc(command + user + service);
	if (text == NULL)
		return holder;
	holder.command = memcpy(text, seen->command, command);
	holder.user = memcpy(text + command, seen->user, user);
	holder.service = memcpy(text + command + user, seen->service, service);
	return holder;
}

/* The owner in the snapshot; command is NULL if nobody is visible. */
static struct po_holder
see(const struct po_snapshot *s, uint32_t process)
{
	const struct po_process_record *record = &s->processes[process];
	struct po_holder holder = {.pid = record->pid};
	size_t length;

	if (record->kind != PO_OWNER_PROCESS)
		return holder;
	holder.command = po_snapshot_text(s, record->command, &length);
	holder.user = po_snapshot_text(s, record->user, &length);
	holder.service = po_snapshot_text(s, record->service, &length);
	return holder;
}

static bool
same_owner(const struct po_holder *a, const struct po_holder *b)
{
	return strcmp(a->command, b->command) == 0 &&
	       strcmp(a->user, b->user) == 0;
}

static void
tell(const struct pass *pass, enum po_change_kind kind,
    const struct entry *entry, const struct po_holder *before)
{
	struct po_change change = {
	    .kind = kind,
	    .endpoint = entry->endpoint,
	    .holder = entry->holder,
	};

	if (before != NULL)
		change.before = *before;
	pass->history->totals.changes++;
	pass->history->totals.changed_at = pass->now;
	if (pass->report != NULL)
		pass->report(pass->context, &change);
}

/* Whether what began then has lasted; else when it will have, if sooner. */
static bool
has_lasted(const struct pass *pass, uint64_t begin)
{
	struct po_history_totals *totals = &pass->history->totals;
	const uint64_t at = begin + pass->history->debounce;

	if (pass->now >= at)
		return true;
	if (totals->due == 0 || at < totals->due)
		totals->due = at;
	return false;
}

/* The owner is the one that was reported, maybe as another process. */
static void
keep_owner(
    const struct pass *pass, struct entry *entry, const struct po_holder *seen)
{
	struct po_holder new;

	forget(&entry->other);
	if (entry->holder.pid == seen->pid)
		return;
	entry->restarts += !pass->unlike && !pass->cut;
	entry->holder.pid = seen->pid;
	if (strcmp(entry->holder.service, seen->service) == 0)
		return;
	new = keep(seen);
	if (new.command == NULL)
		return;
	forget(&entry->holder);
	entry->holder = new;
}

/* The owner is another one; it is reported if that lasts. */
static void
change_owner(
    const struct pass *pass, struct entry *entry, const struct po_holder *seen)
{
	struct po_holder before = entry->holder;

	if (entry->other.command == NULL || !same_owner(&entry->other, seen)) {
		forget(&entry->other);
		entry->other = keep(seen);
		entry->other_since = pass->now;
		entry->other_untold = pass->unlike || pass->cut;
	}
	entry->other.pid = seen->pid;
	if (entry->other.command == NULL ||
	    !has_lasted(pass, entry->other_since))
		return;
	entry->holder = entry->other;
	memset(&entry->other, 0, sizeof(entry->other));
	entry->steady_at = pass->now;
	if (!entry->other_untold) {
		entry->owner_changes++;
		tell(pass, PO_CHANGE_OWNER, entry, &before);
	}
	forget(&before);
}

/* A listener that was there before. */
static void
look_again(
    const struct pass *pass, struct entry *entry, const struct po_holder *seen)
{
	entry->missing = 0;
	/* Who cannot be seen is not known to be another one. */
	if (seen->command == NULL)
		return;
	if (entry->holder.command == NULL)
		entry->holder = keep(seen);
	else if (same_owner(&entry->holder, seen))
		keep_owner(pass, entry, seen);
	else
		change_owner(pass, entry, seen);
}

static void
add_entry(const struct pass *pass, struct entry *entry,
    const struct po_endpoint *endpoint, const struct po_holder *seen)
{
	const struct po_history *history = pass->history;

	memset(entry, 0, sizeof(*entry));
	entry->endpoint = *endpoint;
	entry->since = pass->now;
	entry->holder = keep(seen);
	if (!history->begun || pass->unlike)
		return;
	/* A process that just begins may not be yet what it will be. */
	entry->steady_at = pass->now + history->debounce;
	tell(pass, PO_CHANGE_APPEARED, entry, NULL);
}

static void
fill_row(const struct pass *pass, const struct entry *entry,
    struct po_listener_history *row)
{
	row->since = entry->since;
	row->steady_at = entry->other.command == NULL
			     ? entry->steady_at
			     : entry->other_since + pass->history->debounce;
	row->owner_changes = entry->owner_changes;
	row->restarts = entry->restarts;
	row->verdict = 0;
}

/* A listener that is not there: true when it is gone. */
static bool
note_missing(const struct pass *pass, struct entry *entry)
{
	/* It may be among the rows that were dropped. */
	if (pass->cut)
		return false;
	if (entry->missing == 0) {
		entry->missing = pass->now;
		entry->missing_untold = pass->unlike;
	}
	if (!has_lasted(pass, entry->missing))
		return false;
	if (!entry->missing_untold)
		tell(pass, PO_CHANGE_GONE, entry, NULL);
	return true;
}

/*
 * The old entries and what becomes of them, in one array: those from old to end
 * are yet to be looked at, those below used are done.
 */
struct merge {
	struct entry *entries;
	size_t room;
	size_t used;
	size_t old;
	size_t end;
};

/* The next old entry stays, mostly where it is. */
static struct entry *
pass_on(struct merge *merge)
{
	struct entry *entry = &merge->entries[merge->used];

	if (merge->used != merge->old)
		*entry = merge->entries[merge->old];
	merge->used++;
	merge->old++;
	return entry;
}

/* Room for a new one; the old ones behind it make way, once for all. */
static struct entry *
insert(struct merge *merge)
{
	const size_t rest = merge->end - merge->old;

	if (merge->used == merge->old) {
		merge->end = merge->room;
		memmove(&merge->entries[merge->end - rest],
		    &merge->entries[merge->old],
		    rest * sizeof(*merge->entries));
		merge->old = merge->end - rest;
	}
	return &merge->entries[merge->used++];
}

static const struct po_endpoint *
listener_at(const struct po_snapshot *snapshot, uint32_t i)
{
	return i < snapshot->n_listeners
		   ? &snapshot->endpoints[snapshot->listeners[i].endpoint]
		   : NULL;
}

/* Below 0: the old entry comes first; above: the endpoint; NULL: none is. */
static int
compare(const struct merge *merge, const struct po_endpoint *endpoint)
{
	if (endpoint == NULL)
		return -1;
	if (merge->old == merge->end)
		return 1;
	return po_endpoint_compare(
	    &merge->entries[merge->old].endpoint, endpoint);
}

/* Goes through the old entries and the listeners; rows: of the latter. */
static void
take_all(const struct pass *pass, struct merge *merge,
    struct po_listener_history *rows)
{
	const struct po_snapshot *s = pass->snapshot;
	const struct po_endpoint *endpoint;
	struct po_holder seen;
	struct entry *entry;
	uint32_t i = 0;
	int order;

	while (i < s->n_listeners || merge->old < merge->end) {
		endpoint = listener_at(s, i);
		order = compare(merge, endpoint);
		if (order < 0) {
			entry = &merge->entries[merge->old];
			if (note_missing(pass, entry)) {
				drop_entry(entry);
				merge->old++;
			} else {
				pass_on(merge);
			}
			continue;
		}
		seen = see(s, s->listeners[i].process);
		if (order == 0) {
			entry = pass_on(merge);
			look_again(pass, entry, &seen);
		} else {
			entry = insert(merge);
			add_entry(pass, entry, endpoint, &seen);
		}
		fill_row(pass, entry, &rows[i++]);
	}
}

static int
make_room(struct po_history *history, size_t room)
{
	struct entry *entries;

	if (room <= history->room)
		return 0;
	entries = realloc(history->entries, room * sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	history->entries = entries;
	history->room = room;
	return 0;
}

int
po_history_take(struct po_history *history, const struct po_snapshot *snapshot,
    struct po_listener_history *rows,
    void (*report)(void *context, const struct po_change *change),
    void *context)
{
	const struct po_snapshot_header *header = snapshot->header;
	struct po_history_totals *totals = &history->totals;
	const struct pass pass = {
	    .history = history,
	    .snapshot = snapshot,
	    .now = header->taken,
	    .unlike = totals->cut || totals->scope != header->scope,
	    .cut = header->dropped != 0,
	    .report = report,
	    .context = context,
	};
	struct merge merge = {.end = history->count};

	if (make_room(history, history->count + snapshot->n_listeners) != 0)
		return -ENOMEM;
	merge.entries = history->entries;
	merge.room = history->room;
	totals->due = 0;
	take_all(&pass, &merge, rows);
	history->count = merge.used;
	totals->scope = header->scope;
	totals->cut = pass.cut;
	history->begun = true;
	return 0;
}

void
po_history_sum(
    const struct po_history *history, struct po_history_totals *totals)
{
	*totals = history->totals;
}

size_t
po_history_count(const struct po_history *history)
{
	return history->count;
}

void
po_history_record(const struct po_history *history, size_t i,
    struct po_history_record *record)
{
	const struct entry *entry = &history->entries[i];

	*record = (struct po_history_record){
	    .endpoint = entry->endpoint,
	    .since = entry->since,
	    .owner_changes = entry->owner_changes,
	    .restarts = entry->restarts,
	    .holder = entry->holder,
	};
}

int
po_history_restore(
    struct po_history *history, const struct po_history_record *record)
{
	const size_t count = history->count;
	struct entry *entries = history->entries;

	if (count > 0 && po_endpoint_compare(&entries[count - 1].endpoint,
			     &record->endpoint) >= 0)
		return -EINVAL;
	if (count == history->room && make_room(history, 2 * count + 16) != 0)
		return -ENOMEM;
	entries = history->entries;
	memset(&entries[count], 0, sizeof(*entries));
	entries[count].endpoint = record->endpoint;
	entries[count].since = record->since;
	entries[count].owner_changes = record->owner_changes;
	entries[count].restarts = record->restarts;
	entries[count].holder = keep(&record->holder);
	history->count++;
	history->begun = true;
	return 0;
}

void
po_history_restore_totals(
    struct po_history *history, const struct po_history_totals *totals)
{
	history->totals = *totals;
	history->begun = true;
}
