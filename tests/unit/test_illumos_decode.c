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
	const bool infos = system >= FAKE_ILLUMOS;
	size_t i;

	fake_illumos_begin(&fake, system);
	add_some();
	CU_ASSERT_EQUAL(decode(), 0);
	CU_ASSERT_EQUAL(notes.odd, 0);
	CU_ASSERT_EQUAL(notes.creators, creators);
	CU_ASSERT_EQUAL(notes.infos, infos);
	CU_ASSERT_EQUAL_FATAL(rows.count, 4);
	for (i = 0; i < rows.count; i++) {
		CU_ASSERT_EQUAL(rows.items[i].creator, creators ? 10 : 0);
		CU_ASSERT_EQUAL(rows.items[i].created, creators ? 500 : 0);
		CU_ASSERT_EQUAL(rows.items[i].socket.local.port, 80);
		CU_ASSERT_EQUAL(rows.items[i].socket.local.stack, 3);
		CU_ASSERT_EQUAL(rows.items[i].has_info, infos);
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
	check_rows(FAKE_SMARTOS);
}

static void
set_tcp_size(uint32_t size)
{
	memcpy(fake.octets[0] + PO_MIB2_TCP_ROW, &size, 4);
}

/* Longer rows begin as the known ones do; who opened them is not known. */
static void
test_unknown_length(void)
{
	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	add_some();
	set_tcp_size(164);
	CU_ASSERT_EQUAL(decode(), 0);
	CU_ASSERT_EQUAL(notes.odd, 1);
	CU_ASSERT_EQUAL(rows.count, 3);
	set_tcp_size(180);
	CU_ASSERT_EQUAL(decode(), -EBADMSG);
	fake.messages[1].length = 180;
	CU_ASSERT_EQUAL(decode(), 0);
	CU_ASSERT_EQUAL(notes.odd, 1);
	CU_ASSERT_EQUAL_FATAL(rows.count, 4);
	CU_ASSERT_EQUAL(rows.items[0].socket.local.port, 80);
	CU_ASSERT_EQUAL(rows.items[0].creator, 0);
	CU_ASSERT_TRUE(rows.items[0].has_info);
	set_tcp_size(181);
	CU_ASSERT_EQUAL(decode(), 0);
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

/* The handle that a file finds, which is the row's. */
static uint64_t
find(const struct fake_illumos_row *row)
{
	uint8_t octets[FAKE_FILE_ROOM];
	struct po_illumos_file file;

	CU_ASSERT_EQUAL(po_illumos_decode_file(
			    octets, fake_illumos_file(octets, row), &file),
	    1);
	return po_illumos_find(&rows, &file);
}

/* An inode of another row, or of none, is nobody's. */
static void
test_inodes(void)
{
	struct fake_illumos_row row = listener;

	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	row.inode = 0;
	row.port = 81;
	fake_illumos_add(&fake, &row);
	fake_illumos_add(&fake, &listener);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	CU_ASSERT_EQUAL_FATAL(rows.count, 2);
	/* What has no inode comes first: its socket is closed. */
	CU_ASSERT_EQUAL(rows.items[0].socket.local.port, 81);
	CU_ASSERT_EQUAL(rows.items[0].socket.handle, 0);
	CU_ASSERT_NOT_EQUAL(rows.items[1].socket.handle, 0);
	CU_ASSERT_EQUAL(find(&row), 0);
	row = listener;
	CU_ASSERT_EQUAL(find(&row), rows.items[1].socket.handle);
	row.inode = 6;
	CU_ASSERT_EQUAL(find(&row), 0);
	row.inode = 8;
	CU_ASSERT_EQUAL(find(&row), 0);
	row.inode = 7;
	row.device = 1;
	CU_ASSERT_EQUAL(find(&row), 0);
}

/* An inode is 16 bits of an address: others have it at the same time. */
static void
test_names(void)
{
	struct fake_illumos_row connection = listener, other = listener;

	connection.state = PO_STATE_ESTABLISHED;
	connection.remote = "192.0.2.9";
	connection.remote_port = 4000;
	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	fake_illumos_add(&fake, &listener);
	fake_illumos_add(&fake, &connection);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	CU_ASSERT_NOT_EQUAL(find(&listener), 0);
	CU_ASSERT_NOT_EQUAL(find(&connection), 0);
	CU_ASSERT_NOT_EQUAL(find(&connection), find(&listener));
	other.port = 81;
	CU_ASSERT_EQUAL(find(&other), 0);
	other = listener;
	other.local = "192.0.2.2";
	CU_ASSERT_EQUAL(find(&other), 0);
	other = listener;
	other.protocol = PO_PROTOCOL_UDP;
	CU_ASSERT_EQUAL(find(&other), 0);
	other = connection;
	other.remote_port++;
	CU_ASSERT_EQUAL(find(&other), 0);
	other = connection;
	other.remote = "192.0.2.8";
	CU_ASSERT_EQUAL(find(&other), 0);
}

/* A connection has no peer until it answers; what it connects to is told. */
static void
test_connecting(void)
{
	struct fake_illumos_row row = listener;

	row.state = PO_STATE_SYN_SENT;
	row.remote = "192.0.2.9";
	row.remote_port = 4000;
	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	fake_illumos_add(&fake, &row);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	CU_ASSERT_NOT_EQUAL(find(&row), 0);
	CU_ASSERT_EQUAL(rows.items[0].socket.remote_port, 4000);
}

/* Two wildcards of which each is of one family, and one that is of both. */
static void
test_wildcards(void)
{
	struct fake_illumos_row row = listener, ipv6;

	row.local = "0.0.0.0";
	ipv6 = row;
	ipv6.ipv6 = true;
	ipv6.local = "::";
	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	fake_illumos_add(&fake, &row);
	fake_illumos_add(&fake, &ipv6);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	CU_ASSERT_NOT_EQUAL(find(&row), 0);
	CU_ASSERT_NOT_EQUAL(find(&ipv6), find(&row));
	po_illumos_merge(&rows, false);
	CU_ASSERT_EQUAL(rows.items[0].socket.local.port, 80);
	CU_ASSERT_EQUAL(rows.items[1].socket.local.port, 80);
	/* Nor where files are not known. */
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_merge(&rows, true);
	CU_ASSERT_EQUAL(rows.items[0].socket.local.port, 80);
	CU_ASSERT_EQUAL(rows.items[1].socket.local.port, 80);
	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	fake_illumos_add(&fake, &ipv6);
	row.of_ipv6 = true;
	fake_illumos_add(&fake, &row);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	CU_ASSERT_EQUAL(find(&ipv6), find(&row));
	po_illumos_merge(&rows, false);
	CU_ASSERT_EQUAL(
	    rows.items[0].socket.local.port + rows.items[1].socket.local.port,
	    80);
}

/* Streams have a device of their own, and need no name. */
static void
test_streams(void)
{
	struct fake_illumos_row row = listener;

	row.device = FAKE_DEVICE;
	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	fake_illumos_add(&fake, &row);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	CU_ASSERT_NOT_EQUAL(find(&row), 0);
	row.device++;
	CU_ASSERT_EQUAL(find(&row), 0);
	row.device = 0;
	CU_ASSERT_EQUAL(find(&row), 0);
}

/* One bit that is wrong: the file is nobody's, or still the row's. */
static void
test_bit_flips_of_files(void)
{
	struct fake_illumos_row row = listener;
	uint8_t octets[FAKE_FILE_ROOM];
	struct po_illumos_file file;
	uint64_t handle, found;
	size_t bit, length;

	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	fake_illumos_add(&fake, &listener);
	row.port = 8080;
	row.inode = 0x777;
	fake_illumos_add(&fake, &row);
	CU_ASSERT_EQUAL(decode(), 0);
	po_illumos_join(&rows);
	handle = find(&listener);
	length = fake_illumos_file(octets, &listener);
	for (bit = 0; bit < 8 * length; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (po_illumos_decode_file(octets, length, &file) == 1) {
			found = po_illumos_find(&rows, &file);
			CU_ASSERT(found == 0 || found == handle);
		}
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* And of tables: no more than an error, or other rows of the same number. */
static void
test_bit_flips_of_tables(void)
{
	size_t i, bit;
	int result;

	fake_illumos_begin(&fake, FAKE_ILLUMOS);
	add_some();
	for (i = 0; i < FAKE_MESSAGES; i++)
		for (bit = 0; bit < 8 * fake.messages[i].length; bit++) {
			fake.octets[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			result = decode();
			CU_ASSERT(result == 0 || result == -EBADMSG);
			CU_ASSERT(rows.count <= 16);
			po_illumos_join(&rows);
			po_illumos_merge(&rows, false);
			fake.octets[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
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
	po_illumos_merge(&rows, true);
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

/* What a file says, and that nothing of it counts where it is cut short. */
static void
test_files(void)
{
	struct fake_illumos_row row = listener;
	uint8_t octets[FAKE_FILE_ROOM];
	struct po_illumos_file file;
	size_t length, whole;

	row.remote = "192.0.2.9";
	row.remote_port = 4000;
	whole = fake_illumos_file(octets, &row);
	for (length = 0; length < whole; length++)
		CU_ASSERT_EQUAL(
		    po_illumos_decode_file(octets, length, &file), -EBADMSG);
	CU_ASSERT_EQUAL(po_illumos_decode_file(octets, whole, &file), 1);
	CU_ASSERT_EQUAL(file.inode, 7);
	CU_ASSERT_EQUAL(file.device, 0);
	CU_ASSERT_EQUAL(file.protocol, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(file.port, 80);
	CU_ASSERT_EQUAL(file.local.bytes[3], 1);
	CU_ASSERT_EQUAL(file.remote_port, 4000);
	CU_ASSERT_EQUAL(file.remote.bytes[3], 9);
	row.of_ipv6 = row.mapped = true;
	whole = fake_illumos_file(octets, &row);
	CU_ASSERT_EQUAL(po_illumos_decode_file(octets, whole, &file), 1);
	CU_ASSERT_EQUAL(file.local.type, PO_ADDRESS_IPV4);
	CU_ASSERT_EQUAL(file.local.bytes[3], 1);
	row.port = 0;
	whole = fake_illumos_file(octets, &row);
	CU_ASSERT_EQUAL(po_illumos_decode_file(octets, whole, &file), 0);
	octets[PO_PRFDINFO_MODE + 1] = 0x80; /* a regular file */
	CU_ASSERT_EQUAL(po_illumos_decode_file(octets, whole, &file), 0);
}

static void
test_processes(void)
{
	uint8_t octets[PO_PSINFO_SIZE + 1];
	struct po_illumos_process process;
	size_t length;

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
	    {"names", test_names},
	    {"a connection without a peer", test_connecting},
	    {"wildcards", test_wildcards},
	    {"streams", test_streams},
	    {"wrong bits in files", test_bit_flips_of_files},
	    {"wrong bits in tables", test_bit_flips_of_tables},
	    {"a pid that was used again", test_pid_used_again},
	    {"files of fdinfo", test_files},
	    {"psinfo", test_processes},
	    CU_TEST_INFO_NULL,
	};
	int status = unit_main("illumos_decode", tests);

	free(rows.items);
	return status;
}
