/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A child that enters a sandbox and tells its parent what is wrong there, as
 * lines in a pipe: CUnit stays outside.
 */
#ifndef PO_TESTS_SANDBOX_CHILD_H
#define PO_TESTS_SANDBOX_CHILD_H

#include <stdint.h>

#include "daemon/sandbox.h"

/* As whom the process begins that enters the sandbox. */
enum start {
	START_ROOT, /* changes to an ordinary user */
	START_ROOT_STAYS, /* root without change of user */
	START_USER, /* an ordinary user without any right */
	START_AMBIENT, /* the same with ambient capabilities: a systemd unit */
};

/* Nobody's, and nobody's group, on all systems. */
#define CHILD_UID 65534
#define CHILD_GID 65534

/* What /proc/self/status says of rights. */
struct status {
	unsigned long long inheritable, permitted, effective, bounding, ambient;
	int no_new_privs;
	int seccomp;
	unsigned long uids[4], gids[4];
	size_t n_groups;
};

struct child {
	enum po_sandbox_role role;
	enum start start;
	bool filter;
	/* What to do inside; NULL: nothing.  It may not come back. */
	void (*inside)(const struct child *child);
	void *context;
	int ended_by; /* the signal that it must end by; 0: it ends well */
	struct status before, after; /* set inside */
	pid_t pid; /* set by child_start(), as are these: */
	int out; /* inside: the pipe */
	int in; /* outside: its other end */
};

/* Whether this build has the filter: not with sanitizers. */
extern const bool child_is_filtered;

/*
 * The starts that the machine allows, best known first: for root with all of
 * its rights every one, else an ordinary user's; 0 where not even that.
 */
size_t child_starts(const enum start **starts);

/* The capabilities that a role keeps, as bits. */
unsigned long long child_rights(enum po_sandbox_role role);

/* Begins a child; child_end() must follow. */
void child_start(struct child *child);

/* Waits for its end and makes each line from it a failure of the test. */
void child_end(struct child *child);

/* Both. */
void child_run(struct child *child);

/* Inside: tells what is wrong unless good. */
void child_must(const struct child *child, bool good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
