/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux, and FreeBSD from 13 on: an anonymous file (memfd_create(2)) with every
 * seal set, so that a reader may trust a mapping of it as long as it lives.
 */
#include "broker/share.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/share_private.h"

#ifdef MAP_POPULATE
#define POPULATE MAP_POPULATE
#elif defined(MAP_PREFAULT_READ)
#define POPULATE MAP_PREFAULT_READ
#else
#define POPULATE 0
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

int
po_share_create(const struct po_pieces *pieces)
{
	int fd, error;

	fd = memfd_create("portowner", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	error = po_share_write(fd, pieces);
	if (error == 0 && fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		error = -errno;
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

int
po_share_take(int fd, size_t size, void **base)
{
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM;
	/* All of it is about to be read. */
	*base = mmap(NULL, size, PROT_READ, MAP_PRIVATE | POPULATE, fd, 0);
	return *base == MAP_FAILED ? -errno : 0;
}

void
po_share_leave(void *base, size_t size)
{
	munmap(base, size);
}
