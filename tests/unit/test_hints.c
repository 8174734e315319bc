/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector's process with a source of events that the test is: who wants
 * to know of changes is told, once, in time, and not too often.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/client.h"
#include "broker/server.h"
#include "model/clock.h"
#include "unit.h"

#define SPACING 200000 /* us, the server's */
#define SOON 5000 /* ms */
#define QUIET 400 /* ms: longer than the spacing */

/* Shared with the server's process. */
static struct shared {
	volatile int collections;
	volatile int hold; /* collections wait for an octet in go */
} * shared;

static int events[2], begun[2], go[2];
static char folder[] = "/tmp/po-hints-XXXXXX";
static char path[64];
static pid_t server;
static int control[2];

/* The collector that the server is linked with. */

int
po_collector_open(const struct po_collect_options *options,
    struct po_collector **collector, char *error, size_t error_size)
{
	(void)options;
	(void)error;
	(void)error_size;
	*collector = NULL;
	return 0;
}

int
po_collector_collect_pieces(struct po_collector *collector,
    struct po_pieces *pieces, char *error, size_t error_size)
{
	static struct po_builder *builder;
	const struct po_builder_options options = {.max_rows = 1};
	const struct po_seal seal = {.source = "test", .taken = po_clock_us()};
	char octet;

	(void)collector;
	(void)error;
	(void)error_size;
	shared->collections++;
	if (shared->hold &&
	    (write(begun[1], "b", 1) != 1 || read(go[0], &octet, 1) != 1))
		return -EIO;
	po_builder_free(builder);
	builder = po_builder_new(&options);
	return po_builder_seal_pieces(builder, &seal, pieces);
}

const char *
po_collector_source(const struct po_collector *collector)
{
	(void)collector;
	return "test";
}

int
po_collector_event_fd(const struct po_collector *collector)
{
	(void)collector;
	return events[0];
}

void
po_collector_acknowledge(struct po_collector *collector)
{
	char octets[64];

	(void)collector;
	while (read(events[0], octets, sizeof(octets)) > 0)
		;
}

void
po_collector_close(struct po_collector *collector)
{
	(void)collector;
}

static int
confine(void *context)
{
	(void)context;
	return 0;
}

static void
be_quiet(int priority, const char *sentence)
{
	(void)priority;
	(void)sentence;
}

static void
serve(void)
{
	struct po_server_options options = {
	    .control = control[1],
	    .confine = confine,
	    .patience = 60,
	    .log = be_quiet,
	};

	close(control[0]);
	options.listener = po_server_listen(path, (gid_t)-1, false);
	_exit(po_server_run(&options) == 0 ? 0 : 1);
}

static void
begin(void)
{
	char octet;

	shared->collections = shared->hold = 0;
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
	server = fork();
	CU_ASSERT_TRUE_FATAL(server >= 0);
	if (server == 0)
		serve();
	close(control[1]);
	CU_ASSERT_EQUAL_FATAL(read(control[0], &octet, 1), 1);
}

static void
end(void)
{
	int status;

	close(control[0]);
	CU_ASSERT_EQUAL(waitpid(server, &status, 0), server);
	CU_ASSERT_EQUAL(status, 0);
	unlink(path);
}

static void
raise_event(void)
{
	CU_ASSERT_EQUAL(write(events[1], "e", 1), 1);
}

static struct po_client *
new_reader(bool wants_hints)
{
	struct po_client *client = po_client_new(path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(client);
	po_client_want_hints(client, wants_hints);
	return client;
}

static void
fetch(struct po_client *client, uint32_t max_age)
{
	struct po_shared *snapshot;

	CU_ASSERT_EQUAL_FATAL(
	    po_client_fetch(client, max_age, SOON, &snapshot), 0);
	po_shared_release(snapshot);
}

/* What comes within so many milliseconds; 0: nothing. */
static int
hear(struct po_client *client, int timeout)
{
	const uint64_t deadline = po_clock_us() + (uint64_t)timeout * 1000;
	struct po_shared *snapshot = NULL;
	struct pollfd fd;
	int result = 0;
	uint64_t now;

	while (result == 0 && (now = po_clock_us()) < deadline) {
		fd = (struct pollfd){po_client_descriptor(client), POLLIN, 0};
		if (poll(&fd, 1, (int)((deadline - now) / 1000) + 1) == 1)
			result = po_client_receive(client, &snapshot);
	}
	if (result == 1)
		po_shared_release(snapshot);
	return result;
}

static void
test_who_asked(void)
{
	struct po_client *curious, *other;

	begin();
	curious = new_reader(true);
	other = new_reader(false);
	fetch(curious, 0);
	fetch(other, 0);
	raise_event();
	CU_ASSERT_EQUAL(hear(curious, SOON), PO_CLIENT_HINT);
	CU_ASSERT_EQUAL(hear(other, QUIET), 0);
	/* Once, until it asks again. */
	raise_event();
	CU_ASSERT_EQUAL(hear(curious, QUIET), 0);
	fetch(curious, 0);
	raise_event();
	CU_ASSERT_EQUAL(hear(curious, SOON), PO_CLIENT_HINT);
	po_client_free(curious);
	po_client_free(other);
	end();
}

static void
test_not_too_often(void)
{
	struct po_client *client;
	uint64_t first, last;
	int i;

	begin();
	client = new_reader(true);
	fetch(client, 0);
	raise_event();
	CU_ASSERT_EQUAL(hear(client, SOON), PO_CLIENT_HINT);
	first = po_clock_us();
	for (i = 0; i < 3; i++) {
		fetch(client, 0);
		raise_event();
		CU_ASSERT_EQUAL(hear(client, SOON), PO_CLIENT_HINT);
	}
	last = po_clock_us();
	/* The first may have been heard a little late. */
	CU_ASSERT_TRUE(last - first > 3 * SPACING - SPACING / 2);
	po_client_free(client);
	end();
}

/* An event while a snapshot is taken: the answer comes, then the hint. */
static void
test_while_collecting(void)
{
	struct po_client *client;
	char octet;

	begin();
	client = new_reader(true);
	shared->hold = 1;
	CU_ASSERT_EQUAL(po_client_request(client, 0), 0);
	CU_ASSERT_EQUAL(read(begun[0], &octet, 1), 1);
	raise_event();
	CU_ASSERT_EQUAL(write(go[1], "g", 1), 1);
	CU_ASSERT_EQUAL(hear(client, SOON), 1);
	CU_ASSERT_EQUAL(hear(client, SOON), PO_CLIENT_HINT);
	po_client_free(client);
	end();
}

/* A collection that begins after an event finds what it was of. */
static void
test_before_collecting(void)
{
	struct po_client *client, *other;
	char octet;
	int before;

	begin();
	client = new_reader(true);
	other = new_reader(false);
	fetch(client, 0);
	/* The server is busy while both the event and a request come. */
	shared->hold = 1;
	CU_ASSERT_EQUAL(po_client_request(other, 0), 0);
	CU_ASSERT_EQUAL(read(begun[0], &octet, 1), 1);
	shared->hold = 0;
	raise_event();
	/* Only what is younger than the event will do: it is collected anew. */
	CU_ASSERT_EQUAL(write(go[1], "g", 1), 1);
	CU_ASSERT_EQUAL(hear(other, SOON), 1);
	CU_ASSERT_EQUAL(hear(client, SOON), PO_CLIENT_HINT);
	before = shared->collections;
	fetch(client, 0);
	CU_ASSERT_EQUAL(shared->collections, before + 1);
	CU_ASSERT_EQUAL(hear(client, QUIET), 0);
	po_client_free(client);
	po_client_free(other);
	end();
}

/* A snapshot that is at hand is not asked for in vain. */
static void
test_fetch_passes_over(void)
{
	struct po_client *client;
	int i;

	begin();
	client = new_reader(true);
	for (i = 0; i < 10; i++) {
		fetch(client, 0);
		raise_event();
		usleep(SPACING / 4);
	}
	CU_ASSERT_TRUE(shared->collections >= 10);
	po_client_free(client);
	end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"who asked is told, once", test_who_asked},
	    {"not too often", test_not_too_often},
	    {"an event while a snapshot is taken", test_while_collecting},
	    {"an event before", test_before_collecting},
	    {"who waits for an answer gets it", test_fetch_passes_over},
	    CU_TEST_INFO_NULL,
	};
	int status;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || mkdtemp(folder) == NULL ||
	    pipe(events) != 0 || pipe(begun) != 0 || pipe(go) != 0)
		return 1;
	fcntl(events[0], F_SETFL, O_NONBLOCK);
	snprintf(path, sizeof(path), "%s/socket", folder);
	status = unit_main("hints", tests);
	rmdir(folder);
	return status;
}
