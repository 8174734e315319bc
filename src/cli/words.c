/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of arguments, and files that name hosts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* No file of hosts is larger. */
#define HOSTS_SIZE_MAX (16u << 20)

int
cli_out_of_memory(char *error, size_t error_size)
{
	snprintf(error, error_size, "out of memory");
	return -ENOMEM;
}

int
cli_words_add(struct cli_words *words, const char *word)
{
	const char **items = words->items;

	/* Room for 1, 2, 4, ... */
	if ((words->count & (words->count - 1)) == 0) {
		items =
		    realloc(items, (words->count == 0 ? 1 : 2 * words->count) *
				       sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		words->items = items;
	}
	items[words->count++] = word;
	return 0;
}

static int
read_text(FILE *file, char **text)
{
	size_t used = 0, capacity = 0;
	char *more;

	for (;;) {
		if (capacity - used < 2) {
			capacity = capacity == 0 ? 4096 : 2 * capacity;
			if (capacity > HOSTS_SIZE_MAX)
				return -EFBIG;
			more = realloc(*text, capacity);
			if (more == NULL)
				return -ENOMEM;
			*text = more;
		}
		used += fread(*text + used, 1, capacity - used - 1, file);
		(*text)[used] = '\0';
		if (ferror(file))
			return -EIO;
		if (feof(file))
			return memchr(*text, '\0', used) != NULL ? -EINVAL : 0;
	}
}

/* The first word of each line, but for comments. */
static int
split_hosts(char *text, struct cli_words *hosts)
{
	static const char blanks[] = " \t\r";
	char *line, *next;

	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, blanks);
		line[strcspn(line, blanks)] = '\0';
		if (line[0] != '\0' && line[0] != '-' &&
		    cli_words_add(hosts, line) != 0)
			return -ENOMEM;
	}
	return 0;
}

int
cli_hosts_read(const char *path, struct cli_words *hosts, char **text,
    char *error, size_t error_size)
{
	const bool is_input = strcmp(path, "-") == 0;
	const size_t before = hosts->count;
	FILE *file = is_input ? stdin : fopen(path, "r");
	int result;

	if (file == NULL) {
		result = -errno;
	} else {
		result = read_text(file, text);
		if (!is_input)
			fclose(file);
	}
	if (result == 0)
		result = split_hosts(*text, hosts);
	if (result == -ENOMEM)
		return cli_out_of_memory(error, error_size);
	if (result == 0 && hosts->count > before)
		return 0;
	snprintf(error, error_size, "option --hosts: %.200s: %s", path,
	    result == 0 ? "there is no host in it" : strerror(-result));
	return result == 0 ? -EINVAL : result;
}
