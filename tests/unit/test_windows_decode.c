/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows' four tables, constructed: what they say, and what follows when they
 * are cut, damaged or lie.
 */
#include <errno.h>
#include <stdlib.h>

#include "windows_fake.h"

struct rows {
	size_t n;
	struct po_windows_socket at[FAKE_ROWS];
};

static int
keep(void *context, const struct po_windows_socket *socket)
{
	struct rows *rows = context;

	CU_ASSERT_TRUE_FATAL(rows->n < FAKE_ROWS);
	rows->at[rows->n++] = *socket;
	return 0;
}

/* Decodes one row, from a buffer that ends where the table does. */
static struct po_windows_socket
decode_one(enum po_windows_table table, const struct windows_row *row)
{
	struct po_windows_notes notes;
	struct rows rows = {0};
	struct windows_fake fake;
	uint8_t *exact;

	windows_begin(&fake, table);
	windows_add(&fake, row);
	exact = malloc(fake.size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(exact, fake.octets, fake.size);
	CU_ASSERT_EQUAL(
	    po_windows_decode(table, exact, fake.size, &notes, keep, &rows), 0);
	free(exact);
	CU_ASSERT_EQUAL_FATAL(rows.n, 1);
	CU_ASSERT_EQUAL(notes.odd, 0);
	return rows.at[0];
}

/* Layouts written out by hand, not by the code that reads them. */
static void
test_layouts(void)
{
	static const uint8_t tcp4[8 + 160] = {1, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0,
	    0, 0, 192, 0, 2, 1, 0x1f, 0x90, 0, 0, 198, 51, 100, 7, 0xc3, 0x50,
	    0, 0, 0x34, 0x12, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
	static const uint8_t udp4[8 + 160] = {1, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0,
	    1, 0, 53, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1, 0};
	static const uint8_t tcp6[8 + 192] = {1, 0, 0, 0, 0, 0, 0, 0, 0x20, 1,
	    0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 80, 0,
	    0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0,
	    0, 0x10, 0, 0, 0, 8, 0, 0, 0, 0xff, 0xff, 1, 0, 1, 0, 0, 0, 0, 0, 0,
	    0x80};
	static const uint8_t udp6[8 + 176] = {1, 0, 0, 0, 0, 0, 0, 0, 0xfe,
	    0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 53,
	    0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
	struct po_windows_notes notes;
	struct po_socket expected;
	struct rows rows = {0};

	po_windows_decode(
	    PO_WINDOWS_TCP4, tcp4, sizeof(tcp4), &notes, keep, &rows);
	po_windows_decode(
	    PO_WINDOWS_TCP6, tcp6, sizeof(tcp6), &notes, keep, &rows);
	po_windows_decode(
	    PO_WINDOWS_UDP4, udp4, sizeof(udp4), &notes, keep, &rows);
	po_windows_decode(
	    PO_WINDOWS_UDP6, udp6, sizeof(udp6), &notes, keep, &rows);
	CU_ASSERT_EQUAL_FATAL(rows.n, 4);
	expected = unit_connected(
	    PO_PROTOCOL_TCP, "192.0.2.1", 8080, "198.51.100.7", 50000, 1);
	expected.uid = PO_UID_UNKNOWN;
	CU_ASSERT_EQUAL(
	    memcmp(&rows.at[0].socket, &expected, sizeof(expected)), 0);
	CU_ASSERT_EQUAL(rows.at[0].pid, 0x1234);
	CU_ASSERT_EQUAL(rows.at[0].created, 0x0102030405060708);
	expected = unit_connected(
	    PO_PROTOCOL_TCP, "2001:db8::1", 80, "2001:db8::2", 4096, 1);
	expected.uid = PO_UID_UNKNOWN;
	expected.state = PO_STATE_CLOSE_WAIT;
	CU_ASSERT_EQUAL(
	    memcmp(&rows.at[1].socket, &expected, sizeof(expected)), 0);
	CU_ASSERT_EQUAL(rows.at[1].pid, 0x1ffff);
	CU_ASSERT_EQUAL(rows.at[1].created, 0x8000000000000001);
	expected = unit_bound(PO_PROTOCOL_UDP, "127.0.0.1", 53, 1);
	expected.uid = PO_UID_UNKNOWN;
	CU_ASSERT_EQUAL(
	    memcmp(&rows.at[2].socket, &expected, sizeof(expected)), 0);
	CU_ASSERT_EQUAL(rows.at[2].pid, 9);
	CU_ASSERT_EQUAL(rows.at[2].created, 0x01020304050607);
	CU_ASSERT_EQUAL(rows.at[3].created, 2);
	CU_ASSERT_EQUAL(rows.at[3].socket.local.address.zone, 7);
	CU_ASSERT_EQUAL(rows.at[3].socket.local.address.type, PO_ADDRESS_IPV6Z);
}

static void
test_states(void)
{
	static const struct {
		uint32_t given;
		uint8_t state;
		bool connected;
	} cases[] = {
	    {PO_MIB_TCP_CLOSED, PO_STATE_CLOSED, true},
	    {PO_MIB_TCP_LISTEN, PO_STATE_LISTEN, false},
	    {PO_MIB_TCP_SYN_SENT, PO_STATE_SYN_SENT, true},
	    {PO_MIB_TCP_SYN_RECEIVED, PO_STATE_SYN_RECEIVED, true},
	    {PO_MIB_TCP_ESTABLISHED, PO_STATE_ESTABLISHED, true},
	    {PO_MIB_TCP_FIN_WAIT_1, PO_STATE_FIN_WAIT_1, true},
	    {PO_MIB_TCP_FIN_WAIT_2, PO_STATE_FIN_WAIT_2, true},
	    {PO_MIB_TCP_CLOSE_WAIT, PO_STATE_CLOSE_WAIT, true},
	    {9, PO_STATE_CLOSING, true},
	    {10, PO_STATE_LAST_ACK, true},
	    {PO_MIB_TCP_TIME_WAIT, PO_STATE_TIME_WAIT, true},
	    {PO_MIB_TCP_DELETE_TCB, PO_STATE_CLOSED, true},
	};
	struct windows_row row = {.local = "192.0.2.1",
	    .port = 80,
	    .remote = "192.0.2.2",
	    .remote_port = 4000,
	    .pid = 77};
	struct po_windows_socket got;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		row.state = cases[i].given;
		got = decode_one(PO_WINDOWS_TCP4, &row);
		CU_ASSERT_EQUAL(got.socket.state, cases[i].state);
		CU_ASSERT_EQUAL(got.socket.connected, cases[i].connected);
		/* Nobody holds what is in TIME_WAIT. */
		CU_ASSERT_EQUAL(
		    got.pid, cases[i].given == PO_MIB_TCP_TIME_WAIT ? 0 : 77);
		CU_ASSERT_EQUAL(got.socket.handle == 0, got.pid == 0);
	}
}

static void
test_odd(void)
{
	static const uint32_t odd[] = {0, 13, 100, 0x105, UINT32_MAX};
	struct windows_row row = {.local = "::1", .port = 80, .pid = 5};
	struct po_windows_notes notes;
	struct rows rows = {0};
	struct windows_fake fake;
	size_t i;

	windows_begin(&fake, PO_WINDOWS_TCP6);
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		row.state = odd[i];
		windows_add(&fake, &row);
	}
	/* Without a port it is no row, and nothing odd. */
	row.state = PO_MIB_TCP_CLOSED;
	row.port = 0;
	windows_add(&fake, &row);
	CU_ASSERT_EQUAL(po_windows_decode(fake.table, fake.octets, fake.size,
			    &notes, keep, &rows),
	    0);
	CU_ASSERT_EQUAL(rows.n, 0);
	CU_ASSERT_EQUAL(notes.odd, sizeof(odd) / sizeof(odd[0]));
}

/* A scope is an index of link-local addresses alone, in either byte order. */
static void
test_scopes(void)
{
	static const struct {
		const char *address;
		uint32_t scope, zone;
	} cases[] = {
	    {"fe80::1", 12, 12},
	    {"fe80::1", 0x0c000000, 12},
	    {"fe80::1", 0x00010000, 256},
	    {"fe80::1", 0xffff, 0xffff},
	    {"fe80::1", 0, 0},
	    {"febf::1", 3, 3},
	    {"::1", 4096, 0},
	    {"2001:db8::1", 4, 0},
	};
	struct windows_row row = {.port = 80, .pid = 5};
	struct po_address address;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		row.local = cases[i].address;
		row.scope = cases[i].scope;
		address =
		    decode_one(PO_WINDOWS_UDP6, &row).socket.local.address;
		CU_ASSERT_EQUAL(address.zone, cases[i].zone);
		CU_ASSERT_EQUAL(address.type,
		    cases[i].zone != 0 ? PO_ADDRESS_IPV6Z : PO_ADDRESS_IPV6);
	}
}

/* Each table cut anywhere: whole rows or none. */
static void
test_cut(void)
{
	const struct windows_row row = {
	    .local = "::", .port = 80, .state = PO_MIB_TCP_LISTEN, .pid = 5};
	struct po_windows_notes notes;
	struct windows_fake fake;
	struct rows rows;
	uint8_t *exact;
	size_t length;
	int table, result;

	for (table = 0; table < PO_WINDOWS_TABLES; table++) {
		windows_begin(&fake, (enum po_windows_table)table);
		windows_add(&fake, &row);
		windows_add(&fake, &row);
		for (length = 0; length <= fake.size; length++) {
			exact = malloc(length + 1);
			CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
			memcpy(exact + 1, fake.octets, length);
			rows.n = 0;
			result = po_windows_decode(
			    fake.table, exact + 1, length, &notes, keep, &rows);
			CU_ASSERT_EQUAL(
			    result, length == fake.size ? 0 : -EBADMSG);
			CU_ASSERT_EQUAL(rows.n, length == fake.size ? 2 : 0);
			free(exact);
		}
	}
}

static void
test_lies(void)
{
	static const uint32_t counts[] = {
	    2, 0x10000000, 0x40000001, 0x80000000, UINT32_MAX};
	const struct windows_row row = {.local = "0.0.0.0", .port = 80};
	struct po_windows_notes notes;
	struct rows rows = {0};
	struct windows_fake fake;
	size_t i;

	windows_begin(&fake, PO_WINDOWS_UDP4);
	windows_add(&fake, &row);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		windows_put(fake.octets, counts[i]);
		CU_ASSERT_EQUAL(po_windows_decode(fake.table, fake.octets,
				    fake.size, &notes, keep, &rows),
		    -EBADMSG);
	}
	CU_ASSERT_EQUAL(rows.n, 0);
	/* A buffer may be larger than what is in it. */
	windows_put(fake.octets, 1);
	CU_ASSERT_EQUAL(po_windows_decode(fake.table, fake.octets,
			    sizeof(fake.octets), &notes, keep, &rows),
	    0);
	CU_ASSERT_EQUAL(rows.n, 1);
}

static void
test_may_own(void)
{
	static const struct {
		uint64_t created;
		uint32_t pid;
		uint64_t start;
		bool may;
	} cases[] = {
	    {1000, 8, 999, true},
	    {1000, 8, 1000, true},
	    {1000, 8, 1001, false},
	    {1000, 8, UINT64_MAX, false},
	    /* not known */
	    {0, 8, 1001, true},
	    {1000, 8, 0, true},
	    /* nobody else can be that */
	    {1000, 4, 1001, true},
	};
	struct po_windows_socket socket = {.pid = 0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		socket.created = cases[i].created;
		socket.pid = cases[i].pid;
		CU_ASSERT_EQUAL(
		    po_windows_may_own(&socket, cases[i].start), cases[i].may);
	}
}

static int
refuse(void *context, const struct po_windows_socket *socket)
{
	(void)context;
	(void)socket;
	return -ENOMEM;
}

static void
test_refused(void)
{
	const struct windows_row row = {.local = "0.0.0.0", .port = 80};
	struct po_windows_notes notes;
	struct windows_fake fake;

	windows_begin(&fake, PO_WINDOWS_UDP4);
	windows_add(&fake, &row);
	CU_ASSERT_EQUAL(po_windows_decode(fake.table, fake.octets, fake.size,
			    &notes, refuse, NULL),
	    -ENOMEM);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"layouts", test_layouts},
	    {"states", test_states},
	    {"states that nobody knows", test_odd},
	    {"scopes", test_scopes},
	    {"cut", test_cut},
	    {"counts that lie", test_lies},
	    {"who may own a socket", test_may_own},
	    {"a visitor that refuses", test_refused},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("windows_decode", tests);
}
