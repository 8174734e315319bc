/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What holds for every row that a decoder gives.
 */
#ifndef PO_TESTS_FUZZ_ROWS_H
#define PO_TESTS_FUZZ_ROWS_H

#include "fuzz.h"
#include "model/row.h"

static inline void
check_address(const struct po_address *address)
{
	size_t used = 16, i;

	FUZZ_CHECK(address->type <= PO_ADDRESS_IPV6Z);
	FUZZ_CHECK((address->zone != 0) == (address->type == PO_ADDRESS_IPV6Z));
	if (address->type == PO_ADDRESS_UNKNOWN)
		used = 0;
	if (address->type == PO_ADDRESS_IPV4)
		used = 4;
	for (i = used; i < 16; i++)
		FUZZ_CHECK(address->bytes[i] == 0);
}

static inline void
check_row(const struct po_socket *socket)
{
	FUZZ_CHECK(socket->local.port != 0);
	FUZZ_CHECK(socket->state <= PO_STATE_TIME_WAIT);
	check_address(&socket->local.address);
	check_address(&socket->remote);
	FUZZ_CHECK(
	    socket->connected == (socket->remote.type != PO_ADDRESS_UNKNOWN));
	FUZZ_CHECK(socket->connected || socket->remote_port == 0);
	FUZZ_CHECK(socket->handle != 0 || socket->uid == PO_UID_UNKNOWN);
	if (socket->state != PO_STATE_LISTEN) {
		FUZZ_CHECK(socket->queue_length == 0);
		FUZZ_CHECK(socket->queue_limit == 0);
	}
}

#endif
