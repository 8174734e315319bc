/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A FreeBSD for tests: lists made by hand or recorded, that may change with
 * every reading.
 */
#ifndef PO_TESTS_FREEBSD_FAKE_H
#define PO_TESTS_FREEBSD_FAKE_H

#include "collect/freebsd_lists.h"
#include "unit.h"

#define FAKE_LISTS 6
#define FAKE_LIST_SIZE 65536

struct fake_list {
	uint8_t octets[FAKE_LIST_SIZE];
	size_t size;
	bool absent;
	int error; /* a negative errno for whoever reads it */
	unsigned int reads; /* with a buffer */
};

struct fake {
	struct fake_list lists[FAKE_LISTS];
	/* Called before each reading with a buffer, to change something. */
	void (*change)(struct fake *fake, enum po_freebsd_list list);
	unsigned int too_small; /* readings that shall find too little room */
	size_t offered; /* the greatest room that a reading was offered */
	struct po_freebsd_source source;
};

/* All lists empty: headers and trailers alone. */
struct fake *fake_new(void);

/* All lists as recorded in a folder of tests/fixtures/freebsd. */
struct fake *fake_recorded(const char *folder);
void fake_free(struct fake *fake);

/* Reads a text that stands beside them into text; FATAL if it cannot. */
void fake_read_text(
    const char *folder, const char *name, char *text, size_t size);

struct fake_pcb {
	enum po_freebsd_list list;
	const char *local; /* an address; its family is the socket's */
	uint16_t local_port;
	const char *remote; /* NULL: none */
	uint16_t remote_port;
	uint8_t families; /* enum po_inp_vflag; 0: the local address's */
	uint8_t state; /* enum po_tcps */
	uint64_t handle;
	uint64_t generation;
	uint32_t uid;
	uint16_t zone; /* of both addresses, where the kernel puts it */
	uint32_t queue, limit;
};

/* Appends a record before the trailer; returns its PCB. */
uint8_t *fake_add_pcb(struct fake *fake, const struct fake_pcb *pcb);
void fake_add_file(struct fake *fake, uint32_t pid, uint64_t handle);
void fake_add_process(
    struct fake *fake, uint32_t pid, uint64_t start, const char *command);

/* As at first. */
void fake_clear(struct fake *fake, enum po_freebsd_list list);

#endif
