/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * macOS's records, constructed from its headers.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/macos_join.h"
#include "collect/macos_wire.h"
#include "sealed.h"

static void
put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static int
note(void *context, int32_t descriptor)
{
	*(int32_t *)context = *(int32_t *)context * 10 + descriptor;
	return descriptor == 9 ? -ENOMEM : 0;
}

static void
test_descriptors(void)
{
	uint8_t list[4 * PO_MACOS_FD_SIZE] = {0};
	int32_t seen = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		put(list + i * PO_MACOS_FD_SIZE, i + 3, 4);
		put(list + i * PO_MACOS_FD_SIZE + 4, i == 1 ? 1 : 2, 4);
	}
	CU_ASSERT_EQUAL(
	    po_macos_decode_descriptors(list, sizeof(list), note, &seen), 0);
	CU_ASSERT_EQUAL(seen, 356);
	seen = 0;
	CU_ASSERT_EQUAL(
	    po_macos_decode_descriptors(list, 20, note, &seen), -EBADMSG);
	CU_ASSERT_EQUAL(seen, 3);
	put(list, 9, 4);
	seen = 0;
	CU_ASSERT_EQUAL(
	    po_macos_decode_descriptors(list, sizeof(list), note, &seen),
	    -ENOMEM);
}

static void
make_listener(uint8_t at[PO_MACOS_SOCKET_SIZE])
{
	memset(at, 0, PO_MACOS_SOCKET_SIZE);
	put(at + PO_MACOS_SOCKET_HANDLE, 77, 8);
	put(at + PO_MACOS_SOCKET_TYPE, 1, 4);
	put(at + PO_MACOS_SOCKET_PROTOCOL, 6, 4);
	put(at + PO_MACOS_SOCKET_KIND, PO_MACOS_KIND_TCP, 4);
	put(at + PO_MACOS_SOCKET_LOCAL_PORT, htons(8080), 4);
	at[PO_MACOS_SOCKET_FAMILIES] = PO_MACOS_IPV6;
	at[PO_MACOS_SOCKET_LOCAL] = 0xfe;
	at[PO_MACOS_SOCKET_LOCAL + 1] = 0x80;
	at[PO_MACOS_SOCKET_LOCAL + 3] = 4;
	at[PO_MACOS_SOCKET_LOCAL + 15] = 1;
	put(at + PO_MACOS_SOCKET_STATE, PO_MACOS_LISTEN, 4);
	put(at + PO_MACOS_SOCKET_QUEUE, 2, 2);
	put(at + PO_MACOS_SOCKET_LIMIT, 128, 2);
}

static void
test_listener(void)
{
	uint8_t at[PO_MACOS_SOCKET_SIZE];
	struct po_macos_socket found;

	make_listener(at);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &found), 1);
	CU_ASSERT_EQUAL(found.socket.local.protocol, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(found.socket.local.port, 8080);
	CU_ASSERT_EQUAL(found.socket.local.address.type, PO_ADDRESS_IPV6Z);
	CU_ASSERT_EQUAL(found.socket.local.address.zone, 4);
	CU_ASSERT_EQUAL(found.socket.local.address.bytes[3], 0);
	CU_ASSERT_EQUAL(found.socket.state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(found.socket.handle, 77);
	CU_ASSERT_EQUAL(found.socket.queue_length, 2);
	CU_ASSERT_EQUAL(found.socket.queue_limit, 128);
}

static void
test_what_is_no_row(void)
{
	uint8_t at[PO_MACOS_SOCKET_SIZE];
	struct po_macos_socket found;
	size_t length;

	make_listener(at);
	for (length = 0; length < sizeof(at); length++)
		CU_ASSERT_EQUAL(
		    po_macos_decode_socket(at, length, &found), -EBADMSG);
	put(at + PO_MACOS_SOCKET_STATE, 11, 4);
	CU_ASSERT_EQUAL(
	    po_macos_decode_socket(at, sizeof(at), &found), -EBADMSG);
	make_listener(at);
	at[PO_MACOS_SOCKET_FAMILIES] = 0;
	CU_ASSERT_EQUAL(
	    po_macos_decode_socket(at, sizeof(at), &found), -EBADMSG);
	make_listener(at);
	put(at + PO_MACOS_SOCKET_KIND, 3, 4);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &found), 0);
	/* TCP without its state is being taken apart. */
	put(at + PO_MACOS_SOCKET_KIND, PO_MACOS_KIND_IN, 4);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &found), 0);
	make_listener(at);
	put(at + PO_MACOS_SOCKET_LOCAL_PORT, 0, 4);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &found), 0);
}

static void
test_process(void)
{
	uint8_t at[PO_MACOS_PROCESS_SIZE] = {0};
	struct po_macos_process process;
	size_t length;

	put(at + PO_MACOS_PROCESS_PID, 42, 4);
	put(at + PO_MACOS_PROCESS_PARENT, 1, 4);
	put(at + PO_MACOS_PROCESS_UID, 501, 4);
	put(at + PO_MACOS_PROCESS_START, 1700000000, 8);
	put(at + PO_MACOS_PROCESS_START + 8, 5, 8);
	memset(at + PO_MACOS_PROCESS_COMMAND, 'x', 16);
	for (length = 0; length < sizeof(at); length++)
		CU_ASSERT_EQUAL(
		    po_macos_decode_process(at, length, &process), -EBADMSG);
	CU_ASSERT_EQUAL(po_macos_decode_process(at, sizeof(at), &process), 0);
	CU_ASSERT_EQUAL(process.pid, 42);
	CU_ASSERT_EQUAL(process.parent, 1);
	CU_ASSERT_EQUAL(process.uid, 501);
	CU_ASSERT_EQUAL(process.start, 1700000000000005u);
	CU_ASSERT_EQUAL(process.command.length, 16);
	memset(at + PO_MACOS_PROCESS_NAME, 'y', 40);
	CU_ASSERT_EQUAL(po_macos_decode_process(at, sizeof(at), &process), 0);
	CU_ASSERT_EQUAL(process.command.length, 32);
	CU_ASSERT_EQUAL(process.command.data[0], 'y');
}

/* Adds a listener of this address, generation and port, held by pid. */
static void
see(struct po_macos_holds *holds, uint64_t handle, uint64_t generation,
    uint16_t port, uint32_t pid)
{
	uint8_t at[PO_MACOS_SOCKET_SIZE];
	struct po_macos_socket found;

	make_listener(at);
	put(at + PO_MACOS_SOCKET_HANDLE, handle, 8);
	put(at + PO_MACOS_SOCKET_GENERATION, generation, 8);
	put(at + PO_MACOS_SOCKET_LOCAL_PORT, htons(port), 4);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &found), 1);
	CU_ASSERT_EQUAL(po_macos_keep(holds, &found), 0);
	po_macos_settle(holds, pid);
}

/* The pids of the port's owners, or of its sockets how many there are. */
static uint32_t
sum(const struct sealed *sealed, uint16_t port, bool sockets)
{
	const struct po_snapshot *s = &sealed->s;
	const struct po_owner *owner;
	uint32_t i, total = 0;

	for (i = 0; i < s->n_owners; i++) {
		owner = &s->owners[i];
		if (s->endpoints[owner->endpoint].port == port)
			total += sockets ? owner->sockets
					 : s->processes[owner->process].pid;
	}
	return total;
}

/*
 * Port 80's socket goes while processes are looked at, and port 81's has its
 * address, and port 82's, once more, its generation as well.
 */
static void
test_address_used_again(void)
{
	struct po_builder *builder = sealed_builder(100);
	struct po_macos_holds holds = {0};
	struct sealed sealed;

	see(&holds, 77, 1, 80, 10);
	see(&holds, 77, 2, 81, 11);
	see(&holds, 77, 2, 82, 12);
	see(&holds, 77, 1, 80, 13);
	CU_ASSERT_EQUAL(po_macos_tell(&holds, builder), 0);
	sealed_make(&sealed, builder);
	CU_ASSERT_EQUAL(sum(&sealed, 80, false), 10 + 13);
	CU_ASSERT_EQUAL(sum(&sealed, 80, true), 2);
	CU_ASSERT_EQUAL(sum(&sealed, 81, false), 11);
	CU_ASSERT_EQUAL(sum(&sealed, 82, false), 12);
	CU_ASSERT_EQUAL(sealed.s.n_listeners, 3);
	CU_ASSERT_EQUAL(sealed.s.listeners[0].sockets, 1);
	CU_ASSERT_EQUAL(sealed.s.listeners[0].owners, 2);
	sealed_free(&sealed);
	po_builder_free(builder);
	free(holds.items);
}

/* Whoever is not the same after the look as before held nothing. */
static void
test_process_that_ends(void)
{
	struct po_builder *builder = sealed_builder(100);
	struct po_macos_holds holds = {0};
	struct sealed sealed;

	see(&holds, 77, 1, 80, 10);
	see(&holds, 77, 1, 80, 0);
	see(&holds, 78, 1, 81, 0);
	see(&holds, 79, 1, 82, 12);
	CU_ASSERT_EQUAL(po_macos_tell(&holds, builder), 0);
	sealed_make(&sealed, builder);
	CU_ASSERT_EQUAL(sum(&sealed, 80, false), 10);
	CU_ASSERT_EQUAL(sum(&sealed, 82, false), 12);
	CU_ASSERT_EQUAL(sealed.s.n_endpoints, 2);
	sealed_free(&sealed);
	po_builder_free(builder);
	free(holds.items);
}

/* One wrong bit in a record is no more than an error, or another row. */
static void
test_bit_flips(void)
{
	uint8_t at[PO_MACOS_SOCKET_SIZE];
	struct po_macos_socket found;
	size_t bit;
	int result;

	make_listener(at);
	for (bit = 0; bit < 8 * sizeof(at); bit++) {
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		result = po_macos_decode_socket(at, sizeof(at), &found);
		CU_ASSERT(result == 1 || result == 0 || result == -EBADMSG);
		if (result == 1)
			CU_ASSERT_NOT_EQUAL(found.socket.local.port, 0);
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"descriptors", test_descriptors},
	    {"a listener", test_listener},
	    {"what is no row", test_what_is_no_row},
	    {"a process", test_process},
	    {"an address that was used again", test_address_used_again},
	    {"a process that ends", test_process_that_ends},
	    {"wrong bits", test_bit_flips},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("macos_decode", tests);
}
