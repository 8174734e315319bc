/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sockets a process held when its descriptors were read last.  Reading
 * them all costs a system call each; whether it is worth that again shows by
 * how many there are, which Linux tells since 6.2.
 */
#ifndef PO_COLLECT_LINUX_HOLDINGS_H
#define PO_COLLECT_LINUX_HOLDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct linux_holdings;

/* What tells one state of a process's descriptors from another. */
struct linux_holding_key {
	uint32_t pid;
	uint64_t start;
	uint64_t descriptors; /* how many there are */
};

struct linux_holdings *linux_holdings_new(void);
void linux_holdings_free(struct linux_holdings *holdings);

/* A collection begins.  Whether what is kept may be relied on in it. */
bool linux_holdings_begin(struct linux_holdings *holdings);

/*
 * The sockets of a process whose state is this, *count of them, until the next
 * call; NULL: they are not known, or it has another state now.
 */
const uint64_t *linux_holdings_find(struct linux_holdings *holdings,
    const struct linux_holding_key *key, size_t *count);

/* Keeps them.  Without memory it does not. */
void linux_holdings_keep(struct linux_holdings *holdings,
    const struct linux_holding_key *key, const uint64_t *handles, size_t count);

/* A collection ended: processes that it did not see are forgotten. */
void linux_holdings_end(struct linux_holdings *holdings);

#endif
