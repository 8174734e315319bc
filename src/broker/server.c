/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One loop: take in requests, collect if one of them wants it, take in what
 * came meanwhile (it shares the collection), answer.  No reader is ever waited
 * for: who does not take his answer within a second is dropped.
 */
#include "broker/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "broker/peer.h"
#include "broker/protocol.h"
#include "broker/rights.h"
#include "broker/share.h"
#include "broker/socket.h"
#include "model/clock.h"

#define ANSWER_PATIENCE 1000000 /* us */
#define LOOK 2 /* ms between looks at answers that were not taken */
#define HINTS 200000 /* us between two: so much a change may cost */

struct reader {
	int fd; /* -1: a free place */
	uid_t uid;
	size_t got; /* octets of request */
	uint64_t active; /* us: when it came or asked */
	struct po_broker_request request;
	bool waiting; /* its request is complete and not answered */
	bool wants_hint; /* and has got none since it asked */
	bool hint_due; /* there was an event that its snapshot may lack */
	uint64_t deadline; /* us: for taking the answer; 0: none is unread */
};

struct server {
	const struct po_server_options *options;
	struct po_collector *collector;
	struct reader readers[PO_READERS_MAX];
	int events; /* the collector's, -1: none */
	int broken; /* one that failed, and is not looked at any more */
	bool hints_due; /* some reader's */
	uint64_t hint_at; /* us: no sooner */
	int image; /* the snapshot at hand, -1: none */
	uint64_t size;
	uint64_t taken;
	int status; /* of the last collection */
	char error[PO_BROKER_TEXT];
};

static void
drop_reader(struct reader *reader)
{
	close(reader->fd);
	reader->fd = -1;
}

static bool
is_in(const gid_t *groups, size_t count, gid_t gid)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/*
 * Whether who is at the other end may read, and his uid: root, the collector's
 * own user, and the members of the allowed groups.
 */
static bool
is_allowed(const struct server *server, int fd, uid_t *uid)
{
	const gid_t *allowed = server->options->groups;
	const size_t n = server->options->n_groups;
	struct po_peer peer;
	size_t i;

	if (po_peer_look(fd, &peer) != 0)
		return false;
	*uid = peer.uid;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	for (i = 0; i < peer.n_groups; i++)
		if (is_in(allowed, n, peer.groups[i]))
			return true;
	return false;
}

/* Takes in what has come of a request; anything odd ends the reader. */
static void
read_request(struct reader *reader)
{
	ssize_t got;

	if (reader->waiting || reader->deadline != 0)
		return;
	/* recv(), not recvmsg(): descriptors that were sent are closed. */
	got = recv(reader->fd, (char *)&reader->request + reader->got,
	    sizeof(reader->request) - reader->got, MSG_DONTWAIT);
	if (got < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (got <= 0) {
		drop_reader(reader);
		return;
	}
	reader->got += (size_t)got;
	if (reader->got < sizeof(reader->request))
		return;
	reader->got = 0;
	if (reader->request.magic != PO_BROKER_MAGIC ||
	    reader->request.version != PO_BROKER_VERSION) {
		drop_reader(reader);
		return;
	}
	reader->active = po_clock_us();
	reader->waiting = true;
	reader->wants_hint =
	    (reader->request.flags & PO_BROKER_WANTS_HINT) != 0;
}

static bool
is_own(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* A free place for a reader of this uid, or NULL. */
static struct reader *
find_place(struct server *server, uid_t uid)
{
	struct reader *place = NULL, *reader;
	size_t of_user = 0;

	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++) {
		if (reader->fd < 0)
			place = reader;
		else if (reader->uid == uid)
			of_user++;
	}
	if (!is_own(uid) && of_user >= PO_READERS_OF_USER)
		return NULL;
	return place;
}

/*
 * Makes place where there is none: those who have gone leave, and for root and
 * the own user also whoever among the others has been idle for longest.
 */
static struct reader *
make_place(struct server *server, uid_t uid)
{
	struct reader *idle = NULL, *reader;
	struct reader *end = server->readers + PO_READERS_MAX;

	for (reader = server->readers; reader < end; reader++)
		if (reader->fd >= 0)
			read_request(reader);
	for (reader = server->readers; reader < end; reader++)
		if (reader->fd >= 0 && !reader->waiting &&
		    !is_own(reader->uid) &&
		    (idle == NULL || reader->active < idle->active))
			idle = reader;
	if (is_own(uid) && idle != NULL && find_place(server, uid) == NULL)
		drop_reader(idle);
	return find_place(server, uid);
}

static void
accept_readers(struct server *server)
{
	struct reader *reader;
	uid_t uid = 0;
	int fd;

	while ((fd = po_socket_accept(server->options->listener)) >= 0) {
		reader = NULL;
		if (is_allowed(server, fd, &uid)) {
			reader = find_place(server, uid);
			if (reader == NULL)
				reader = make_place(server, uid);
		}
		if (reader == NULL) {
			close(fd);
			continue;
		}
		po_peer_limit(fd, sizeof(struct po_broker_reply));
		memset(reader, 0, sizeof(*reader));
		reader->fd = fd;
		reader->uid = uid;
		reader->active = po_clock_us();
	}
}

static void
read_requests(struct server *server)
{
	size_t i;

	accept_readers(server);
	for (i = 0; i < PO_READERS_MAX; i++)
		if (server->readers[i].fd >= 0)
			read_request(&server->readers[i]);
}

/* Whether a waiting reader wants a fresher snapshot than the one at hand. */
static bool
is_wanted(const struct server *server)
{
	const struct reader *reader;
	uint64_t age = po_clock_us() - server->taken;

	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++)
		if (reader->fd >= 0 && reader->waiting &&
		    (server->image < 0 ||
			age > (uint64_t)reader->request.max_age * 1000))
			return true;
	return false;
}

static int
collect_image(struct server *server)
{
	struct po_pieces pieces;
	int fd, result;

	result = po_collector_collect_pieces(
	    server->collector, &pieces, server->error, sizeof(server->error));
	if (result != 0)
		return result;
	if (server->error[0] != '\0')
		server->options->log(LOG_WARNING, server->error);
	fd = po_share_create(&pieces);
	if (fd < 0) {
		snprintf(server->error, sizeof(server->error),
		    "no shared memory for a snapshot: %s", strerror(-fd));
		return fd;
	}
	if (server->image >= 0)
		close(server->image);
	server->image = fd;
	server->size = pieces.size;
	server->taken = pieces.header->taken;
	return 0;
}

/* Another source may have taken over, with events of its own. */
static void
find_events(struct server *server)
{
	const int fd = po_collector_event_fd(server->collector);

	server->events = fd == server->broken ? -1 : fd;
}

static void
collect(struct server *server)
{
	int result;

	/* A collection that hangs ends the process, and a new one begins. */
	alarm(server->options->patience);
	result = collect_image(server);
	alarm(0);
	find_events(server);
	if (result != 0 && result != server->status)
		server->options->log(LOG_ERR, server->error);
	server->status = result;
}

/* Returns 0, or -EAGAIN where the reader has no room, or another -errno. */
static int
send_reply(const struct server *server, const struct reader *reader)
{
	struct po_broker_reply reply = {
	    .magic = PO_BROKER_MAGIC,
	    .version = PO_BROKER_VERSION,
	    .status = server->status,
	    .size = server->size,
	};
	ssize_t sent;

	snprintf(reply.text, sizeof(reply.text), "%s",
	    reply.status == 0 ? po_collector_source(server->collector)
			      : server->error);
	sent = po_rights_send(reader->fd, &reply, sizeof(reply),
	    reply.status == 0 ? server->image : -1);
	if (sent == (ssize_t)sizeof(reply))
		return 0;
	if (sent == -EAGAIN || sent == -EWOULDBLOCK || sent == -EINTR ||
	    sent == -ETOOMANYREFS)
		return -EAGAIN;
	return sent < 0 ? (int)sent : -EPIPE;
}

/*
 * An answer that is not taken holds a descriptor: whoever has one unread, or no
 * room for it, is asked nothing more, and dropped when the deadline has passed.
 */
static void
answer_reader(struct server *server, struct reader *reader, uint64_t now)
{
	int result = 0;

	if (reader->waiting) {
		result = send_reply(server, reader);
		if (result == 0)
			reader->waiting = false;
		if (reader->deadline == 0)
			reader->deadline = now + ANSWER_PATIENCE;
	}
	if (result != 0 && result != -EAGAIN)
		drop_reader(reader);
	else if (!reader->waiting && !po_peer_has_unread(reader->fd))
		reader->deadline = 0;
	else if (now > reader->deadline)
		drop_reader(reader);
}

static void
answer_readers(struct server *server)
{
	const uint64_t now = po_clock_us();
	struct reader *reader;

	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++)
		if (reader->fd >= 0 &&
		    (reader->waiting || reader->deadline != 0))
			answer_reader(server, reader, now);
}

/* A hint that finds no room is no hint less: the reader asks anyway. */
static void
send_hint(struct reader *reader)
{
	static const struct po_broker_reply hint = {
	    .magic = PO_BROKER_MAGIC,
	    .version = PO_BROKER_VERSION,
	    .kind = PO_BROKER_HINT,
	};
	ssize_t sent;

	sent = po_rights_send(reader->fd, &hint, sizeof(hint), -1);
	reader->hint_due = false;
	if (sent == (ssize_t)sizeof(hint))
		reader->wants_hint = false;
	else if (sent != -EAGAIN && sent != -EWOULDBLOCK && sent != -EINTR)
		drop_reader(reader);
}

/* Whoever waits for an answer gets that first. */
static void
hint_readers(struct server *server)
{
	const uint64_t now = po_clock_us();
	struct reader *reader;

	if (!server->hints_due || now < server->hint_at)
		return;
	server->hints_due = false;
	server->hint_at = now + HINTS;
	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++) {
		if (reader->fd < 0 || !reader->hint_due)
			continue;
		if (!reader->waiting)
			send_hint(reader);
		else
			server->hints_due = true;
	}
}

static void
note_event(struct server *server)
{
	struct reader *reader;

	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++) {
		if (reader->fd < 0 || !reader->wants_hint)
			continue;
		reader->hint_due = true;
		server->hints_due = true;
	}
}

/* A collection that begins now finds whatever there were events of. */
static void
forget_events(struct server *server)
{
	struct reader *reader;

	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++)
		if (reader->waiting)
			reader->hint_due = false;
}

static void
take_events(struct server *server)
{
	struct pollfd fd = {server->events, POLLIN, 0};

	if (server->events < 0 || poll(&fd, 1, 0) != 1)
		return;
	if ((fd.revents & POLLIN) == 0) {
		/* The source is gone: looking now and then still works. */
		server->options->log(
		    LOG_WARNING, "the kernel tells of no new listeners more");
		server->broken = server->events;
		server->events = -1;
		return;
	}
	po_collector_acknowledge(server->collector);
	note_event(server);
}

/* The time until hints are due, ms; or -1. */
static int
hint_timeout(const struct server *server)
{
	const uint64_t now = po_clock_us();

	if (!server->hints_due)
		return -1;
	return server->hint_at > now ? (int)((server->hint_at - now) / 1000) + 1
				     : 0;
}

/* Whether an event would change anything: somebody has to be told of it. */
static bool
wants_events(const struct server *server)
{
	const struct reader *reader;

	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++)
		if (reader->fd >= 0 && reader->wants_hint && !reader->hint_due)
			return true;
	return false;
}

/* Waits for anything to do; false when the control side has closed. */
static bool
wait_for_work(struct server *server)
{
	struct pollfd fds[PO_READERS_MAX + 3];
	const struct reader *reader;
	int timeout = hint_timeout(server);
	nfds_t n = 0;

	fds[n++] = (struct pollfd){server->options->control, POLLIN, 0};
	fds[n++] = (struct pollfd){server->options->listener, POLLIN, 0};
	if (wants_events(server))
		fds[n++] = (struct pollfd){server->events, POLLIN, 0};
	for (reader = server->readers;
	     reader < server->readers + PO_READERS_MAX; reader++) {
		if (reader->fd < 0)
			continue;
		/* No event tells that an answer was taken: look now and then. */
		if (reader->waiting || reader->deadline != 0)
			timeout =
			    timeout < 0 || timeout > LOOK ? LOOK : timeout;
		else
			fds[n++] = (struct pollfd){reader->fd, POLLIN, 0};
	}
	if (poll(fds, n, timeout) < 0)
		return errno == EINTR;
	return fds[0].revents == 0;
}

int
po_server_run(const struct po_server_options *options)
{
	struct server server = {
	    .options = options,
	    .events = -1,
	    .broken = -1,
	    .image = -1,
	};
	char error[PO_BROKER_TEXT];
	size_t i;
	int result;

	for (i = 0; i < PO_READERS_MAX; i++)
		server.readers[i].fd = -1;
	result = po_collector_open(
	    &options->collect, &server.collector, error, sizeof(error));
	if (result != 0) {
		options->log(LOG_ERR, error);
		return result;
	}
	if (error[0] != '\0')
		options->log(LOG_NOTICE, error);
	find_events(&server);
	result = options->confine(options->context);
	if (result != 0) {
		po_collector_close(server.collector);
		return result;
	}
	if (options->control >= 0 && write(options->control, "R", 1) < 0)
		options->log(LOG_WARNING, "nobody waits for the collector");
	while (wait_for_work(&server)) {
		read_requests(&server);
		take_events(&server);
		if (is_wanted(&server)) {
			forget_events(&server);
			collect(&server);
			if (server.status == -ENOTRECOVERABLE)
				break;
			read_requests(&server);
		}
		answer_readers(&server);
		hint_readers(&server);
	}
	for (i = 0; i < PO_READERS_MAX; i++)
		if (server.readers[i].fd >= 0)
			drop_reader(&server.readers[i]);
	if (server.image >= 0)
		close(server.image);
	po_collector_close(server.collector);
	return 0;
}
