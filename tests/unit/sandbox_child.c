/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The child from fork to its end.
 */
#include "sandbox_child.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#if defined(__SANITIZE_ADDRESS__)
const bool child_is_filtered = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
const bool child_is_filtered = false;
#else
const bool child_is_filtered = true;
#endif
#else
const bool child_is_filtered = true;
#endif

void
child_must(const struct child *child, bool good, const char *format, ...)
{
	va_list arguments;

	if (good)
		return;
	va_start(arguments, format);
	vdprintf(child->out, format, arguments);
	va_end(arguments);
	dprintf(child->out, "\n");
}

static void
read_status(struct status *status)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[512];
	unsigned long *i;

	memset(status, 0, sizeof(*status));
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "CapInh: %llx", &status->inheritable);
		sscanf(line, "CapPrm: %llx", &status->permitted);
		sscanf(line, "CapEff: %llx", &status->effective);
		sscanf(line, "CapBnd: %llx", &status->bounding);
		sscanf(line, "CapAmb: %llx", &status->ambient);
		sscanf(line, "NoNewPrivs: %d", &status->no_new_privs);
		sscanf(line, "Seccomp: %d", &status->seccomp);
		i = status->uids;
		sscanf(line, "Uid: %lu %lu %lu %lu", i, i + 1, i + 2, i + 3);
		i = status->gids;
		sscanf(line, "Gid: %lu %lu %lu %lu", i, i + 1, i + 2, i + 3);
	}
	if (file != NULL)
		fclose(file);
	status->n_groups = (size_t)getgroups(0, NULL);
}

unsigned long long
child_rights(enum po_sandbox_role role)
{
	if (role != PO_SANDBOX_COLLECTOR)
		return 0;
	return 1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH |
	       1ull << CAP_BPF;
}

static int
become_user(void)
{
	if (setgroups(0, NULL) != 0 ||
	    setresgid(CHILD_GID, CHILD_GID, CHILD_GID) != 0 ||
	    setresuid(CHILD_UID, CHILD_UID, CHILD_UID) != 0)
		return -1;
	/* As after execve(2): the others of the user may look into it. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* Tries it in a process that ends at once. */
static bool
may_become_user(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(become_user() == 0 ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

size_t
child_starts(const enum start **starts)
{
	static const enum start all[] = {
	    START_USER, START_ROOT, START_ROOT_STAYS, START_AMBIENT};
	const unsigned long long user = 1ull << CAP_SETUID | 1ull << CAP_SETGID;
	const unsigned long long root =
	    user | 1ull << CAP_SETPCAP | 1ull << CAP_SYS_PTRACE |
	    1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_DAC_OVERRIDE |
	    1ull << CAP_BPF;
	struct status status;

	*starts = all;
	if (geteuid() != 0)
		return 1;
	if (!may_become_user())
		return 0;
	read_status(&status);
	if ((status.effective & root) == root)
		return sizeof(all) / sizeof(all[0]);
	return 1;
}

/* As systemd starts a unit with User= and AmbientCapabilities=. */
static int
become_user_with_rights(void)
{
	static const cap_value_t rights[] = {
	    CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_BPF};
	const int count = sizeof(rights) / sizeof(rights[0]);
	cap_t caps = cap_init();
	int i;

	if (caps == NULL || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 ||
	    become_user() != 0)
		return -1;
	cap_set_flag(caps, CAP_PERMITTED, count, rights, CAP_SET);
	cap_set_flag(caps, CAP_EFFECTIVE, count, rights, CAP_SET);
	cap_set_flag(caps, CAP_INHERITABLE, count, rights, CAP_SET);
	if (cap_set_proc(caps) != 0)
		return -1;
	cap_free(caps);
	for (i = 0; i < count; i++)
		if (cap_set_ambient(rights[i], CAP_SET) != 0)
			return -1;
	return 0;
}

static int
begin(enum start start)
{
	static const gid_t groups[] = {1, 2};

	/* Who is an ordinary user already stays the one he is. */
	if (start == START_USER)
		return geteuid() == 0 ? become_user() : 0;
	if (start == START_AMBIENT)
		return become_user_with_rights();
	return setgroups(2, groups);
}

static void
live(struct child *child)
{
	const struct po_sandbox sandbox = {
	    .role = child->role,
	    .change_user = child->start != START_ROOT_STAYS,
	    .uid = CHILD_UID,
	    .gid = CHILD_GID,
	    .filter = child->filter,
	    .bpf = true,
	};
	char error[256] = "";
	int result;

	if (begin(child->start) != 0) {
		child_must(child, false, "no start: %s", strerror(errno));
		return;
	}
	read_status(&child->before);
	result = po_sandbox_enter(&sandbox, error, sizeof(error));
	child_must(child, result == 0, "%s (%d)", error, result);
	read_status(&child->after);
	if (result == 0 && child->inside != NULL)
		child->inside(child);
}

/* What start, role and lines have in common when something is wrong. */
static void
fail(const struct child *child, const char *line)
{
	static const char *const roles[] = {
	    "collector", "replay", "subagent", "standalone"};
	static const char *const starts[] = {
	    "root", "root stays", "user", "ambient"};
	char text[1024];

	snprintf(text, sizeof(text), "%s, %s: %s", roles[child->role],
	    starts[child->start], line);
	CU_assertImplementation(
	    CU_FALSE, __LINE__, text, __FILE__, "", CU_FALSE);
}

static void
take_lines(const struct child *child, int in)
{
	FILE *file = fdopen(in, "r");
	char line[768];

	if (file == NULL) {
		close(in);
		fail(child, "no pipe");
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		fail(child, line);
	}
	fclose(file);
}

static void
take_end(const struct child *child, int status)
{
	char line[64];
	bool good;

	if (child->ended_by != 0)
		good =
		    WIFSIGNALED(status) && WTERMSIG(status) == child->ended_by;
	else
		good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	snprintf(line, sizeof(line), "ended with status 0x%x", status);
	if (!good)
		fail(child, line);
	CU_ASSERT(good);
}

void
child_start(struct child *child)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	fflush(NULL);
	child->pid = fork();
	if (child->pid == 0) {
		close(ends[0]);
		child->out = ends[1];
		live(child);
		_exit(0);
	}
	close(ends[1]);
	child->in = ends[0];
	CU_ASSERT_FATAL(child->pid > 0);
}

void
child_end(struct child *child)
{
	int status = -1;

	take_lines(child, child->in);
	CU_ASSERT_EQUAL(waitpid(child->pid, &status, 0), child->pid);
	take_end(child, status);
}

void
child_run(struct child *child)
{
	child_start(child);
	child_end(child);
}
