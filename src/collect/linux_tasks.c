/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scan of /proc/PID/fd: who holds which socket.
 *
 * Everything of a process is read through one descriptor of its /proc folder,
 * which never comes to mean another process: when the process ends, reading
 * fails and what was seen of it is forgotten.  Threads may have descriptor
 * tables of their own; kcmp(2) finds those without reading every table.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collect/linux_private.h"
#include "collect/linux_task_decode.h"

/* Since Linux 5.6 the same everywhere; glibc knows it since 2.32. */
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define FILE_MAX 4096 /* of a stat, cgroup or cmdline file */
#define TABLES_MAX 64 /* descriptor tables of one process compared */

/* One process while it is looked at. */
struct task {
	struct po_builder *builder;
	struct linux_scan *scan;
	struct linux_set handles; /* the sockets it holds */
	uint32_t pid;
	int dir; /* of /proc/PID */
};

/* A copy of a descriptor of the process, or -1. */
static int
copy_descriptor(const struct task *task, const char *name)
{
	int pidfd, fd;

	pidfd = (int)syscall(SYS_pidfd_open, (pid_t)task->pid, 0);
	if (pidfd < 0)
		return -1;
	fd = (int)syscall(
	    SYS_pidfd_getfd, pidfd, (int)strtol(name, NULL, 10), 0);
	close(pidfd);
	return fd;
}

/*
 * Asks a socket itself what the tables do not tell: whether a wildcard takes
 * IPv4 as well, and which link a link-local address is on.
 */
static int
resolve(struct task *task, uint64_t handle, const char *name)
{
	struct sockaddr_in6 address = {.sin6_family = AF_UNSPEC};
	socklen_t size = sizeof(int), length = sizeof(address);
	int fd = copy_descriptor(task, name), only = -1;

	if (fd < 0)
		return 0;
	if (getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		only = -1;
	close(fd);
	if (only < 0 || address.sin6_family != AF_INET6)
		return 0;
	if (address.sin6_scope_id != 0)
		po_builder_set_zone(
		    task->builder, handle, address.sin6_scope_id);
	else if (only == 0)
		po_builder_widen(task->builder, handle);
	return linux_set_add(&task->scan->resolved, handle);
}

static int
read_link(struct task *task, int dir, const char *name)
{
	uint64_t handle;
	char link[64];
	ssize_t length;

	length = readlinkat(dir, name, link, sizeof(link));
	if (length < 0)
		return errno == EACCES || errno == EPERM ? -EACCES : 0;
	handle = po_task_decode_socket(link, (size_t)length);
	if (handle == 0 || !po_builder_has_handle(task->builder, handle))
		return 0;
	if (linux_set_has(task->scan->ambiguous, handle) &&
	    resolve(task, handle, name) != 0)
		return -ENOMEM;
	return linux_set_add(&task->handles, handle);
}

/*
 * Reads the descriptor table at path below the process's folder.  -EACCES:
 * not allowed to, be it at the folder or at the links in it.
 */
static int
read_table(struct task *task, const char *path)
{
	struct dirent *entry;
	int fd, error = 0;
	DIR *dir;

	fd = openat(task->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EPERM ? -EACCES : -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		error = -errno;
		close(fd);
		return error;
	}
	while (error == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			error = read_link(task, fd, entry->d_name);
	closedir(dir);
	return error;
}

/* Whether tid shares one of the tables that were read already. */
static bool
is_read(const pid_t *tables, size_t count, pid_t tid)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (syscall(SYS_kcmp, tables[i], tid, KCMP_FILES, 0, 0) == 0)
			return true;
	return false;
}

static int
read_thread(struct task *task, const char *tid)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%.20s/fd", tid);
	return read_table(task, path);
}

/*
 * Tables of threads that do not share the main thread's.  Returns 0 or -ENOMEM;
 * *readable becomes true if one of them could be read.
 */
static int
read_threads(struct task *task, bool *readable)
{
	pid_t tables[TABLES_MAX], tid;
	struct dirent *entry;
	size_t count = 0;
	int fd, error = 0;
	DIR *dir;

	tables[count++] = (pid_t)task->pid;
	fd = openat(task->dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (error != -ENOMEM && (entry = readdir(dir)) != NULL) {
		tid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (tid <= 0 || tid == (pid_t)task->pid ||
		    is_read(tables, count, tid))
			continue;
		error = read_thread(task, entry->d_name);
		*readable |= error == 0;
		if (error == 0 && count < TABLES_MAX)
			tables[count++] = tid;
	}
	closedir(dir);
	return error == -ENOMEM ? error : 0;
}

static bool
has_threads(const struct task *task)
{
	struct stat st;

	/* A folder has a link for itself, its parent and each folder in it. */
	return fstatat(task->dir, "task", &st, 0) == 0 && st.st_nlink > 3;
}

/* Returns 1 with the facts in *stat, or 0 where the process has ended. */
static int
read_stat(int dir, const char *path, char *buffer, struct po_task_stat *stat)
{
	ssize_t length = linux_read_at(dir, path, buffer, FILE_MAX);

	return length > 0 &&
	       po_task_decode_stat(buffer, (size_t)length, stat) == 0;
}

/*
 * The folder belongs to the effective user, but to root where the process may
 * not be dumped: one that changed its user, for instance.
 */
static uint32_t
read_uid(int dir, char *buffer)
{
	ssize_t length = linux_read_at(dir, "status", buffer, FILE_MAX);
	uint32_t uid;

	if (length < 0 ||
	    po_task_decode_status(buffer, (size_t)length, &uid) != 0)
		return PO_UID_UNKNOWN;
	return uid;
}

static int
add_process(struct task *task)
{
	char file[FILE_MAX], status[FILE_MAX], arguments[FILE_MAX];
	struct linux_facts_key key = {.pid = task->pid};
	struct po_task_stat stat;
	struct po_process process = {.pid = task->pid};
	uint64_t start;
	struct stat st;

	if (!read_stat(task->dir, "stat", file, &stat) ||
	    fstat(task->dir, &st) != 0)
		return 0;
	if (po_builder_has_process(task->builder, task->pid, &start)) {
		/* Known from the first look, unless the pid was used again. */
		return start == stat.start;
	}
	process.parent = stat.parent;
	process.start = stat.start;
	process.command = stat.command;
	process.uid = st.st_uid == 0 ? read_uid(task->dir, status) : st.st_uid;
	key.start = stat.start;
	key.image = stat.stack;
	if (task->scan->arguments)
		process.arguments = linux_read_arguments(
		    task->dir, task->pid, arguments, sizeof(arguments));
	if (linux_facts_fill(task->scan->facts, &key, task->dir, &process) !=
		0 ||
	    po_builder_add_process(task->builder, &process) != 0 ||
	    linux_set_add(&task->scan->parents, stat.parent) != 0)
		return -ENOMEM;
	return 1;
}

/* Whether the main thread has ended while others go on. */
static bool
is_ended(const struct task *task)
{
	struct po_task_stat stat;
	char buffer[FILE_MAX];

	return read_stat(task->dir, "stat", buffer, &stat) && stat.state == 'Z';
}

/*
 * What tells the state of the process's descriptors.  False: the kernel does
 * not tell how many there are.
 */
static bool
find_key(const struct task *task, struct linux_holding_key *key)
{
	struct po_task_stat stat;
	char buffer[FILE_MAX];
	struct stat st;

	if (task->scan->holdings == NULL ||
	    fstatat(task->dir, "fd", &st, 0) != 0 || st.st_size <= 0 ||
	    !read_stat(task->dir, "stat", buffer, &stat))
		return false;
	key->pid = task->pid;
	key->start = stat.start;
	key->descriptors = (uint64_t)st.st_size;
	return true;
}

/* Takes the sockets that are kept, as far as they are still there. */
static bool
reuse_table(struct task *task, const struct linux_holding_key *key, int *result)
{
	const uint64_t *handles;
	size_t count, i;

	if (!task->scan->reuse)
		return false;
	handles = linux_holdings_find(task->scan->holdings, key, &count);
	if (handles == NULL)
		return false;
	*result = 0;
	for (i = 0; i < count && *result == 0; i++)
		if (po_builder_has_handle(task->builder, handles[i]))
			*result = linux_set_add(&task->handles, handles[i]);
	return true;
}

/* The descriptors of the main thread, and of all that share its table. */
static int
read_main_table(struct task *task)
{
	struct linux_holding_key key;
	bool has_key = find_key(task, &key);
	int result;

	if (has_key && reuse_table(task, &key, &result))
		return result;
	result = read_table(task, "fd");
	if (has_key && result == 0)
		linux_holdings_keep(task->scan->holdings, &key,
		    task->handles.items, task->handles.count);
	return result;
}

/* What it holds stays hidden: sockets of its user may be among that. */
static int
note_denied(struct task *task)
{
	struct stat st;

	task->scan->denied++;
	if (fstat(task->dir, &st) != 0)
		return 0;
	return linux_set_add_once(&task->scan->denied_uids, st.st_uid);
}

static int
read_task(struct task *task)
{
	enum po_phase before;
	bool readable;
	int result;
	size_t i;

	task->handles.count = 0;
	result = read_main_table(task);
	readable = result != -EACCES;
	/* A main thread that has ended is readable for root alone. */
	if (result != -ENOMEM && has_threads(task) &&
	    (readable || is_ended(task)))
		result = read_threads(task, &readable);
	if (result == -ENOMEM)
		return result;
	if (!readable)
		return note_denied(task);
	if (task->handles.count == 0)
		return 0;
	before = po_profile_enter(task->scan->profile, PO_PHASE_FACTS);
	result = add_process(task);
	po_profile_enter(task->scan->profile, PO_PHASE_JOIN);
	for (i = 0; result > 0 && i < task->handles.count; i++)
		if (po_builder_add_owner(
			task->builder, task->handles.items[i], task->pid) != 0)
			result = -ENOMEM;
	po_profile_enter(task->scan->profile, before);
	return result < 0 ? result : 0;
}

static int
scan_entry(struct task *task, int proc, const char *name)
{
	uint64_t pid;
	int error;

	if (!po_task_decode_number(name, strlen(name), INT32_MAX, &pid) ||
	    pid == 0)
		return 0;
	task->dir = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (task->dir < 0)
		return 0;
	task->pid = (uint32_t)pid;
	error = read_task(task);
	close(task->dir);
	return error;
}

int
linux_tasks_scan_one(
    struct po_builder *builder, struct linux_scan *scan, const char *pid)
{
	struct task task = {.builder = builder, .scan = scan};
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), error;

	if (proc < 0)
		return -errno;
	error = scan_entry(&task, proc, pid);
	free(task.handles.items);
	close(proc);
	return error;
}

int
linux_tasks_scan(struct po_builder *builder, struct linux_scan *scan)
{
	struct task task = {.builder = builder, .scan = scan};
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int error = 0;

	if (proc == NULL)
		return -errno;
	scan->denied = 0;
	scan->denied_uids.count = 0;
	while (error == 0 && (entry = readdir(proc)) != NULL)
		error = scan_entry(&task, dirfd(proc), entry->d_name);
	free(task.handles.items);
	closedir(proc);
	return error;
}

static int
add_line(struct po_builder *builder, uint32_t pid)
{
	struct po_process process = {.uid = PO_UID_UNKNOWN};
	char path[32], buffer[FILE_MAX];
	struct po_task_stat stat;

	while (pid != 0 && !po_builder_has_process(builder, pid, NULL)) {
		snprintf(
		    path, sizeof(path), "/proc/%lu/stat", (unsigned long)pid);
		if (!read_stat(AT_FDCWD, path, buffer, &stat))
			return 0;
		process.pid = pid;
		process.parent = stat.parent;
		process.start = stat.start;
		if (po_builder_add_process(builder, &process) != 0)
			return -ENOMEM;
		pid = stat.parent;
	}
	return 0;
}

int
linux_tasks_add_ancestors(
    struct po_builder *builder, const struct linux_scan *scan)
{
	int error = 0;
	size_t i;

	for (i = 0; i < scan->parents.count && error == 0; i++)
		error = add_line(builder, (uint32_t)scan->parents.items[i]);
	return error;
}
