/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads what a plan names from one agent, through a Net-SNMP session.
 */
#ifndef PO_ASK_WALK_H
#define PO_ASK_WALK_H

#include "ask/ask.h"

struct po_ask_walk {
	void *session; /* of snmp_sess_open(3) */
	long version; /* its SNMP_VERSION_... */
	/* Called now and then; may be NULL. */
	void (*progress)(void *context, uint32_t rows);
	void *context;
};

/*
 * Answers what: fills the facts, and, if tables are asked for, *image, which is
 * the caller's.  Returns 0 or a negative errno with a sentence in error.
 */
int po_ask_walk(const struct po_ask_walk *walk, const struct po_ask_what *what,
    struct po_ask_facts *facts, void **image, size_t *size,
    char error[PO_ASK_ERROR_SIZE]);

#endif
