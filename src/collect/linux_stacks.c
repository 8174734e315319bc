/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network namespaces, found through the processes that live in them and the
 * mounts that keep them (ip-netns(8)).  One that neither names, kept alive by
 * a socket alone, is not found this way.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/linux_private.h"

static bool
has_stack(const struct linux_stacks *stacks, uint32_t own, uint32_t id)
{
	size_t i;

	if (id == own)
		return true;
	/* Neighbours in /proc tend to share a namespace: the latest first. */
	for (i = stacks->count; i-- > 1;)
		if (stacks->items[i].id == id)
			return true;
	return false;
}

/* fd is taken over, also where this fails. */
static int
add_stack(struct linux_stacks *stacks, uint32_t id, int fd, pid_t pid)
{
	struct linux_stack *items;
	size_t capacity;

	if (stacks->count == stacks->capacity) {
		capacity = stacks->capacity == 0 ? 8 : stacks->capacity * 2;
		items = realloc(stacks->items, capacity * sizeof(*items));
		if (items == NULL) {
			if (fd >= 0)
				close(fd);
			return -ENOMEM;
		}
		stacks->items = items;
		stacks->capacity = capacity;
	}
	stacks->items[stacks->count++] =
	    (struct linux_stack){.id = id, .fd = fd, .pid = pid};
	return 0;
}

static int
open_and_add(struct linux_stacks *stacks, int dir, const char *path, pid_t pid)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	/* Gone meanwhile, or no right to enter: the tables may still do. */
	if (fd < 0 && (errno == ENOENT || errno == ESRCH))
		return 0;
	if (fstatat(dir, path, &st, 0) != 0) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	return add_stack(stacks, (uint32_t)st.st_ino, fd, pid);
}

static int
find_by_process(struct linux_stacks *stacks, uint32_t own)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];
	struct stat st;
	int error = 0;

	if (proc == NULL)
		return -errno;
	while (error == 0 && (entry = readdir(proc)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "%.20s/ns/net", entry->d_name);
		if (fstatat(dirfd(proc), path, &st, 0) != 0) {
			stacks->denied += errno == EACCES || errno == EPERM;
			continue;
		}
		if (!has_stack(stacks, own, (uint32_t)st.st_ino))
			error = open_and_add(stacks, dirfd(proc), path,
			    (pid_t)strtol(entry->d_name, NULL, 10));
	}
	closedir(proc);
	return error;
}

/* mountinfo writes space, tab, newline and backslash as \040 and so on. */
static void
unescape_octal(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
		    text[2] >= '0' && text[2] <= '7' && text[3] >= '0' &&
		    text[3] <= '7') {
			*out++ = (char)((text[1] - '0') << 6 |
					(text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static int
find_by_mount(struct linux_stacks *stacks, uint32_t own)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, path[4096];
	unsigned int inode;
	size_t size = 0;
	int error = 0;

	if (file == NULL)
		return 0;
	while (error == 0 && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%*u %*u %*s net:[%u] %4095s", &inode, path) !=
		    2)
			continue;
		unescape_octal(path);
		if (!has_stack(stacks, own, inode))
			error = open_and_add(stacks, AT_FDCWD, path, 0);
	}
	free(line);
	fclose(file);
	return error;
}

int
linux_stacks_find(struct linux_stacks *stacks, bool all)
{
	struct stat st;
	int error;

	memset(stacks, 0, sizeof(*stacks));
	error = add_stack(stacks, 0, -1, 0);
	if (error != 0 || !all)
		return error;
	if (stat("/proc/self/ns/net", &st) != 0)
		return 0;
	error = find_by_process(stacks, (uint32_t)st.st_ino);
	if (error == 0)
		error = find_by_mount(stacks, (uint32_t)st.st_ino);
	return error;
}

void
linux_stacks_clear(struct linux_stacks *stacks)
{
	size_t i;

	for (i = 0; i < stacks->count; i++)
		if (stacks->items[i].fd >= 0)
			close(stacks->items[i].fd);
	free(stacks->items);
	memset(stacks, 0, sizeof(*stacks));
}
