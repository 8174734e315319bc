/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent/epoch.h"

#include <stdlib.h>

struct po_epoch *
po_epoch_new(struct po_shared *shared)
{
	struct po_epoch *epoch = calloc(1, sizeof(*epoch));

	if (epoch == NULL) {
		po_shared_release(shared);
		return NULL;
	}
	epoch->references = 1;
	epoch->shared = shared;
	return epoch;
}

struct po_epoch *
po_epoch_hold(struct po_epoch *epoch)
{
	epoch->references++;
	return epoch;
}

void
po_epoch_release(struct po_epoch *epoch)
{
	if (epoch == NULL || --epoch->references > 0)
		return;
	po_shared_release(epoch->shared);
	free(epoch->history);
	free(epoch->verdicts);
	free(epoch);
}
