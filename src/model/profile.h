/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the time of a collection goes.  Whoever begins another kind of work
 * says so; the time since then is that kind's.  A profile is asked for by
 * portownerd --profile-refresh alone: the clock costs more than some of what
 * it measures.
 */
#ifndef PO_MODEL_PROFILE_H
#define PO_MODEL_PROFILE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum po_phase {
	PO_PHASE_OTHER,
	PO_PHASE_KERNEL, /* system calls that list sockets and holders */
	PO_PHASE_DECODE, /* octets to rows */
	PO_PHASE_JOIN, /* rows into the builder, owners to sockets */
	PO_PHASE_FACTS, /* of processes: name, service, executable */
	PO_PHASE_SORT,
	PO_PHASE_SEAL, /* groups, tables, image */
	PO_PHASES,
};

struct po_profile {
	uint64_t ns[PO_PHASES];
	enum po_phase phase;
	uint64_t since; /* ns */
};

static inline uint64_t
po_profile_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Begins a phase; returns the one before, to go back to.  profile may be NULL.
 */
static inline enum po_phase
po_profile_enter(struct po_profile *profile, enum po_phase phase)
{
	enum po_phase before;
	uint64_t now;

	if (profile == NULL)
		return PO_PHASE_OTHER;
	now = po_profile_now();
	before = profile->phase;
	profile->ns[before] += now - profile->since;
	profile->phase = phase;
	profile->since = now;
	return before;
}

#endif
