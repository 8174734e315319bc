/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that asks one host, and what it tells the one that started it:
 * frames, of which the payload follows.
 */
#ifndef PO_ASK_HOST_H
#define PO_ASK_HOST_H

#include "ask/ask.h"

enum po_ask_frame_type {
	PO_ASK_FRAME_PROGRESS, /* uint32_t: rows */
	PO_ASK_FRAME_FACTS, /* struct po_ask_facts */
	PO_ASK_FRAME_IMAGE,
	PO_ASK_FRAME_ERROR, /* text */
};

struct po_ask_frame {
	uint64_t type;
	uint64_t length; /* octets of the payload */
};

/* Asks; the frames go to fd.  Returns the process's exit status. */
int po_ask_host(const struct po_ask_options *options, const char *host, int fd);

#endif
