/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's sandbox: user and group, capabilities(7), no_new_privs, dumpable
 * (prctl(2)), and a filter of system calls (seccomp(2)), in this order, as each
 * step takes away a right that the ones before it need.
 *
 * Securebits are left alone: whoever may set them may also empty the bounding
 * set, and with that, no_new_privs and no execve(2) they have nothing to add.
 */
#include "daemon/sandbox_linux.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * Sanitizers start helpers, look into their process by ptrace(2) and map
 * executable memory: they live without filter, and dumpable.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

int
linux_sandbox_fail(struct linux_sandbox *s, int error, const char *format, ...)
{
	va_list arguments;
	size_t used;

	va_start(arguments, format);
	vsnprintf(s->error, s->error_size, format, arguments);
	va_end(arguments);
	used = strlen(s->error);
	snprintf(
	    s->error + used, s->error_size - used, ": %s", strerror(error));
	return -error;
}

/* Whether the user namespace has the id; map: see user_namespaces(7). */
static bool
is_mapped(const char *map, unsigned long id)
{
	FILE *file = fopen(map, "re");
	unsigned long first, count;
	bool mapped = false;

	/* Then it is the initial one, or will be found out by trying. */
	if (file == NULL)
		return true;
	while (!mapped && fscanf(file, "%lu %*u %lu", &first, &count) == 2)
		mapped = id >= first && id - first < count;
	fclose(file);
	return mapped;
}

/* In a user namespace of an ordinary user nobody may leave his groups. */
static bool
may_set_groups(void)
{
	FILE *file = fopen("/proc/self/setgroups", "re");
	char word[8] = "";
	bool denied;

	if (file == NULL)
		return true;
	denied = fscanf(file, "%7s", word) == 1 && strcmp(word, "deny") == 0;
	fclose(file);
	return !denied;
}

static bool
may_change_user(const struct po_sandbox *wanted)
{
	return may_set_groups() &&
	       is_mapped("/proc/self/uid_map", wanted->uid) &&
	       is_mapped("/proc/self/gid_map", wanted->gid);
}

static int
change_user(struct linux_sandbox *s)
{
	const uid_t uid = s->wanted->uid;
	const gid_t gid = s->wanted->gid;

	if (!s->changes_user)
		return 0;
	if (setgroups(0, NULL) != 0)
		return linux_sandbox_fail(
		    s, errno, "cannot leave the supplementary groups");
	if (setresgid(gid, gid, gid) != 0)
		return linux_sandbox_fail(
		    s, errno, "cannot become group %lu", (unsigned long)gid);
	if (setresuid(uid, uid, uid) != 0)
		return linux_sandbox_fail(
		    s, errno, "cannot become user %lu", (unsigned long)uid);
	return 0;
}

/*
 * Nobody else of the same user looks into a process that had rights: the agent
 * shares its user with the collector.  A process that never had any gives
 * nothing away, and its own collector has no other way to see what it holds.
 */
static int
hide_memory(struct linux_sandbox *s)
{
	if (!s->had_rights && !s->changes_user)
		return 0;
	if (prctl(PR_SET_DUMPABLE, SANITIZED, 0, 0, 0) != 0)
		return linux_sandbox_fail(
		    s, errno, "cannot hide the memory of the process");
	return 0;
}

int
po_sandbox_enter(
    const struct po_sandbox *sandbox, char *error, size_t error_size)
{
	struct linux_sandbox s = {
	    .wanted = sandbox,
	    .error = error,
	    .error_size = error_size,
	};
	int result;

	/* To the kernel these would mean: as it is. */
	if (sandbox->change_user &&
	    (sandbox->uid == (uid_t)-1 || sandbox->gid == (gid_t)-1))
		return linux_sandbox_fail(
		    &s, EINVAL, "there is no user to become");
	result = linux_caps_look(&s);
	s.changes_user = s.changes_user && may_change_user(sandbox);
	if (result == 0)
		result = linux_caps_prepare(&s);
	if (result == 0)
		result = change_user(&s);
	if (result == 0)
		result = linux_caps_reduce(&s);
	if (result == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		result = linux_sandbox_fail(
		    &s, errno, "cannot refuse new privileges for good");
	if (result == 0)
		result = hide_memory(&s);
	if (result != 0 || !sandbox->filter || SANITIZED)
		return result;
	linux_names_load(sandbox->role);
	return linux_filter_load(&s);
}

bool
po_sandbox_reads_files(bool filter)
{
	(void)filter;
	return true;
}
