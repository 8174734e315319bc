/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * illumos's and Solaris's tables, constructed from their headers: rows of every
 * known length, and what must not become a row or an owner.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/illumos_wire.h"
#include "illumos_fake.h"

static struct fake_illumos fake;
static struct po_illumos_rows rows;
static struct po_illumos_notes notes;

static const struct fake_illumos_row listener = {
    .protocol = PO_PROTOCOL_TCP,
    .local = "192.0.2.1",
    .port = 80,
    .state = PO_STATE_LISTEN,
    .creator = 10,
    .created = 500,
    .inode = 7,
};

static int
decode(void)
{
	rows.count = 0;
	return po_illumos_decode(
	    fake.messages, FAKE_MESSAGES, 3, &notes, po_illumos_keep, &rows);
}

static void
add_some(void)
{
	struct fake_illumos_row row = listener;

	fake_illumos_add(&fake, &row);
	row.ipv6 = true;
	row.local = "2001:db8::1";
	row.inode = 8;
	fake_illumos_add(&fake, &row);
	row.protocol = PO_PROTOCOL_UDP;
	row.state = PO_MIB2_UDP_CONNECTED;
	row.remote = "2001:db8::2";
	row.remote_port = 53;
	row.inode = 9;
	fake_illumos_add(&fake, &row);
	row.ipv6 = false;
	row.local = "192.0.2.1";
	row.remote = "192.0.2.2";
	row.inode = 10;
	fake_illumos_add(&fake, &row);
}

static void
check_rows(enum fake_system system)
{
	const bool creators = system != FAKE_SOLARIS_10;
	size_t i;

	fake_illumos_begin(&fake, system);
	add_some();
	CU_ASSERT_EQUAL(decode(), 0);
	CU_ASSERT_EQUAL(notes.odd, 0);
	CU_ASSERT_EQUAL(notes.creators, creators);
	CU_ASSERT_EQUAL(notes.infos, system == FAKE_ILLUMOS);
	CU_ASSERT_EQUAL_FATAL(rows.count, 4);
	for (i = 0; i < rows.count; i++) {
		CU_ASSERT_EQUAL(rows.items[i].creator, creators ? 10 : 0);
		CU_ASSERT_EQUAL(rows.items[i].created, creators ? 500 : 0);
		CU_ASSERT_EQUAL(rows.items[i].socket.local.port, 80);
		CU_ASSERT_EQUAL(rows.items[i].socket.local.stack, 3);
		CU_ASSERT_EQUAL(rows.items[i].has_info, system == FAKE_ILLUMOS);
	}
	CU_ASSERT_EQUAL(rows.items[0].socket.state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(rows.items[0].socket.queue_length, PO_QUEUE_UNKNOWN);
	CU_ASSERT_EQUAL(rows.items[2].socket.remote_port, 53);
	CU_ASSERT_EQUAL(rows.items[3].socket.remote.bytes[15], 2);
}

static void
test_every_system(void)
{
	check_rows(FAKE_SOLARIS_10);
	check_rows(FAKE_SOLARIS_11);
	check_rows(FAKE_SPARC);
	check_rows(FAKE_ILLUMOS);
}

static void
test_unknown_length(void)
{
	const uint32_t size = 180;

	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	add_some();
	memcpy(fake.octets[0] + PO_MIB2_TCP_ROW, &size, 4);
	CU_ASSERT_EQUAL(decode(), 0);
	CU_ASSERT_EQUAL(notes.odd, 1);
	CU_ASSERT_EQUAL(rows.count, 3);
	fake.messages[0].length = 100;
	CU_ASSERT_EQUAL(decode(), 0);
	CU_ASSERT_EQUAL(notes.odd, 2);
	CU_ASSERT_EQUAL(rows.count, 2);
}

/* Every message at every length: no more than an error, and no other row. */
static void
test_truncations(void)
{
	struct po_illumos_message whole;
	size_t i, length;
	int result;

	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	add_some();
	for (i = 0; i < FAKE_MESSAGES; i++) {
		whole = fake.messages[i];
		for (length = 0; length < whole.length; length++) {
			void *copy = malloc(length + 1);

			CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
			memcpy(copy, whole.data, length);
			fake.messages[i].data = copy;
			fake.messages[i].length = length;
			result = decode();
			CU_ASSERT(result == 0 || result == -EBADMSG);
			CU_ASSERT(rows.count <= 4);
			free(copy);
		}
		fake.messages[i] = whole;
	}
}

/* An inode of another row, or of none, is nobody's. */
static void
test_inodes(void)
{
	struct po_illumos_file file = {FAKE_DEVICE, 7};
	struct fake_illumos_row row = listener;

	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	row.inode = 0;
	row.port = 81;
	fake_illumos_add(&fake, &row);
	fake_illumos_add(&fake, &listener);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows, &notes);
	CU_ASSERT_EQUAL_FATAL(rows.count, 2);
	/* What has no inode comes first: its socket is closed. */
	CU_ASSERT_EQUAL(rows.items[0].socket.local.port, 81);
	CU_ASSERT_EQUAL(rows.items[0].socket.handle, 0);
	CU_ASSERT_NOT_EQUAL(rows.items[1].socket.handle, 0);
	CU_ASSERT_EQUAL(
	    po_illumos_find(&rows, &file), rows.items[1].socket.handle);
	file.inode = 6;
	CU_ASSERT_EQUAL(po_illumos_find(&rows, &file), 0);
	file.inode = 8;
	CU_ASSERT_EQUAL(po_illumos_find(&rows, &file), 0);
	file.inode = 7;
	file.device++;
	CU_ASSERT_EQUAL(po_illumos_find(&rows, &file), 0);
}

/* How many owners there are, if pid 10 started then. */
static size_t
count_owners(uint64_t start)
{
	const struct po_builder_options options = {.max_rows = 10};
	const struct po_illumos_clock ticks = {1000000000000, 10000000};
	struct po_process process = {.pid = 10, .start = start};
	struct po_builder *builder = po_builder_new(&options);
	size_t orphans;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	fake_illumos_begin(&fake, FAKE_SOLARIS_11);
	fake_illumos_add(&fake, &listener);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows, &notes);
	CU_ASSERT_EQUAL(po_builder_add_process(builder, &process), 0);
	CU_ASSERT_EQUAL(po_illumos_tell(&rows, &ticks, builder), 0);
	orphans = po_builder_count_orphans(builder);
	po_builder_free(builder);
	return 1 - orphans;
}

/* The socket was opened 5 s after the system's start. */
static void
test_pid_used_again(void)
{
	CU_ASSERT_EQUAL(count_owners(1001000000000), 1);
	CU_ASSERT_EQUAL(count_owners(1005000000000), 1);
	CU_ASSERT_EQUAL(count_owners(1008000000000), 0);
}

static void
test_files(void)
{
	uint8_t octets[PO_PSINFO_SIZE + 1] = {0};
	struct po_illumos_process process;
	struct po_illumos_file file;
	const uint64_t inode = 0x123456789;
	const uint32_t number = 0x123, minor = 4;
	size_t length;

	memcpy(octets + PO_PRFDINFO_INODE, &inode, 8);
	memcpy(octets + PO_PRFDINFO_MAJOR, &number, 4);
	memcpy(octets + PO_PRFDINFO_MINOR, &minor, 4);
	for (length = 0; length < PO_PRFDINFO_SIZE; length++)
		CU_ASSERT_EQUAL(
		    po_illumos_decode_file(octets, length, &file), -EBADMSG);
	CU_ASSERT_EQUAL(po_illumos_decode_file(octets, length, &file), 0);
	CU_ASSERT_EQUAL(file.inode, inode);
	CU_ASSERT_EQUAL(file.device, FAKE_DEVICE);
	memset(octets, 'x', sizeof(octets));
	for (length = 0; length <= sizeof(octets); length++)
		CU_ASSERT_EQUAL(
		    po_illumos_decode_process(octets, length, &process),
		    length == PO_PSINFO_SIZE ? 0 : -EBADMSG);
	CU_ASSERT_EQUAL(process.command.length, 16);
	CU_ASSERT_EQUAL(process.arguments.length, 80);
	CU_ASSERT_EQUAL(process.zone, 0x78787878);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"rows of every system", test_every_system},
	    {"a length that is not known", test_unknown_length},
	    {"truncations", test_truncations},
	    {"inodes", test_inodes},
	    {"a pid that was used again", test_pid_used_again},
	    {"files of /proc", test_files},
	    CU_TEST_INFO_NULL,
	};
	int status = unit_main("illumos_decode", tests);

	free(rows.items);
	return status;
}
