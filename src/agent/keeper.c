/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new file beside the old one is written, sent to the disk, and renamed: at
 * any moment there is one that is whole.  One sandbox allows new files only,
 * hence O_EXCL; another one allows no path that does not begin at a folder that
 * was open before, hence the descriptor.
 */
#include "agent/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/thread.h"

struct po_keeper {
	char path[PATH_MAX];
	int folder; /* AT_FDCWD: it could not be opened, names are whole paths */
	const char *name; /* in path */
	char new_name[PATH_MAX + 8];
	char *text;
	size_t length;
	pthread_t thread;
	bool running; /* the thread has not been joined */
	atomic_bool done;
	int error;
};

/* What is not there yet may be when it is needed. */
static void
open_folder(struct po_keeper *keeper)
{
	char *slash = strrchr(keeper->path, '/');
	char folder[PATH_MAX] = ".";

	if (slash == keeper->path)
		strcpy(folder, "/");
	else if (slash != NULL)
		snprintf(folder, sizeof(folder), "%.*s",
		    (int)(slash - keeper->path), keeper->path);
	keeper->folder = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	keeper->name = slash == NULL ? keeper->path : slash + 1;
	if (keeper->folder >= 0)
		return;
	keeper->folder = AT_FDCWD;
	keeper->name = keeper->path;
}

struct po_keeper *
po_keeper_new(const char *path)
{
	struct po_keeper *keeper = calloc(1, sizeof(*keeper));

	if (keeper == NULL)
		return NULL;
	snprintf(keeper->path, sizeof(keeper->path), "%s", path);
	open_folder(keeper);
	snprintf(
	    keeper->new_name, sizeof(keeper->new_name), "%s.new", keeper->name);
	return keeper;
}

int
po_keeper_wait(struct po_keeper *keeper)
{
	if (keeper->running)
		pthread_join(keeper->thread, NULL);
	keeper->running = false;
	return keeper->error;
}

void
po_keeper_free(struct po_keeper *keeper)
{
	if (keeper == NULL)
		return;
	po_keeper_wait(keeper);
	if (keeper->folder != AT_FDCWD)
		close(keeper->folder);
	free(keeper);
}

const char *
po_keeper_path(const struct po_keeper *keeper)
{
	return keeper->path;
}

static int
read_all(int fd, char *text, size_t length)
{
	size_t used = 0;
	ssize_t got;

	while (used < length) {
		got = read(fd, text + used, length - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO;
		used += (size_t)got;
	}
	return 0;
}

int
po_keeper_read(const struct po_keeper *keeper, size_t size_max, char **text,
    size_t *length)
{
	int fd = openat(
	    keeper->folder, keeper->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int error = 0;

	*text = NULL;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		error = -errno;
	else if (!S_ISREG(st.st_mode))
		error = -ENODEV;
	else if ((uint64_t)st.st_size > size_max)
		error = -EFBIG;
	if (error == 0) {
		*length = (size_t)st.st_size;
		*text = malloc(*length + 1);
		error = *text == NULL ? -ENOMEM : read_all(fd, *text, *length);
	}
	close(fd);
	if (error != 0) {
		free(*text);
		*text = NULL;
	}
	return error;
}

int
po_keeper_set_aside(const struct po_keeper *keeper)
{
	char aside[PATH_MAX + 16];

	snprintf(aside, sizeof(aside), "%s.damaged", keeper->name);
	return renameat(keeper->folder, keeper->name, keeper->folder, aside) ==
		       0
		   ? 0
		   : -errno;
}

static int
write_all(int fd, const char *text, size_t length)
{
	ssize_t put;

	while (length > 0) {
		put = write(fd, text, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text += put;
		length -= (size_t)put;
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

/* What a writer left that was killed is of no use to anybody. */
static int
open_new(const struct po_keeper *keeper)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(keeper->folder, keeper->new_name, flags, 0600);

	if (fd < 0 && errno == EEXIST &&
	    unlinkat(keeper->folder, keeper->new_name, 0) == 0)
		fd = openat(keeper->folder, keeper->new_name, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int
replace(const struct po_keeper *keeper)
{
	int fd = open_new(keeper);
	int error;

	if (fd < 0)
		return fd;
	error = write_all(fd, keeper->text, keeper->length);
	if (close(fd) != 0 && error == 0)
		error = -errno;
	if (error == 0 && renameat(keeper->folder, keeper->new_name,
			      keeper->folder, keeper->name) != 0)
		error = -errno;
	if (error != 0)
		unlinkat(keeper->folder, keeper->new_name, 0);
	/* The name is to be on the disk, too, where the system can do that. */
	else if (keeper->folder != AT_FDCWD)
		(void)fsync(keeper->folder);
	return error;
}

static void *
run(void *context)
{
	struct po_keeper *keeper = context;

	keeper->error = replace(keeper);
	free(keeper->text);
	keeper->text = NULL;
	atomic_store(&keeper->done, true);
	return NULL;
}

int
po_keeper_write(struct po_keeper *keeper, char *text, size_t length)
{
	int error;

	if (!po_keeper_is_idle(keeper, &error)) {
		free(text);
		return -EBUSY;
	}
	keeper->text = text;
	keeper->length = length;
	atomic_store(&keeper->done, false);
	error = po_thread_start(&keeper->thread, run, keeper);
	keeper->running = error == 0;
	if (error == 0)
		return 0;
	free(text);
	keeper->text = NULL;
	return error;
}

bool
po_keeper_is_idle(struct po_keeper *keeper, int *error)
{
	if (keeper->running && !atomic_load(&keeper->done))
		return false;
	*error = po_keeper_wait(keeper);
	return true;
}
