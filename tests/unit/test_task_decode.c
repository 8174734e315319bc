/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of /proc/PID, with the names that users give their processes.
 */
#include "collect/linux_task_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

/* Everything behind the command up to the start, and some more. */
#define REST                                                                   \
	" S 17 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 -51 -20 3 0 987654 "     \
	"10 20 18446744073709551615 1\n"

static int
decode(const char *text, size_t length, struct po_task_stat *stat)
{
	char *copy = malloc(length == 0 ? 1 : length);
	int result;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, text, length);
	result = po_task_decode_stat(copy, length, stat);
	/* The command must lie inside; then let it point into text. */
	if (result == 0 &&
	    (stat->command.data < copy || stat->command.length > length ||
		(size_t)(stat->command.data - copy) >
		    length - stat->command.length))
		result = -ERANGE;
	if (result == 0)
		stat->command.data = text + (stat->command.data - copy);
	free(copy);
	return result;
}

static void
expect_command(const char *command, size_t length)
{
	struct po_task_stat stat;
	char text[300];
	size_t n;

	n = (size_t)sprintf(text, "4242 (");
	memcpy(text + n, command, length);
	n += length;
	memcpy(text + n, ")" REST, sizeof(")" REST) - 1);
	n += sizeof(")" REST) - 1;
	CU_ASSERT_EQUAL_FATAL(decode(text, n, &stat), 0);
	CU_ASSERT_EQUAL(stat.pid, 4242);
	CU_ASSERT_EQUAL(stat.parent, 17);
	CU_ASSERT_EQUAL(stat.threads, 3);
	CU_ASSERT_EQUAL(stat.start, 987654);
	CU_ASSERT_EQUAL(stat.state, 'S');
	CU_ASSERT_EQUAL_FATAL(stat.command.length, length);
	CU_ASSERT_EQUAL(memcmp(stat.command.data, command, length), 0);
}

#define COMMAND(text) expect_command(text, sizeof(text) - 1)

static void
test_commands(void)
{
	COMMAND("nginx");
	COMMAND("");
	COMMAND("(sd-pam)");
	COMMAND(")");
	COMMAND("(");
	COMMAND(") S 1 2 3 (x");
	COMMAND("a) R 1 1 1 1 1");
	COMMAND("tmux: server");
	COMMAND("two\nlines");
	COMMAND("\"quoted'\\");
	COMMAND("\xff\xfe\x1b[31m");
	COMMAND("fifteen--octets");
	COMMAND("kworker/u16:3-events_unbound_and_more_than_that");
}

static void
test_stat_refused(void)
{
	static const char *const texts[] = {
	    "",
	    "1",
	    "1 (x",
	    "1 (x)",
	    "1 (x) S",
	    "1 (x) S ",
	    "(x)" REST,
	    " (x)" REST,
	    "1(x)" REST,
	    "x (x)" REST,
	    "-1 (x)" REST,
	    "2147483648 (x)" REST,
	    "1 )x(" REST,
	    "1 (x)S 17 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98\n",
	    "1 (x) SS 17 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98\n",
	    "1 (x) S -17 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98\n",
	    "1 (x) S x 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98\n",
	    "1 (x) S 17 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 -3 0 98\n",
	    "1 (x) S 17 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 -98\n",
	    "1 (x) S 17 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0\n",
	    "1 (x) S 17 1 1 0 - 0 1 2 3 4 5 6 7 8 20 0 3 0 98\n",
	    "1 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 9 0 3 0 18446744073709551616",
	};
	struct po_task_stat stat;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CU_ASSERT_EQUAL(
		    decode(texts[i], strlen(texts[i]), &stat), -EBADMSG);
		if (decode(texts[i], strlen(texts[i]), &stat) != -EBADMSG)
			printf("\n    taken: \"%s\"\n", texts[i]);
	}
	/* Without a newline, and with nothing behind the start. */
	CU_ASSERT_EQUAL(
	    decode(
		"1 (x) Z 0 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 0 0 98", 48, &stat),
	    0);
	CU_ASSERT_EQUAL(stat.parent, 0);
	CU_ASSERT_EQUAL(stat.threads, 0);
	CU_ASSERT_EQUAL(stat.state, 'Z');
	CU_ASSERT_EQUAL(stat.start, 98);
}

static void
test_stat_truncated(void)
{
	static const char text[] = "4242 (a b)" REST;
	const char *start = strstr(text, "987654");
	struct po_task_stat stat;
	size_t length;

	CU_ASSERT_PTR_NOT_NULL_FATAL(start);
	for (length = 0; length < sizeof(text); length++)
		CU_ASSERT_EQUAL(decode(text, length, &stat),
		    length > (size_t)(start - text) ? 0 : -EBADMSG);
}

static void
test_random(void)
{
	static const char text[] = "4242 (a b)" REST;
	static const char octets[] = "0123456789() -\n\0x\xff";
	struct po_task_stat stat;
	struct po_bytes unit;
	char copy[sizeof(text)];
	uint64_t seed = 5;
	unsigned round, k, wrong = 0;
	size_t length;
	int result;

	for (round = 0; round < 50000; round++) {
		memcpy(copy, text, sizeof(text));
		for (k = 1 + unit_below(&seed, 4); k > 0; k--)
			copy[unit_below(&seed, sizeof(text) - 1)] =
			    octets[unit_below(&seed, sizeof(octets) - 1)];
		length = unit_below(&seed, sizeof(text));
		result = decode(copy, length, &stat);
		if (result != 0 && result != -EBADMSG)
			wrong++;
		unit = po_task_decode_cgroup(copy, length);
		if (unit.data != NULL &&
		    (unit.length == 0 || unit.data < copy ||
			unit.data + unit.length > copy + length))
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static uint64_t
inode(const char *link)
{
	return po_task_decode_socket(link, strlen(link));
}

static void
test_sockets(void)
{
	CU_ASSERT_EQUAL(inode("socket:[123]"), 123);
	CU_ASSERT_EQUAL(inode("socket:[0]"), 0);
	CU_ASSERT_EQUAL(inode("socket:[18446744073709551615]"), UINT64_MAX);
	CU_ASSERT_EQUAL(inode("socket:[18446744073709551616]"), 0);
	CU_ASSERT_EQUAL(inode("socket:[]"), 0);
	CU_ASSERT_EQUAL(inode("socket:["), 0);
	CU_ASSERT_EQUAL(inode("socket:[123"), 0);
	CU_ASSERT_EQUAL(inode("socket:[12a]"), 0);
	CU_ASSERT_EQUAL(inode("socket:[-1]"), 0);
	CU_ASSERT_EQUAL(inode("socket:[123]x"), 0);
	CU_ASSERT_EQUAL(inode("xsocket:[123]"), 0);
	CU_ASSERT_EQUAL(inode("pipe:[123]"), 0);
	CU_ASSERT_EQUAL(inode("/dev/null"), 0);
	CU_ASSERT_EQUAL(inode(""), 0);
	/* The length counts, not a NUL. */
	CU_ASSERT_EQUAL(po_task_decode_socket("socket:[123]4", 12), 123);
	CU_ASSERT_EQUAL(po_task_decode_socket("socket:[123]", 11), 0);
}

/* unit NULL: none. */
static void
expect_unit(const char *cgroup, const char *unit)
{
	struct po_bytes got = po_task_decode_cgroup(cgroup, strlen(cgroup));

	if (unit == NULL) {
		CU_ASSERT_PTR_NULL(got.data);
		CU_ASSERT_EQUAL(got.length, 0);
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(got.data);
	CU_ASSERT_EQUAL_FATAL(got.length, strlen(unit));
	CU_ASSERT_EQUAL(memcmp(got.data, unit, got.length), 0);
}

static void
test_units(void)
{
	expect_unit("0::/system.slice/nginx.service\n", "nginx.service");
	expect_unit("0::/system.slice/nginx.service", "nginx.service");
	expect_unit("0::/user.slice/user-1000.slice/user@1000.service/"
		    "app.slice/app-foot.scope\n",
	    "app-foot.scope");
	/* The deepest unit, not the deepest component. */
	expect_unit(
	    "0::/system.slice/docker-0123.scope/init/x\n", "docker-0123.scope");
	expect_unit("0::/user.slice/user-1.slice/user@1.service/init.scope/a\n",
	    "init.scope");
	/* No unit at all. */
	expect_unit("0::/docker/0123abc\n", "0123abc");
	expect_unit("0::/machine/lxc.payload/\n", "lxc.payload");
	expect_unit("0::/a.services\n", "a.services");
	expect_unit("0::/with:colon/x y\n", "x y");
	/* The root, and what a namespace hides. */
	expect_unit("0::/\n", NULL);
	expect_unit("0::\n", NULL);
	expect_unit("0::/../..\n", NULL);
	expect_unit("0::/../../b.service\n", "b.service");
	expect_unit("0::/a.service (deleted)\n", "a.service");
	expect_unit("", NULL);
	expect_unit("\n\n", NULL);
	expect_unit("garbage\nmore:garbage\n", NULL);
}

static void
test_hierarchies(void)
{
	/* Unified, wherever it stands. */
	expect_unit("12:cpu,cpuacct:/docker/0123/a/long/path\n"
		    "1:name=systemd:/system.slice/a.service\n"
		    "0::/system.slice/b.service\n",
	    "b.service");
	expect_unit("0::/system.slice/b.service\n"
		    "1:name=systemd:/system.slice/a.service\n",
	    "b.service");
	/* Else systemd's. */
	expect_unit("12:cpu,cpuacct:/docker/0123/a/long/path\n"
		    "1:name=systemd:/system.slice/a.service\n",
	    "a.service");
	/* Else the longest. */
	expect_unit("3:cpu:/\n2:memory:/docker/0123\n1:pids:/docker\n", "0123");
	expect_unit("3:cpu:/\n2:memory:/\n", NULL);
	expect_unit("2:name=systemdx:/a\n1:name=systemd:/b\n", "b");
}

static void
expect_cmdline(const char *in, size_t length, const char *expected)
{
	char *copy = malloc(length == 0 ? 1 : length);
	size_t got;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, in, length);
	got = po_task_decode_cmdline(copy, length);
	CU_ASSERT_EQUAL_FATAL(got, strlen(expected));
	CU_ASSERT_EQUAL(memcmp(copy, expected, got), 0);
	free(copy);
}

#define CMDLINE(in, expected) expect_cmdline(in, sizeof(in) - 1, expected)

static void
test_cmdline(void)
{
	CMDLINE("", "");
	CMDLINE("\0", "");
	CMDLINE("a\0b c\0-d\0", "a b c -d");
	CMDLINE("a\0b", "a b");
	CMDLINE("a\0\0b\0\0\0", "a  b");
	CMDLINE("\0a", " a");
}

static bool
number(const char *text, uint64_t limit, uint64_t *value)
{
	return po_task_decode_number(text, strlen(text), limit, value);
}

static void
test_numbers(void)
{
	uint64_t value = 99;

	CU_ASSERT_FALSE(number("", 10, &value));
	CU_ASSERT_FALSE(number("-1", 10, &value));
	CU_ASSERT_FALSE(number("+1", 10, &value));
	CU_ASSERT_FALSE(number(" 1", 10, &value));
	CU_ASSERT_FALSE(number("1 ", 10, &value));
	CU_ASSERT_FALSE(number("0x1", 10, &value));
	CU_ASSERT_FALSE(number("11", 10, &value));
	CU_ASSERT_FALSE(number("4", 3, &value));
	CU_ASSERT_FALSE(number("1", 0, &value));
	CU_ASSERT_EQUAL(value, 99);
	CU_ASSERT_TRUE(number("0", 0, &value));
	CU_ASSERT_EQUAL(value, 0);
	CU_ASSERT_TRUE(number("10", 10, &value));
	CU_ASSERT_EQUAL(value, 10);
	CU_ASSERT_TRUE(number("0000000000000000000000007", 10, &value));
	CU_ASSERT_EQUAL(value, 7);
	CU_ASSERT_TRUE(number("18446744073709551615", UINT64_MAX, &value));
	CU_ASSERT_EQUAL(value, UINT64_MAX);
	CU_ASSERT_FALSE(number("18446744073709551616", UINT64_MAX, &value));
	CU_ASSERT_FALSE(number("28446744073709551615", UINT64_MAX, &value));
	CU_ASSERT_FALSE(number("184467440737095516150", UINT64_MAX, &value));
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"stat: commands", test_commands},
	    {"stat: what is refused", test_stat_refused},
	    {"stat: every truncation", test_stat_truncated},
	    {"random changes", test_random},
	    {"links to sockets", test_sockets},
	    {"cgroup: units", test_units},
	    {"cgroup: hierarchies", test_hierarchies},
	    {"cmdline", test_cmdline},
	    {"numbers", test_numbers},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("linux_task_decode", tests);
}
