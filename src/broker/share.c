/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all ways of sharing do with a snapshot: write it, look at its size.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/share_private.h"

static int
write_all(int fd, struct po_bytes piece)
{
	ssize_t done;

	while (piece.length > 0) {
		done = write(fd, piece.data, piece.length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		piece.data += done;
		piece.length -= (size_t)done;
	}
	return 0;
}

int
po_share_write(int fd, const struct po_pieces *pieces)
{
	size_t i;
	int error = 0;

	for (i = 0; i < pieces->count && error == 0; i++)
		error = write_all(fd, pieces->items[i]);
	return error;
}

int
po_share_map(int fd, uint64_t size, struct po_shared **shared)
{
	struct stat st;
	void *base;
	int error;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (size == 0 || size > PO_SNAPSHOT_SIZE_MAX ||
	    (uint64_t)st.st_size != size)
		return -EBADMSG;
	error = po_share_take(fd, (size_t)size, &base);
	if (error != 0)
		return error;
	return po_shared_new(base, (size_t)size, po_share_leave, shared);
}
