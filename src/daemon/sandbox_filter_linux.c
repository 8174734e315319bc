/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls of each role, for seccomp(2).  Whatever is not here gives
 * EPERM.  The lists hold what a role uses with glibc from 2.31 or musl on any
 * architecture, so each has names that the one at hand does not know; those
 * are left out.  Where a call that is needed seems to be missing, "sandbox no"
 * in portowner.conf proves it, and "strace -f -e status=failed" finds it.
 *
 * What is missing on purpose, with what it would be good for:
 *   execve, fork        another program; threads are allowed
 *   open for writing    /proc/PID/mem, with CAP_SYS_PTRACE; the agent may make
 *                       new files, for its state
 *   open_by_handle_at   files beyond any folder, with CAP_DAC_READ_SEARCH
 *   PROT_EXEC           code that came in as data
 *   setns               it needs CAP_SYS_ADMIN anyway; who has that opens
 *                       sockets in other stacks for the collector, which else
 *                       reads /proc/PID/net
 *   kill                signals to others of the same user
 *   prlimit64           limits of others; reading one's own is allowed
 *
 * What a collector can still do, as long as it has CAP_SYS_PTRACE: read the
 * memory of others, and with pidfd_getfd, by which a socket is asked whether it
 * takes IPv4, use their descriptors.  No filter can tell those from sockets.
 *
 * On 32-bit x86 and on s390 the C library may call socketcall(2), whose
 * arguments a filter does not see: there the families go unchecked.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sandbox_linux.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef F_GET_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif

/* bpf(2): programs that are loaded may be run, none be loaded. */
#define BPF_RUN 10 /* BPF_PROG_TEST_RUN */
#define BPF_ITERATE 33 /* BPF_ITER_CREATE */

#if defined(__s390__)
#define CLONE_FLAGS 1 /* the second argument of clone(2) there */
#else
#define CLONE_FLAGS 0
#endif

#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* What a process needs to live, read files and speak over descriptors. */
static const char *const common[] = {
    /* memory */
    "brk", "madvise", "memfd_create", "mremap", "munmap",
    /* descriptors */
    "_llseek", "_newselect", "close", "close_range", "dup", "dup2", "dup3",
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
    "epoll_wait", "eventfd2", "flock", "lseek", "pipe", "pipe2", "poll",
    "ppoll", "ppoll_time64", "pread64", "preadv", "preadv2", "pselect6",
    "pselect6_time64", "pwrite64", "pwritev", "pwritev2", "read", "readv",
    "select", "signalfd4", "timerfd_create", "timerfd_gettime",
    "timerfd_gettime64", "timerfd_settime", "timerfd_settime64", "write",
    "writev",
    /* files */
    "access", "arm_fadvise64_64", "faccessat", "faccessat2", "fadvise64",
    "fadvise64_64", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64",
    "getcwd", "getdents", "getdents64", "lstat", "lstat64", "newfstatat",
    "readlink", "readlinkat", "stat", "stat64", "statfs", "statfs64", "statx",
    /* sockets that are there already, or of a family that is allowed */
    "connect", "getpeername", "getsockname", "getsockopt", "recv", "recvfrom",
    "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg",
    "sendto", "setsockopt", "shutdown",
    /* time */
    "alarm", "clock_getres", "clock_getres_time64", "clock_gettime",
    "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "getitimer",
    "gettimeofday", "nanosleep", "setitimer", "time", "times",
    /* who and where one is */
    "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
    "getgroups", "getgroups32", "getpgid", "getpgrp", "getpid", "getppid",
    "getresgid", "getresgid32", "getresuid", "getresuid32", "getrlimit",
    "getrusage", "getsid", "gettid", "getuid", "getuid32", "sysinfo",
    "ugetrlimit", "uname",
    /* threads, signals, the end */
    "exit", "exit_group", "futex", "futex_time64", "futex_waitv",
    "get_robust_list", "getcpu", "getrandom", "membarrier", "pause",
    "restart_syscall", "riscv_flush_icache", "riscv_hwprobe", "rseq",
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield",
    "set_robust_list", "set_tid_address", "sigaction", "sigaltstack",
    "sigprocmask", "sigreturn"};

/* Serves readers on a socket that is open already. */
static const char *const serving[] = {"accept", "accept4"};

/*
 * bind: the collector's netlink sockets.  pidfd_open: a copy of a descriptor
 * is taken by way of it.
 */
static const char *const collecting[] = {"bind", "pidfd_getfd", "pidfd_open"};

/* Replaces its state file by a new one: see allow_new_files(). */
static const char *const keeping[] = {
    "fsync", "rename", "renameat", "renameat2", "unlink", "unlinkat"};

/* Opens sessions with trap sinks, and managers' by streams. */
static const char *const managed[] = {"accept", "accept4", "bind"};

struct filter {
	scmp_filter_ctx context;
	int error; /* the first */
};

/* A rule of n comparisons; the first that fails is remembered. */
static void
allow_if(struct filter *f, const char *name, unsigned int n,
    const struct scmp_arg_cmp *comparisons)
{
	int number = seccomp_syscall_resolve_name(name);

	if (f->error != 0 || number == __NR_SCMP_ERROR)
		return;
	f->error = seccomp_rule_add_array(
	    f->context, SCMP_ACT_ALLOW, number, n, comparisons);
}

static void
allow_all(struct filter *f, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		allow_if(f, names[i], 0, NULL);
}

/* Only if the argument (0 to 5) has this value. */
static void
allow_value(
    struct filter *f, const char *name, unsigned int argument, uint64_t value)
{
	const struct scmp_arg_cmp comparison = {
	    .arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};

	allow_if(f, name, 1, &comparison);
}

/* Only if of the bits in mask the argument has exactly those in value. */
static void
allow_bits(struct filter *f, const char *name, unsigned int argument,
    uint64_t mask, uint64_t value)
{
	const struct scmp_arg_cmp comparison = {
	    .arg = argument,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = mask,
	    .datum_b = value,
	};

	allow_if(f, name, 1, &comparison);
}

static void
allow_memory(struct filter *f)
{
	/* With its arguments in memory on s390 and, beside mmap2, on x86. */
#if defined(__s390__)
	allow_if(f, "mmap", 0, NULL);
#elif !defined(__i386__)
	allow_bits(f, "mmap", 2, PROT_EXEC, 0);
#endif
	allow_bits(f, "mmap2", 2, PROT_EXEC, 0);
	allow_bits(f, "mprotect", 2, PROT_EXEC, 0);
}

/* openat2 has its flags in memory: the C library does not need it. */
static void
allow_reading(struct filter *f)
{
	/* Not O_ACCMODE: musl's has O_PATH, which only looks. */
	const uint64_t change = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

	allow_bits(f, "open", 1, change, O_RDONLY);
	allow_bits(f, "openat", 2, change, O_RDONLY);
}

/* Files that did not exist; what there is stays closed to writing. */
static void
allow_new_files(struct filter *f)
{
	const uint64_t change = O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_TRUNC;
	const uint64_t new = O_WRONLY | O_CREAT | O_EXCL;

	allow_bits(f, "open", 1, change, new);
	allow_bits(f, "openat", 2, change, new);
	allow_all(f, keeping, COUNT(keeping));
}

static void
allow_control(struct filter *f)
{
	/* Locks and the like; not F_SETOWN, which sends signals. */
	static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
	    F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_ADD_SEALS,
	    F_GET_SEALS};
	/*
	 * isatty(3), if_nametoindex(3), the library's own look-ups, and whether
	 * a reader has taken his answer (SIOCOUTQ).
	 */
	static const unsigned long requests[] = {TCGETS, TIOCGWINSZ, TIOCOUTQ,
	    FIONREAD, FIONBIO, SIOCGIFNAME, SIOCGIFINDEX};
	static const unsigned int options[] = {
	    PR_SET_NAME, PR_GET_NAME, PR_SET_VMA};
	size_t i;

	for (i = 0; i < COUNT(commands); i++) {
		allow_value(f, "fcntl", 1, (uint64_t)commands[i]);
		allow_value(f, "fcntl64", 1, (uint64_t)commands[i]);
	}
	for (i = 0; i < COUNT(requests); i++)
		allow_value(f, "ioctl", 1, requests[i]);
	for (i = 0; i < COUNT(options); i++)
		allow_value(f, "prctl", 0, options[i]);
}

static void
allow_threads(struct filter *f)
{
	/* The process does not fork any more: it keeps its pid. */
	const uint64_t self = (uint64_t)getpid();
	const struct scmp_arg_cmp reading[] = {
	    {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = 0},
	    {.arg = 2, .op = SCMP_CMP_EQ, .datum_a = 0},
	};

	allow_bits(
	    f, "clone", CLONE_FLAGS, CLONE_THREAD | NAMESPACES, CLONE_THREAD);
	/* raise(3) and abort(3), with musl of the first thread alone. */
	allow_value(f, "tgkill", 0, self);
	allow_value(f, "tkill", 0, self);
	allow_if(f, "prlimit64", COUNT(reading), reading);
}

/* protocol -1: any. */
static void
allow_socket(struct filter *f, int family, int type, int protocol)
{
	struct scmp_arg_cmp comparisons[3] = {
	    {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (uint64_t)family}};
	unsigned int n = 1;

	if (type >= 0)
		comparisons[n++] = (struct scmp_arg_cmp){
		    .arg = 1,
		    .op = SCMP_CMP_MASKED_EQ,
		    .datum_a = ~(uint64_t)(SOCK_CLOEXEC | SOCK_NONBLOCK),
		    .datum_b = (uint64_t)type,
		};
	if (protocol >= 0)
		comparisons[n++] = (struct scmp_arg_cmp){
		    .arg = 2,
		    .op = SCMP_CMP_EQ,
		    .datum_a = (uint64_t)protocol,
		};
	allow_if(f, "socket", n, comparisons);
}

static void
allow_agent(struct filter *f)
{
	allow_new_files(f);
	/* Its worker calls it over one. */
	allow_value(f, "socketpair", 0, AF_UNIX);
}

static void
allow_role(struct filter *f, enum po_sandbox_role role)
{
	/* The log, the name service. */
	allow_socket(f, AF_UNIX, -1, -1);
	switch (role) {
	case PO_SANDBOX_COLLECTOR:
		allow_all(f, serving, COUNT(serving));
		allow_all(f, collecting, COUNT(collecting));
		allow_value(f, "kcmp", 2, KCMP_FILES);
		allow_socket(f, AF_NETLINK, -1, NETLINK_SOCK_DIAG);
		allow_socket(f, AF_NETLINK, -1, NETLINK_ROUTE);
		break;
	case PO_SANDBOX_REPLAY:
		allow_all(f, serving, COUNT(serving));
		break;
	case PO_SANDBOX_SUBAGENT:
		allow_agent(f);
		break;
	case PO_SANDBOX_STANDALONE:
		allow_agent(f);
		allow_all(f, managed, COUNT(managed));
		allow_socket(f, AF_INET, SOCK_DGRAM, -1);
		allow_socket(f, AF_INET6, SOCK_DGRAM, -1);
		break;
	}
}

/*
 * The arguments of these are in memory, where no filter sees them.  The C
 * library has an older call for each, which it makes where there is no newer.
 */
static void
hide_calls(struct filter *f)
{
	static const char *const newer[] = {"clone3", "openat2"};
	size_t i;
	int number;

	for (i = 0; i < COUNT(newer) && f->error == 0; i++) {
		number = seccomp_syscall_resolve_name(newer[i]);
		if (number != __NR_SCMP_ERROR)
			f->error = seccomp_rule_add(
			    f->context, SCMP_ACT_ERRNO(ENOSYS), number, 0);
	}
}

int
linux_filter_load(struct linux_sandbox *s)
{
	struct filter f = {
	    .context = seccomp_init(SCMP_ACT_ERRNO(EPERM)),
	};

	if (f.context == NULL)
		return linux_sandbox_fail(
		    s, ENOMEM, "cannot begin a filter of system calls");
	/* Errors are the kernel's own. */
	f.error = seccomp_attr_set(f.context, SCMP_FLTATR_API_SYSRAWRC, 1);
	/* Calls by the numbers of another architecture are an attack. */
	if (f.error == 0)
		f.error = seccomp_attr_set(
		    f.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	allow_all(&f, common, COUNT(common));
	allow_memory(&f);
	allow_reading(&f);
	allow_control(&f);
	allow_threads(&f);
	allow_role(&f, s->wanted->role);
	if (s->wanted->role == PO_SANDBOX_COLLECTOR && s->wanted->bpf) {
		allow_value(&f, "bpf", 0, BPF_RUN);
		allow_value(&f, "bpf", 0, BPF_ITERATE);
	}
	hide_calls(&f);
	if (f.error == 0)
		f.error = seccomp_load(f.context);
	seccomp_release(f.context);
	if (f.error != 0)
		return linux_sandbox_fail(s, -f.error,
		    "cannot filter system calls (\"sandbox no\" in "
		    "portowner.conf does without)");
	return 0;
}
