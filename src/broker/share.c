/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all ways of sharing do with a snapshot: write it, look at its size.
 */
#include <errno.h>
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
