/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing in a recorded file is believed before its size, its checksum and
 * every offset in it were checked.
 */
#include "collect/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/snapshot.h"

static int
fail(char *error, size_t error_size, const char *path, const char *what,
    int result)
{
	snprintf(error, error_size, "%s: %s", path, what);
	return result;
}

/* Opens a regular file for reading and never waits for anything else. */
static int
open_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), error = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		error = -errno;
	else if (S_ISDIR(st.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		error = -EINVAL;
	else if ((uint64_t)st.st_size > PO_SNAPSHOT_SIZE_MAX)
		error = -EFBIG;
	if (error != 0) {
		close(fd);
		return error;
	}
	*size = (size_t)st.st_size;
	return fd;
}

/* Reads all of it, and one octet more if the file has grown meanwhile. */
static int
read_image(const char *path, void **image, size_t *size)
{
	size_t room = 0, used = 0;
	char *data;
	ssize_t got;
	int fd;

	fd = open_file(path, &room);
	if (fd < 0)
		return fd;
	data = malloc(room + 1);
	if (data == NULL) {
		close(fd);
		return -ENOMEM;
	}
	do {
		got = read(fd, data + used, room + 1 - used);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0 && used <= room);
	close(fd);
	if (got < 0) {
		free(data);
		return -EIO;
	}
	*image = data;
	*size = used;
	return 0;
}

static const char *
check_image(const void *image, size_t size)
{
	const struct po_snapshot_header *header = image;
	struct po_snapshot snapshot;
	const char *why;

	if (po_snapshot_open(image, size, &snapshot, &why) != 0)
		return why;
	if (header->checksum != po_snapshot_checksum(image, size))
		return "damaged: the checksum does not match";
	return NULL;
}

int
po_replay_read(const char *path, void **image, size_t *size, char *error,
    size_t error_size)
{
	const char *why;
	char text[160];
	int result;

	result = read_image(path, image, size);
	if (result == -EINVAL)
		return fail(
		    error, error_size, path, "not a regular file", result);
	if (result != 0)
		return fail(error, error_size, path, strerror(-result), result);
	why = check_image(*image, *size);
	if (why == NULL)
		return 0;
	free(*image);
	*image = NULL;
	snprintf(text, sizeof(text), "not a usable snapshot: %s", why);
	return fail(error, error_size, path, text, -EBADMSG);
}

static int
write_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	ssize_t done;

	while (size > 0) {
		done = write(fd, at, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

static int
write_image(int fd, const void *image, size_t size)
{
	struct po_snapshot_header header;
	int error;

	memcpy(&header, image, sizeof(header));
	header.checksum = po_snapshot_checksum(image, size);
	error = write_all(fd, &header, sizeof(header));
	if (error == 0)
		error = write_all(fd, (const char *)image + sizeof(header),
		    size - sizeof(header));
	if (error == 0 && fsync(fd) != 0)
		error = -errno;
	return error;
}

/* Writes a file beside path and puts it in path's place. */
static int
replace_file(const char *path, char *temporary, const void *image, size_t size)
{
	mode_t mask;
	int fd, error;

	fd = mkstemp(temporary);
	if (fd < 0)
		return -errno;
	error = write_image(fd, image, size);
	/* A recording is as readable as any file that its maker makes. */
	mask = umask(0);
	umask(mask);
	if (error == 0 && fchmod(fd, 0666 & ~mask) != 0)
		error = -errno;
	if (close(fd) != 0 && error == 0)
		error = -errno;
	if (error == 0 && rename(temporary, path) != 0)
		error = -errno;
	if (error != 0)
		unlink(temporary);
	return error;
}

int
po_replay_write(const char *path, const void *image, size_t size, char *error,
    size_t error_size)
{
	size_t length = strlen(path) + 8;
	struct stat st;
	char *temporary;
	int result;

	/* Renaming would put a file in the place of a device or a link. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return fail(error, error_size, path,
		    "exists and is not a regular file", -EEXIST);
	temporary = malloc(length);
	if (temporary == NULL)
		return fail(error, error_size, path, "no memory", -ENOMEM);
	snprintf(temporary, length, "%s.XXXXXX", path);
	result = replace_file(path, temporary, image, size);
	free(temporary);
	if (result != 0)
		fail(error, error_size, path, strerror(-result), result);
	return result;
}
