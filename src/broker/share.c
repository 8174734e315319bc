/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all systems do with a snapshot that is shared: write it, look at its
 * size, validate it.
 */
#include "broker/share.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/share_private.h"

int
po_share_write(int fd, const void *data, size_t size)
{
	const char *from = data;
	ssize_t done;

	while (size > 0) {
		done = write(fd, from, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		from += done;
		size -= (size_t)done;
	}
	return 0;
}

int
po_share_map(int fd, uint64_t size, struct po_shared **shared)
{
	struct po_shared *new;
	struct stat st;
	int error;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (size == 0 || size > PO_SNAPSHOT_SIZE_MAX ||
	    (uint64_t)st.st_size != size)
		return -EBADMSG;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->size = (size_t)size;
	error = po_share_take(fd, new->size, &new->base);
	if (error != 0) {
		free(new);
		return error;
	}
	error = po_snapshot_open(new->base, new->size, &new->snapshot, NULL);
	if (error != 0) {
		po_shared_release(new);
		return error;
	}
	*shared = new;
	return 0;
}

void
po_shared_release(struct po_shared *shared)
{
	if (shared == NULL)
		return;
	po_share_leave(shared->base, shared->size);
	free(shared);
}
