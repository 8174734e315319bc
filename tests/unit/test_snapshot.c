/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images from elsewhere: whatever was done to one, it is refused, or every
 * row, index and string in it can be followed.
 */
#include "model/snapshot.h"

#include <errno.h>
#include <stddef.h>

#include "sealed.h"
#include "touch.h"

static struct po_builder *
small_collection(void)
{
	struct po_builder *b = sealed_builder(100);
	struct po_socket sockets[] = {
	    unit_bound(PO_PROTOCOL_TCP, "127.0.0.1", 80, 11),
	    unit_connected(PO_PROTOCOL_TCP, "127.0.0.1", 80, "::1", 99, 12),
	    unit_connected(PO_PROTOCOL_TCP, "127.0.0.1", 80, "::1", 99, 13),
	    unit_bound(PO_PROTOCOL_UDP, "*", 53, 14),
	    unit_bound(PO_PROTOCOL_UDP, "*", 53, 0),
	    unit_bound(PO_PROTOCOL_TCP, "::", 443, 11),
	};
	struct po_process p = {.pid = 20, .parent = 1, .uid = 33};
	size_t i;

	for (i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		CU_ASSERT_EQUAL_FATAL(po_builder_add_socket(b, &sockets[i]), 0);
	for (i = 11; i < 15; i++)
		CU_ASSERT_EQUAL_FATAL(po_builder_add_owner(b, i, 20), 0);
	CU_ASSERT_EQUAL_FATAL(po_builder_add_owner(b, 13, 21), 0);
	p.command = unit_bytes("httpd");
	p.service = unit_bytes("httpd.service");
	CU_ASSERT_EQUAL_FATAL(po_builder_add_process(b, &p), 0);
	CU_ASSERT_EQUAL_FATAL(
	    po_builder_add_gap(b, PO_GAP_RACE, 1, "race", "again"), 0);
	return b;
}

static void
make_small(struct sealed *d)
{
	struct po_builder *b = small_collection();

	sealed_make(d, b);
	po_builder_free(b);
}

/* Opens a copy of exactly size octets and follows all of it. */
static int
open_copy(const void *image, size_t size, bool *sound)
{
	struct po_snapshot s;
	const char *why = "unset";
	void *copy = malloc(size == 0 ? 1 : size);
	int error;

	*sound = true;
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, image, size);
	error = po_snapshot_open(copy, size, &s, &why);
	if (error == 0)
		touch_snapshot(&s, sound);
	else if (why == NULL || *why == '\0')
		*sound = false;
	free(copy);
	return error;
}

static bool
is_refusal(int error)
{
	return error == -EPROTO || error == -EPROTOTYPE ||
	       error == -EPROTONOSUPPORT || error == -EBADMSG;
}

static void
test_untouched(void)
{
	struct sealed d;
	bool sound;

	make_small(&d);
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), 0);
	CU_ASSERT_TRUE(sound);
	CU_ASSERT_EQUAL(d.s.n_endpoints, 3);
	CU_ASSERT_EQUAL(d.s.n_owners, 5);
	CU_ASSERT_EQUAL(d.s.n_listeners, 3);
	CU_ASSERT_EQUAL(d.s.n_connections, 2);
	CU_ASSERT_EQUAL(d.s.n_gaps, 1);
	sealed_free(&d);
}

static void
test_bit_flips(void)
{
	unsigned accepted = 0, refused = 0, wrong = 0;
	struct sealed d;
	uint8_t *octets;
	size_t bit;
	int error;
	bool sound;

	make_small(&d);
	octets = d.image;
	for (bit = 0; bit < d.size * 8; bit++) {
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		error = open_copy(d.image, d.size, &sound);
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (error == 0)
			accepted++;
		else
			refused++;
		if (!sound || (error != 0 && !is_refusal(error)))
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(accepted > 0);
	CU_ASSERT_TRUE(refused > accepted / 4);
	sealed_free(&d);
}

static void
test_truncations(void)
{
	struct sealed d;
	struct po_snapshot_header *header;
	size_t size;
	int error;
	bool sound;

	make_small(&d);
	for (size = 0; size < d.size; size++) {
		error = open_copy(d.image, size, &sound);
		CU_ASSERT_TRUE(error == -EPROTO || error == -EBADMSG);
		CU_ASSERT_TRUE(sound);
	}
	/* The header goes along with the cut. */
	header = d.image;
	for (size = sizeof(*header); size < d.size; size++) {
		header->size = size;
		error = open_copy(d.image, size, &sound);
		CU_ASSERT_EQUAL(error, -EBADMSG);
		CU_ASSERT_TRUE(sound);
	}
	sealed_free(&d);
}

static void
test_foreign(void)
{
	struct po_snapshot s;
	struct po_snapshot_header *h;
	const char *why = NULL;
	struct sealed d;
	bool sound;

	make_small(&d);
	h = d.image;
	h->byte_order = 0x04030201u;
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), -EPROTOTYPE);
	CU_ASSERT_TRUE(sound);
	h->byte_order = PO_SNAPSHOT_BYTE_ORDER;
	h->version++;
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), -EPROTONOSUPPORT);
	h->version = 0;
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), -EPROTONOSUPPORT);
	h->version = PO_SNAPSHOT_VERSION;
	h->magic[7] = '\r';
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), -EPROTO);
	h->magic[7] = '\n';
	h->size++;
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), -EBADMSG);
	h->size -= 2;
	CU_ASSERT_EQUAL(po_snapshot_open(d.image, d.size, &s, &why), -EBADMSG);
	CU_ASSERT_PTR_NOT_NULL(why);
	CU_ASSERT_EQUAL(po_snapshot_open(d.image, d.size, &s, NULL), -EBADMSG);
	h->size++;
	CU_ASSERT_EQUAL(po_snapshot_open(d.image, d.size, &s, NULL), 0);
	sealed_free(&d);
}

/* One thing broken at a time; the image is put right again. */
#define DAMAGE(field, value)                                                   \
	do {                                                                   \
		__typeof__(field) before = (field);                            \
		(field) = (value);                                             \
		CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), -EBADMSG); \
		CU_ASSERT_TRUE(sound);                                         \
		(field) = before;                                              \
	} while (0)

static void
test_sections(void)
{
	struct po_section_entry *sections;
	struct po_snapshot_header *h;
	struct sealed d;
	bool sound;
	int i;

	make_small(&d);
	h = d.image;
	sections = h->sections;
	for (i = 0; i < PO_SECTIONS; i++) {
		DAMAGE(sections[i].offset, 0);
		DAMAGE(sections[i].offset, 8);
		DAMAGE(sections[i].offset, d.size + 4);
		DAMAGE(sections[i].offset, UINT64_MAX - 3);
		DAMAGE(sections[i].count, UINT32_MAX);
		DAMAGE(sections[i].count, (uint32_t)d.size);
		DAMAGE(sections[i].stride, 0);
		DAMAGE(sections[i].stride, sections[i].stride + 4);
		DAMAGE(sections[i].stride, UINT32_MAX);
		if (i != PO_SECTION_STRINGS)
			DAMAGE(sections[i].offset, sections[i].offset + 1);
	}
	DAMAGE(h->partial, 2);
	DAMAGE(h->source, h->sections[PO_SECTION_STRINGS].count);
	DAMAGE(h->source, UINT32_MAX);
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), 0);
	sealed_free(&d);
}

/* The image's arrays, to be written to. */
#define WRITABLE(type, array) ((type *)(uintptr_t)(array))

static void
test_indexes(void)
{
	struct po_owner *owners;
	struct po_listener *listeners;
	struct po_connection *connections;
	struct sealed d;
	bool sound;

	make_small(&d);
	owners = WRITABLE(struct po_owner, d.s.owners);
	listeners = WRITABLE(struct po_listener, d.s.listeners);
	connections = WRITABLE(struct po_connection, d.s.connections);
	DAMAGE(owners[4].endpoint, d.s.n_endpoints);
	DAMAGE(owners[4].endpoint, UINT32_MAX);
	DAMAGE(owners[0].process, d.s.n_processes);
	DAMAGE(owners[0].sockets, 0);
	DAMAGE(owners[0].connected, owners[0].sockets + 1);
	DAMAGE(owners[0].listening, UINT32_MAX);
	DAMAGE(listeners[2].endpoint, d.s.n_endpoints);
	DAMAGE(listeners[0].process, d.s.n_processes);
	DAMAGE(connections[1].endpoint, d.s.n_endpoints);
	DAMAGE(connections[0].process, d.s.n_processes);
	DAMAGE(connections[0].sockets, 0);
	DAMAGE(connections[0].state, PO_STATE_DELETE_TCB + 1);
	DAMAGE(connections[0].remote.type, PO_ADDRESS_IPV6Z + 1);
	/* Order: what a binary search relies on. */
	DAMAGE(owners[0].endpoint, 1);
	DAMAGE(owners[1].process, owners[0].process);
	DAMAGE(listeners[0].endpoint, 1);
	DAMAGE(connections[1].process, connections[0].process);
	DAMAGE(connections[1].remote_port, 1);
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), 0);
	sealed_free(&d);
}

static void
test_rows(void)
{
	struct po_endpoint *endpoints;
	struct po_process_record *processes;
	char *strings;
	struct sealed d;
	uint32_t last, command;
	bool sound;

	make_small(&d);
	endpoints = WRITABLE(struct po_endpoint, d.s.endpoints);
	processes = WRITABLE(struct po_process_record, d.s.processes);
	strings = WRITABLE(char, d.s.strings);
	DAMAGE(endpoints[0].address.type, 5);
	DAMAGE(endpoints[0].address.zone, 1);
	DAMAGE(endpoints[0].address.bytes[4], 1);
	DAMAGE(endpoints[2].address.bytes[0], 1);
	DAMAGE(endpoints[0].port, 444);
	DAMAGE(endpoints[1].protocol, 1);
	last = d.s.n_processes - 1;
	DAMAGE(processes[last].pid, 0);
	DAMAGE(processes[last].pid, UINT32_MAX);
	DAMAGE(processes[last].pid, processes[last - 1].pid);
	DAMAGE(processes[last].kind, PO_OWNER_NONE);
	DAMAGE(processes[0].kind, PO_OWNER_PROCESS);
	DAMAGE(processes[0].kind, 4);
	command = processes[last - 1].command;
	CU_ASSERT_TRUE_FATAL(sealed_is(&d, command, "httpd"));
	DAMAGE(processes[last].command, d.s.n_strings);
	DAMAGE(processes[last].user, d.s.n_strings - 1);
	DAMAGE(processes[last].service, UINT32_MAX);
	DAMAGE(processes[last].executable, 0x80000000u);
	DAMAGE(processes[last].arguments, command + 1);
	DAMAGE(strings[command], 6);
	DAMAGE(strings[command], 4);
	DAMAGE(strings[command], (char)0xff);
	DAMAGE(strings[command + 1], '\n');
	DAMAGE(strings[command + 1], (char)0x80);
	DAMAGE(strings[command + 6], 'x');
	DAMAGE(WRITABLE(struct po_gap_record, d.s.gaps)[0].text, UINT32_MAX);
	DAMAGE(WRITABLE(struct po_gap_record, d.s.gaps)[0].hint, UINT32_MAX);
	CU_ASSERT_EQUAL(open_copy(d.image, d.size, &sound), 0);
	sealed_free(&d);
}

static void
test_random(void)
{
	struct sealed d;
	uint64_t seed = 6;
	unsigned round, k, wrong = 0, accepted = 0;
	uint8_t *copy;
	uint32_t at;
	int error;
	bool sound;

	make_small(&d);
	copy = malloc(d.size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	for (round = 0; round < 30000; round++) {
		memcpy(copy, d.image, d.size);
		for (k = 1 + unit_below(&seed, 4); k > 0; k--) {
			at = unit_below(&seed, (uint32_t)d.size);
			copy[at] =
			    (uint8_t)(unit_below(&seed, 2) == 0
					  ? unit_below(&seed, 256)
					  : copy[at] + unit_below(&seed, 3) -
						1);
		}
		error = open_copy(copy, d.size, &sound);
		accepted += error == 0;
		wrong += !sound || (error != 0 && !is_refusal(error));
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(accepted > 100);
	free(copy);
	sealed_free(&d);
}

static void
test_checksum(void)
{
	const size_t from = offsetof(struct po_snapshot_header, checksum);
	struct sealed d;
	uint64_t sum;
	unsigned same = 0;
	uint8_t *octets;
	size_t bit;

	make_small(&d);
	octets = d.image;
	sum = po_snapshot_checksum(d.image, d.size);
	for (bit = 0; bit < d.size * 8; bit++) {
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		same += po_snapshot_checksum(d.image, d.size) == sum;
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* Its own octets do not count. */
	CU_ASSERT_EQUAL(same, 64);
	memset(octets + from, 0xa5, 8);
	CU_ASSERT_EQUAL(po_snapshot_checksum(d.image, d.size), sum);
	CU_ASSERT_NOT_EQUAL(po_snapshot_checksum(d.image, d.size - 1), sum);
	sealed_free(&d);
}

static void
test_text(void)
{
	struct sealed d;
	size_t length = 99;

	make_small(&d);
	CU_ASSERT_STRING_EQUAL(po_snapshot_text(&d.s, 0, &length), "");
	CU_ASSERT_EQUAL(length, 0);
	CU_ASSERT_STRING_EQUAL(
	    po_snapshot_text(&d.s, d.s.header->source, &length), "test");
	CU_ASSERT_EQUAL(length, 4);
	sealed_free(&d);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"as it was made", test_untouched},
	    {"every flipped bit", test_bit_flips},
	    {"every truncation", test_truncations},
	    {"other systems and versions", test_foreign},
	    {"damaged sections", test_sections},
	    {"damaged indexes and order", test_indexes},
	    {"damaged rows and strings", test_rows},
	    {"random damage", test_random},
	    {"the checksum", test_checksum},
	    {"strings", test_text},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("snapshot", tests);
}
