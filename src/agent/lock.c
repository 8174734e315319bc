/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flock(2) on a file named after the master's address.
 */
#include "agent/lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* All instances of one user meet here, however they are configured. */
static const char *
lock_folder(void)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return "/run";
	return folder != NULL && strlen(folder) < PATH_MAX / 2 ? folder
							       : "/tmp";
}

static void
read_holder(int fd, pid_t *holder)
{
	char text[32] = "";

	if (read(fd, text, sizeof(text) - 1) > 0)
		*holder = (pid_t)strtol(text, NULL, 10);
}

int
po_lock_take(const char *master, pid_t *holder)
{
	char path[PATH_MAX], name[NAME_MAX / 2], text[32];
	size_t used = 0;
	int fd, error, length;

	*holder = 0;
	if (strncmp(master, "unix:", 5) == 0)
		master += 5;
	for (; *master != '\0' && used < sizeof(name) - 1; master++)
		name[used++] = isalnum((unsigned char)*master) ? *master : '_';
	name[used] = '\0';
	snprintf(path, sizeof(path), "%s/portownerd-%lu-%s.lock", lock_folder(),
	    (unsigned long)geteuid(), name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		error = -errno;
		read_holder(fd, holder);
		close(fd);
		return error;
	}
	length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)length) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}
