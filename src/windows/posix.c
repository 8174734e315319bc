/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The little of POSIX that the C library of Windows lacks.
 */
#include <sys/socket.h>

#include <windows.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "windows/start.h"

void
po_windows_start(void)
{
	WSADATA data;
	int fd;

	for (fd = 0; fd <= 2; fd++)
		_setmode(fd, _O_BINARY);
	/* Without it there are no names of services, which is told then. */
	(void)WSAStartup(MAKEWORD(2, 2), &data);
}

int
fcntl(int fd, int command, ...)
{
	if (command != F_GETFD) {
		errno = EINVAL;
		return -1;
	}
	return _get_osfhandle(fd) == (intptr_t)INVALID_HANDLE_VALUE ? -1 : 0;
}

int
fsync(int fd)
{
	return _commit(fd);
}

int
po_windows_rename(const char *from, const char *to)
{
	if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING))
		return 0;
	errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EIO;
	return -1;
}

int
wcwidth(wchar_t character)
{
	return character < 0x20 || character == 0x7f ? -1 : 1;
}

char *
stpcpy(char *to, const char *from)
{
	const size_t length = strlen(from);

	memcpy(to, from, length + 1);
	return to + length;
}

int
alphasort(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

static int
keep_entry(struct dirent ***entries, int n, const struct dirent *entry)
{
	struct dirent **grown, *copy = malloc(sizeof(*copy));

	grown = realloc(*entries, ((size_t)n + 1) * sizeof(*grown));
	if (grown != NULL)
		*entries = grown;
	if (grown == NULL || copy == NULL) {
		free(copy);
		errno = ENOMEM;
		return -1;
	}
	*copy = *entry;
	grown[n] = copy;
	return n + 1;
}

int
scandir(const char *path, struct dirent ***entries,
    int (*wanted)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **))
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int n = 0, kept = 0;

	if (folder == NULL)
		return -1;
	*entries = NULL;
	while (kept >= 0 && (entry = readdir(folder)) != NULL) {
		if (wanted != NULL && !wanted(entry))
			continue;
		kept = keep_entry(entries, n, entry);
		n = kept >= 0 ? kept : n;
	}
	closedir(folder);
	if (kept < 0) {
		while (n > 0)
			free((*entries)[--n]);
		free(*entries);
		errno = ENOMEM;
		return -1;
	}
	if (compare != NULL && n > 0)
		qsort(*entries, (size_t)n, sizeof(**entries),
		    (int (*)(const void *, const void *))compare);
	return n;
}
