/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that ask, and what they tell, until all are done.
 */
#include "ask/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "model/clock.h"
#include "model/snapshot.h"

/* Hosts that are asked at the same time. */
#define AT_ONCE 64
#define PROGRESS_INTERVAL 200 /* ms */
/* What of the standard error output is of interest. */
#define WORDS_MAX 400
#define READ_SIZE 65536

/* Two descriptors of each child: frames, and its standard error output. */
enum { FRAMES, WORDS, STREAMS };

struct child {
	pid_t pid; /* 0: free */
	int fds[STREAMS]; /* -1: at its end */
	uint64_t deadline; /* us; 0: none */
	bool late;
	struct po_ask_answer answer;
	bool answered; /* has facts */
	uint32_t rows;
	char *data; /* frames not taken yet */
	size_t used;
	size_t capacity;
	char words[WORDS_MAX + 1];
	size_t n_words;
};

struct crowd {
	const struct po_ask_options *options;
	const char *const *hosts;
	size_t count;
	size_t started;
	size_t done;
	uint64_t rows; /* of those that are done */
	struct child children[AT_ONCE];
};

/*
 * Each answer takes a lot of memory for a moment.  glibc would give it back to
 * the system after each, and page it in again for the next one.
 */
static void
keep_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
#endif
}

static void
run_child(const struct crowd *crowd, const char *host, int pipes[STREAMS][2])
{
	dup2(pipes[WORDS][1], STDERR_FILENO);
	close(pipes[WORDS][1]);
	keep_memory();
	_exit(po_ask_host(crowd->options, host, pipes[FRAMES][1]));
}

static int
start_child(struct crowd *crowd, struct child *child)
{
	const char *host = crowd->hosts[crowd->started];
	int pipes[STREAMS][2], error;

	*child = (struct child){.fds = {-1, -1}, .answer = {.host = host}};
	if (pipe(pipes[FRAMES]) != 0)
		return -errno;
	if (pipe(pipes[WORDS]) != 0) {
		error = -errno;
		close(pipes[FRAMES][0]);
		close(pipes[FRAMES][1]);
		return error;
	}
	child->pid = fork();
	if (child->pid == 0)
		run_child(crowd, host, pipes);
	error = child->pid < 0 ? -errno : 0;
	close(pipes[FRAMES][1]);
	close(pipes[WORDS][1]);
	child->fds[FRAMES] = pipes[FRAMES][0];
	child->fds[WORDS] = pipes[WORDS][0];
	if (error != 0) {
		close(pipes[FRAMES][0]);
		close(pipes[WORDS][0]);
		child->pid = 0;
		return error;
	}
	if (crowd->options->seconds != 0)
		child->deadline =
		    po_clock_us() + (uint64_t)crowd->options->seconds * 1000000;
	crowd->started++;
	return 0;
}

/* What nobody can understand is an error of this program. */
static void
take_frame(
    struct child *child, uint64_t type, const char *payload, uint64_t length)
{
	struct po_ask_answer *answer = &child->answer;

	if (type == PO_ASK_FRAME_PROGRESS && length == sizeof(child->rows)) {
		memcpy(&child->rows, payload, sizeof(child->rows));
	} else if (type == PO_ASK_FRAME_FACTS &&
		   length == sizeof(answer->facts)) {
		memcpy(&answer->facts, payload, sizeof(answer->facts));
		child->answered = true;
	} else if (type == PO_ASK_FRAME_IMAGE && answer->image == NULL) {
		answer->image = malloc(length);
		answer->size = length;
		if (answer->image != NULL)
			memcpy(answer->image, payload, length);
		else
			child->answered = false;
	} else {
		snprintf(answer->error, sizeof(answer->error), "%.*s",
		    length < PO_TEXT_MAX ? (int)length : PO_TEXT_MAX, payload);
	}
}

static void
take_frames(struct child *child)
{
	struct po_ask_frame frame;
	size_t at = 0;

	while (child->used - at >= sizeof(frame)) {
		memcpy(&frame, child->data + at, sizeof(frame));
		if (child->used - at - sizeof(frame) < frame.length)
			break;
		take_frame(child, frame.type, child->data + at + sizeof(frame),
		    frame.length);
		at += sizeof(frame) + frame.length;
	}
	child->used -= at;
	if (at > 0 && child->used > 0)
		memmove(child->data, child->data + at, child->used);
}

/* One more piece; false at the end, or without memory. */
static bool
read_frames(struct child *child)
{
	size_t capacity;
	ssize_t length;
	char *data;

	if (child->capacity - child->used < READ_SIZE) {
		capacity = 2 * child->capacity + READ_SIZE;
		data = capacity > PO_SNAPSHOT_SIZE_MAX
			   ? NULL
			   : realloc(child->data, capacity);
		if (data == NULL)
			return false;
		child->data = data;
		child->capacity = capacity;
	}
	length = read(child->fds[FRAMES], child->data + child->used,
	    child->capacity - child->used);
	if (length <= 0)
		return length < 0 && errno == EINTR;
	child->used += (size_t)length;
	take_frames(child);
	return true;
}

/* What does not fit is of no interest. */
static bool
read_words(struct child *child)
{
	char buffer[1024];
	ssize_t length = read(child->fds[WORDS], buffer, sizeof(buffer));
	size_t room = WORDS_MAX - child->n_words;

	if (length <= 0)
		return length < 0 && errno == EINTR;
	if ((size_t)length < room)
		room = (size_t)length;
	memcpy(child->words + child->n_words, buffer, room);
	child->n_words += room;
	return true;
}

/* Its last words become the error: lines, with something between them. */
static void
take_words(struct child *child)
{
	char text[WORDS_MAX + 1], *at = text;
	size_t i;

	while (child->n_words > 0 && child->words[child->n_words - 1] == '\n')
		child->n_words--;
	for (i = 0; i < child->n_words; i++)
		*at++ = child->words[i] == '\n' || child->words[i] == '\t'
			    ? ' '
			    : child->words[i];
	*at = '\0';
	po_text_clean(child->answer.error, text, (size_t)(at - text));
}

static void
tell_end(struct child *child, int status)
{
	struct po_ask_answer *answer = &child->answer;

	if (child->late)
		snprintf(answer->error, sizeof(answer->error),
		    "no complete answer in time");
	else if (answer->error[0] == '\0' && child->n_words > 0)
		take_words(child);
	if (answer->error[0] != '\0')
		return;
	if (WIFSIGNALED(status))
		snprintf(answer->error, sizeof(answer->error),
		    "the process that asked it ended by signal %d",
		    WTERMSIG(status));
	else
		snprintf(answer->error, sizeof(answer->error),
		    "the process that asked it ended without an answer");
}

/* Both streams are at their end, or it takes too long. */
static void
end_child(struct crowd *crowd, struct child *child)
{
	struct po_ask_answer *answer = &child->answer;
	int status = 0;
	size_t i;

	for (i = 0; i < STREAMS; i++)
		if (child->fds[i] >= 0)
			close(child->fds[i]);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!child->answered || status != 0 || child->late) {
		free(answer->image);
		answer->image = NULL;
		tell_end(child, status);
	} else {
		answer->error[0] = '\0';
	}
	crowd->done++;
	crowd->rows += answer->facts.rows;
	free(child->data);
	child->pid = 0;
	crowd->options->answered(crowd->options->context, answer);
	free(answer->image);
}

static void
handle_child(struct crowd *crowd, struct child *child, uint64_t now,
    const struct pollfd *polled)
{
	size_t i;
	bool more;

	for (i = 0; i < STREAMS; i++) {
		if (child->fds[i] < 0 || polled[i].revents == 0)
			continue;
		more = i == FRAMES ? read_frames(child) : read_words(child);
		if (more)
			continue;
		close(child->fds[i]);
		child->fds[i] = -1;
	}
	if (child->deadline != 0 && now >= child->deadline && !child->late &&
	    (child->fds[FRAMES] >= 0 || child->fds[WORDS] >= 0)) {
		child->late = true;
		kill(child->pid, SIGKILL);
	}
	if (child->fds[FRAMES] < 0 && child->fds[WORDS] < 0)
		end_child(crowd, child);
}

static void
tell_progress(const struct crowd *crowd)
{
	uint64_t rows = crowd->rows;
	size_t i;

	if (crowd->options->progress == NULL)
		return;
	for (i = 0; i < AT_ONCE; i++)
		if (crowd->children[i].pid != 0)
			rows += crowd->children[i].rows;
	crowd->options->progress(
	    crowd->options->context, crowd->done, crowd->count, rows);
}

/* Somebody to read from, at every place of children. */
static void
wait_for_children(struct crowd *crowd)
{
	struct pollfd polled[AT_ONCE * STREAMS];
	struct child *child;
	uint64_t now;
	size_t i, k;

	for (i = 0; i < AT_ONCE; i++) {
		child = &crowd->children[i];
		for (k = 0; k < STREAMS; k++) {
			polled[i * STREAMS + k] = (struct pollfd){
			    .fd = child->pid == 0 ? -1 : child->fds[k],
			    .events = POLLIN,
			};
		}
	}
	if (poll(polled, AT_ONCE * STREAMS, PROGRESS_INTERVAL) < 0)
		return;
	now = po_clock_us();
	for (i = 0; i < AT_ONCE; i++)
		if (crowd->children[i].pid != 0)
			handle_child(crowd, &crowd->children[i], now,
			    polled + i * STREAMS);
}

/* A host that cannot be asked for lack of processes waits for its turn. */
static int
start_children(struct crowd *crowd)
{
	size_t i;
	int error = 0;

	for (i = 0; i < AT_ONCE && crowd->started < crowd->count; i++) {
		if (crowd->children[i].pid != 0)
			continue;
		error = start_child(crowd, &crowd->children[i]);
		if (error != 0)
			break;
	}
	return crowd->started > crowd->done ? 0 : error;
}

int
po_ask_hosts(const struct po_ask_options *options, const char *const *hosts,
    size_t count)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	int error = 0;

	if (crowd == NULL)
		return -ENOMEM;
	crowd->options = options;
	crowd->hosts = hosts;
	crowd->count = count;
	while (crowd->done < count && error == 0) {
		error = start_children(crowd);
		if (error == 0)
			wait_for_children(crowd);
		tell_progress(crowd);
	}
	free(crowd);
	return error;
}
