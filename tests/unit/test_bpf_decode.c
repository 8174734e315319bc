/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the bpf source, constructed, as rows.
 */
#include "collect/linux_bpf_decode.h"

#include <errno.h>

#include "collect/linux_socket.h"
#include "unit.h"

#define MAX 8

/* What a decoder's visitors were told. */
struct seen {
	struct po_socket sockets[MAX];
	bool rows[MAX];
	uint32_t pids[MAX];
	size_t n_sockets, n_processes, n_tables, n_holds;
	uint64_t inode; /* of the last hold */
	int answer;
};

static int
see_socket(void *context, const struct po_socket *socket, bool row,
    const struct po_bpf_socket *record)
{
	struct seen *seen = context;

	CU_ASSERT_FATAL(seen->n_sockets < MAX);
	seen->sockets[seen->n_sockets] = *socket;
	seen->rows[seen->n_sockets] = row;
	seen->pids[seen->n_sockets++] = record->pid;
	return seen->answer;
}

static int
see_process(void *context, const struct po_bpf_process *process)
{
	struct seen *seen = context;

	seen->n_processes++;
	CU_ASSERT_EQUAL(process->pid, 77);
	return seen->answer;
}

static int
see_hold(void *context, uint64_t inode, uint32_t pid)
{
	struct seen *seen = context;

	seen->n_holds++;
	seen->inode = inode;
	CU_ASSERT_EQUAL(pid, 77);
	return seen->answer;
}

static int
see_table(void *context, const struct po_bpf_table *table)
{
	struct seen *seen = context;

	seen->n_tables++;
	CU_ASSERT_EQUAL(table->mask, 15);
	return seen->answer;
}

static int
decode(struct seen *seen, const union po_bpf_record *records, size_t count)
{
	const struct po_bpf_visitor visitor = {
	    .process = see_process,
	    .socket = see_socket,
	    .hold = see_hold,
	    .table = see_table,
	    .context = seen,
	};

	return po_bpf_decode(
	    records, count * sizeof(*records), count, &visitor);
}

/* An established TCP connection over IPv4, held by process 77. */
static union po_bpf_record
connection(void)
{
	return (union po_bpf_record){.socket = {
					 .kind = PO_BPF_SOCKET,
					 .pid = 77,
					 .inode = 4711,
					 .stack = 9,
					 .uid = 1000,
					 .family = PO_LINUX_INET,
					 .protocol = PO_PROTOCOL_TCP,
					 .type = 1,
					 .local_port = 80,
					 .remote_port = htons(40000),
					 .state = PO_LINUX_ESTABLISHED,
					 .local = {192, 0, 2, 1},
					 .remote = {192, 0, 2, 2},
				     }};
}

/* A socket bound to the wildcard of IPv6. */
static union po_bpf_record
wildcard(uint16_t protocol, uint8_t state)
{
	union po_bpf_record record = connection();

	record.socket.family = PO_LINUX_INET6;
	record.socket.protocol = protocol;
	record.socket.state = state;
	record.socket.remote_port = 0;
	memset(record.socket.local, 0, 16);
	memset(record.socket.remote, 0, 16);
	return record;
}

static void
test_connection(void)
{
	union po_bpf_record record = connection();
	struct po_socket wanted = unit_connected(
	    PO_PROTOCOL_TCP, "192.0.2.1", 80, "192.0.2.2", 40000, 4711);
	struct seen seen = {.answer = 0};

	wanted.local.stack = 9;
	wanted.uid = 1000;
	CU_ASSERT_EQUAL(decode(&seen, &record, 1), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n_sockets, 1);
	CU_ASSERT_EQUAL(memcmp(seen.sockets, &wanted, sizeof(wanted)), 0);
	CU_ASSERT_TRUE(seen.rows[0]);
	CU_ASSERT_EQUAL(seen.pids[0], 77);
}

static void
test_listeners(void)
{
	union po_bpf_record records[3] = {
	    wildcard(PO_PROTOCOL_TCP, PO_LINUX_LISTEN),
	    wildcard(PO_PROTOCOL_TCP, PO_LINUX_LISTEN),
	    wildcard(262, PO_LINUX_LISTEN),
	};
	struct seen seen = {.answer = 0};

	records[0].socket.queue_length = 3;
	records[0].socket.queue_limit = 128;
	records[1].socket.v6only = 1;
	CU_ASSERT_EQUAL(decode(&seen, records, 3), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n_sockets, 3);
	CU_ASSERT_EQUAL(seen.sockets[0].state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(seen.sockets[0].queue_length, 3);
	CU_ASSERT_EQUAL(seen.sockets[0].queue_limit, 128);
	/* Both families, IPv6 alone; a multipath socket is TCP's. */
	CU_ASSERT_EQUAL(seen.sockets[0].local.address.type, PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(seen.sockets[1].local.address.type, PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(seen.sockets[2].local.protocol, PO_PROTOCOL_TCP);
	CU_ASSERT_TRUE(seen.rows[2]);
}

static void
test_datagrams(void)
{
	union po_bpf_record records[3] = {
	    wildcard(PO_PROTOCOL_UDP, PO_LINUX_CLOSE),
	    wildcard(PO_PROTOCOL_UDP, PO_LINUX_CLOSE),
	    wildcard(89, PO_LINUX_CLOSE),
	};
	struct seen seen = {.answer = 0};

	/* fe80::1 on the interface 4 */
	records[1].socket.local[0] = 0xfe;
	records[1].socket.local[1] = 0x80;
	records[1].socket.local[15] = 1;
	records[1].socket.interface = 4;
	/* A raw socket takes IPv6 alone, whatever its protocol is. */
	records[2].socket.type = 3;
	CU_ASSERT_EQUAL(decode(&seen, records, 3), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n_sockets, 3);
	CU_ASSERT_EQUAL(seen.sockets[0].state, PO_STATE_NONE);
	CU_ASSERT_EQUAL(seen.sockets[0].local.address.type, PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(seen.sockets[1].local.address.type, PO_ADDRESS_IPV6Z);
	CU_ASSERT_EQUAL(seen.sockets[1].local.address.zone, 4);
	CU_ASSERT_EQUAL(seen.sockets[2].local.protocol, PO_PROTOCOL_RAW);
	CU_ASSERT_EQUAL(seen.sockets[2].local.address.type, PO_ADDRESS_IPV6);
}

static void
test_nobody_holds_it(void)
{
	union po_bpf_record records[2] = {connection(), connection()};
	struct seen seen = {.answer = 0};

	records[0].socket.inode = 0;
	records[0].socket.pid = 0;
	records[0].socket.state = PO_LINUX_TIME_WAIT;
	records[1].socket.inode = 0;
	records[1].socket.pid = 0;
	records[1].socket.state = PO_LINUX_NEW_SYN_RECV;
	CU_ASSERT_EQUAL(decode(&seen, records, 2), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n_sockets, 2);
	CU_ASSERT_EQUAL(seen.sockets[0].uid, PO_UID_UNKNOWN);
	CU_ASSERT_EQUAL(seen.sockets[0].state, PO_STATE_TIME_WAIT);
	CU_ASSERT_EQUAL(seen.sockets[1].state, PO_STATE_SYN_RECEIVED);
}

static void
test_no_rows(void)
{
	union po_bpf_record records[4] = {
	    connection(), connection(), connection(), connection()};
	struct seen seen = {.answer = 0};

	records[0].socket.local_port = 0;
	records[1].socket.protocol = 1; /* ping */
	/* Their associations are told elsewhere: only the holder counts. */
	records[2].socket.protocol = PO_PROTOCOL_SCTP;
	records[3].socket.protocol = PO_PROTOCOL_DCCP;
	CU_ASSERT_EQUAL(decode(&seen, records, 4), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n_sockets, 2);
	CU_ASSERT_FALSE(seen.rows[0]);
	CU_ASSERT_FALSE(seen.rows[1]);
}

static void
test_others(void)
{
	union po_bpf_record records[3] = {
	    {.process = {.kind = PO_BPF_PROCESS, .pid = 77}},
	    {.hold = {.kind = PO_BPF_HOLD, .pid = 77, .inode = 5}},
	    {.table = {.kind = PO_BPF_TABLE, .mask = 15}},
	};
	struct seen seen = {.answer = 0};

	CU_ASSERT_EQUAL(decode(&seen, records, 3), 0);
	CU_ASSERT_EQUAL(seen.n_processes, 1);
	CU_ASSERT_EQUAL(seen.n_holds, 1);
	CU_ASSERT_EQUAL(seen.inode, 5);
	CU_ASSERT_EQUAL(seen.n_tables, 1);
	/* Whoever refuses ends it. */
	seen.answer = -ENOMEM;
	CU_ASSERT_EQUAL(decode(&seen, records, 3), -ENOMEM);
	CU_ASSERT_EQUAL(seen.n_processes, 2);
	CU_ASSERT_EQUAL(seen.n_holds, 1);
}

static void
test_damage(void)
{
	const struct po_bpf_visitor none = {.context = NULL};
	union po_bpf_record record = connection();
	struct seen seen = {.answer = 0};

	CU_ASSERT_EQUAL(decode(&seen, &record, 0), 0);
	CU_ASSERT_EQUAL(
	    po_bpf_decode(&record, sizeof(record) - 1, 1, &none), -EBADMSG);
	CU_ASSERT_EQUAL(
	    po_bpf_decode(&record, sizeof(record), 2, &none), -EBADMSG);
	record.kind = 0;
	CU_ASSERT_EQUAL(decode(&seen, &record, 1), -EBADMSG);
	record.kind = 99;
	CU_ASSERT_EQUAL(decode(&seen, &record, 1), -EBADMSG);
	record = connection();
	record.socket.family = 1;
	CU_ASSERT_EQUAL(decode(&seen, &record, 1), -EBADMSG);
	record = connection();
	record.socket.state = 200;
	CU_ASSERT_EQUAL(decode(&seen, &record, 1), -EBADMSG);
	CU_ASSERT_EQUAL(seen.n_sockets, 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"a connection", test_connection},
	    {"listeners", test_listeners},
	    {"datagrams", test_datagrams},
	    {"nobody holds it", test_nobody_holds_it},
	    {"no rows", test_no_rows},
	    {"processes, holders, tables", test_others},
	    {"damage", test_damage},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("bpf_decode", tests);
}
