/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line tool's output: the table on terminals, JSON, and what
 * becomes of both on descriptors that fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_scene.h"

#define TCP PO_PROTOCOL_TCP

static const struct cli_terminal no_terminal;

static void
make_wide(struct sealed *d)
{
	struct po_builder *b = scene_builder();

	scene_add(b, unit_bound(TCP, "127.0.0.1", 1, 1), 1);
	scene_add(b, unit_bound(TCP, "127.0.0.1", 2, 2), 2);
	scene_process(
	    b, 1, 0, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xa0", "");
	scene_process(b, 2, 0, "0123456789ab", "0123456789abcdef.service");
	sealed_make(d, b);
	po_builder_free(b);
}

static void
test_terminal(void)
{
	struct cli_terminal terminal = {.is_terminal = true, .columns = 72};
	struct sealed d;

	make_wide(&d);
	/* Not UTF-8: one "?" a character; the wider column gives way. */
	scene_expect(&d.s, "", &terminal,
	    "USER COMMAND      PID PROTO LOCAL       REMOTE STATE  SERVICE\n"
	    "root ????           1 tcp   127.0.0.1:1 -      LISTEN \"\"\n"
	    "root 0123456789ab   2 tcp   127.0.0.1:2 -      LISTEN "
	    "0123456789abcdef.+\n");
	terminal.columns = 10;
	scene_expect(&d.s, "", &terminal,
	    "USER COMMAND  PID PROTO LOCAL       REMOTE STATE  SERVICE\n"
	    "root ????       1 tcp   127.0.0.1:1 -      LISTEN \"\"\n"
	    "root 0123456+   2 tcp   127.0.0.1:2 -      LISTEN 0123456+\n");
	terminal.columns = 0;
	scene_expect(&d.s, "", &terminal,
	    "USER COMMAND      PID PROTO LOCAL       REMOTE STATE  SERVICE\n"
	    "root ????           1 tcp   127.0.0.1:1 -      LISTEN \"\"\n"
	    "root 0123456789ab   2 tcp   127.0.0.1:2 -      LISTEN "
	    "0123456789abcdef.service\n");
	sealed_free(&d);
}

static void
test_terminal_utf8(void)
{
	const struct cli_terminal terminal = {true, true, 72};
	struct sealed d;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		printf("(skipped: no locale C.UTF-8) ");
		return;
	}
	make_wide(&d);
	/* Four characters of two columns each. */
	scene_expect(&d.s, "", &terminal,
	    "USER COMMAND      PID PROTO LOCAL       REMOTE STATE  SERVICE\n"
	    "root \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xa0       1 "
	    "tcp   127.0.0.1:1 -      LISTEN \"\"\n"
	    "root 0123456789ab   2 tcp   127.0.0.1:2 -      LISTEN "
	    "0123456789abcdef.+\n");
	sealed_free(&d);
	setlocale(LC_CTYPE, "C");
}

/* No half of a wide character is left, and the cell keeps its width. */
static void
test_terminal_cut(void)
{
	const struct cli_terminal terminal = {true, true, 10};
	struct po_builder *b = scene_builder();
	struct sealed d;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		printf("(skipped: no locale C.UTF-8) ");
		return;
	}
	scene_add(b, unit_bound(TCP, "127.0.0.1", 1, 1), 1);
	scene_process(b, 1, 0,
	    "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
	    NULL);
	sealed_make(&d, b);
	scene_expect(&d.s, "", &terminal,
	    "USER COMMAND  PID PROTO LOCAL       REMOTE STATE  SERVICE\n"
	    "root \xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5+    1 tcp   "
	    "127.0.0.1:1 -      LISTEN -\n");
	sealed_free(&d);
	po_builder_free(b);
	setlocale(LC_CTYPE, "C");
}

static void
test_json(void)
{
	struct sealed scene;

	scene_make(&scene);
	scene_expect(&scene.s, "--json -p 999", &no_terminal,
	    "{\"visibility\":\"full\",\"gaps\":[],\"collect_us\":4321,"
	    "\"source\":\"a\\\"\\\\b\",\"sockets\":[]}\n");
	scene_expect(&scene.s, "--json -p 11 -c", &no_terminal,
	    "{\"visibility\":\"full\",\"gaps\":[],\"collect_us\":4321,"
	    "\"source\":\"a\\\"\\\\b\",\"sockets\":[\n"
	    "{\"stack\":0,\"protocol\":\"tcp\",\"local_address\":\"192.0.2.1\","
	    "\"local_port\":22,\"remote_address\":\"198.51.100.7\","
	    "\"remote_port\":5001,\"state\":\"ESTABLISHED\",\"pid\":11,"
	    "\"command\":\"a\\\"b\\\\\\\\c\\\\n\",\"user\":\"root\",\"uid\":0,"
	    "\"service\":\"ssh.service\",\"executable\":\"/bin/x\","
	    "\"count\":1}\n]}\n");
	scene_expect(&scene.s, "--json -p 21", &no_terminal,
	    "{\"visibility\":\"full\",\"gaps\":[],\"collect_us\":4321,"
	    "\"source\":\"a\\\"\\\\b\",\"sockets\":[\n"
	    "{\"stack\":0,\"protocol\":\"tcp\",\"local_address\":\"*\","
	    "\"local_port\":80,\"remote_address\":null,\"remote_port\":null,"
	    "\"state\":\"LISTEN\",\"pid\":21,\"command\":\"nginx\","
	    "\"user\":\"DOM\\\\\\\\www\",\"uid\":33,"
	    "\"service\":\"nginx.service\",\"executable\":\"/bin/x\","
	    "\"count\":2}\n]}\n");
	sealed_free(&scene);
}

/* A strict reader of JSON: returns the end of the value at p, or NULL. */
static const char *json_value(const char *p);

static const char *
json_space(const char *p)
{
	return p + strspn(p, " \n\t\r");
}

static const char *
json_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p == '\\' && strchr("\"\\", *++p) == NULL)
			return NULL;
	}
	return p + 1;
}

/* What stands between open and close, each perhaps with a key. */
static const char *
json_items(const char *p, char close, bool keys)
{
	p = json_space(p + 1);
	if (*p == close)
		return p + 1;
	for (;; p = json_space(p + 1)) {
		p = keys ? json_string(p) : p;
		if (p == NULL || (keys && *p++ != ':'))
			return NULL;
		p = json_value(p);
		if (p == NULL)
			return NULL;
		p = json_space(p);
		if (*p == close)
			return p + 1;
		if (*p != ',')
			return NULL;
	}
}

static const char *
json_value(const char *p)
{
	size_t digits = strspn(p, "0123456789");

	if (digits > 0)
		return p[0] == '0' && digits > 1 ? NULL : p + digits;
	if (strncmp(p, "null", 4) == 0)
		return p + 4;
	if (*p == '"')
		return json_string(p);
	if (*p == '{')
		return json_items(p, '}', true);
	return *p == '[' ? json_items(p, ']', false) : NULL;
}

/* Names made of any octets, quotes and backslashes above all. */
static void
random_text(uint64_t *seed, char text[20])
{
	static const char often[] = "\"\\\n'{}[]:,";
	size_t i;

	for (i = 0; i < 19; i++)
		text[i] = unit_below(seed, 2) == 0
			      ? often[unit_below(seed, sizeof(often) - 1)]
			      : (char)(1 + unit_below(seed, 255));
	text[19] = '\0';
}

static void
test_json_valid(void)
{
	struct po_builder *b = scene_builder();
	uint64_t seed = 1;
	char command[20], service[20], *text;
	struct sealed d;
	const char *end;
	uint32_t i;
	size_t count;

	for (i = 1; i <= 2000; i++) {
		random_text(&seed, command);
		random_text(&seed, service);
		scene_add(b, unit_bound(TCP, "::1", (uint16_t)i, i), i);
		scene_process(b, i, i, command, service);
	}
	CU_ASSERT_EQUAL(
	    po_builder_add_gap(b, PO_GAP_ERROR, 1, "a\nb", "\"\\"), 0);
	CU_ASSERT_EQUAL(po_builder_add_gap(b, PO_GAP_ERROR, 1, "", NULL), 0);
	sealed_make(&d, b);
	text = scene_render(&d.s, "-a --json", &no_terminal, &count);
	CU_ASSERT_EQUAL(count, 2000);
	end = json_value(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	CU_ASSERT_STRING_EQUAL(end, "\n");
	CU_ASSERT_TRUE(strlen(text) > 5 * 65536);
	free(text);
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_gap(void)
{
	char longest[PO_TEXT_MAX + 1], out[CLI_GAP_SIZE];
	struct po_builder *b = scene_builder();
	struct sealed d;

	memset(longest, 'x', PO_TEXT_MAX);
	longest[PO_TEXT_MAX] = '\0';
	CU_ASSERT_EQUAL(
	    po_builder_add_gap(b, PO_GAP_ERROR, 1, longest, longest), 0);
	CU_ASSERT_EQUAL(po_builder_add_gap(b, PO_GAP_RACE, 1, "it", NULL), 0);
	sealed_make(&d, b);
	CU_ASSERT_EQUAL(
	    cli_gap_format(&d.s, &d.s.gaps[0], out), 2 * PO_TEXT_MAX + 3);
	CU_ASSERT_EQUAL(out[CLI_GAP_SIZE - 2], ')');
	CU_ASSERT_EQUAL(cli_gap_format(&d.s, &d.s.gaps[1], out), 2);
	CU_ASSERT_STRING_EQUAL(out, "it");
	sealed_free(&d);
	po_builder_free(b);
}

static void
test_out(void)
{
	struct cli_out *out = malloc(sizeof(*out));
	FILE *file = tmpfile();
	size_t length, i;
	char *text;

	CU_ASSERT_FATAL(file != NULL && out != NULL);
	cli_out_begin(out, fileno(file));
	for (i = 0; i < 20000; i++) {
		cli_out_number(out, i == 0 ? UINT64_MAX : 0);
		cli_out_spaces(out, i == 1 ? 70 : 1);
		cli_out_text(out, "abc\n");
	}
	CU_ASSERT_EQUAL(cli_out_flush(out), 0);
	text = scene_read_back(file, &length);
	CU_ASSERT_EQUAL(length, 20000 * 6 + 19 + 69);
	CU_ASSERT_EQUAL(strncmp(text, "18446744073709551615 abc\n0 ", 27), 0);
	CU_ASSERT_EQUAL(strcmp(text + length - 12, "0 abc\n0 abc\n"), 0);
	free(text);
	free(out);
}

static void
test_out_error(void)
{
	struct cli_out *out = malloc(sizeof(*out));
	int ends[2], i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	close(ends[0]);
	cli_out_begin(out, ends[1]);
	for (i = 0; i < 100000 && out->error == 0; i++)
		cli_out_text(out, "text\n");
	CU_ASSERT_TRUE(i < 100000);
	CU_ASSERT_EQUAL(out->error, -EPIPE);
	close(ends[1]);
	/* The first error stays. */
	cli_out_text(out, "more");
	CU_ASSERT_EQUAL(cli_out_flush(out), -EPIPE);
	free(out);
}

static void
write_digits(int fd)
{
	struct cli_out *out = malloc(sizeof(*out));
	int i;

	if (out == NULL)
		_exit(2);
	cli_out_begin(out, fd);
	for (i = 0; i < 100000; i++)
		cli_out_text(out, "0123456789");
	_exit(cli_out_flush(out) != 0);
}

/*
 * A pipe that others set non-blocking.  It holds far less than is written at
 * once, so most writes come too early or are not complete.
 */
static void
test_out_nonblocking(void)
{
	int ends[2], status = -1;
	size_t total = 0, wrong = 0;
	char buffer[4096];
	ssize_t got, i;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	CU_ASSERT_EQUAL(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
#ifdef F_SETPIPE_SZ
	CU_ASSERT_TRUE(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
#endif
	pid = fork();
	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		write_digits(ends[1]);
	}
	close(ends[1]);
	while ((got = read(ends[0], buffer, sizeof(buffer))) > 0)
		for (i = 0; i < got; i++)
			wrong += buffer[i] != (char)('0' + total++ % 10);
	close(ends[0]);
	CU_ASSERT_EQUAL(total, 1000000);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"table on a terminal", test_terminal},
	    {"table on a terminal with UTF-8", test_terminal_utf8},
	    {"table, a wide character cut", test_terminal_cut},
	    {"JSON", test_json},
	    {"JSON is valid whatever names are", test_json_valid},
	    {"gaps", test_gap},
	    {"output", test_out},
	    {"output that fails", test_out_error},
	    {"output that is not ready", test_out_nonblocking},
	    CU_TEST_INFO_NULL,
	};

	signal(SIGPIPE, SIG_IGN);
	return unit_main("cli output", tests);
}
