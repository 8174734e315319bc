/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox of illumos and Solaris: user and group, and the sets of
 * privileges(7).  The collector keeps what everybody has for reading, and
 * PRIV_PROC_OWNER, which lets it look into other users' processes; the others
 * may not even start a process or look at one.  The limit set goes as well, so
 * nothing comes back by exec(2).
 */
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <priv.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sandbox.h"

/* Basic ones that nobody needs here; names that a system lacks are none. */
static const char *const given_up[] = {
    PRIV_PROC_EXEC,
    PRIV_PROC_FORK,
    PRIV_PROC_SESSION,
    PRIV_FILE_LINK_ANY,
};

static int
fail(char *error, size_t size, const char *what)
{
	const int saved = errno;

	snprintf(error, size, "%s: %s", what, strerror(saved));
	return -saved;
}

/* Privileges survive a change of user only if the process says so. */
static int
change_user(const struct po_sandbox *wanted, char *error, size_t size)
{
	if (!wanted->change_user)
		return 0;
	if (wanted->uid == (uid_t)-1 || wanted->gid == (gid_t)-1) {
		errno = EINVAL;
		return fail(error, size, "there is no user to become");
	}
	if (setpflags(PRIV_AWARE, 1) != 0)
		return fail(error, size, "cannot keep privileges");
	if (setgroups(0, NULL) != 0)
		return fail(
		    error, size, "cannot leave the supplementary groups");
	if (setgid(wanted->gid) != 0)
		return fail(error, size, "cannot change the group");
	if (setuid(wanted->uid) != 0)
		return fail(error, size, "cannot change the user");
	return 0;
}

/* What the role may do, as far as the process may do it now. */
static int
fill_set(const struct po_sandbox *wanted, priv_set_t *set)
{
	priv_set_t *permitted = priv_allocset();
	size_t i;

	if (permitted == NULL || getppriv(PRIV_PERMITTED, permitted) != 0) {
		if (permitted != NULL)
			priv_freeset(permitted);
		return -1;
	}
	priv_basicset(set);
	for (i = 0; i < sizeof(given_up) / sizeof(given_up[0]); i++)
		(void)priv_delset(set, given_up[i]);
	if (wanted->role == PO_SANDBOX_COLLECTOR)
		(void)priv_addset(set, PRIV_PROC_OWNER);
	else
		(void)priv_delset(set, PRIV_PROC_INFO);
	priv_intersect(permitted, set);
	priv_freeset(permitted);
	return 0;
}

static int
drop(const struct po_sandbox *wanted, char *error, size_t size)
{
	static const char *const sets[] = {
	    PRIV_INHERITABLE,
	    PRIV_EFFECTIVE,
	    PRIV_PERMITTED,
	    PRIV_LIMIT,
	};
	priv_set_t *set = priv_allocset();
	int result = 0;
	size_t i;

	if (set == NULL || fill_set(wanted, set) != 0)
		result = fail(error, size, "cannot look at privileges");
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]) && result == 0; i++)
		if (setppriv(PRIV_SET, sets[i], set) != 0)
			result = fail(error, size, "cannot drop privileges");
	if (set != NULL)
		priv_freeset(set);
	return result;
}

int
po_sandbox_enter(
    const struct po_sandbox *sandbox, char *error, size_t error_size)
{
	const int result = change_user(sandbox, error, error_size);

	return result != 0 ? result : drop(sandbox, error, error_size);
}

bool
po_sandbox_reads_files(bool filter)
{
	(void)filter;
	return true;
}
