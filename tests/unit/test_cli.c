/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line tool without a live system: arguments, the rows of a small
 * snapshot, what is chosen of them, and the whole program on a recorded file.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_scene.h"
#include "collect/replay.h"

#define TCP PO_PROTOCOL_TCP
#define UDP PO_PROTOCOL_UDP

static const struct cli_terminal no_terminal;

static void
expect_refused(const char *line, const char *expected)
{
	char error[CLI_ERROR_SIZE] = "";
	struct cli_options options;

	CU_ASSERT_EQUAL(
	    scene_parse(line, &options, error, sizeof(error)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, expected);
	if (strcmp(error, expected) != 0)
		printf("\n%s: %s", line, error);
	cli_options_free(&options);
}

static void
test_options(void)
{
	struct cli_options options;

	scene_parse_good("", &options);
	CU_ASSERT_EQUAL(options.action, CLI_ACTION_RUN);
	CU_ASSERT_TRUE(options.show);
	CU_ASSERT_FALSE(options.json || options.verbose || options.own_stack);
	CU_ASSERT_PTR_NULL(options.record);
	CU_ASSERT_EQUAL(options.selection.n_ports, 0);

	scene_parse_good("--record x -v --source proc --stack own", &options);
	CU_ASSERT_FALSE(options.show);
	CU_ASSERT_TRUE(options.verbose && options.own_stack);
	CU_ASSERT_TRUE(options.selection.by_stack);
	CU_ASSERT_EQUAL(options.selection.stack, 0);
	CU_ASSERT_PTR_NOT_NULL(options.record);

	scene_parse_good("--stack 4026532177 --record x --json", &options);
	CU_ASSERT_TRUE(options.show && options.json);
	CU_ASSERT_FALSE(options.own_stack);
	CU_ASSERT_EQUAL(options.selection.stack, 4026532177u);
	scene_parse_good("--stack own --stack all", &options);
	CU_ASSERT_FALSE(options.own_stack || options.selection.by_stack);

	scene_parse_good("-V -h nonsense-after", &options);
	CU_ASSERT_EQUAL(options.action, CLI_ACTION_VERSION);
	scene_parse_good("--help --nonsense", &options);
	CU_ASSERT_EQUAL(options.action, CLI_ACTION_HELP);
}

static void
test_options_ports(void)
{
	struct cli_options options;
	const struct cli_ports *ports;

	scene_parse_good("443 -a :80 8000-8100 :0-65535 -p 7 -U 0", &options);
	ports = options.selection.ports;
	CU_ASSERT_EQUAL_FATAL(options.selection.n_ports, 4);
	CU_ASSERT_TRUE(ports[0].low == 443 && ports[0].high == 443);
	CU_ASSERT_TRUE(ports[1].low == 80 && ports[1].high == 80);
	CU_ASSERT_TRUE(ports[2].low == 8000 && ports[2].high == 8100);
	CU_ASSERT_TRUE(ports[3].low == 0 && ports[3].high == 65535);
	CU_ASSERT_EQUAL(ports[0].protocol, 0);
	CU_ASSERT_TRUE(options.selection.all && options.selection.by_pid);
	CU_ASSERT_EQUAL(options.selection.pid, 7);
	CU_ASSERT_TRUE(options.selection.by_user && options.selection.by_uid);
	cli_options_free(&options);

	if (getservbyname("tftp", "udp") == NULL ||
	    getservbyname("tftp", "tcp") != NULL) {
		printf("(services skipped: unusual /etc/services) ");
		return;
	}
	scene_parse_good(":tftp", &options);
	CU_ASSERT_EQUAL_FATAL(options.selection.n_ports, 1);
	CU_ASSERT_EQUAL(options.selection.ports[0].low, 69);
	CU_ASSERT_EQUAL(options.selection.ports[0].protocol, UDP);
	cli_options_free(&options);
}

static void
test_options_refused(void)
{
	expect_refused("--json -xa", "option -x is not known");
	expect_refused(
	    "--nothing", "option --nothing is not known or not clear");
	expect_refused("--json=1", "option --json takes no argument");
	expect_refused("-ap", "option --pid needs an argument");
	expect_refused("-p -5", "option -p: \"-5\" is no process id");
	expect_refused(
	    "-p 4294967297", "option -p: \"4294967297\" is no process id");
	expect_refused("-U \"\"", "option -U: the name of the user is empty");
	expect_refused("--stack mine",
	    "option --stack: \"mine\" is neither own nor all nor a number");
	expect_refused(
	    "--source replay:", "option --source: \"replay:\" names no source");
	expect_refused(
	    "65536", "\"65536\" is no port: ports are numbers from 0 to 65535");
	expect_refused("18446744073709551617",
	    "\"18446744073709551617\" is no port: ports are numbers from 0 to "
	    "65535");
	expect_refused(
	    "1-2-3", "\"1-2-3\" is no port: ports are numbers from 0 to 65535");
	expect_refused("9-8", "\"9-8\" is no range: it ends before it begins");
	expect_refused(
	    "80 :", "\":\" is no port: say a number, LOW-HIGH or a service");
	expect_refused(
	    "no-such-service", "there is no service named \"no-such-service\"");
}

static void
test_rows(void)
{
	struct sealed scene;

	scene_make(&scene);
	scene_expect(&scene.s, "-a --stack 0", &no_terminal,
	    "USER     COMMAND      PID PROTO   LOCAL          "
	    "REMOTE            STATE       SERVICE\n"
	    "root     sshd          10 tcp     0.0.0.0:22     "
	    "-                 LISTEN      ssh.service\n"
	    "-        (no process)   - tcp     192.0.2.1:22   "
	    "198.51.100.7:5000 TIME_WAIT   -\n"
	    "root     a\"b\\\\c\\n      11 tcp     192.0.2.1:22   "
	    "198.51.100.7:5001 ESTABLISHED ssh.service\n"
	    "DOM\\\\www nginx         20 tcp     *:80           "
	    "-                 LISTEN      nginx.service\n"
	    "DOM\\\\www nginx         21 tcp     *:80           "
	    "-                 LISTEN      nginx.service\n"
	    "root     (not seen)     - tcp     [::1]:631      "
	    "-                 LISTEN      -\n"
	    "DOM\\\\www nginx         20 tcp     127.0.0.1:9000 "
	    "-                 BOUND       nginx.service\n"
	    "77       named         30 udp     0.0.0.0:53     "
	    "-                 BOUND       -\n"
	    "77       named         30 udp     192.0.2.1:4000 "
	    "192.0.2.53:53     ESTABLISHED -\n"
	    "77       named         30 udplite [fe80::1%2]:53 "
	    "-                 BOUND       -\n"
	    "77       named         30 raw     [::]:58        "
	    "-                 BOUND       -\n");
	scene_expect(&scene.s, "-p 50 -a", &no_terminal,
	    "STACK USER COMMAND PID PROTO LOCAL      REMOTE STATE  SERVICE\n"
	    "5     root \"\"       50 tcp   0.0.0.0:22 -      LISTEN -\n");
	scene_expect(&scene.s, "-p 51", &no_terminal, "");
	sealed_free(&scene);
}

/* A hidden owner, and one endpoint whose sockets nobody visible holds. */
static void
test_rows_absent(void)
{
	struct po_builder *b = scene_builder();
	struct po_socket ended =
	    unit_connected(TCP, "127.0.0.1", 25, "127.0.0.1", 999, 0);
	struct sealed d;

	ended.uid = PO_UID_UNKNOWN;
	ended.state = PO_STATE_FIN_WAIT_2;
	scene_add(b, unit_bound(TCP, "127.0.0.1", 25, 1), 0);
	scene_add(b, ended, 0);
	scene_add(b, unit_bound(TCP, "127.0.0.1", 26, 2), 9);
	CU_ASSERT_EQUAL_FATAL(po_builder_add_gap(b, PO_GAP_PERMISSION, 3,
				  "3 processes are hidden", "run as \"root\""),
	    0);
	sealed_make(&d, b);
	/* The listener keeps its creator, whatever ended beside it. */
	scene_expect(&d.s, "-a", &no_terminal,
	    "USER COMMAND      PID PROTO LOCAL        REMOTE        STATE"
	    "     SERVICE\n"
	    "root (hidden)       - tcp   127.0.0.1:25 -             LISTEN"
	    "    -\n"
	    "-    (no process)   - tcp   127.0.0.1:25 127.0.0.1:999 FIN_WAIT2"
	    " -\n"
	    "-    -              9 tcp   127.0.0.1:26 -             LISTEN"
	    "    -\n");
	scene_expect(&d.s, "--json -p 9", &no_terminal,
	    "{\"visibility\":\"partial\",\"gaps\":[\"3 processes are hidden "
	    "(run as \\\"root\\\")\"],\"collect_us\":4321,\"source\":"
	    "\"a\\\"\\\\b\",\"sockets\":[\n"
	    "{\"stack\":0,\"protocol\":\"tcp\",\"local_address\":\"127.0.0.1\","
	    "\"local_port\":26,\"remote_address\":null,\"remote_port\":null,"
	    "\"state\":\"LISTEN\",\"pid\":9,\"command\":null,\"user\":null,"
	    "\"uid\":null,\"service\":null,\"executable\":null,\"count\":1}\n"
	    "]}\n");
	sealed_free(&d);
	po_builder_free(b);
}

/* The rows that a command line chooses, as "PID:PORT" of each. */
static void
expect_chosen(
    const struct sealed *scene, const char *line, const char *expected)
{
	struct cli_options options;
	struct cli_rows rows;
	struct cli_row row;
	char got[512] = "";
	size_t used = 0;

	scene_parse_good(line, &options);
	cli_rows_begin(&rows, &scene->s);
	while (cli_rows_next_wanted(&rows, &options.selection, &row) &&
	       used < sizeof(got) - 32)
		used += (size_t)snprintf(got + used, sizeof(got) - used,
		    "%s%u:%u", used == 0 ? "" : " ",
		    (unsigned int)row.process->pid, row.local->port);
	CU_ASSERT_STRING_EQUAL(got, expected);
	if (strcmp(got, expected) != 0)
		printf("\n%s: %s", line, got);
	cli_options_free(&options);
}

static void
test_filter_kinds(void)
{
	struct sealed scene;

	scene_make(&scene);
	expect_chosen(&scene, "", "10:22 20:80 21:80 0:631 30:53 30:53 50:22");
	expect_chosen(&scene, "-c", "0:22 11:22 30:4000");
	expect_chosen(&scene, "-t", "10:22 20:80 21:80 0:631 50:22");
	expect_chosen(&scene, "-u", "30:53 30:53");
	expect_chosen(
	    &scene, "-tu", "10:22 20:80 21:80 0:631 30:53 30:53 50:22");
	expect_chosen(&scene, "-t -c", "0:22 11:22");
	expect_chosen(&scene, "-u -c", "30:4000");
	expect_chosen(&scene, "-4", "10:22 20:80 21:80 30:53 50:22");
	expect_chosen(&scene, "-6", "20:80 21:80 0:631 30:53");
	expect_chosen(
	    &scene, "-46", "10:22 20:80 21:80 0:631 30:53 30:53 50:22");
	expect_chosen(&scene, "-a",
	    "10:22 0:22 11:22 20:80 21:80 0:631 20:9000 30:53 30:4000 30:53 "
	    "30:58 50:22");
	expect_chosen(&scene, "-a -c -6", "20:80 21:80 0:631 30:53 30:58");
	sealed_free(&scene);
}

static void
test_filter_values(void)
{
	struct sealed scene;

	scene_make(&scene);
	expect_chosen(&scene, "22", "10:22 50:22");
	expect_chosen(&scene, "-a :22", "10:22 0:22 11:22 50:22");
	expect_chosen(&scene, "-c 22", "0:22 11:22");
	/* A port that is kept without listening; none by a raw socket. */
	expect_chosen(&scene, "9000", "20:9000");
	expect_chosen(&scene, "-a 58", "");
	expect_chosen(&scene, "4000", "");
	expect_chosen(&scene, "0-79 631", "10:22 0:631 30:53 30:53 50:22");
	expect_chosen(&scene, "-p 30", "30:53 30:53");
	expect_chosen(&scene, "-p 0 -a", "0:22 0:631");
	expect_chosen(&scene, "-U root", "10:22 0:631 50:22");
	expect_chosen(&scene, "-U 0", "10:22 0:631 50:22");
	expect_chosen(&scene, "-U DOM\\www", "20:80 21:80");
	expect_chosen(&scene, "-U 33", "20:80 21:80");
	expect_chosen(&scene, "-U 77 -a", "30:53 30:4000 30:53 30:58");
	expect_chosen(&scene, "-U roo", "");
	expect_chosen(&scene, "-U 4294967295 -a", "");
	expect_chosen(&scene, "--stack 5", "50:22");
	expect_chosen(&scene, "--stack own 22", "10:22");
	expect_chosen(&scene, "--stack 6", "");
	sealed_free(&scene);
}

static void
test_filter_protocol(void)
{
	struct cli_ports udp = {53, 53, UDP}, tcp = {53, 53, TCP};
	struct cli_selection selection = {.ports = &udp, .n_ports = 1};
	struct cli_rows rows;
	struct cli_row row;
	struct sealed scene;
	size_t n = 0;

	scene_make(&scene);
	cli_rows_begin(&rows, &scene.s);
	while (cli_rows_next_wanted(&rows, &selection, &row))
		n++;
	CU_ASSERT_EQUAL(n, 2); /* UDP-Lite has UDP's services */
	selection.ports = &tcp;
	cli_rows_begin(&rows, &scene.s);
	CU_ASSERT_FALSE(cli_rows_next_wanted(&rows, &selection, &row));
	sealed_free(&scene);
}

static void
test_states(void)
{
	struct cli_row row = {.kind = CLI_CONNECTED};
	unsigned int state;

	CU_ASSERT_PTR_NULL(cli_row_state(&row));
	for (state = PO_STATE_CLOSED; state <= PO_STATE_DELETE_TCB; state++) {
		row.state = (uint8_t)state;
		CU_ASSERT_PTR_NOT_NULL(cli_row_state(&row));
	}
	row.state = PO_STATE_SYN_RECEIVED;
	CU_ASSERT_STRING_EQUAL(cli_row_state(&row), "SYN_RECV");
	row.state = 255;
	CU_ASSERT_PTR_NULL(cli_row_state(&row));
}

/* Runs the program on argv with stdout and stderr as given; its status. */
static int
run(int out, int err, const char *const *arguments)
{
	char *argv[8] = {NULL};
	int argc, status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		argv[0] = strdup("portowner");
		for (argc = 1; arguments[argc - 1] != NULL; argc++)
			argv[argc] = strdup(arguments[argc - 1]);
		status = po_cli_main(argc, argv);
		fflush(stderr);
		_exit(status);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
expect_run(const char *const *arguments, int expected, const char *says,
    const char *complains)
{
	FILE *out = tmpfile(), *err = tmpfile();
	char *text, *errors;
	size_t length;

	CU_ASSERT_FATAL(out != NULL && err != NULL);
	CU_ASSERT_EQUAL(run(fileno(out), fileno(err), arguments), expected);
	text = scene_read_back(out, &length);
	errors = scene_read_back(err, &length);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, says));
	CU_ASSERT_TRUE(says[0] != '\0' || text[0] == '\0');
	CU_ASSERT_PTR_NOT_NULL(strstr(errors, complains));
	CU_ASSERT_TRUE(complains[0] != '\0' || errors[0] == '\0');
	free(text);
	free(errors);
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The whole program on the file at path, which source names. */
static void
run_recorded(const char *source, const char *path)
{
	char copy[64], replay[96], says[96];

	expect_run(ARGUMENTS(source, "22"), CLI_FOUND, "sshd", "");
	expect_run(ARGUMENTS(source, "23"), CLI_NOTHING, "", "");
	expect_run(ARGUMENTS(source, "--json", "23"), CLI_NOTHING,
	    "\"sockets\":[]}", "");
	expect_run(ARGUMENTS(source, "-v", "22"), CLI_FOUND, "sshd",
	    "portowner: source replay:");
	snprintf(copy, sizeof(copy), "%s.copy", path);
	snprintf(replay, sizeof(replay), "--source=replay:%s", copy);
	snprintf(says, sizeof(says), "portowner: %s: ", copy);
	expect_run(ARGUMENTS(replay), CLI_ERROR, "", says);
	expect_run(ARGUMENTS(source, "--record", copy), CLI_FOUND, "", "");
	expect_run(ARGUMENTS(replay, "22"), CLI_FOUND, "sshd", "");
	expect_run(
	    ARGUMENTS(source, "-v", "--record", copy), CLI_FOUND, "", says);
	expect_run(
	    ARGUMENTS(source, "--record", copy, "-t"), CLI_FOUND, "sshd", "");
	unlink(copy);
	expect_run(ARGUMENTS("-x"), CLI_ERROR, "",
	    "portowner: option -x is not known; see portowner -h\n");
	expect_run(ARGUMENTS("-h"), CLI_FOUND, "Usage: portowner", "");
	expect_run(ARGUMENTS("-V"), CLI_FOUND, "portowner ", "");
}

static void
test_program(void)
{
	char path[] = "/tmp/test_cli.XXXXXX", source[64], error[CLI_ERROR_SIZE];
	struct sealed scene;
	int fd = mkstemp(path), ends[2], full;

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	scene_make(&scene);
	CU_ASSERT_EQUAL(po_replay_write(path, scene.image, scene.size, error,
			    sizeof(error)),
	    0);
	sealed_free(&scene);
	snprintf(source, sizeof(source), "--source=replay:%s", path);
	run_recorded(source, path);

	/* Nobody reads on: quiet.  A full disk: an error. */
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	close(ends[0]);
	CU_ASSERT_EQUAL(run(ends[1], 2, ARGUMENTS(source)), CLI_FOUND);
	close(ends[1]);
	full = open("/dev/full", O_WRONLY);
	if (full >= 0) {
		CU_ASSERT_EQUAL(run(full, full, ARGUMENTS(source)), CLI_ERROR);
		close(full);
	}
	unlink(path);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"options", test_options},
	    {"options: ports", test_options_ports},
	    {"options: refused", test_options_refused},
	    {"rows", test_rows},
	    {"rows without a process", test_rows_absent},
	    {"filter: kinds, protocols, families", test_filter_kinds},
	    {"filter: ports, processes, users, stacks", test_filter_values},
	    {"filter: services of a protocol", test_filter_protocol},
	    {"states", test_states},
	    {"the program", test_program},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("cli", tests);
}
