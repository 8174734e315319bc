/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader's side where nothing proves that nobody can change what was handed
 * out: he takes a copy, validates that, and trusts nothing else.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/share_private.h"

int
po_share_take(int fd, size_t size, void **base)
{
	char *copy = malloc(size);
	size_t got = 0;
	ssize_t done;
	int error = 0;

	if (copy == NULL)
		return -ENOMEM;
	while (got < size && error == 0) {
		done = pread(fd, copy + got, size - got, (off_t)got);
		if (done > 0)
			got += (size_t)done;
		else if (done == 0)
			error = -EBADMSG; /* it has shrunk meanwhile */
		else if (errno != EINTR)
			error = -errno;
	}
	if (error != 0) {
		free(copy);
		return error;
	}
	*base = copy;
	return 0;
}

void
po_share_leave(void *base, size_t size)
{
	(void)size;
	free(base);
}
