/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole collections inside the collector's sandbox, by each source: what others
 * hold, their names, wildcards, other network namespaces.  Root's test begins
 * as root and as an ordinary user with and without ambient capabilities.
 */
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/collector.h"
#include "model/snapshot.h"
#include "sandbox_child.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LOOKS 50 /* collections until a name has been found */

/* Who holds one socket until its leash is let go. */
struct holder {
	pid_t pid; /* 0: there is none */
	int leash;
	uint16_t port;
	uint32_t stack; /* inode of its network namespace */
};

/* The sockets of the test itself and of its helpers. */
static struct scene {
	pid_t pid;
	uid_t uid;
	char user[64];
	uint16_t local; /* TCP on 127.0.0.1 */
	uint16_t dual; /* TCP on the wildcard of both families */
	struct holder agent; /* UDP, inside a sandbox */
	struct holder elsewhere; /* TCP, in another network namespace */
	const char *source;
} scene;

/* The process that holds a socket of port, or NULL; pid 0: nobody visible. */
static const struct po_process_record *
find_owner(const struct po_snapshot *s, uint8_t protocol, uint16_t port,
    uint32_t stack, pid_t pid, const struct po_endpoint **endpoint)
{
	const struct po_process_record *process;
	const struct po_endpoint *at;
	uint32_t i;

	for (i = 0; i < s->n_owners; i++) {
		at = &s->endpoints[s->owners[i].endpoint];
		process = &s->processes[s->owners[i].process];
		if (at->protocol != protocol || at->port != port ||
		    at->stack != stack || process->pid != (uint32_t)pid)
			continue;
		if (endpoint != NULL)
			*endpoint = at;
		return process;
	}
	return NULL;
}

static bool
has_name(const struct po_snapshot *s, const struct po_process_record *process)
{
	size_t length;

	return strcmp(po_snapshot_text(s, process->user, &length),
		   scene.user) == 0;
}

/* Everything is visible: other users' processes, and other stacks. */
static bool
check_all_rows(const struct child *child, const struct po_snapshot *s)
{
	const struct po_process_record *owner;
	const struct po_endpoint *at = NULL;

	owner = find_owner(s, PO_PROTOCOL_TCP, scene.local, 0, scene.pid, &at);
	child_must(child, owner != NULL, "%s: no owner", scene.source);
	if (owner == NULL)
		return true;
	if (!has_name(s, owner))
		return false;
	owner = find_owner(s, PO_PROTOCOL_TCP, scene.dual, 0, scene.pid, &at);
	child_must(child,
	    owner != NULL && at->address.type == PO_ADDRESS_UNKNOWN,
	    "%s: a wildcard of both families is not known as one",
	    scene.source);
	if (scene.elsewhere.pid != 0)
		child_must(child,
		    find_owner(s, PO_PROTOCOL_TCP, scene.elsewhere.port,
			scene.elsewhere.stack, scene.elsewhere.pid,
			NULL) != NULL,
		    "%s: no owner in another stack", scene.source);
	return true;
}

/* A user sees his own, his agent's among them, and is told what he misses. */
static bool
check_own_rows(const struct child *child, const struct po_snapshot *s)
{
	child_must(child,
	    find_owner(s, PO_PROTOCOL_UDP, scene.agent.port, 0, scene.agent.pid,
		NULL) != NULL,
	    "%s: the agent's socket has no owner", scene.source);
	child_must(child,
	    find_owner(s, PO_PROTOCOL_TCP, scene.local, 0, getpid(), NULL) !=
		NULL,
	    "%s: an own socket has no owner", scene.source);
	child_must(child, s->header->partial != 0 || scene.uid != 0,
	    "%s: it claims to see everything", scene.source);
	return true;
}

/* Returns whether that was all: names may be late. */
static bool
look_once(const struct child *child, struct po_collector *collector)
{
	struct po_snapshot s;
	char error[256] = "";
	void *image = NULL;
	bool done = true;
	size_t size;
	int result;

	result = po_collector_collect(
	    collector, &image, &size, error, sizeof(error));
	if (result == 0)
		result = po_snapshot_open(image, size, &s, NULL);
	child_must(
	    child, result == 0, "%s: %s (%d)", scene.source, error, result);
	if (result == 0)
		done = child->start == START_USER ? check_own_rows(child, &s)
						  : check_all_rows(child, &s);
	free(image);
	return done;
}

static void
collect_inside(const struct child *child)
{
	const struct po_collect_options options = {
	    .source = scene.source,
	    .all_stacks = true,
	    .arguments = true,
	    .max_rows = 100000,
	};
	struct po_collector *collector;
	char error[256] = "";
	int result, looks = 0;

	result = po_collector_open(&options, &collector, error, sizeof(error));
	child_must(
	    child, result == 0, "%s: %s (%d)", scene.source, error, result);
	if (result != 0)
		return;
	while (!look_once(child, collector) && ++looks < LOOKS)
		;
	child_must(child, looks < LOOKS, "%s: %s has no name", scene.source,
	    scene.user);
	po_collector_close(collector);
}

static void
collect_everywhere(void)
{
	static const char *const sources[] = {"diag", "proc"};
	const enum start *starts;
	const size_t n = child_starts(&starts);
	struct child child;
	size_t i;

	for (i = 0; i < n * COUNT(sources); i++) {
		scene.source = sources[i % COUNT(sources)];
		child = (struct child){
		    .role = PO_SANDBOX_COLLECTOR,
		    .start = starts[i / COUNT(sources)],
		    .filter = true,
		    .inside = collect_inside,
		};
		child_run(&child);
	}
}

/* A listening or bound socket on a port that the kernel chooses, 0: none. */
static uint16_t
open_port(int family, int type)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.any = {.sa_family = (sa_family_t)family}};
	socklen_t size = sizeof(address);
	int no = 0, fd = socket(family, type, 0);

	if (family == AF_INET)
		address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	size = family == AF_INET ? sizeof(address.v4) : sizeof(address.v6);
	if (fd < 0 || bind(fd, &address.any, size) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 1) != 0) ||
	    getsockname(fd, &address.any, &size) != 0)
		return 0;
	return ntohs(
	    family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

/* Tells the test about the socket and lives as long as the leash. */
static void
hold(struct holder *holder)
{
	char octet;

	if (write(holder->leash, holder, sizeof(*holder)) > 0)
		while (read(holder->leash, &octet, 1) < 0 && errno == EINTR)
			;
}

/* An agent may open its port inside its sandbox. */
static void
hold_as_agent(const struct child *child)
{
	struct holder *holder = child->context;

	holder->port = open_port(AF_INET, SOCK_DGRAM);
	child_must(child, holder->port != 0, "no port: %s", strerror(errno));
	hold(holder);
}

static void
hold_elsewhere(struct holder *holder)
{
	struct stat st;

	if (unshare(CLONE_NEWNET) == 0 && stat("/proc/self/ns/net", &st) == 0) {
		holder->stack = (uint32_t)st.st_ino;
		holder->port = open_port(AF_INET6, SOCK_STREAM);
	}
	hold(holder);
	_exit(0);
}

/* Takes in what the holder says of its socket. */
static void
learn(struct holder *holder, const int ends[2], pid_t pid)
{
	close(ends[1]);
	CU_ASSERT_EQUAL(
	    read(ends[0], holder, sizeof(*holder)), (ssize_t)sizeof(*holder));
	holder->leash = ends[0];
	holder->pid = holder->port == 0 ? 0 : pid;
}

static void
start_elsewhere(struct holder *holder, pid_t *pid)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fflush(NULL);
	*pid = fork();
	if (*pid == 0) {
		close(ends[0]);
		holder->leash = ends[1];
		hold_elsewhere(holder);
	}
	CU_ASSERT_FATAL(*pid > 0);
	learn(holder, ends, *pid);
}

static void
start_agent(struct child *agent)
{
	struct holder *holder = agent->context;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	holder->leash = ends[1];
	child_start(agent);
	learn(holder, ends, agent->pid);
}

/* Other processes may have copies of the leash. */
static void
let_go(struct holder *holder)
{
	shutdown(holder->leash, SHUT_RDWR);
	close(holder->leash);
}

static void
test_collections(void)
{
	struct child agent = {
	    .role = PO_SANDBOX_STANDALONE,
	    .start = START_USER,
	    .filter = true,
	    .inside = hold_as_agent,
	    .context = &scene.agent,
	};
	pid_t elsewhere;

	scene.local = open_port(AF_INET, SOCK_STREAM);
	scene.dual = open_port(AF_INET6, SOCK_STREAM);
	CU_ASSERT_NOT_EQUAL_FATAL(scene.local, 0);
	start_elsewhere(&scene.elsewhere, &elsewhere);
	start_agent(&agent);
	collect_everywhere();
	let_go(&scene.agent);
	child_end(&agent);
	let_go(&scene.elsewhere);
	CU_ASSERT_EQUAL(waitpid(elsewhere, NULL, 0), elsewhere);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"collections", test_collections},
	    CU_TEST_INFO_NULL,
	};
	const struct passwd *user = getpwuid(geteuid());
	const enum start *starts;

	if (child_starts(&starts) == 0 ||
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 || user == NULL ||
	    access("/proc/self/net/tcp", R_OK) != 0) {
		puts("skipped: no seccomp, no /proc, a user without name, or "
		     "a root that may not change it");
		return 77;
	}
	scene.pid = getpid();
	scene.uid = geteuid();
	snprintf(scene.user, sizeof(scene.user), "%s", user->pw_name);
	return unit_main("sandboxed collector", tests);
}
