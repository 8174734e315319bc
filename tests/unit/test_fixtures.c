/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads everything in tests/fixtures/linux as its manifests say and compares
 * with the rows that stand beside it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/linux_diag_decode.h"
#include "collect/linux_procnet_decode.h"
#include "collect/linux_task_decode.h"
#include "model/text.h"
#include "unit.h"

#define FILE_MAX_SIZE 65536
#define LINES_MAX 256
#define LINE_SIZE 320
#define PATH_SIZE 1024

/* Rows found in a file, as text. */
struct found {
	char lines[LINES_MAX][LINE_SIZE];
	size_t n;
};

static char content[FILE_MAX_SIZE];
static char expected[FILE_MAX_SIZE];
static struct found found;

/* The tests of a build elsewhere are told where their files are. */
static void
path_of(char path[PATH_SIZE], const char *name, const char *suffix)
{
	const char *top = getenv("top_srcdir");

	if (top == NULL)
		top = getenv("srcdir");
	snprintf(path, PATH_SIZE, "%s/tests/fixtures/linux/%s%s",
	    top == NULL ? "." : top, name, suffix);
}

/* Returns the length, or -1. */
static long
read_file(const char *name, const char *suffix, char *into)
{
	char path[PATH_SIZE];
	size_t length;
	FILE *file;

	path_of(path, name, suffix);
	file = fopen(path, "rb");
	if (file == NULL) {
		printf("\n    %s: %s", path, strerror(errno));
		return -1;
	}
	length = fread(into, 1, FILE_MAX_SIZE - 1, file);
	into[length] = '\0';
	fclose(file);
	return (long)length;
}

static void
note(const char *format, ...)
{
	va_list list;

	if (found.n == LINES_MAX)
		return;
	va_start(list, format);
	vsnprintf(found.lines[found.n++], LINE_SIZE, format, list);
	va_end(list);
}

static int
note_socket(void *context, const struct po_socket *socket)
{
	static const char *const states[] = {"NONE", "CLOSED", "LISTEN",
	    "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2",
	    "CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"};
	char name[16], local[PO_ADDRESS_TEXT_SIZE + 8];
	char remote[PO_ADDRESS_TEXT_SIZE + 8] = "-", uid[16] = "?";
	char limit[16] = "?";

	(void)context;
	po_address_port_format(
	    &socket->local.address, socket->local.port, local);
	if (socket->connected)
		po_address_port_format(
		    &socket->remote, socket->remote_port, remote);
	if (socket->uid != PO_UID_UNKNOWN)
		snprintf(uid, sizeof(uid), "%u", socket->uid);
	if (socket->queue_limit != PO_QUEUE_UNKNOWN)
		snprintf(limit, sizeof(limit), "%u", socket->queue_limit);
	CU_ASSERT_FATAL(socket->state < sizeof(states) / sizeof(states[0]));
	note("%s %s %s %s handle=%llu uid=%s queue=%u/%s",
	    po_protocol_name(socket->local.protocol, name), local, remote,
	    states[socket->state], (unsigned long long)socket->handle, uid,
	    socket->queue_length, limit);
	return 0;
}

static const char *
error_name(int error)
{
	switch (error) {
	case -EBADMSG:
		return "EBADMSG";
	case -ENOENT:
		return "ENOENT";
	case -EPERM:
		return "EPERM";
	default:
		return "another error";
	}
}

static bool
is_little_endian(void)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one == 1;
}

/* Octets of an exact size, so that a sanitizer sees what lies beyond. */
static char *
exact(long length)
{
	char *copy = malloc(length == 0 ? 1 : (size_t)length);

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, content, (size_t)length);
	return copy;
}

static void
decode_diag(const char *protocol, long length)
{
	char *buffer = exact(length);
	bool interrupted = false;
	int result;

	result = po_diag_decode(buffer, (size_t)length, 0,
	    (uint8_t)po_protocol_number(protocol), &interrupted, note_socket,
	    NULL);
	free(buffer);
	if (result < 0)
		note("%s", error_name(result));
	else
		note("%s%s", result == PO_DIAG_DONE ? "done" : "more",
		    interrupted ? " interrupted" : "");
}

static void
decode_table_line(const struct po_procnet_table *table, const char *line,
    size_t length, unsigned number)
{
	struct po_socket socket;
	int result = po_procnet_decode(table, line, length, &socket);

	if (result == 1)
		note_socket(NULL, &socket);
	else if (result != 0)
		note("! %u", number);
}

static void
decode_interface(const char *line, size_t length)
{
	struct po_address address = {.type = PO_ADDRESS_IPV6};
	char text[PO_ADDRESS_TEXT_SIZE];
	uint32_t zone;

	if (po_procnet_decode_if_inet6(line, length, address.bytes, &zone) != 1)
		return;
	po_address_format(&address, text);
	note("%s %u", text, zone);
}

static void
decode_lines(const char *how, const struct po_procnet_table *table, long size)
{
	char *buffer = exact(size), *line = buffer;
	const char *end = buffer + size, *newline;
	unsigned number = 1;
	uint8_t protocol;
	size_t length;

	for (; line < end; line += length + 1, number++) {
		newline = memchr(line, '\n', (size_t)(end - line));
		length = (size_t)((newline == NULL ? end : newline) - line);
		if (strcmp(how, "procnet") == 0) {
			decode_table_line(table, line, length, number);
		} else if (strcmp(how, "if_inet6") == 0) {
			decode_interface(line, length);
		} else {
			protocol = po_procnet_decode_protocol(line, length);
			if (protocol != 0)
				note("%u", protocol);
		}
	}
	free(buffer);
}

static void
decode_stat(long length)
{
	char *buffer = exact(length), command[PO_TEXT_MAX + 1];
	struct po_task_stat stat;
	int error = po_task_decode_stat(buffer, (size_t)length, &stat);

	if (error != 0) {
		note("%s", error_name(error));
	} else {
		po_text_clean(command, stat.command.data, stat.command.length);
		note("pid=%u parent=%u threads=%u start=%llu state=%c "
		     "command=%s",
		    stat.pid, stat.parent, stat.threads,
		    (unsigned long long)stat.start, stat.state, command);
	}
	free(buffer);
}

static void
decode_cgroup(long length)
{
	char *buffer = exact(length);
	struct po_bytes unit = po_task_decode_cgroup(buffer, (size_t)length);

	if (unit.data == NULL)
		note("-");
	else
		note("%.*s", (int)unit.length, unit.data);
	free(buffer);
}

static int
by_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* The end of a dump stays last. */
static void
sort_found(const char *how)
{
	size_t n = found.n;

	if (strcmp(how, "diag") == 0 && n > 0)
		n--;
	qsort(found.lines, n, LINE_SIZE, by_text);
}

static void
compare(const char *name)
{
	char *line = expected, *newline;
	size_t i = 0;

	CU_ASSERT_TRUE(read_file(name, ".rows", expected) > 0);
	for (; *line != '\0'; line = newline + 1, i++) {
		newline = strchr(line, '\n');
		CU_ASSERT_PTR_NOT_NULL_FATAL(newline);
		*newline = '\0';
		if (i < found.n && strcmp(found.lines[i], line) == 0)
			continue;
		printf("\n    %s: not \"%s\" but \"%s\"", name, line,
		    i < found.n ? found.lines[i] : "");
		CU_FAIL("another row");
	}
	CU_ASSERT_EQUAL(i, found.n);
}

/* One line of a manifest, in words. */
static void
check_file(char *const words[], size_t n)
{
	const char *how = words[0], *name = words[n - 1];
	struct po_procnet_table table = {.stack = 0};
	long length;

	if (strcmp(how, "diag") == 0 && !is_little_endian())
		return;
	found.n = 0;
	length = read_file(name, "", content);
	CU_ASSERT_TRUE_FATAL(length > 0);
	if (strcmp(how, "diag") == 0) {
		CU_ASSERT_EQUAL_FATAL(n, 3);
		decode_diag(words[1], length);
	} else if (strcmp(how, "stat") == 0) {
		decode_stat(length);
	} else if (strcmp(how, "cgroup") == 0) {
		decode_cgroup(length);
	} else {
		if (n == 5) {
			table.protocol = (uint8_t)po_protocol_number(words[1]);
			table.ipv6 = strcmp(words[2], "6") == 0;
			table.little_endian = strcmp(words[3], "le") == 0;
		}
		decode_lines(how, &table, length);
	}
	sort_found(how);
	compare(name);
}

static void
check_manifest(const char *name, size_t at_least)
{
	static char manifest[FILE_MAX_SIZE];
	char *line, *next, *words[5];
	size_t n, files = 0;

	CU_ASSERT_TRUE_FATAL(read_file(name, "", manifest) > 0);
	for (line = manifest; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		for (n = 0; n < 5 && *line != '\0'; n++) {
			words[n] = line;
			line += strcspn(line, " ");
			if (*line != '\0')
				*line++ = '\0';
		}
		CU_ASSERT_TRUE_FATAL(n >= 2);
		check_file(words, n);
		files++;
	}
	CU_ASSERT_TRUE(files >= at_least);
}

static void
test_recorded(void)
{
	check_manifest("MANIFEST-recorded", 19);
}

static void
test_constructed(void)
{
	check_manifest("MANIFEST-constructed", 25);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"recorded from a kernel", test_recorded},
	    {"constructed", test_constructed},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("fixtures of Linux", tests);
}
