/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that closes one descriptor and opens another has as many as
 * before.  A socket that it opened that way has no holder then, and is looked
 * for in all descriptors; but of one that it shared with others it would seem
 * to be a holder still.  So all is read anew from time to time.
 */
#include "collect/linux_holdings.h"

#include <stdlib.h>
#include <string.h>

#define FULL_EVERY 8 /* collections */

struct holding {
	struct linux_holding_key key;
	uint32_t collection; /* that saw it last */
	size_t count;
	uint64_t handles[];
};

struct linux_holdings {
	struct holding **slots; /* an open hash by pid */
	size_t size; /* a power of 2 */
	size_t used;
	uint32_t collection;
};

struct linux_holdings *
linux_holdings_new(void)
{
	return calloc(1, sizeof(struct linux_holdings));
}

void
linux_holdings_free(struct linux_holdings *holdings)
{
	size_t i;

	if (holdings == NULL)
		return;
	for (i = 0; i < holdings->size; i++)
		free(holdings->slots[i]);
	free(holdings->slots);
	free(holdings);
}

bool
linux_holdings_begin(struct linux_holdings *holdings)
{
	return holdings->collection++ % FULL_EVERY != 0;
}

static struct holding **
find_slot(struct holding **slots, size_t size, uint32_t pid)
{
	size_t at = pid * 2654435761u & (size - 1);

	while (slots[at] != NULL && slots[at]->key.pid != pid)
		at = (at + 1) & (size - 1);
	return &slots[at];
}

/* Moves those that the present collection saw, or all, into size slots. */
static bool
rebuild(struct linux_holdings *holdings, size_t size, bool all)
{
	struct holding **slots = calloc(size, sizeof(struct holding *)), *h;
	size_t i;

	if (slots == NULL)
		return false;
	holdings->used = 0;
	for (i = 0; i < holdings->size; i++) {
		h = holdings->slots[i];
		if (h == NULL)
			continue;
		if (!all && h->collection != holdings->collection) {
			free(h);
			continue;
		}
		*find_slot(slots, size, h->key.pid) = h;
		holdings->used++;
	}
	free(holdings->slots);
	holdings->slots = slots;
	holdings->size = size;
	return true;
}

const uint64_t *
linux_holdings_find(struct linux_holdings *holdings,
    const struct linux_holding_key *key, size_t *count)
{
	struct holding *h;

	if (holdings->size == 0)
		return NULL;
	h = *find_slot(holdings->slots, holdings->size, key->pid);
	if (h == NULL || h->key.start != key->start ||
	    h->key.descriptors != key->descriptors)
		return NULL;
	h->collection = holdings->collection;
	*count = h->count;
	return h->handles;
}

void
linux_holdings_keep(struct linux_holdings *holdings,
    const struct linux_holding_key *key, const uint64_t *handles, size_t count)
{
	struct holding **slot, *h;

	if (holdings->used * 2 >= holdings->size &&
	    !rebuild(
		holdings, holdings->size == 0 ? 256 : holdings->size * 2, true))
		return;
	slot = find_slot(holdings->slots, holdings->size, key->pid);
	h = malloc(sizeof(*h) + count * sizeof(*handles));
	/* What is there now is not true any more. */
	if (h == NULL && *slot != NULL)
		(*slot)->key.descriptors = 0;
	if (h == NULL)
		return;
	h->key = *key;
	h->collection = holdings->collection;
	h->count = count;
	if (count != 0)
		memcpy(h->handles, handles, count * sizeof(*handles));
	holdings->used += *slot == NULL;
	free(*slot);
	*slot = h;
}

void
linux_holdings_end(struct linux_holdings *holdings)
{
	size_t i, stale = 0;

	for (i = 0; i < holdings->size; i++)
		stale += holdings->slots[i] != NULL &&
			 holdings->slots[i]->collection != holdings->collection;
	if (stale != 0)
		rebuild(holdings, holdings->size, false);
}
