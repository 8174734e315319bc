/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into portownerd, lets a test slow down its collections, let them
 * fail, count them, and try in each child what it must not be able to do.  The
 * test writes its wishes to the memory that the file PORTOWNER_TEST_CONTROL
 * is, mapped before the children are confined.
 *
 * A collection is known by the one file that it opens at its beginning.  The
 * agent is the child that waits by select(), the collector the other one.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define BEGINNING "/proc/sys/net/ipv4/ip_local_port_range"

enum role { NONE, COLLECTOR, AGENT };

/* The test's side has the same order. */
struct control {
	int32_t hold_ms; /* how long a collection stands still */
	int32_t fail; /* whether it fails */
	int32_t collections; /* so many have begun */
	int32_t trial; /* what to try, 0: nothing */
	int32_t role; /* by whom */
	int32_t result; /* errno; 0: it can be done; -1: not tried yet */
};

static volatile struct control *control;
static enum role role;

static void
note_child(void)
{
	role = COLLECTOR;
}

__attribute__((constructor)) static void
map_control(void)
{
	const char *path = getenv("PORTOWNER_TEST_CONTROL");
	void *base;
	int fd;

	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	base = mmap(
	    NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (base == MAP_FAILED)
		return;
	control = base;
	pthread_atfork(NULL, NULL, note_child);
}

static int
try_folder(const char *path)
{
	DIR *dir = opendir(path);

	if (dir == NULL)
		return errno;
	errno = 0;
	if (readdir(dir) == NULL && errno != 0) {
		closedir(dir);
		return EACCES;
	}
	closedir(dir);
	return 0;
}

static int
try_descriptor(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int
try_this(int trial)
{
	char *const words[] = {(char *)(uintptr_t) "true", NULL};

	switch (trial) {
	case 1:
		return try_folder("/proc/1/fd");
	case 2:
		return try_descriptor(socket(AF_INET, SOCK_STREAM, 0));
	case 3:
		return try_descriptor(socket(AF_INET6, SOCK_DGRAM, 0));
	case 4:
		return try_descriptor(socket(AF_INET, SOCK_RAW, 6));
	case 5:
		return try_descriptor(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	case 6:
		execv("/bin/true", words);
		return errno;
	case 7:
		return kill(1, 0) == 0 ? 0 : errno;
	case 8:
		return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0
			   ? 0
			   : errno;
	case 9:
		return setuid(0) == 0 ? 0 : errno;
	default:
		return EINVAL;
	}
}

static void
try_what_is_wanted(void)
{
	int trial;

	if (control == NULL || control->trial == 0 ||
	    (enum role)control->role != role)
		return;
	trial = control->trial;
	control->trial = 0;
	control->result = try_this(trial);
}

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int (*next)(struct pollfd *, nfds_t, int);

	*(void **)&next = dlsym(RTLD_NEXT, "poll");
	try_what_is_wanted();
	return next(fds, n, timeout);
}

int
select(int n, fd_set *in, fd_set *out, fd_set *special, struct timeval *timeout)
{
	int (*next)(int, fd_set *, fd_set *, fd_set *, struct timeval *);

	*(void **)&next = dlsym(RTLD_NEXT, "select");
	if (role == COLLECTOR)
		role = AGENT;
	try_what_is_wanted();
	return next(n, in, out, special, timeout);
}

static void
begin_collection(const char *path)
{
	if (control == NULL || strcmp(path, BEGINNING) != 0)
		return;
	control->collections++;
	if (control->hold_ms > 0) {
		int (*wait)(struct pollfd *, nfds_t, int);

		*(void **)&wait = dlsym(RTLD_NEXT, "poll");
		wait(NULL, 0, control->hold_ms);
	}
}

FILE *
fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *);

	*(void **)&next = dlsym(RTLD_NEXT, "fopen");
	begin_collection(path);
	return next(path, mode);
}

FILE *
fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

/* libbpf's: where each run of its iterators begins. */
int
bpf_iter_create(int link)
{
	int (*next)(int);

	*(void **)&next = dlsym(RTLD_NEXT, "bpf_iter_create");
	return control != NULL && control->fail ? -EIO : next(link);
}

DIR *
opendir(const char *path)
{
	DIR *(*next)(const char *);

	*(void **)&next = dlsym(RTLD_NEXT, "opendir");
	if (control != NULL && control->fail && strcmp(path, "/proc") == 0) {
		errno = EIO;
		return NULL;
	}
	return next(path);
}
