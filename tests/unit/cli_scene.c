/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scene: a server of each protocol, connections, and sockets that no
 * process holds.
 */
#include "cli_scene.h"

#define TCP PO_PROTOCOL_TCP
#define UDP PO_PROTOCOL_UDP

static const char *
user_name(void *context, uint32_t uid)
{
	(void)context;
	return uid == 0 ? "root" : uid == 33 ? "DOM\\www" : NULL;
}

struct po_builder *
scene_builder(void)
{
	const struct po_builder_options options = {
	    .max_rows = 10000,
	    .user_name = user_name,
	};
	struct po_builder *builder = po_builder_new(&options);

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	return builder;
}

void
scene_add(struct po_builder *b, struct po_socket socket, uint32_t pid)
{
	CU_ASSERT_EQUAL_FATAL(po_builder_add_socket(b, &socket), 0);
	if (pid != 0)
		CU_ASSERT_EQUAL_FATAL(
		    po_builder_add_owner(b, socket.handle, pid), 0);
}

void
scene_process(struct po_builder *b, uint32_t pid, uint32_t uid,
    const char *command, const char *service)
{
	struct po_process p = {.pid = pid, .uid = uid};

	p.command = unit_bytes(command);
	p.executable = unit_bytes("/bin/x");
	if (service != NULL)
		p.service = unit_bytes(service);
	CU_ASSERT_EQUAL_FATAL(po_builder_add_process(b, &p), 0);
}

static struct po_socket
in_stack(struct po_socket socket, uint32_t stack)
{
	socket.local.stack = stack;
	return socket;
}

static struct po_socket
in_state(struct po_socket socket, uint8_t state)
{
	socket.state = state;
	return socket;
}

static struct po_socket
link_local(struct po_socket socket, uint32_t zone)
{
	socket.local.address = unit_address("fe80::1", zone);
	return socket;
}

static void
add_sockets(struct po_builder *b)
{
	struct po_socket bound = unit_bound(TCP, "127.0.0.1", 9000, 8);
	struct po_socket waits =
	    unit_connected(TCP, "192.0.2.1", 22, "198.51.100.7", 5000, 0);
	struct po_socket again = unit_bound(TCP, "*", 80, 3);

	waits.uid = PO_UID_UNKNOWN;
	scene_add(b, unit_bound(TCP, "0.0.0.0", 22, 1), 10);
	scene_add(b, unit_bound(TCP, "*", 80, 2), 20);
	CU_ASSERT_EQUAL_FATAL(po_builder_add_owner(b, 2, 21), 0);
	scene_add(b, again, 21);
	scene_add(b, unit_bound(TCP, "::1", 631, 4), 0);
	scene_add(b, in_state(waits, PO_STATE_TIME_WAIT), 0);
	scene_add(b,
	    unit_connected(TCP, "192.0.2.1", 22, "198.51.100.7", 5001, 5), 11);
	scene_add(b, unit_bound(UDP, "0.0.0.0", 53, 6), 30);
	scene_add(
	    b, unit_connected(UDP, "192.0.2.1", 4000, "192.0.2.53", 53, 7), 30);
	scene_add(b, in_state(bound, PO_STATE_CLOSED), 20);
	scene_add(
	    b, link_local(unit_bound(PO_PROTOCOL_UDPLITE, "*", 53, 9), 2), 30);
	scene_add(b, unit_bound(PO_PROTOCOL_RAW, "::", 58, 10), 30);
	scene_add(b, in_stack(unit_bound(TCP, "0.0.0.0", 22, 11), 5), 50);
}

void
scene_make(struct sealed *scene)
{
	struct po_builder *b = scene_builder();

	add_sockets(b);
	scene_process(b, 10, 0, "sshd", "ssh.service");
	scene_process(b, 11, 0, "a\"b\\c\n", "ssh.service");
	scene_process(b, 20, 33, "nginx", "nginx.service");
	scene_process(b, 21, 33, "nginx", "nginx.service");
	scene_process(b, 30, 77, "named", NULL);
	scene_process(b, 50, 0, "", NULL);
	sealed_make(scene, b);
	po_builder_free(b);
}

int
scene_parse(
    const char *line, struct cli_options *options, char *error, size_t size)
{
	static char program[] = "portowner", empty[] = "";
	char *argv[16] = {program}, *copy = strdup(line), *word, *rest = NULL;
	int argc = 1, result;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	word = strtok_r(copy, " ", &rest);
	for (; word != NULL; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = strcmp(word, "\"\"") == 0 ? empty : word;
	result = cli_options_parse(argc, argv, options, error, size);
	/* Let nothing point into the copy. */
	options->source = options->source == NULL ? NULL : "";
	options->record = options->record == NULL ? NULL : "";
	free(copy);
	return result;
}

void
scene_parse_good(const char *line, struct cli_options *options)
{
	char error[CLI_ERROR_SIZE] = "";
	int result = scene_parse(line, options, error, sizeof(error));

	CU_ASSERT_EQUAL(result, 0);
	if (result != 0)
		printf("\n%s: %s", line, error);
}

char *
scene_read_back(FILE *file, size_t *length)
{
	char *text;
	long size;

	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	*length = fread(text, 1, (size_t)size, file);
	CU_ASSERT_EQUAL(*length, (size_t)size);
	fclose(file);
	return text;
}

char *
scene_render(const struct po_snapshot *snapshot, const char *line,
    const struct cli_terminal *terminal, size_t *count)
{
	FILE *file = tmpfile();
	struct cli_out *out = malloc(sizeof(*out));
	struct cli_options options;
	size_t length;
	char *text;

	CU_ASSERT_FATAL(file != NULL && out != NULL);
	scene_parse_good(line, &options);
	cli_out_begin(out, fileno(file));
	*count =
	    options.json
		? cli_json_write(out, snapshot, &options.selection, "a\"\\b")
		: cli_table_write(out, snapshot, &options.selection, terminal);
	CU_ASSERT_EQUAL(cli_out_flush(out), 0);
	cli_options_free(&options);
	free(out);
	text = scene_read_back(file, &length);
	CU_ASSERT_EQUAL(strlen(text), length);
	return text;
}

void
scene_expect(const struct po_snapshot *snapshot, const char *line,
    const struct cli_terminal *terminal, const char *expected)
{
	size_t count;
	char *got = scene_render(snapshot, line, terminal, &count);

	CU_ASSERT_STRING_EQUAL(got, expected);
	if (strcmp(got, expected) != 0)
		printf("\n%s\n%s", line, got);
	free(got);
}
