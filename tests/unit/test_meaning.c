/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every case of meaning_cases.c with every decoder's adapter.
 */
#include <stdarg.h>
#include <stdio.h>

#include "meaning.h"
#include "model/text.h"
#include "sealed.h"

#define TEXT_SIZE 4096

static const struct meaning_adapter *const adapters[] = {
    &meaning_diag,
    &meaning_freebsd,
    &meaning_illumos,
    &meaning_illumos_creators,
    &meaning_macos,
    &meaning_procnet,
    &meaning_smartos,
    &meaning_windows,
};

static const char *
name_user(void *context, uint32_t uid)
{
	(void)context;
	return uid == 1000 ? "somebody" : NULL;
}

static void __attribute__((format(printf, 2, 3)))
say(char text[TEXT_SIZE], const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, TEXT_SIZE - used, format, arguments);
	va_end(arguments);
}

static void
say_process(const struct sealed *sealed, uint32_t process, char text[TEXT_SIZE])
{
	static const char *const kinds[] = {"?", "none", "unseen", "hidden"};
	const struct po_process_record *p = &sealed->s.processes[process];

	if (p->pid != 0)
		say(text, " %u", p->pid);
	else
		say(text, " %s", kinds[p->kind]);
}

static void
say_owners(const struct sealed *sealed, char text[TEXT_SIZE])
{
	const struct po_snapshot *s = &sealed->s;
	char endpoint[PO_ENDPOINT_TEXT_SIZE];
	const struct po_process_record *p;
	const struct po_owner *owner;
	uint32_t i, bound;
	const char *user;
	size_t length;

	for (i = 0; i < s->n_owners; i++) {
		owner = &s->owners[i];
		po_endpoint_format(&s->endpoints[owner->endpoint], endpoint);
		say(text, "own %s", endpoint);
		say_process(sealed, owner->process, text);
		bound = owner->sockets - owner->listening - owner->connected;
		if (bound != 0)
			say(text, " bound=%u", bound);
		if (owner->listening != 0)
			say(text, " listen=%u", owner->listening);
		if (owner->connected != 0)
			say(text, " connected=%u", owner->connected);
		p = &s->processes[owner->process];
		user = po_snapshot_text(s, p->user, &length);
		if (p->pid != 0 && strcmp(user, "somebody") != 0)
			say(text, " user=%s uid=%u", user, p->uid);
		say(text, "\n");
	}
}

static void
say_listeners(const struct sealed *sealed, char text[TEXT_SIZE])
{
	const struct po_snapshot *s = &sealed->s;
	char endpoint[PO_ENDPOINT_TEXT_SIZE];
	const struct po_listener *listener;
	uint32_t i;

	for (i = 0; i < s->n_listeners; i++) {
		listener = &s->listeners[i];
		po_endpoint_format(&s->endpoints[listener->endpoint], endpoint);
		say(text, "listen %s", endpoint);
		say_process(sealed, listener->process, text);
		/* Whoever does not tell the one tells the other neither. */
		say(text, " %u %u/", listener->owners,
		    listener->queue_length == PO_QUEUE_UNKNOWN
			? 0
			: listener->queue_length);
		if (listener->queue_limit == PO_QUEUE_UNKNOWN)
			say(text, "?\n");
		else
			say(text, "%u\n", listener->queue_limit);
	}
}

static void
say_connections(const struct sealed *sealed, char text[TEXT_SIZE])
{
	const struct po_snapshot *s = &sealed->s;
	char endpoint[PO_ENDPOINT_TEXT_SIZE];
	char remote[PO_ADDRESS_TEXT_SIZE + 8];
	const struct po_connection *connection;
	uint32_t i;

	for (i = 0; i < s->n_connections; i++) {
		connection = &s->connections[i];
		po_endpoint_format(
		    &s->endpoints[connection->endpoint], endpoint);
		po_address_port_format(
		    &connection->remote, connection->remote_port, remote);
		say(text, "connect %s %s", endpoint, remote);
		say_process(sealed, connection->process, text);
		say(text, " %u\n", connection->state);
	}
}

/* The facts of processes come another way on every system. */
static void
add_processes(struct po_builder *builder)
{
	struct po_process process;
	uint32_t pid;

	for (pid = 10; pid <= 13; pid++) {
		memset(&process, 0, sizeof(process));
		process.pid = pid;
		process.start = pid;
		process.uid = pid == 13 ? 4242 : 1000;
		process.command = unit_bytes("command");
		CU_ASSERT_EQUAL(po_builder_add_process(builder, &process), 0);
	}
}

static void
try_case(
    const struct meaning_adapter *adapter, const struct meaning_case *wanted)
{
	const struct po_builder_options options = {
	    .max_rows = 100, .user_name = name_user};
	struct po_builder *builder = po_builder_new(&options);
	char text[TEXT_SIZE] = "";
	struct sealed sealed;
	size_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	while (n < sizeof(wanted->sockets) / sizeof(wanted->sockets[0]) &&
	       wanted->sockets[n].protocol != 0)
		n++;
	if (adapter->processes_first)
		add_processes(builder);
	CU_ASSERT_EQUAL_FATAL(adapter->fill(builder, wanted->sockets, n), 0);
	if (!adapter->processes_first)
		add_processes(builder);
	sealed_make(&sealed, builder);
	say_owners(&sealed, text);
	say_listeners(&sealed, text);
	say_connections(&sealed, text);
	CU_ASSERT_STRING_EQUAL(text, wanted->rows);
	if (strcmp(text, wanted->rows) != 0)
		printf("\n    %s, %s: expected\n%sgot\n%s", adapter->name,
		    wanted->name, wanted->rows, text);
	sealed_free(&sealed);
	po_builder_free(builder);
}

static void
try_adapter(const struct meaning_adapter *adapter)
{
	const struct meaning_case *wanted;
	unsigned int tried = 0;

	for (wanted = meaning_cases; wanted->name != NULL; wanted++) {
		if ((wanted->needs & adapter->lacks) != 0) {
			printf("\n    %s does not tell: %s", adapter->name,
			    wanted->name);
			continue;
		}
		try_case(adapter, wanted);
		tried++;
	}
	printf("\n    %s: %u cases ", adapter->name, tried);
	CU_ASSERT_TRUE(tried > 0);
}

static void
test_meaning(void)
{
	size_t i;

	for (i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++)
		try_adapter(adapters[i]);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"every decoder means the same", test_meaning},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("meaning", tests);
}
