/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What counts as a change of a listener, and what does not.
 */
#include <stdlib.h>

#include "model/history.h"
#include "sealed.h"

struct entry {
	uint16_t port;
	uint32_t pid; /* 0: nobody */
	const char *command;
	uint32_t uid;
};

/* A snapshot of listeners on 127.0.0.1, taken at this time. */
static void
make(struct sealed *sealed, const struct entry *entries, size_t count,
    uint64_t taken)
{
	const struct po_builder_options options = {.max_rows = 100};
	const struct po_seal seal = {.source = "test", .taken = taken};
	struct po_builder *builder = po_builder_new(&options);
	struct po_socket socket;
	struct po_process process;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	for (i = 0; i < count; i++) {
		memset(&socket, 0, sizeof(socket));
		socket.local.protocol = PO_PROTOCOL_TCP;
		socket.local.port = entries[i].port;
		socket.local.address.type = PO_ADDRESS_IPV4;
		memcpy(socket.local.address.bytes, "\x7f\0\0\1", 4);
		socket.state = PO_STATE_LISTEN;
		socket.handle = i + 1;
		socket.uid = entries[i].uid;
		po_builder_add_socket(builder, &socket);
		if (entries[i].pid == 0)
			continue;
		memset(&process, 0, sizeof(process));
		process.pid = entries[i].pid;
		process.uid = entries[i].uid;
		process.command.data = entries[i].command;
		process.command.length = strlen(entries[i].command);
		po_builder_add_process(builder, &process);
		po_builder_add_owner(builder, i + 1, entries[i].pid);
	}
	CU_ASSERT_EQUAL_FATAL(
	    po_builder_seal(builder, &seal, &sealed->image, &sealed->size), 0);
	CU_ASSERT_EQUAL_FATAL(
	    po_snapshot_open(sealed->image, sealed->size, &sealed->s, NULL), 0);
	po_builder_free(builder);
}

/* Compares two snapshots; rows gets the history of the second. */
static uint32_t
changes(const struct entry *before, size_t n_before, const struct entry *after,
    size_t n_after, struct po_listener_history *rows)
{
	struct po_listener_history old[8];
	struct sealed a, b;
	uint32_t count;

	make(&a, before, n_before, 1000);
	make(&b, after, n_after, 2000);
	CU_ASSERT_EQUAL(po_history_compare(NULL, NULL, &a.s, old), 0);
	count = po_history_compare(&a.s, old, &b.s, rows);
	sealed_free(&a);
	sealed_free(&b);
	return count;
}

static void
test_same(void)
{
	static const struct entry x[] = {{80, 10, "a", 0}, {81, 11, "b", 1}};
	struct po_listener_history rows[8];

	CU_ASSERT_EQUAL(changes(x, 2, x, 2, rows), 0);
	CU_ASSERT_EQUAL(rows[0].since, 1000);
	CU_ASSERT_EQUAL(rows[1].since, 1000);
	CU_ASSERT_EQUAL(rows[1].owner_changes, 0);
}

static void
test_appeared_and_gone(void)
{
	static const struct entry x[] = {{80, 10, "a", 0}, {82, 11, "b", 1}};
	static const struct entry y[] = {{81, 12, "c", 0}, {82, 11, "b", 1}};
	struct po_listener_history rows[8];

	CU_ASSERT_EQUAL(changes(x, 2, y, 2, rows), 2);
	CU_ASSERT_EQUAL(rows[0].since, 2000);
	CU_ASSERT_EQUAL(rows[1].since, 1000);
	CU_ASSERT_EQUAL(changes(x, 2, y, 0, rows), 2);
	CU_ASSERT_EQUAL(changes(x, 0, y, 2, rows), 2);
	CU_ASSERT_EQUAL(rows[0].since, 2000);
}

static void
test_owner(void)
{
	static const struct entry x[] = {{80, 10, "a", 0}};
	static const struct entry restarted[] = {{80, 99, "a", 0}};
	static const struct entry command[] = {{80, 10, "b", 0}};
	static const struct entry user[] = {{80, 10, "a", 1}};
	static const struct entry hidden[] = {{80, 0, "", 0}};
	struct po_listener_history rows[8];

	CU_ASSERT_EQUAL(changes(x, 1, restarted, 1, rows), 0);
	CU_ASSERT_EQUAL(rows[0].owner_changes, 0);
	CU_ASSERT_EQUAL(changes(x, 1, command, 1, rows), 1);
	CU_ASSERT_EQUAL(rows[0].owner_changes, 1);
	CU_ASSERT_EQUAL(rows[0].since, 1000);
	CU_ASSERT_EQUAL(changes(x, 1, user, 1, rows), 1);
	CU_ASSERT_EQUAL(rows[0].owner_changes, 1);
	/* Who cannot be seen is not known to be another one. */
	CU_ASSERT_EQUAL(changes(x, 1, hidden, 1, rows), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"nothing changed", test_same},
	    {"appeared and gone", test_appeared_and_gone},
	    {"another owner", test_owner},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("history", tests);
}
