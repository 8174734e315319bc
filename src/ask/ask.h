/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the agents of other machines, over SNMP, and makes snapshots of what
 * they answer.  No MIB file is needed.
 *
 * Every host is asked by a process of its own: neither a name that does not
 * resolve nor an agent that does not answer holds up another one, and what
 * Net-SNMP says on its standard error output becomes that host's error.
 */
#ifndef PO_ASK_ASK_H
#define PO_ASK_ASK_H

#include "ask/plan.h"
#include "model/text.h"

#define PO_ASK_ERROR_SIZE 512

/* How often tables that change while they are read are begun anew. */
#define PO_ASK_ATTEMPTS 3

/* The letters of Net-SNMP's tools that go to them; each takes an argument. */
#define PO_ASK_LETTERS "v:c:l:u:a:A:x:X:n:t:r:"

/* What the agent says of itself; has: bit n for scalar n of portOwnerAgent. */
struct po_ask_facts {
	uint32_t has;
	uint32_t generation;
	uint32_t collect_us;
	uint32_t visibility; /* 1 full, 2 partial */
	uint32_t unowned;
	uint32_t counts[3]; /* rows of the owners, listeners, connections */
	uint32_t dropped;
	uint32_t violations;
	char source[PO_TEXT_MAX + 1]; /* published text */
	/* And what the asking was like. */
	uint32_t rows;
	uint32_t requests;
	uint32_t attempts;
	uint32_t torn; /* rows are of more than one snapshot */
};

#define PO_ASK_HAS(facts, scalar) (((facts)->has >> (scalar)&1) != 0)
#define PO_ASK_VISIBILITY 7
#define PO_ASK_VIOLATIONS 17

/* The answer of a host; error is empty if there is one. */
struct po_ask_answer {
	const char *host;
	struct po_ask_facts facts;
	void *image; /* of a snapshot, if tables were asked for */
	size_t size;
	char error[PO_ASK_ERROR_SIZE];
};

struct po_ask_options {
	/* Options of Net-SNMP's tools, "-v", "2c", ...; lent. */
	const char *const *words;
	size_t n_words;
	const struct po_ask_what *what;
	unsigned int seconds; /* for each host, at the most; 0: no limit */
	/*
	 * Called for each host when it is done; its image may be taken, and
	 * image be set to NULL.
	 */
	void (*answered)(void *context, struct po_ask_answer *answer);
	/* Called now and then, until the last one is done; may be NULL. */
	void (*progress)(
	    void *context, size_t done, size_t hosts, uint64_t rows);
	void *context;
};

/* Asks all of them.  Returns 0, or a negative errno if nobody can be asked. */
int po_ask_hosts(const struct po_ask_options *options, const char *const *hosts,
    size_t count);

#endif
