/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which capabilities(7) a role keeps.  The collector reads /proc/PID/fd of
 * everybody: CAP_DAC_READ_SEARCH opens the folder, CAP_SYS_PTRACE reads the
 * links in it and copies descriptors (pidfd_getfd(2)).  CAP_BPF runs programs
 * that are loaded already, on kernels that want it even for that; what loads
 * them, CAP_PERFMON, is gone by then.
 *
 * What stays stays in the ambient set as well, and in the inheritable one
 * because the ambient set must be part of it.  That gives nothing away: a
 * role's process executes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "daemon/sandbox_linux.h"

/* Since Linux 5.8; libcap knows it since 2.36. */
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static const cap_value_t collector_caps[] = {
    CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_BPF};

#define N_COLLECTOR_CAPS (sizeof(collector_caps) / sizeof(collector_caps[0]))

static bool
is_of_role(const struct po_sandbox *wanted, cap_value_t cap)
{
	size_t i;

	if (cap == CAP_BPF && !wanted->bpf)
		return false;
	if (wanted->role == PO_SANDBOX_COLLECTOR)
		for (i = 0; i < N_COLLECTOR_CAPS; i++)
			if (collector_caps[i] == cap)
				return true;
	return false;
}

static bool
is_set(cap_t caps, cap_value_t cap, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, flag, &value) == 0 && value == CAP_SET;
}

int
linux_caps_look(struct linux_sandbox *s)
{
	cap_t caps = cap_get_proc();
	cap_value_t cap;

	if (caps == NULL)
		return linux_sandbox_fail(
		    s, errno, "cannot read the capabilities");
	for (cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (is_set(caps, cap, CAP_PERMITTED))
			s->had_rights = true;
	s->may_bound = is_set(caps, CAP_SETPCAP, CAP_EFFECTIVE);
	s->changes_user = s->wanted->change_user &&
			  is_set(caps, CAP_SETUID, CAP_EFFECTIVE) &&
			  is_set(caps, CAP_SETGID, CAP_EFFECTIVE);
	cap_free(caps);
	return 0;
}

static int
reduce_bound(struct linux_sandbox *s)
{
	cap_value_t cap;
	int bound;

	for (cap = 0; (bound = cap_get_bound(cap)) >= 0; cap++)
		if (bound == 1 && !is_of_role(s->wanted, cap) &&
		    cap_drop_bound(cap) != 0)
			return linux_sandbox_fail(s, errno,
			    "cannot take capability %d from the bounding set",
			    (int)cap);
	return 0;
}

int
linux_caps_prepare(struct linux_sandbox *s)
{
	int result = 0;

	if (s->may_bound)
		result = reduce_bound(s);
	if (result != 0 || !s->changes_user ||
	    s->wanted->role != PO_SANDBOX_COLLECTOR)
		return result;
	/* Else they would go with uid 0. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return linux_sandbox_fail(s, errno,
		    "cannot keep capabilities across the change of user");
	return 0;
}

/* Fills new with what stays of old.  Returns -1 with errno. */
static int
choose(const struct po_sandbox *wanted, cap_t old, cap_t new)
{
	cap_value_t cap;
	size_t i;

	for (i = 0; i < N_COLLECTOR_CAPS; i++) {
		cap = collector_caps[i];
		if (!is_of_role(wanted, cap) ||
		    !is_set(old, cap, CAP_PERMITTED))
			continue;
		if (cap_set_flag(new, CAP_PERMITTED, 1, &cap, CAP_SET) != 0 ||
		    cap_set_flag(new, CAP_EFFECTIVE, 1, &cap, CAP_SET) != 0)
			return -1;
		/* The kernel adds none that is out of bounds. */
		if (!is_set(old, cap, CAP_INHERITABLE) &&
		    cap_get_bound(cap) != 1)
			continue;
		if (cap_set_flag(new, CAP_INHERITABLE, 1, &cap, CAP_SET) != 0)
			return -1;
	}
	return 0;
}

/* Makes the ambient set that of the inheritable ones. */
static int
set_ambient(struct linux_sandbox *s, cap_t caps)
{
	size_t i;

	/* A kernel before 4.3 has none. */
	if (!CAP_AMBIENT_SUPPORTED())
		return 0;
	if (cap_reset_ambient() != 0)
		return linux_sandbox_fail(
		    s, errno, "cannot empty the ambient set of capabilities");
	for (i = 0; i < N_COLLECTOR_CAPS; i++)
		/* Securebits may forbid it: one right less is no failure. */
		if (is_set(caps, collector_caps[i], CAP_INHERITABLE) &&
		    cap_set_ambient(collector_caps[i], CAP_SET) != 0 &&
		    errno != EPERM)
			return linux_sandbox_fail(s, errno,
			    "cannot put capability %d into the ambient set",
			    (int)collector_caps[i]);
	return 0;
}

int
linux_caps_reduce(struct linux_sandbox *s)
{
	cap_t old = cap_get_proc(), new = cap_init();
	int result = 0;

	if (old == NULL || new == NULL || choose(s->wanted, old, new) != 0 ||
	    cap_set_proc(new) != 0)
		result = linux_sandbox_fail(s, errno,
		    "cannot give up the capabilities that are not needed");
	if (result == 0)
		result = set_ambient(s, new);
	/* Set above, or by who started this. */
	if (result == 0 && prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 1 &&
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0 && errno != EPERM)
		result = linux_sandbox_fail(
		    s, errno, "cannot end the keeping of capabilities");
	if (old != NULL)
		cap_free(old);
	if (new != NULL)
		cap_free(new);
	return result;
}
