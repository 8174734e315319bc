/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The formats are those of proc(5) and cgroups(7).  A command may hold any
 * octet but NUL, so stat is read from its last ")" on.
 */
#include "collect/linux_task_decode.h"

#include <errno.h>
#include <string.h>

/* Places of the fields of stat behind the command, the state being 0. */
enum stat_field {
	STAT_PARENT = 1,
	STAT_THREADS = 17,
	STAT_START = 19,
	STAT_STACK = 25,
};

bool
po_task_decode_number(
    const char *text, size_t length, uint64_t limit, uint64_t *value)
{
	uint64_t number = 0;
	unsigned digit;
	size_t i;

	if (length == 0)
		return false;
	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		digit = (unsigned)(text[i] - '0');
		if (digit > limit || number > (limit - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*value = number;
	return true;
}

static const char *
last(const char *buffer, size_t length, char octet)
{
	while (length > 0)
		if (buffer[--length] == octet)
			return buffer + length;
	return NULL;
}

/* Cuts the text up to the next space (or newline) off *at. */
static struct po_bytes
next_field(const char **at, const char *end)
{
	struct po_bytes field;

	while (*at < end && **at == ' ')
		(*at)++;
	field.data = *at;
	while (*at < end && **at != ' ' && **at != '\n')
		(*at)++;
	field.length = (size_t)(*at - field.data);
	return field;
}

/* The fields from the parent to the stack; some others are negative. */
static bool
decode_stat_numbers(const char *at, const char *end, struct po_task_stat *stat)
{
	struct po_bytes field;
	uint64_t value;
	unsigned i, sign;

	for (i = STAT_PARENT; i <= STAT_STACK; i++) {
		field = next_field(&at, end);
		sign = field.length > 0 && field.data[0] == '-' ? 1 : 0;
		if (!po_task_decode_number(field.data + sign,
			field.length - sign, UINT64_MAX, &value))
			return i > STAT_START;
		if ((i == STAT_PARENT || i == STAT_THREADS) &&
		    (sign != 0 || value > INT32_MAX))
			return false;
		if (i == STAT_PARENT)
			stat->parent = (uint32_t)value;
		else if (i == STAT_THREADS)
			stat->threads = (uint32_t)value;
		else if (i == STAT_START && sign != 0)
			return false;
		else if (i == STAT_START)
			stat->start = value;
		else if (i == STAT_STACK)
			stat->stack = value;
	}
	return true;
}

int
po_task_decode_stat(
    const char *buffer, size_t length, struct po_task_stat *stat)
{
	const char *open, *close, *end = buffer + length;
	uint64_t pid;

	memset(stat, 0, sizeof(*stat));
	if (length == 0)
		return -EBADMSG;
	open = memchr(buffer, '(', length);
	close = last(buffer, length, ')');
	if (open == NULL || close == NULL || close < open || open == buffer ||
	    open[-1] != ' ' ||
	    !po_task_decode_number(
		buffer, (size_t)(open - buffer) - 1, INT32_MAX, &pid))
		return -EBADMSG;
	stat->pid = (uint32_t)pid;
	stat->command.data = open + 1;
	stat->command.length = (size_t)(close - open) - 1;
	/* ") S " */
	if (end - close < 4 || close[1] != ' ' || close[3] != ' ')
		return -EBADMSG;
	stat->state = close[2];
	if (!decode_stat_numbers(close + 4, end, stat))
		return -EBADMSG;
	return 0;
}

uint64_t
po_task_decode_socket(const char *link, size_t length)
{
	static const char prefix[] = "socket:[";
	const size_t skip = sizeof(prefix) - 1;
	uint64_t inode;

	if (length <= skip || memcmp(link, prefix, skip) != 0 ||
	    link[length - 1] != ']' ||
	    !po_task_decode_number(
		link + skip, length - skip - 1, UINT64_MAX, &inode))
		return 0;
	return inode;
}

static bool
ends_with(struct po_bytes text, const char *end)
{
	size_t length = strlen(end);

	return text.length >= length &&
	       memcmp(text.data + text.length - length, end, length) == 0;
}

/* The hierarchies that cgroup(7) knows, the most telling last. */
enum hierarchy {
	HIERARCHY_NONE,
	HIERARCHY_OTHER,
	HIERARCHY_SYSTEMD,
	HIERARCHY_UNIFIED,
};

/* Splits "N:controllers:/path". */
static enum hierarchy
decode_cgroup_line(const char *line, size_t length, struct po_bytes *path)
{
	static const char gone[] = " (deleted)";
	static const char systemd[] = "name=systemd";
	const char *end = line + length;
	const char *first, *second;
	size_t controllers;

	first = memchr(line, ':', length);
	if (first == NULL)
		return HIERARCHY_NONE;
	first++;
	second = memchr(first, ':', (size_t)(end - first));
	if (second == NULL)
		return HIERARCHY_NONE;
	path->data = second + 1;
	path->length = (size_t)(end - path->data);
	if (ends_with(*path, gone))
		path->length -= sizeof(gone) - 1;
	controllers = (size_t)(second - first);
	if (controllers == 0)
		return HIERARCHY_UNIFIED;
	if (controllers == sizeof(systemd) - 1 &&
	    memcmp(first, systemd, controllers) == 0)
		return HIERARCHY_SYSTEMD;
	return HIERARCHY_OTHER;
}

/* "." and ".." name nothing: they stand for what a namespace hides. */
static struct po_bytes
unit_of_path(struct po_bytes path)
{
	struct po_bytes unit = {NULL, 0}, part;
	const char *at = path.data, *end = path.data + path.length;
	bool named = false, is_unit;

	while (at < end) {
		part.data = at;
		while (at < end && *at != '/')
			at++;
		part.length = (size_t)(at - part.data);
		if (at < end)
			at++;
		if (part.length == 0 ||
		    (part.length == 1 && part.data[0] == '.') ||
		    (part.length == 2 && memcmp(part.data, "..", 2) == 0))
			continue;
		is_unit =
		    ends_with(part, ".service") || ends_with(part, ".scope");
		if (is_unit || !named)
			unit = part;
		named = named || is_unit;
	}
	return unit;
}

struct po_bytes
po_task_decode_cgroup(const char *buffer, size_t length)
{
	struct po_bytes path, best = {NULL, 0};
	enum hierarchy kind, best_kind = HIERARCHY_NONE;
	const char *newline;
	size_t line;

	while (length > 0) {
		newline = memchr(buffer, '\n', length);
		line = newline == NULL ? length : (size_t)(newline - buffer);
		kind = decode_cgroup_line(buffer, line, &path);
		if (kind > best_kind ||
		    (kind == HIERARCHY_OTHER && kind == best_kind &&
			path.length > best.length)) {
			best = path;
			best_kind = kind;
		}
		line += newline == NULL ? 0 : 1;
		buffer += line;
		length -= line;
	}
	if (best_kind == HIERARCHY_NONE)
		return best;
	return unit_of_path(best);
}

size_t
po_task_decode_cmdline(char *buffer, size_t length)
{
	size_t i;

	while (length > 0 && buffer[length - 1] == '\0')
		length--;
	for (i = 0; i < length; i++)
		if (buffer[i] == '\0')
			buffer[i] = ' ';
	return length;
}

int
po_task_decode_status(const char *buffer, size_t length, uint32_t *uid)
{
	static const char key[] = "Uid:\t";
	const char *at = buffer, *end = buffer + length, *line;
	struct po_bytes field;
	uint64_t value;

	for (; at < end; at = line + 1) {
		line = memchr(at, '\n', (size_t)(end - at));
		if (line == NULL)
			return -EBADMSG;
		if ((size_t)(line - at) < sizeof(key) - 1 ||
		    memcmp(at, key, sizeof(key) - 1) != 0)
			continue;
		/* The real one comes first, then the effective one. */
		at += sizeof(key) - 1;
		while (at < line && *at != '\t')
			at++;
		field.data = at + 1;
		for (at = field.data; at < line && *at != '\t';)
			at++;
		field.length = at > field.data ? (size_t)(at - field.data) : 0;
		if (!po_task_decode_number(
			field.data, field.length, UINT32_MAX, &value))
			return -EBADMSG;
		*uid = (uint32_t)value;
		return 0;
	}
	return -EBADMSG;
}
