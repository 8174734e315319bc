/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of Linux's sandbox, in the order in which they are entered.  Each
 * returns 0, or -errno with a sentence for po_sandbox_enter()'s caller.
 */
#ifndef PO_DAEMON_SANDBOX_LINUX_H
#define PO_DAEMON_SANDBOX_LINUX_H

#include "daemon/sandbox.h"

struct linux_sandbox {
	const struct po_sandbox *wanted;
	char *error;
	size_t error_size;
	bool had_rights; /* any capability, when it began */
	bool changes_user; /* it is wanted, and the right to is there */
	bool may_bound; /* the bounding set may be made smaller */
};

/* Finds out what may be given up: reads, changes nothing. */
int linux_caps_look(struct linux_sandbox *s);

/* What has to be done to capabilities while the user is still the old one. */
int linux_caps_prepare(struct linux_sandbox *s);

/* Leaves the role's capabilities, as far as they are there, in every set. */
int linux_caps_reduce(struct linux_sandbox *s);

/* Loads what the name service would load later, when nothing more can be. */
void linux_names_load(enum po_sandbox_role role);

/* Leaves the system calls that the role needs. */
int linux_filter_load(struct linux_sandbox *s);

/* Ends the sentence with what error (an errno) means; returns -error. */
int linux_sandbox_fail(struct linux_sandbox *s, int error, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

#endif
