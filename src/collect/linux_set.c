/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of numbers as a sorted array, and the reading of small files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/linux_private.h"

int
linux_set_add(struct linux_set *set, uint64_t item)
{
	size_t capacity;
	uint64_t *items;

	if (set->count == set->capacity) {
		capacity = set->capacity == 0 ? 64 : set->capacity * 2;
		items = realloc(set->items, capacity * sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		set->items = items;
		set->capacity = capacity;
	}
	set->items[set->count++] = item;
	return 0;
}

bool
linux_set_holds(const struct linux_set *set, uint64_t item)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->items[i] == item)
			return true;
	return false;
}

int
linux_set_add_once(struct linux_set *set, uint64_t item)
{
	return linux_set_holds(set, item) ? 0 : linux_set_add(set, item);
}

static int
by_number(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

void
linux_set_sort(struct linux_set *set)
{
	if (set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), by_number);
}

bool
linux_set_has(const struct linux_set *set, uint64_t item)
{
	return set->count != 0 && bsearch(&item, set->items, set->count,
				      sizeof(item), by_number) != NULL;
}

ssize_t
linux_read_at(int dir, const char *name, char *buffer, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	do
		got = read(fd, buffer, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		got = -errno;
	close(fd);
	return got;
}
