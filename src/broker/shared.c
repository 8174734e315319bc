/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a reader holds, wherever its memory comes from.
 */
#include <errno.h>
#include <stdlib.h>

#include "broker/share_private.h"

int
po_shared_new(void *base, size_t size, void (*leave)(void *base, size_t size),
    struct po_shared **shared)
{
	struct po_shared *new = calloc(1, sizeof(*new));

	if (new == NULL) {
		leave(base, size);
		return -ENOMEM;
	}
	new->base = base;
	new->size = size;
	new->leave = leave;
	*shared = new;
	return 0;
}

int
po_shared_open(struct po_shared *shared)
{
	struct po_snapshot snapshot;
	int error;

	if (shared->snapshot.header != NULL)
		return 0;
	error = po_snapshot_open(shared->base, shared->size, &snapshot, NULL);
	if (error == 0)
		shared->snapshot = snapshot;
	return error;
}

static void
free_image(void *base, size_t size)
{
	(void)size;
	free(base);
}

int
po_shared_own(void *image, size_t size, struct po_shared **shared)
{
	return po_shared_new(image, size, free_image, shared);
}

void
po_shared_release(struct po_shared *shared)
{
	if (shared == NULL)
		return;
	shared->leave(shared->base, shared->size);
	free(shared);
}
