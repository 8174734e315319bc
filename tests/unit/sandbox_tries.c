/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls, made without the C library where it would stand between.  The
 * arguments are such that nothing happens where the filter fails to refuse.
 */
#include "sandbox_tries.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "broker/share.h"
#include "model/builder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BLOCK ((size_t)64 << 20)
#define NOWHERE "/nonexistent/portowner"

/* Later than a C library of 2020. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* A call, by its name, that must fail with error. */
struct call {
	const char *name;
	long number;
	int error;
	long arguments[5];
};

#define ARGUMENT(x) ((long)(intptr_t)(x))

static void
try_call(const struct child *child, const struct call *call)
{
	const long *a = call->arguments;
	long result;

	errno = 0;
	result = syscall(call->number, a[0], a[1], a[2], a[3], a[4]);
	/* What began to run in spite of all ends at once. */
	if (result == 0 && (call->number == SYS_clone
#ifdef SYS_fork
			       || call->number == SYS_fork
#endif
			       ))
		_exit(1);
	child_must(child, result == -1 && errno == call->error,
	    "%s gives %ld, %s", call->name, result, strerror(errno));
}

static void
try_calls(const struct child *child, const struct call *calls, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		try_call(child, &calls[i]);
}

static void
try_processes(const struct child *child)
{
	const long self = (long)getpid(), parent = (long)getppid();
	const struct call calls[] = {
	    {"execve", SYS_execve, EPERM, {ARGUMENT(NOWHERE)}},
	    {"execveat", SYS_execveat, EPERM, {-1, ARGUMENT(NOWHERE)}},
#ifdef SYS_fork
	    {"fork", SYS_fork, EPERM, {0}},
#endif
	    {"clone", SYS_clone, EPERM, {SIGCHLD}},
	    {"clone of a thread with a namespace", SYS_clone, EPERM,
		{CLONE_THREAD | CLONE_NEWNET}},
	    {"clone3", SYS_clone3, ENOSYS, {0}},
	    {"kill of itself", SYS_kill, EPERM, {self, 0}},
	    {"kill of the parent", SYS_kill, EPERM, {parent, 0}},
	    {"tgkill of the parent", SYS_tgkill, EPERM, {parent, parent, 0}},
	    {"tkill of the parent", SYS_tkill, EPERM, {parent, 0}},
	    {"pidfd_send_signal", SYS_pidfd_send_signal, EPERM, {-1, 0}},
	    {"ptrace", SYS_ptrace, EPERM, {PTRACE_PEEKDATA, parent}},
	    {"process_vm_readv", SYS_process_vm_readv, EPERM, {parent}},
	    {"process_vm_writev", SYS_process_vm_writev, EPERM, {parent}},
	    {"prlimit64 of the parent", SYS_prlimit64, EPERM,
		{parent, RLIMIT_NOFILE}},
#ifdef SYS_setrlimit
	    {"setrlimit", SYS_setrlimit, EPERM, {RLIMIT_NOFILE, 0}},
#endif
	    {"setpriority", SYS_setpriority, EPERM, {PRIO_PROCESS, -1, 0}},
	    {"fcntl F_SETOWN", SYS_fcntl, EPERM, {-1, F_SETOWN, parent}},
	    {"prctl PR_SET_DUMPABLE", SYS_prctl, EPERM, {PR_SET_DUMPABLE, 7}},
	};

	try_calls(child, calls, COUNT(calls));
}

static void
try_kernel(const struct child *child)
{
	const struct call calls[] = {
	    {"setuid", SYS_setuid, EPERM, {-1}},
	    {"setresgid", SYS_setresgid, EPERM, {-1, -1, -1}},
	    {"setgroups", SYS_setgroups, EPERM, {-1}},
	    {"capset", SYS_capset, EPERM, {0}},
	    {"setns", SYS_setns, EPERM, {-1, CLONE_NEWNET}},
	    {"unshare", SYS_unshare, EPERM, {0}},
	    {"mount", SYS_mount, EPERM, {0}},
	    {"umount2", SYS_umount2, EPERM, {0}},
	    {"chroot", SYS_chroot, EPERM, {ARGUMENT(NOWHERE)}},
	    {"bpf", SYS_bpf, EPERM, {BPF_PROG_LOAD, 0, 0}},
	    {"perf_event_open", SYS_perf_event_open, EPERM, {0}},
	    {"keyctl", SYS_keyctl, EPERM, {-1}},
	    {"io_uring_setup", SYS_io_uring_setup, EPERM, {0}},
	    {"userfaultfd", SYS_userfaultfd, EPERM, {-1}},
	    {"init_module", SYS_init_module, EPERM, {0}},
	    {"personality", SYS_personality, EPERM, {0xffffffff}},
	    {"syslog", SYS_syslog, EPERM, {-1}},
	    {"seccomp", SYS_seccomp, EPERM, {-1}},
	};

	try_calls(child, calls, COUNT(calls));
}

static void
try_files(const struct child *child)
{
	const long path = ARGUMENT(NOWHERE);
	const long old = ARGUMENT("/dev/null");
	const struct call calls[] = {
	    {"open for writing", SYS_openat, EPERM, {-1, old, O_WRONLY}},
	    {"open for both", SYS_openat, EPERM, {-1, old, O_RDWR}},
	    {"open of a new file", SYS_openat, EPERM, {-1, path, O_CREAT, 0}},
	    {"open of any file", SYS_openat, EPERM,
		{-1, old, O_WRONLY | O_CREAT, 0}},
	    {"open for both of a new file", SYS_openat, EPERM,
		{-1, old, O_RDWR | O_CREAT | O_EXCL, 0}},
	    {"open and empty", SYS_openat, EPERM, {-1, path, O_TRUNC}},
	    {"openat2", SYS_openat2, ENOSYS, {-1, path}},
	    {"open_by_handle_at", SYS_open_by_handle_at, EPERM, {-1}},
	    {"linkat", SYS_linkat, EPERM, {-1, path, -1, path}},
	    {"symlinkat", SYS_symlinkat, EPERM, {path, -1, path}},
	    {"mkdirat", SYS_mkdirat, EPERM, {-1, path}},
	    {"mknodat", SYS_mknodat, EPERM, {-1, path}},
	    {"fchmodat", SYS_fchmodat, EPERM, {-1, path}},
	    {"fchownat", SYS_fchownat, EPERM, {-1, path, -1, -1}},
	    {"truncate", SYS_truncate, EPERM, {path}},
	};

	try_calls(child, calls, COUNT(calls));
}

/* The agent replaces its state file by a new one; others may not. */
static void
try_new_files(const struct child *child)
{
	const bool agent = child->role == PO_SANDBOX_SUBAGENT ||
			   child->role == PO_SANDBOX_STANDALONE;
	const long path = ARGUMENT(NOWHERE);
	const long old = ARGUMENT("/dev/null");
	const long new = O_WRONLY | O_CREAT | O_EXCL;
	const struct call calls[] = {
	    {"open of an old file as new", SYS_openat, agent ? EEXIST : EPERM,
		{-1, old, new, 0}},
	    {"open of a new file alone", SYS_openat, agent ? ENOENT : EPERM,
		{-1, path, new, 0}},
	    {"unlinkat", SYS_unlinkat, agent ? ENOENT : EPERM, {-1, path}},
	    {"renameat2", SYS_renameat2, agent ? ENOENT : EPERM,
		{-1, path, -1, path}},
	    {"fsync", SYS_fsync, agent ? EBADF : EPERM, {-1}},
	};

	try_calls(child, calls, COUNT(calls));
}

static void
try_code(const struct child *child)
{
	void *page;

	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* musl makes ENOMEM of EPERM. */
	child_must(child, page == MAP_FAILED, "memory of code is given");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	child_must(child, page != MAP_FAILED, "no memory is given");
	child_must(child,
	    mprotect(page, 4096, PROT_READ | PROT_EXEC) == -1 && errno == EPERM,
	    "memory becomes code");
	child_must(child, mprotect(page, 4096, PROT_READ) == 0,
	    "memory does not become read-only");
	munmap(page, 4096);
}

void
try_forbidden(const struct child *child)
{
	try_processes(child);
	try_kernel(child);
	try_files(child);
	try_new_files(child);
	try_code(child);
}

void
try_sockets(const struct child *child)
{
	const unsigned int any = ~0u;
	const unsigned int collector = 1u << PO_SANDBOX_COLLECTOR;
	const unsigned int standalone = 1u << PO_SANDBOX_STANDALONE;
	const struct {
		const char *name;
		int family, type, protocol;
		unsigned int roles;
	} sockets[] = {
	    {"local stream", AF_UNIX, SOCK_STREAM, 0, any},
	    {"local datagram", AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, any},
	    {"UDP", AF_INET, SOCK_DGRAM, 0, standalone},
	    {"UDPv6", AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0, standalone},
	    {"TCP", AF_INET, SOCK_STREAM, 0, 0},
	    {"TCPv6", AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0, 0},
	    {"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP, 0},
	    {"packet", AF_PACKET, SOCK_RAW, 0, 0},
	    {"sock_diag", AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG, collector},
	    {"rtnetlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, collector},
	    {"audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, 0},
	    {"generic netlink", AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, 0},
	    {"VSOCK", AF_VSOCK, SOCK_STREAM, 0, 0},
	    {"ALG", AF_ALG, SOCK_SEQPACKET, 0, 0},
	};
	bool allowed, good;
	size_t i;
	int fd;

	for (i = 0; i < COUNT(sockets); i++) {
		errno = 0;
		fd = socket(
		    sockets[i].family, sockets[i].type, sockets[i].protocol);
		allowed = (sockets[i].roles & 1u << child->role) != 0;
		/* A kernel without IPv6 is no failure. */
		good = allowed ? fd >= 0 || errno == EAFNOSUPPORT
			       : fd < 0 && errno == EPERM;
		child_must(child, good, "a socket of %s gives %d, %s",
		    sockets[i].name, fd, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

static void *
run_thread(void *context)
{
	prctl(PR_SET_NAME, "tried");
	*(int *)context = 1;
	return NULL;
}

static volatile sig_atomic_t signalled;

static void
note_signal(int number)
{
	signalled = number;
}

static void
try_threads(const struct child *child)
{
	struct sigaction action = {.sa_handler = note_signal};
	pthread_t thread;
	int ran = 0, error;

	error = pthread_create(&thread, NULL, run_thread, &ran);
	child_must(child, error == 0, "no thread: %s", strerror(error));
	if (error == 0)
		pthread_join(thread, NULL);
	child_must(child, ran == 1, "the thread did not run");
	sigemptyset(&action.sa_mask);
	child_must(child,
	    sigaction(SIGUSR1, &action, NULL) == 0 && raise(SIGUSR1) == 0 &&
		signalled == SIGUSR1,
	    "no signal to itself: %s", strerror(errno));
}

static void
try_memory(const struct child *child)
{
	char *block = malloc(BLOCK), *larger;

	child_must(child, block != NULL, "no large block");
	if (block == NULL)
		return;
	memset(block, 1, BLOCK);
	larger = realloc(block, 2 * BLOCK);
	child_must(child, larger != NULL, "no larger block");
	if (larger != NULL)
		memset(larger + BLOCK, 1, BLOCK);
	free(larger == NULL ? block : larger);
}

/* A snapshot without rows, sealed and mapped as a reader does it. */
static void
try_sharing(const struct child *child)
{
	const struct po_builder_options options = {.max_rows = 1};
	const struct po_seal seal = {.source = "test"};
	struct po_builder *builder = po_builder_new(&options);
	struct po_shared *shared = NULL;
	struct po_pieces pieces;
	int fd = -1, error;

	if (builder == NULL ||
	    po_builder_seal_pieces(builder, &seal, &pieces) != 0) {
		child_must(child, false, "no snapshot");
		return;
	}
	fd = po_share_create(&pieces);
	child_must(child, fd >= 0, "no sealed file: %s", strerror(-fd));
	error = fd < 0 ? 0 : po_share_map(fd, pieces.size, &shared);
	child_must(child, error == 0, "no mapping: %s", strerror(-error));
	po_shared_release(shared);
	if (fd >= 0)
		close(fd);
	po_builder_free(builder);
}

static void
try_time(const struct child *child)
{
	const struct timespec moment = {0, 1000};
	struct timespec monotonic;
	struct tm parts;
	char text[64];
	time_t now;

	now = time(NULL);
	child_must(child,
	    now > 0 && localtime_r(&now, &parts) != NULL &&
		strftime(text, sizeof(text), "%c", &parts) > 0,
	    "no time");
	child_must(child,
	    clock_gettime(CLOCK_MONOTONIC, &monotonic) == 0 &&
		syscall(SYS_clock_gettime, CLOCK_REALTIME, &monotonic) == 0 &&
		nanosleep(&moment, NULL) == 0,
	    "no clock: %s", strerror(errno));
}

static void
try_descriptors(const struct child *child)
{
	struct pollfd fd = {.events = POLLIN};
	struct rlimit limit;
	int ends[2];
	char octet = 'x';

	child_must(child, pipe(ends) == 0, "no pipe: %s", strerror(errno));
	fd.fd = ends[0];
	child_must(child,
	    write(ends[1], &octet, 1) == 1 && poll(&fd, 1, 1000) == 1 &&
		fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 &&
		read(ends[0], &octet, 1) == 1,
	    "no way through a pipe: %s", strerror(errno));
	close(ends[0]);
	close(ends[1]);
	child_must(child, getrlimit(RLIMIT_NOFILE, &limit) == 0,
	    "no limits: %s", strerror(errno));
}

void
try_needed(const struct child *child)
{
	FILE *file = fopen("/proc/self/stat", "re");
	char line[64];

	child_must(child, file != NULL && fgets(line, 64, file) != NULL,
	    "no file is read: %s", strerror(errno));
	if (file != NULL)
		fclose(file);
	try_threads(child);
	try_memory(child);
	try_sharing(child);
	try_time(child);
	try_descriptors(child);
	/* Whether anybody listens or not, it may not end the process. */
	openlog("test_sandbox", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	syslog(LOG_DEBUG, "a line from the sandbox's test");
	closelog();
}
