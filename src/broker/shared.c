/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a reader holds, wherever its memory comes from: validated once.
 */
#include <errno.h>
#include <stdlib.h>

#include "broker/share_private.h"

int
po_shared_new(void *base, size_t size, void (*leave)(void *base, size_t size),
    struct po_shared **shared)
{
	struct po_shared *new = calloc(1, sizeof(*new));
	int error;

	if (new == NULL) {
		leave(base, size);
		return -ENOMEM;
	}
	new->base = base;
	new->size = size;
	new->leave = leave;
	error = po_snapshot_open(base, size, &new->snapshot, NULL);
	if (error != 0) {
		po_shared_release(new);
		return error;
	}
	*shared = new;
	return 0;
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
