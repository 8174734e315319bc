/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing in a recorded file is believed before its size, its checksum and
 * every offset in it were checked.
 */
#include "collect/replay.h"

#include <errno.h>
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

static int
read_image(FILE *file, void **image, size_t *size)
{
	struct stat st;
	char *data;

	if (fstat(fileno(file), &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if ((uint64_t)st.st_size > PO_SNAPSHOT_SIZE_MAX)
		return -EFBIG;
	data = malloc((size_t)st.st_size + 1);
	if (data == NULL)
		return -ENOMEM;
	*size = fread(data, 1, (size_t)st.st_size + 1, file);
	if (ferror(file)) {
		free(data);
		return -EIO;
	}
	*image = data;
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
	FILE *file = fopen(path, "rb");
	const char *why;
	char text[160];
	int result;

	if (file == NULL)
		return fail(error, error_size, path, strerror(errno), -errno);
	result = read_image(file, image, size);
	fclose(file);
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
write_image(FILE *file, const void *image, size_t size)
{
	struct po_snapshot_header header;

	memcpy(&header, image, sizeof(header));
	header.checksum = po_snapshot_checksum(image, size);
	if (fwrite(&header, sizeof(header), 1, file) != 1 ||
	    (size > sizeof(header) &&
		fwrite((const char *)image + sizeof(header),
		    size - sizeof(header), 1, file) != 1) ||
	    fflush(file) != 0)
		return -errno;
	return 0;
}

int
po_replay_write(const char *path, const void *image, size_t size, char *error,
    size_t error_size)
{
	size_t length = strlen(path) + 8;
	char *temporary = malloc(length);
	FILE *file;
	int result, fd;

	if (temporary == NULL)
		return fail(error, error_size, path, "no memory", -ENOMEM);
	snprintf(temporary, length, "%s.XXXXXX", path);
	fd = mkstemp(temporary);
	file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (file == NULL) {
		result = -errno;
		free(temporary);
		return fail(error, error_size, path, strerror(-result), result);
	}
	result = write_image(file, image, size);
	if (fclose(file) != 0 && result == 0)
		result = -errno;
	if (result == 0 && rename(temporary, path) != 0)
		result = -errno;
	if (result != 0) {
		unlink(temporary);
		fail(error, error_size, path, strerror(-result), result);
	}
	free(temporary);
	return result;
}
