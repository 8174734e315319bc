/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent keeps over its restarts, as text: one fact a line, tabs
 * between its parts, and at the end a checksum of all before.  Times are those
 * of one boot; of another one, only what does not depend on it is used.
 */
#ifndef PO_MODEL_PAST_H
#define PO_MODEL_PAST_H

#include "model/expectation.h"

#define PO_PAST_SIZE_MAX ((size_t)256 << 20)

struct po_past {
	const char *boot; /* names this boot: no blanks, no tabs */
	bool notify; /* portOwnerNotifyEnable */
	struct po_history *history;
	struct po_expectations *expectations;
};

/*
 * Writes the state.  *text is from malloc() and belongs to the caller.  Returns
 * 0 or -ENOMEM.
 */
int po_past_write(const struct po_past *past, char **text, size_t *length);

/*
 * Checks all of length octets of text and brings back what they say: notify
 * always; the rest into history and expectations, which must be new, if boot is
 * the same.  *same tells.  now: the clock of snapshots, which no time may be
 * ahead of.  Returns 0; or -EBADMSG (damaged; *why is a constant text) or
 * -ENOMEM, and history and expectations are of no use any more.
 */
int po_past_read(struct po_past *past, const char *text, size_t length,
    uint64_t now, bool *same, const char **why);

#endif
