/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process may still do in each role, by looking at its /proc/self/status
 * and by trying.  As root each role is entered from root and from an ordinary
 * user with and without ambient capabilities; otherwise from the user at hand.
 */
#include "daemon/sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_tries.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROLES 4

static bool parent_is_root;

static void
check_ids(const struct child *child)
{
	const struct status *after = &child->after;
	unsigned long uid = child->before.uids[0], gid = child->before.gids[0];
	size_t i;

	if (child->start == START_ROOT) {
		uid = CHILD_UID;
		gid = CHILD_GID;
		child_must(child, after->n_groups == 0, "%zu groups are left",
		    after->n_groups);
	}
	for (i = 0; i < 4; i++)
		child_must(child,
		    after->uids[i] == uid && after->gids[i] == gid,
		    "id %zu: user %lu, group %lu", i, after->uids[i],
		    after->gids[i]);
}

static void
check_status(const struct child *child)
{
	const struct status *before = &child->before, *after = &child->after;
	const unsigned long long role = child_rights(child->role);
	const unsigned long long rights = role & before->permitted;
	unsigned long long bounding = before->bounding;

	if ((before->effective & 1ull << CAP_SETPCAP) != 0)
		bounding &= role;
	check_ids(child);
	child_must(child, after->permitted == rights, "permitted: %llx",
	    after->permitted);
	child_must(child, after->effective == rights, "effective: %llx",
	    after->effective);
	child_must(child, after->inheritable == rights, "inheritable: %llx",
	    after->inheritable);
	child_must(
	    child, after->ambient == rights, "ambient: %llx", after->ambient);
	child_must(child, after->bounding == bounding, "bounding: %llx",
	    after->bounding);
	child_must(child, after->no_new_privs == 1, "new privileges");
	child_must(child,
	    after->seccomp == (child->filter && child_is_filtered ? 2 : 0),
	    "seccomp: %d", after->seccomp);
}

/* Nobody else of its user may look into a process that had rights. */
static void
check_memory(const struct child *child)
{
	const int hidden = child->start != START_USER && child_is_filtered;
	int dumpable;

	if (child->filter)
		return;
	dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	child_must(child, dumpable == !hidden, "dumpable: %d", dumpable);
	/* Without the filter there are other programs; no rights for them. */
	child_must(child, syscall(SYS_kill, getpid(), 0) == 0,
	    "filtered all the same");
}

static void
look_at_rights(const struct child *child)
{
	check_status(child);
	check_memory(child);
}

/* Each role, from each start that there is, with and without filter. */
static void
run_everywhere(void (*inside)(const struct child *child), bool unfiltered)
{
	const enum start *starts;
	const size_t n = child_starts(&starts);
	struct child child;
	size_t i;
	int role;

	for (role = 0; role < ROLES; role++)
		for (i = 0; i < n; i++) {
			child = (struct child){
			    .role = (enum po_sandbox_role)role,
			    .start = starts[i],
			    .filter = !unfiltered,
			    .inside = inside,
			};
			child_run(&child);
		}
}

static void
test_rights(void)
{
	run_everywhere(look_at_rights, false);
	run_everywhere(look_at_rights, true);
}

static void
test_needed(void)
{
	run_everywhere(try_needed, false);
}

static void
try_all_forbidden(const struct child *child)
{
	try_forbidden(child);
	try_sockets(child);
}

static void
test_forbidden(void)
{
	if (child_is_filtered)
		run_everywhere(try_all_forbidden, false);
	else
		CU_PASS("a sanitizer's build has no filter");
}

/* What only the collector may ask about other processes. */
static void
try_looking(const struct child *child)
{
	bool collector = child->role == PO_SANDBOX_COLLECTOR;
	const pid_t self = getpid();
	char path[64], link[64];
	long fd;

	child_must(child,
	    (syscall(SYS_kcmp, self, self, KCMP_FILES, 0, 0) == 0) == collector,
	    "tables of descriptors: %s", strerror(errno));
	child_must(child, syscall(SYS_kcmp, self, self, KCMP_VM, 0, 0) == -1,
	    "memories are compared");
	fd = syscall(SYS_pidfd_open, self, 0);
	child_must(child, (fd >= 0) == collector, "pidfd_open gives %ld", fd);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	child_must(child, open(path, O_RDWR) == -1 && errno == EPERM,
	    "%s is open", path);
	/* The parent must be another user's process to be out of reach. */
	if (!parent_is_root || geteuid() == 0)
		return;
	collector = child->after.effective == child_rights(child->role) &&
		    child->after.effective != 0;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)getppid());
	child_must(child,
	    (open(path, O_RDONLY | O_DIRECTORY) >= 0) == collector, "%s: %s",
	    path, strerror(errno));
	strcat(path, "/0");
	child_must(child, (readlink(path, link, sizeof(link)) > 0) == collector,
	    "%s: %s", path, strerror(errno));
}

static void
test_looking(void)
{
	if (child_is_filtered)
		run_everywhere(try_looking, false);
	else
		CU_PASS("a sanitizer's build has no filter");
}

static void
abort_inside(const struct child *child)
{
	(void)child;
	abort();
}

static void
wait_for_alarm(const struct child *child)
{
	const struct itimerval soon = {.it_value = {0, 10000}};

	child_must(child, setitimer(ITIMER_REAL, &soon, NULL) == 0,
	    "no timer: %s", strerror(errno));
	while (poll(NULL, 0, 10000) < 0)
		;
}

/* An assertion ends the process, and so does a collection that hangs. */
static void
test_end(void)
{
	const enum start *starts;
	const size_t n = child_starts(&starts);
	struct child child = {
	    .role = PO_SANDBOX_COLLECTOR,
	    .start = starts[n - 1],
	    .filter = true,
	    .inside = abort_inside,
	    .ended_by = SIGABRT,
	};

	child_run(&child);
	child.inside = wait_for_alarm;
	child.ended_by = SIGALRM;
	child_run(&child);
}

/* The modules of the name service for users that flags let load, as bits. */
static unsigned int
load_modules(int flags)
{
	FILE *file = fopen("/etc/nsswitch.conf", "re");
	char line[256], name[80], *word, *rest;
	unsigned int loaded = 0, bit = 1;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "passwd:", 7) != 0)
			continue;
		word = strtok_r(line + 7, " \t\n", &rest);
		for (; word != NULL; word = strtok_r(NULL, " \t\n", &rest)) {
			snprintf(name, sizeof(name), "libnss_%s.so.2", word);
			if (dlopen(name, RTLD_LAZY | flags) != NULL)
				loaded |= bit;
			bit <<= 1;
		}
	}
	if (file != NULL)
		fclose(file);
	return loaded & 0x7f;
}

static void
find_modules(const struct child *child)
{
	const unsigned int *expected = child->context;
	const unsigned int found = load_modules(RTLD_NOLOAD);

	child_must(
	    child, found == *expected, "modules: %x of %x", found, *expected);
}

/* The name service works although nothing can be loaded any more. */
static void
test_modules(void)
{
	unsigned int expected;
	struct child child = {
	    .role = PO_SANDBOX_COLLECTOR,
	    .start = START_USER,
	    .filter = true,
	    .inside = find_modules,
	    .context = &expected,
	};
	int status = -1;
	pid_t pid = fork();

	/* Not here, or it would be loaded in the sandbox, too. */
	if (pid == 0)
		_exit((int)load_modules(0));
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_FATAL(WIFEXITED(status));
	expected = (unsigned int)WEXITSTATUS(status);
	if (child_is_filtered)
		child_run(&child);
}

static void
test_no_user(void)
{
	const struct po_sandbox sandbox = {
	    .role = PO_SANDBOX_SUBAGENT,
	    .change_user = true,
	    .uid = (uid_t)-1,
	    .gid = (gid_t)-1,
	};
	char error[256] = "";
	int status = -1;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		status = po_sandbox_enter(&sandbox, error, sizeof(error));
		_exit(status == -EINVAL && strlen(error) > 10 ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

/* Whether the machine has what is tested, and says so. */
static bool
is_testable(void)
{
	const enum start *starts;

	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 &&
	       access("/proc/self/status", R_OK) == 0 &&
	       child_starts(&starts) > 0;
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"rights", test_rights},
	    {"what is needed", test_needed},
	    {"what is forbidden", test_forbidden},
	    {"looking at others", test_looking},
	    {"ends", test_end},
	    {"name service", test_modules},
	    {"no user", test_no_user},
	    CU_TEST_INFO_NULL,
	};

	if (!is_testable()) {
		puts("skipped: no seccomp, no /proc, or a root that may not "
		     "change its user");
		return 77;
	}
	parent_is_root = geteuid() == 0;
	return unit_main("sandbox", tests);
}
