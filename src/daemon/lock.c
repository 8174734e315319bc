/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flock(2) on a file named after the master's address.
 */
#include "daemon/lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* All instances of one user meet here, however they are configured. */
static const char *
lock_folder(void)
{
	const char *folder = getenv("RUNTIME_DIRECTORY"); /* systemd's */

	if (folder == NULL)
		folder = getenv("XDG_RUNTIME_DIR");
	if (geteuid() == 0)
		return LOCKDIR;
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

static void
lock_path(const char *master, char path[PATH_MAX])
{
	char name[NAME_MAX / 2];
	size_t used = 0;

	if (strncmp(master, "unix:", 5) == 0)
		master += 5;
	for (; *master != '\0' && used < sizeof(name) - 1; master++)
		name[used++] = isalnum((unsigned char)*master) ? *master : '_';
	name[used] = '\0';
	snprintf(path, PATH_MAX, "%s/portownerd-%lu-%s.lock", lock_folder(),
	    (unsigned long)geteuid(), name);
}

/* Locks the file, unless its last holder removed it just before. */
static int
lock_file(int fd, const char *path)
{
	struct stat ours, there;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return -errno;
	if (fstat(fd, &ours) != 0 || stat(path, &there) != 0 ||
	    ours.st_ino != there.st_ino)
		return -ESTALE;
	return 0;
}

static int
write_holder(int fd)
{
	char text[32];
	int length;

	length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)length) < 0)
		return -errno;
	return 0;
}

int
po_lock_take(const char *master, pid_t *holder)
{
	char path[PATH_MAX];
	int fd, error;

	*holder = 0;
	lock_path(master, path);
	do {
		fd =
		    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		error = lock_file(fd, path);
		if (error == -EWOULDBLOCK)
			read_holder(fd, holder);
		if (error == 0)
			error = write_holder(fd);
		if (error != 0)
			close(fd);
	} while (error == -ESTALE);
	return error == 0 ? fd : error;
}

void
po_lock_release(const char *master, int lock)
{
	char path[PATH_MAX];

	lock_path(master, path);
	unlink(path);
	close(lock);
}
