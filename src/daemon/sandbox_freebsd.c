/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's sandbox: user and group, no looking into the process and no new
 * privileges (procctl(2)), and capability mode (capsicum(4)) for who can work
 * with the descriptors that he has.
 *
 * That is the subagent, whose descriptors the supervisor opens, and a replaying
 * collector.  The collector proper cannot: sysctl(3) gives the lists of sockets
 * to nobody in capability mode.  Nor does FreeBSD have a finer right than being
 * root for seeing other users' sockets where see_other_uids is 0 and for going
 * into jails, so it stays root if it was started so.  Who answers SNMP by
 * himself sends to addresses, which capability mode forbids as well.
 */
#include <sys/param.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/capsicum.h>
#include <sys/procctl.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon/sandbox.h"

struct freebsd_sandbox {
	const struct po_sandbox *wanted;
	char *error;
	size_t error_size;
};

static int
fail(const struct freebsd_sandbox *s, const char *what)
{
	const int saved = errno;

	snprintf(s->error, s->error_size, "%s: %s", what, strerror(saved));
	return -saved;
}

static int
change_user(const struct freebsd_sandbox *s)
{
	const uid_t uid = s->wanted->uid;
	const gid_t gid = s->wanted->gid;

	if (!s->wanted->change_user)
		return 0;
	/* To the kernel these would mean: as it is. */
	if (uid == (uid_t)-1 || gid == (gid_t)-1) {
		errno = EINVAL;
		return fail(s, "there is no user to become");
	}
	if (setgroups(1, &gid) != 0)
		return fail(s, "cannot leave the supplementary groups");
	if (setresgid(gid, gid, gid) != 0)
		return fail(s, "cannot change the group");
	if (s->wanted->role == PO_SANDBOX_COLLECTOR)
		return 0;
	if (setresuid(uid, uid, uid) != 0)
		return fail(s, "cannot change the user");
	return 0;
}

/*
 * Nobody of the same user looks into it, and it gains nothing by exec.  Where
 * unprivileged_proc_debug is 0 some kernels refuse both to all but root, even
 * for themselves (EPERM).  So root asks while he is root; another who is refused
 * does without: nobody like him can look into it either.
 */
static int
limit_process(const struct freebsd_sandbox *s)
{
	int flag = PROC_TRACE_CTL_DISABLE;

	/* Busy: a debugger looks into it already. */
	if (procctl(P_PID, getpid(), PROC_TRACE_CTL, &flag) != 0 &&
	    errno != EBUSY && errno != EPERM)
		return fail(s, "cannot hide the memory of the process");
#ifdef PROC_NO_NEW_PRIVS_CTL
	flag = PROC_NO_NEW_PRIVS_ENABLE;
	/* Headers may be newer than the kernel. */
	if (procctl(P_PID, getpid(), PROC_NO_NEW_PRIVS_CTL, &flag) != 0 &&
	    errno != EINVAL && errno != EPERM)
		return fail(s, "cannot refuse new privileges for good");
#endif
	return 0;
}

/* What the library would open later, when nothing can be opened any more. */
static void
open_ahead(void)
{
	tzset();
	/* Facility and name stay as they were set. */
	openlog(NULL, LOG_PID | LOG_NDELAY, 0);
}

static bool
is_capable(enum po_sandbox_role role)
{
	return role == PO_SANDBOX_REPLAY || role == PO_SANDBOX_SUBAGENT;
}

bool
po_sandbox_reads_files(bool filter)
{
	return !filter;
}

int
po_sandbox_enter(
    const struct po_sandbox *sandbox, char *error, size_t error_size)
{
	const struct freebsd_sandbox s = {sandbox, error, error_size};
	int result;

	result = limit_process(&s);
	if (result == 0)
		result = change_user(&s);
	if (result != 0 || !sandbox->filter || !is_capable(sandbox->role))
		return result;
	open_ahead();
	/* A kernel may have been built without it. */
	if (cap_enter() != 0 && errno != ENOSYS)
		return fail(&s, "cannot enter capability mode");
	return 0;
}
