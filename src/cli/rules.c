/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules among the lines of Net-SNMP's files: found where Net-SNMP finds
 * them, as the command line does without it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"

#define DEPTH_MAX 8 /* of files that include others */
#define LINE_SIZE 4096

struct reading {
	struct po_rules *rules;
	size_t files;
	unsigned int depth;
	char *error;
	size_t error_size;
};

static int fail(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->error, reading->error_size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int read_file(struct reading *reading, const char *path, bool needed);

/* All files of the folder whose names end like a configuration's. */
static int
read_folder(struct reading *reading, const char *path)
{
	struct dirent **entries;
	char file[PATH_MAX];
	int count = scandir(path, &entries, NULL, alphasort), i, result = 0;
	size_t length;

	if (count < 0)
		return fail(reading, "%s: %s", path, strerror(errno));
	for (i = 0; i < count; i++) {
		length = strlen(entries[i]->d_name);
		if (result == 0 && length > 5 &&
		    strcmp(entries[i]->d_name + length - 5, ".conf") == 0) {
			snprintf(file, sizeof(file), "%s/%s", path,
			    entries[i]->d_name);
			result = read_file(reading, file, true);
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* A file's name is relative to the folder of the one that includes it. */
static int
include(struct reading *reading, const char *from, const char *value)
{
	const char *slash = strrchr(from, '/');
	char path[PATH_MAX];

	if (value[0] == '/' || slash == NULL)
		return read_file(reading, value, true);
	snprintf(
	    path, sizeof(path), "%.*s/%s", (int)(slash - from), from, value);
	return read_file(reading, path, true);
}

static int
use_rule(struct reading *reading, bool expected, const char *value,
    const char *place, const char *token)
{
	char error[PO_RULE_ERROR_SIZE];

	if (po_rules_add(reading->rules, expected, value, error) == 0)
		return 0;
	return fail(reading, "%s: %s%s%s: %s", place, token,
	    *value == '\0' ? "" : " ", value, error);
}

static int
use_line(struct reading *reading, const char *path, const char *place,
    const char *token, const char *value)
{
	/* As in snmpd.conf, for the module. */
	const char *name =
	    strncasecmp(token, "portOwner", 9) == 0 ? token + 9 : token;

	if (strcasecmp(token, "includeFile") == 0)
		return include(reading, path, value);
	if (strcasecmp(token, "includeDir") == 0)
		return read_folder(reading, value);
	if (strcasecmp(name, "expect") == 0)
		return use_rule(reading, true, value, place, token);
	if (strcasecmp(name, "allow") == 0)
		return use_rule(reading, false, value, place, token);
	if (strcasecmp(name, "strict") != 0)
		return 0;
	if (strcasecmp(value, "yes") != 0 && strcasecmp(value, "no") != 0)
		return fail(reading, "%s: %s%s%s: must be yes or no", place,
		    token, *value == '\0' ? "" : " ", value);
	reading->rules->strict = strcasecmp(value, "yes") == 0;
	return 0;
}

/* Takes the line apart: token, blanks, value up to the end. */
static int
read_line(
    struct reading *reading, const char *path, unsigned int number, char *line)
{
	char place[PATH_MAX + 32], *value, *end = line + strlen(line);

	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	value = line + strcspn(line, " \t");
	if (*value != '\0')
		*value++ = '\0';
	value += strspn(value, " \t");
	snprintf(place, sizeof(place), "%s: line %u", path, number);
	return use_line(reading, path, place, line, value);
}

static int
read_file(struct reading *reading, const char *path, bool needed)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE];
	unsigned int number = 0;
	int result = 0;

	if (file == NULL)
		return !needed && errno == ENOENT
			   ? 0
			   : fail(reading, "%s: %s", path, strerror(errno));
	if (reading->depth == DEPTH_MAX) {
		fclose(file);
		return fail(reading, "%s: files include each other", path);
	}
	reading->depth++;
	reading->files++;
	while (result == 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strchr(line, '\n') == NULL && !feof(file))
			result = fail(
			    reading, "%s: line %u is too long", path, number);
		else
			result = read_line(reading, path, ++number, line);
	}
	if (result == 0 && ferror(file))
		result = fail(reading, "%s: %s", path, strerror(errno));
	fclose(file);
	reading->depth--;
	return result;
}

/* The files of one folder, and its own ones after. */
static int
read_standard(struct reading *reading, const char *folder, size_t length)
{
	static const char *const names[] = {
	    "portowner.conf", "portowner.local.conf"};
	const char *home = getenv("HOME");
	char path[PATH_MAX];
	int result = 0;
	size_t i;

	for (i = 0; i < 2 && result == 0; i++) {
		if (folder != NULL)
			snprintf(path, sizeof(path), "%.*s/%s", (int)length,
			    folder, names[i]);
		else if (home != NULL)
			snprintf(
			    path, sizeof(path), "%s/.snmp/%s", home, names[i]);
		else
			break;
		result = read_file(reading, path, false);
	}
	return result;
}

int
cli_rules_read(
    const char *file, struct po_rules *rules, char *error, size_t error_size)
{
	struct reading reading = {
	    .rules = rules, .error = error, .error_size = error_size};
	const char *folders = getenv("SNMPCONFPATH"), *next;
	int result = 0;

	if (file != NULL) {
		result = read_file(&reading, file, true);
	} else {
		next = folders == NULL ? PO_CONFIG_FOLDERS : folders;
		for (; result == 0 && *next != '\0';
		     next += strcspn(next, ":"), next += *next == ':')
			result =
			    read_standard(&reading, next, strcspn(next, ":"));
		if (result == 0 && folders == NULL)
			result = read_standard(&reading, NULL, 0);
	}
	if (result != 0)
		return result;
	if (reading.files == 0)
		return fail(&reading,
		    "there is no portowner.conf (--config FILE names one)");
	if (rules->count == 0 && !rules->strict)
		return fail(&reading,
		    "portowner.conf expects nothing: no expect, allow or "
		    "strict (--suggest-expectations writes some)");
	return 0;
}
