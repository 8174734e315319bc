/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both snapshots have their listeners in the same order: one pass over both.
 */
#include "model/history.h"

#include <string.h>

#include "model/order.h"

static bool
same_text(const struct po_snapshot *a, po_string x, const struct po_snapshot *b,
    po_string y)
{
	size_t x_length, y_length;
	const char *x_text = po_snapshot_text(a, x, &x_length);
	const char *y_text = po_snapshot_text(b, y, &y_length);

	return x_length == y_length && memcmp(x_text, y_text, x_length) == 0;
}

/* An owner that cannot be seen is not known to be another one. */
static bool
owner_changed(const struct po_snapshot *before, uint32_t old_process,
    const struct po_snapshot *after, uint32_t new_process)
{
	const struct po_process_record *x = &before->processes[old_process];
	const struct po_process_record *y = &after->processes[new_process];

	if (x->kind != PO_OWNER_PROCESS || y->kind != PO_OWNER_PROCESS)
		return false;
	return !same_text(before, x->command, after, y->command) ||
	       !same_text(before, x->user, after, y->user);
}

uint32_t
po_history_compare(const struct po_snapshot *before,
    const struct po_listener_history *old, const struct po_snapshot *after,
    struct po_listener_history *rows)
{
	const uint32_t count = before == NULL ? 0 : before->n_listeners;
	const struct po_listener *x, *y;
	uint32_t i = 0, j = 0, changes = 0;
	int order;

	while (i < count || j < after->n_listeners) {
		x = i < count ? &before->listeners[i] : NULL;
		y = j < after->n_listeners ? &after->listeners[j] : NULL;
		order = x == NULL   ? 1
			: y == NULL ? -1
				    : po_endpoint_compare(
					  &before->endpoints[x->endpoint],
					  &after->endpoints[y->endpoint]);
		if (order < 0) {
			i++;
			changes++;
			continue;
		}
		rows[j].since = after->header->taken;
		rows[j].owner_changes = 0;
		changes += order > 0 && before != NULL;
		if (order == 0) {
			rows[j] = old[i];
			if (owner_changed(
				before, x->process, after, y->process)) {
				rows[j].owner_changes++;
				changes++;
			}
			i++;
		}
		j++;
	}
	return changes;
}
