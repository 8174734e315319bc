/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is tried inside a sandbox.
 */
#ifndef PO_TESTS_SANDBOX_TRIES_H
#define PO_TESTS_SANDBOX_TRIES_H

#include "sandbox_child.h"

/* System calls that no role may make; each must be refused by the filter. */
void try_forbidden(const struct child *child);

/* Families of sockets, those of the role and all others. */
void try_sockets(const struct child *child);

/* What every process needs to live. */
void try_needed(const struct child *child);

#endif
