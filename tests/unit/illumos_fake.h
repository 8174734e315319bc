/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MIB-2 stream of an illumos that does not exist, constructed from its
 * headers.
 */
#ifndef PO_TESTS_ILLUMOS_FAKE_H
#define PO_TESTS_ILLUMOS_FAKE_H

#include "collect/illumos_join.h"
#include "unit.h"

enum fake_system {
	FAKE_SOLARIS_10, /* no creators */
	FAKE_SOLARIS_11, /* creators */
	FAKE_SPARC, /* the same, with other rows */
	FAKE_ILLUMOS, /* inodes as well */
	FAKE_SMARTOS, /* the same, with other rows */
};

#define FAKE_MESSAGES 10
#define FAKE_ROOM 2048

struct fake_illumos {
	enum fake_system system;
	struct po_illumos_message messages[FAKE_MESSAGES];
	uint8_t octets[FAKE_MESSAGES][FAKE_ROOM];
};

struct fake_illumos_row {
	uint8_t protocol;
	bool ipv6; /* a row of that table */
	bool of_ipv6; /* a row of IPv4's that an IPv6 socket has */
	bool mapped; /* with of_ipv6: as it has an IPv4-mapped address */
	const char *local;
	uint16_t port;
	const char *remote; /* NULL: none */
	uint16_t remote_port;
	uint32_t zone;
	uint32_t state; /* the kernel's */
	uint32_t creator;
	uint64_t created;
	uint64_t inode; /* 0: none */
	uint64_t device; /* 0: a socket, else a stream */
};

#define FAKE_DEVICE 0x0000012300000004u
#define FAKE_FILE_ROOM 512

void fake_illumos_begin(struct fake_illumos *fake, enum fake_system system);
void fake_illumos_add(
    struct fake_illumos *fake, const struct fake_illumos_row *row);

/* The file of fdinfo that is the row's socket, and its length. */
size_t fake_illumos_file(
    uint8_t at[FAKE_FILE_ROOM], const struct fake_illumos_row *row);

#endif
