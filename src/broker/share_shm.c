/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD 12: shared memory without a name (shm_open(2)), whose descriptor has
 * only the rights to read left (capsicum(4)) when it is handed out.  See
 * share_copy.c.
 */
#include "broker/share.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/capsicum.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/share_private.h"

/* A kernel without Capsicum says ENOSYS; a reader's copy is as good there. */
static int
limit_to_reading(int fd)
{
	cap_rights_t rights;

	cap_rights_init(&rights, CAP_FSTAT, CAP_PREAD);
	if (cap_rights_limit(fd, &rights) != 0 && errno != ENOSYS)
		return -errno;
	return 0;
}

int
po_share_create(const struct po_pieces *pieces)
{
	int fd, error = 0;

	fd = shm_open(SHM_ANON, O_RDWR, 0600);
	if (fd < 0)
		return -errno;
	/* Writing does not make it grow. */
	if (ftruncate(fd, (off_t)pieces->size) != 0)
		error = -errno;
	if (error == 0)
		error = po_share_write(fd, pieces);
	if (error == 0)
		error = limit_to_reading(fd);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
