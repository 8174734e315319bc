/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lists of sockets are those of the stack that the asking process is in,
 * and of another jail's sockets the descriptors' own word (kinfo_file) tells
 * neither state nor queue.  So a child goes into the jail, for good, and asks
 * there.
 *
 * The jail's root may be hostile: he sees the child, and may stop or kill it.
 * The child therefore has nothing with it but its end of a socket pair, cannot
 * be looked into (procctl(2), before it enters), and is given little time.  It
 * is not believed more than the kernel: what it says is decoded like anything
 * else, and rows of its stack are all that it can touch.
 */
#include "collect/freebsd_jail.h"

#include <sys/param.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/jail.h>
#include <sys/mman.h>
#include <sys/procctl.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/clock.h"

struct question {
	char name[64];
	uint64_t capacity;
	uint64_t wanted; /* 0: only how much there is */
};

struct answer {
	uint64_t size;
	int32_t error; /* an errno; 0: size octets follow, if wanted */
	int32_t reserved;
};

/* text: its size is that of what there is room for. */
static struct iovec
part(const char *name)
{
	return (struct iovec){(void *)(uintptr_t)name, strlen(name) + 1};
}

int
freebsd_jail_next(uint32_t last, struct freebsd_jail *jail)
{
	int vnet = JAIL_SYS_INHERIT, before = (int)last, id;
	struct iovec parts[] = {
	    part("lastjid"),
	    {&before, sizeof(before)},
	    part("name"),
	    {jail->name, sizeof(jail->name)},
	    part("vnet"),
	    {&vnet, sizeof(vnet)},
	};

	id = jail_get(parts, 6, 0);
	/* A kernel that has no such stacks does not know the word. */
	if (id < 0 && errno == EINVAL)
		id = jail_get(parts, 4, 0);
	if (id < 0)
		return -errno;
	jail->id = (uint32_t)id;
	jail->own_stack = vnet == JAIL_SYS_NEW;
	jail->name[sizeof(jail->name) - 1] = '\0';
	return 0;
}

/* All of it, within the time that is left; 0 or -errno. */
static int
read_all(struct freebsd_reader *reader, void *buffer, size_t size)
{
	struct pollfd wait = {reader->fd, POLLIN, 0};
	char *at = buffer;
	uint64_t begin, waited;
	ssize_t got;

	while (size > 0) {
		if (*reader->patience == 0)
			return -ETIMEDOUT;
		begin = po_clock_us();
		poll(&wait, 1, (int)(*reader->patience / 1000) + 1);
		waited = po_clock_us() - begin;
		*reader->patience -=
		    waited < *reader->patience ? waited : *reader->patience;
		got = recv(reader->fd, at, size, MSG_DONTWAIT);
		if (got == 0)
			return -EPIPE;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got > 0) {
			at += got;
			size -= (size_t)got;
		}
	}
	return 0;
}

/* The child's side: it waits as long as the parent lives. */
static void
transfer(bool out, void *buffer, size_t size)
{
	char *at = buffer;
	ssize_t done;

	while (size > 0) {
		done = out ? write(STDIN_FILENO, at, size)
			   : read(STDIN_FILENO, at, size);
		if (done == 0 || (done < 0 && errno != EINTR))
			_exit(0);
		if (done > 0) {
			at += done;
			size -= (size_t)done;
		}
	}
}

static void
answer_question(const struct question *question)
{
	struct answer answer = {0};
	size_t size = (size_t)question->capacity;
	void *buffer = NULL;

	if (question->wanted != 0) {
		buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_ANON | MAP_PRIVATE, -1, 0);
		if (buffer == MAP_FAILED)
			_exit(1);
	}
	if (sysctlbyname(question->name, buffer, &size, NULL, 0) != 0)
		answer.error = errno;
	answer.size = size;
	transfer(true, &answer, sizeof(answer));
	if (buffer == NULL)
		return;
	if (answer.error == 0)
		transfer(true, buffer, size);
	munmap(buffer, (size_t)question->capacity);
}

/* The child.  Others' threads are not here: nothing that takes a lock. */
static void
run_reader(int fd, uint32_t jail)
{
	int nobody = PROC_TRACE_CTL_DISABLE;
	struct answer answer = {0};
	struct question question;

	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	closefrom(STDIN_FILENO + 1);
	if (procctl(P_PID, getpid(), PROC_TRACE_CTL, &nobody) != 0 ||
	    jail_attach((int)jail) != 0)
		answer.error = errno;
	transfer(true, &answer, sizeof(answer));
	if (answer.error != 0)
		_exit(1);
	for (;;) {
		transfer(false, &question, sizeof(question));
		answer_question(&question);
	}
}

static int
start(struct freebsd_reader *reader)
{
	struct answer answer;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	reader->pid = fork();
	if (reader->pid == 0)
		run_reader(ends[1], reader->jail);
	close(ends[1]);
	reader->fd = ends[0];
	if (reader->pid < 0) {
		reader->pid = 0;
		return -EAGAIN;
	}
	reader->error = read_all(reader, &answer, sizeof(answer));
	/* It has ended meanwhile, the kernel says. */
	if (reader->error == 0 && answer.error != 0)
		reader->error = answer.error == EINVAL ? -ESRCH : -answer.error;
	return reader->error;
}

void
freebsd_reader_close(struct freebsd_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	if (reader->pid > 0) {
		kill(reader->pid, SIGKILL);
		while (waitpid(reader->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	reader->fd = -1;
	reader->pid = 0;
}

/*
 * The child has gone: with its jail, or at the signal that jail(8) sends to all
 * that is in a jail up to ten seconds before it ends that.  Another one is sent
 * once.  The kernel says that a jail lives until all in it are buried.
 */
static int
replace(struct freebsd_reader *reader)
{
	int id = (int)reader->jail;
	struct iovec parts[] = {part("jid"), {&id, sizeof(id)}};

	freebsd_reader_close(reader);
	if (!reader->replaced) {
		reader->replaced = true;
		reader->error = start(reader);
	}
	if (reader->error == -EPIPE && jail_get(parts, 2, 0) < 0 &&
	    errno == ENOENT)
		reader->error = -ESRCH;
	return reader->error;
}

int
freebsd_reader_open(
    struct freebsd_reader *reader, uint32_t jail, uint64_t *patience)
{
	*reader = (struct freebsd_reader){
	    .jail = jail,
	    .patience = patience,
	    .fd = -1,
	};
	if (geteuid() != 0)
		return reader->error = -EPERM;
	reader->error = start(reader);
	return reader->error == -EPIPE ? replace(reader) : reader->error;
}

/* -EPIPE: there is no child any more. */
static int
ask(struct freebsd_reader *reader, const char *name, void *buffer, size_t *size)
{
	struct question question = {
	    .capacity = buffer == NULL ? 0 : *size,
	    .wanted = buffer != NULL,
	};
	struct answer answer;

	strlcpy(question.name, name, sizeof(question.name));
	if (send(reader->fd, &question, sizeof(question), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(question))
		return reader->error = -EPIPE;
	reader->error = read_all(reader, &answer, sizeof(answer));
	if (reader->error != 0)
		return reader->error;
	if (answer.error < 0 ||
	    (buffer != NULL && answer.error == 0 && answer.size > *size))
		return reader->error = -EPROTO;
	if (answer.error != 0 || buffer == NULL) {
		*size = (size_t)answer.size;
		return -answer.error;
	}
	reader->error = read_all(reader, buffer, (size_t)answer.size);
	if (reader->error == 0)
		*size = (size_t)answer.size;
	return reader->error;
}

int
freebsd_reader_get(
    struct freebsd_reader *reader, const char *name, void *buffer, size_t *size)
{
	int error;

	while (reader->error == 0) {
		error = ask(reader, name, buffer, size);
		if (reader->error != -EPIPE)
			return error;
		replace(reader);
	}
	return reader->error;
}
