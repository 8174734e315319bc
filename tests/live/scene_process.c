/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes of the scene that are unusual themselves: threads with their own
 * descriptor table, a leader that has ended, users other than root, and
 * names that a user may choose.
 */
#include <sys/prctl.h>
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define FIRST_NAMELESS_UID 54321
#define LEADER_LIMIT_MS 5000

static pthread_t
thread_start(struct actor *a, void *(*body)(void *))
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, body, a);
	if (errno != 0)
		actor_fail(a, "pthread_create");
	return thread;
}

static void *
with_own_table(void *arg)
{
	struct actor *a = arg;

	if (unshare(CLONE_FILES) == -1)
		actor_fail(a, "unshare(CLONE_FILES)");
	a->extra = "\"in_thread\":true";
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	expect(a, socket_bound(a, &loopback6, SOCK_DGRAM, 0), "BOUND");
	a->extra = NULL;
	actor_stay(a);
}

/* The thread has the socket that it came with and two of its own. */
static void
thread_table(struct actor *a)
{
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	pthread_join(thread_start(a, with_own_table), NULL);
}

/* True when the process's first thread has ended. */
static bool
leader_is_zombie(struct actor *a)
{
	char line[512], *end;
	FILE *f;

	f = fopen("/proc/self/stat", "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		actor_fail(a, "/proc/self/stat");
	fclose(f);
	end = strrchr(line, ')');
	return end != NULL && strncmp(end, ") Z", 3) == 0;
}

static void *
after_the_leader(void *arg)
{
	struct actor *a = arg;
	int ms;

	for (ms = 0; ms < LEADER_LIMIT_MS && !leader_is_zombie(a); ms++)
		actor_pause();
	errno = ETIMEDOUT;
	if (ms == LEADER_LIMIT_MS)
		actor_fail(a, "waiting for the leader's end");
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	expect(a, socket_bound(a, &loopback4, SOCK_DGRAM, 0), "BOUND");
	actor_stay(a);
}

static void
zombie_leader(struct actor *a)
{
	static struct actor copy; /* the leader's stack ends with it */

	copy = *a;
	thread_start(&copy, after_the_leader);
	pthread_exit(NULL);
}

static void
some_sockets(struct actor *a)
{
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	expect(a, tcp_listener(a, &loopback6), "LISTEN");
	expect(a, socket_bound(a, &loopback4, SOCK_DGRAM, 0), "BOUND");
}

static void
become(struct actor *a, uid_t uid)
{
	if (setgroups(0, NULL) == -1 || setresgid(uid, uid, uid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		actor_fail(a, "setresuid");
}

static void
as_user(struct actor *a, void *arg)
{
	become(a, *(uid_t *)arg);
	some_sockets(a);
}

/* Like a server that gives up its rights once it has its port. */
static void
opened_before(struct actor *a, void *arg)
{
	int fd;

	fd = tcp_listener(a, &loopback4);
	become(a, *(uid_t *)arg);
	expect(a, fd, "LISTEN");
}

static void
users(struct actor *a)
{
	uid_t nameless = FIRST_NAMELESS_UID;
	struct passwd *nobody;

	errno = ENOENT;
	nobody = getpwnam("nobody");
	if (nobody == NULL)
		actor_skip(a, "user nobody");
	actor_start(a, "nobody's", as_user, &nobody->pw_uid);
	actor_start(a, "dropped", opened_before, &nobody->pw_uid);
	while (getpwuid(nameless) != NULL)
		nameless++;
	actor_start(a, "nameless", as_user, &nameless);
}

static void
named(struct actor *a, void *arg)
{
	(void)arg;
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
}

/* prctl(PR_SET_NAME) takes any 15 bytes. */
static void
names(struct actor *a)
{
	static const char *const commands[] = {
	    "",
	    " ",
	    "two words",
	    "  padded  ",
	    "a) (b",
	    ") R 1 (",
	    "(sd-pam)",
	    "new\nline",
	    "\n",
	    "\nfirst",
	    "last\n",
	    "tab\there",
	    "cr\rhere",
	    "\"quoted\"",
	    "it's",
	    "back\\slash",
	    "\\n",
	    "\\x41",
	    "%s%n%d",
	    "{\"a\":[1]}",
	    "<b>&amp;",
	    "a,b;c",
	    "a=b",
	    "#none",
	    "-rf",
	    "\x1b[31mred\x1b[0m",
	    "\x1b]0;title\x07",
	    "\x07\x08\x7f\x01",
	    "\xff\xfe",
	    "\x80",
	    "a\xc3",
	    "\xc0\xaf",
	    "\xed\xa0\x80",
	    "\xf4\x90\x80\x80",
	    "\xe2\x82",
	    "\xc2\x9b"
	    "31m",
	    "gr\xc3\xbc\xc3\x9f"
	    "e",
	    "\xe6\x97\xa5\xe6\x9c\xac",
	    "\xf0\x9f\x90\xb8",
	    "\xe2\x80\xae"
	    "abc",
	    "\xef\xbb\xbf"
	    "bom",
	    "exactly15bytes!",
	    "cut at 15 bytes: this is gone",
	    "fifteen bytes:\xc3\xa9",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		actor_start(a, commands[i], named, NULL);
}

const struct kind scene_process_kinds[] = {
    {"thread-table", "a thread with its own descriptor table", NULL, false,
	thread_table},
    {"zombie-leader", "a process whose first thread has ended",
	"\"in_thread\":true,\"no_executable\":true", false, zombie_leader},
    {"users", "users other than root, one without a name", NULL, true, users},
    {"names", "names that a user may choose", NULL, false, names},
    {NULL, NULL, NULL, false, NULL},
};
