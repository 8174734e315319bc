/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * macOS's records, constructed from its headers.
 */
#include <errno.h>

#include "collect/macos_decode.h"
#include "collect/macos_wire.h"
#include "unit.h"

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
	struct po_socket socket;

	make_listener(at);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &socket), 1);
	CU_ASSERT_EQUAL(socket.local.protocol, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(socket.local.port, 8080);
	CU_ASSERT_EQUAL(socket.local.address.type, PO_ADDRESS_IPV6Z);
	CU_ASSERT_EQUAL(socket.local.address.zone, 4);
	CU_ASSERT_EQUAL(socket.local.address.bytes[3], 0);
	CU_ASSERT_EQUAL(socket.state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(socket.handle, 77);
	CU_ASSERT_EQUAL(socket.queue_length, 2);
	CU_ASSERT_EQUAL(socket.queue_limit, 128);
}

static void
test_what_is_no_row(void)
{
	uint8_t at[PO_MACOS_SOCKET_SIZE];
	struct po_socket socket;
	size_t length;

	make_listener(at);
	for (length = 0; length < sizeof(at); length++)
		CU_ASSERT_EQUAL(
		    po_macos_decode_socket(at, length, &socket), -EBADMSG);
	put(at + PO_MACOS_SOCKET_STATE, 11, 4);
	CU_ASSERT_EQUAL(
	    po_macos_decode_socket(at, sizeof(at), &socket), -EBADMSG);
	make_listener(at);
	at[PO_MACOS_SOCKET_FAMILIES] = 0;
	CU_ASSERT_EQUAL(
	    po_macos_decode_socket(at, sizeof(at), &socket), -EBADMSG);
	make_listener(at);
	put(at + PO_MACOS_SOCKET_KIND, 3, 4);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &socket), 0);
	make_listener(at);
	put(at + PO_MACOS_SOCKET_LOCAL_PORT, 0, 4);
	CU_ASSERT_EQUAL(po_macos_decode_socket(at, sizeof(at), &socket), 0);
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
	memset(at + PO_MACOS_PROCESS_COMMAND, 'x', 32);
	for (length = 0; length < sizeof(at); length++)
		CU_ASSERT_EQUAL(
		    po_macos_decode_process(at, length, &process), -EBADMSG);
	CU_ASSERT_EQUAL(po_macos_decode_process(at, sizeof(at), &process), 0);
	CU_ASSERT_EQUAL(process.pid, 42);
	CU_ASSERT_EQUAL(process.parent, 1);
	CU_ASSERT_EQUAL(process.uid, 501);
	CU_ASSERT_EQUAL(process.start, 1700000000000005u);
	CU_ASSERT_EQUAL(process.command.length, 16);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"descriptors", test_descriptors},
	    {"a listener", test_listener},
	    {"what is no row", test_what_is_no_row},
	    {"a process", test_process},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("macos_decode", tests);
}
