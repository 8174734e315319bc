/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an administrator says about his listeners, as portowner.conf(5) has it:
 *
 *     expect PROTOCOL ADDRESS:PORT COMMAND [USER] [stack WHICH]
 *     allow  PROTOCOL ADDRESS:PORT [COMMAND [USER]] [stack WHICH]
 *     strict yes|no
 */
#ifndef PO_MODEL_RULE_H
#define PO_MODEL_RULE_H

#include "model/snapshot.h"
#include "model/text.h"

/* A line is refused beyond, so that nobody waits for the rules. */
#define PO_RULES_MAX 1000

/* Which stacks a rule speaks of. */
enum po_rule_stacks {
	PO_STACKS_ONE, /* po_rule.stack; 0, the own one, if nothing is said */
	PO_STACKS_OTHERS, /* all but the own one */
	PO_STACKS_ALL,
};

struct po_rule {
	bool expected; /* it has to be there; else it may */
	uint8_t protocol; /* 0: any */
	uint8_t stacks; /* enum po_rule_stacks */
	uint8_t prefix; /* bits of address that count */
	bool any_address; /* whatever the listener is bound to */
	bool any_zone;
	uint16_t low; /* ports */
	uint16_t high;
	uint32_t stack;
	struct po_address address;
	char *command; /* fnmatch(3); NULL: any owner, even none */
	char *user; /* likewise; NULL: any */
	char text[PO_TEXT_MAX + 1]; /* the line, published text */
};

/* Zeroed: there are none. */
struct po_rules {
	struct po_rule *items;
	size_t count;
	size_t expected; /* of these */
	bool strict; /* what no rule covers is unexpected */
};

#define PO_RULE_ERROR_SIZE 160

/*
 * Appends what stands behind "expect" or "allow".  Words are separated by
 * blanks, and may be quoted as in Net-SNMP's files: in double or single quotes,
 * or with a backslash before a character.  Returns 0, or -EINVAL or -ENOMEM
 * with what is wrong in error.
 */
int po_rules_add(struct po_rules *rules, bool expected, const char *line,
    char error[PO_RULE_ERROR_SIZE]);

/* Frees what the rules hold and makes them none. */
void po_rules_clear(struct po_rules *rules);

/* Whether the rule speaks of this endpoint. */
bool po_rule_covers(
    const struct po_rule *rule, const struct po_endpoint *endpoint);

/* Whether the rule asks nothing of the owner. */
bool po_rule_takes_anybody(const struct po_rule *rule);

/* Whether the process is one that the rule wants. */
bool po_rule_wants(const struct po_rule *rule,
    const struct po_snapshot *snapshot,
    const struct po_process_record *process);

/*
 * Writes the line (without "expect") that wants just this listener and its
 * owner: what matches anything is quoted.  Returns its length, or 0 where size
 * is too small.
 */
size_t po_rule_format(const struct po_endpoint *endpoint, const char *command,
    const char *user, char *out, size_t size);

#endif
