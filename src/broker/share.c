/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux: an anonymous file (memfd_create(2)) with every seal set, so that a
 * reader may trust a mapping of it as long as it lives.
 */
#include "broker/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static int
write_all(int fd, const char *data, size_t size)
{
	ssize_t done;

	while (size > 0) {
		done = write(fd, data, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		data += done;
		size -= (size_t)done;
	}
	return 0;
}

int
po_share_create(const void *image, size_t size)
{
	int fd, error;

	fd = memfd_create("portowner", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	error = write_all(fd, image, size);
	if (error == 0 && fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		error = -errno;
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

int
po_share_map(int fd, uint64_t size, struct po_shared **shared)
{
	struct po_shared *new;
	struct stat st;
	int seals, error;

	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (size == 0 || size > PO_SNAPSHOT_SIZE_MAX ||
	    (uint64_t)st.st_size != size)
		return -EBADMSG;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->size = (size_t)size;
	new->base = mmap(NULL, new->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (new->base == MAP_FAILED) {
		error = -errno;
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
	munmap(shared->base, shared->size);
	free(shared);
}
