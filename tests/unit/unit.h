/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all unit tests share: a main that runs one suite, rows by hand, and
 * random numbers that are the same everywhere.
 */
#ifndef PO_TESTS_UNIT_H
#define PO_TESTS_UNIT_H

#include <CUnit/Basic.h>

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "model/row.h"

/* Runs tests (ended by CU_TEST_INFO_NULL); returns main's status. */
static inline int
unit_main(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = {
	    {.pName = name, .pTests = tests},
	    CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() != CUE_SUCCESS ||
	    CU_get_number_of_tests_run() == 0)
		return 1;
	failures =
	    CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}

/* Vigna's splitmix64. */
static inline uint64_t
unit_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint32_t
unit_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(unit_random(state) % n);
}

/*
 * "192.0.2.1", "::1", "fe80::1" with a zone; "*" is the wildcard of both
 * families.  Mapped addresses stay IPv6, as a kernel gives them.
 */
static inline struct po_address
unit_address(const char *text, uint32_t zone)
{
	struct po_address address = {.type = PO_ADDRESS_UNKNOWN};

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		address.type = PO_ADDRESS_IPV4;
	else if (inet_pton(AF_INET6, text, address.bytes) == 1)
		address.type = zone != 0 ? PO_ADDRESS_IPV6Z : PO_ADDRESS_IPV6;
	address.zone = zone;
	return address;
}

static inline struct po_endpoint
unit_endpoint(uint8_t protocol, const char *address, uint16_t port)
{
	struct po_endpoint endpoint = {.protocol = protocol, .port = port};

	endpoint.address = unit_address(address, 0);
	return endpoint;
}

/* A socket in LISTEN (TCP, ...) or bound (UDP, raw). */
static inline struct po_socket
unit_bound(
    uint8_t protocol, const char *address, uint16_t port, uint64_t handle)
{
	struct po_socket socket = {.handle = handle, .uid = 0};

	socket.local = unit_endpoint(protocol, address, port);
	switch (protocol) {
	case PO_PROTOCOL_UDP:
	case PO_PROTOCOL_UDPLITE:
	case PO_PROTOCOL_RAW:
		socket.state = PO_STATE_NONE;
		break;
	default:
		socket.state = PO_STATE_LISTEN;
	}
	return socket;
}

static inline struct po_socket
unit_connected(uint8_t protocol, const char *local, uint16_t local_port,
    const char *remote, uint16_t remote_port, uint64_t handle)
{
	struct po_socket socket = {.handle = handle, .uid = 0};

	socket.local = unit_endpoint(protocol, local, local_port);
	socket.remote = unit_address(remote, 0);
	socket.remote_port = remote_port;
	socket.connected = true;
	socket.state = PO_STATE_ESTABLISHED;
	return socket;
}

static inline struct po_bytes
unit_bytes(const char *text)
{
	struct po_bytes bytes = {text, strlen(text)};

	return bytes;
}

#endif
