/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector is not trusted more than needed: replies have one size, what
 * they carry is validated before it is used, and memory that could still
 * change is refused.
 */
#include "broker/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct po_client {
	struct sockaddr_un address;
	int fd;
	bool waiting;
	size_t got; /* octets of reply */
	struct po_broker_reply reply;
	int image; /* the descriptor that came with it, or -1 */
	char error[PO_BROKER_TEXT + 128];
};

struct po_client *
po_client_new(const char *path)
{
	struct po_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->fd = -1;
	client->image = -1;
	client->address.sun_family = AF_UNIX;
	snprintf(client->address.sun_path, sizeof(client->address.sun_path),
	    "%s", path);
	return client;
}

static void
forget_image(struct po_client *client)
{
	if (client->image >= 0)
		close(client->image);
	client->image = -1;
	client->got = 0;
}

static void
disconnect(struct po_client *client)
{
	forget_image(client);
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->waiting = false;
}

void
po_client_free(struct po_client *client)
{
	if (client == NULL)
		return;
	disconnect(client);
	free(client);
}

/* Remembers what went wrong and ends the connection. */
static int
fail(struct po_client *client, const char *what, int error)
{
	snprintf(client->error, sizeof(client->error), "%s: %s: %s",
	    client->address.sun_path, what, strerror(-error));
	disconnect(client);
	return error;
}

static int
connect_client(struct po_client *client)
{
	client->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client->fd < 0)
		return fail(client, "no socket", -errno);
	/* A local connection stands at once or not at all. */
	if (connect(client->fd, (struct sockaddr *)&client->address,
		sizeof(client->address)) != 0)
		return fail(client, "no collector", -errno);
	return 0;
}

int
po_client_request(struct po_client *client, uint32_t max_age)
{
	const struct po_broker_request request = {
	    .magic = PO_BROKER_MAGIC,
	    .version = PO_BROKER_VERSION,
	    .max_age = max_age,
	};
	ssize_t sent;
	int error;

	if (client->waiting)
		return 0;
	if (client->fd < 0) {
		error = connect_client(client);
		if (error != 0)
			return error;
	}
	sent = send(client->fd, &request, sizeof(request), MSG_NOSIGNAL);
	if (sent != (ssize_t)sizeof(request))
		return fail(client, "the collector has gone",
		    sent < 0 ? -errno : -EPIPE);
	client->waiting = true;
	return 0;
}

int
po_client_descriptor(const struct po_client *client)
{
	return client->fd;
}

bool
po_client_is_waiting(const struct po_client *client)
{
	return client->waiting;
}

const char *
po_client_error(const struct po_client *client)
{
	return client->error;
}

/* Keeps the one descriptor that belongs to a reply and closes any other. */
static void
take_descriptors(struct po_client *client, struct msghdr *message)
{
	struct cmsghdr *rights;
	size_t count, i;
	int fd;

	for (rights = CMSG_FIRSTHDR(message); rights != NULL;
	     rights = CMSG_NXTHDR(message, rights)) {
		if (rights->cmsg_level != SOL_SOCKET ||
		    rights->cmsg_type != SCM_RIGHTS)
			continue;
		count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int),
			    sizeof(int));
			if (client->image < 0)
				client->image = fd;
			else
				close(fd);
		}
	}
}

/* Takes in octets of the reply: 1 when it is complete, 0, or -errno. */
static int
read_reply(struct po_client *client)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec part = {(char *)&client->reply + client->got,
	    sizeof(client->reply) - client->got};
	struct msghdr message = {
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.data,
	    .msg_controllen = sizeof(control.data),
	};
	ssize_t got;

	got = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	if (got < 0)
		return -errno;
	take_descriptors(client, &message);
	if (got == 0)
		return -EPIPE;
	client->got += (size_t)got;
	return client->got == sizeof(client->reply);
}

/* A collection that failed says why; the connection is good for another. */
static int
take_failure(struct po_client *client)
{
	const int status = client->reply.status;

	client->reply.text[sizeof(client->reply.text) - 1] = '\0';
	snprintf(
	    client->error, sizeof(client->error), "%s", client->reply.text);
	forget_image(client);
	client->waiting = false;
	return status < 0 ? status : -EPROTO;
}

int
po_client_receive(struct po_client *client, struct po_shared **shared)
{
	int result;

	if (client->fd < 0)
		return -ENOTCONN;
	result = read_reply(client);
	if (result == 0)
		return 0;
	if (result < 0)
		return fail(client, "the collector has gone", result);
	if (client->reply.magic != PO_BROKER_MAGIC ||
	    client->reply.version != PO_BROKER_VERSION)
		return fail(
		    client, "not the protocol of this version", -EPROTO);
	if (client->reply.status != 0)
		return take_failure(client);
	if (client->image < 0)
		return fail(client, "a reply without a snapshot", -EPROTO);
	result = po_share_map(client->image, client->reply.size, shared);
	if (result != 0)
		return fail(client, "a snapshot that cannot be used", result);
	memcpy(
	    (*shared)->source, client->reply.text, sizeof((*shared)->source));
	(*shared)->source[sizeof((*shared)->source) - 1] = '\0';
	forget_image(client);
	client->waiting = false;
	return 1;
}

static uint64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
po_client_fetch(struct po_client *client, uint32_t max_age,
    unsigned int timeout, struct po_shared **shared)
{
	const uint64_t deadline = clock_ms() + timeout;
	struct pollfd fd;
	uint64_t now;
	int result;

	result = po_client_request(client, max_age);
	if (result != 0)
		return result;
	for (;;) {
		result = po_client_receive(client, shared);
		if (result != 0)
			return result < 0 ? result : 0;
		now = clock_ms();
		if (now >= deadline)
			return fail(client, "no answer in time", -ETIMEDOUT);
		fd = (struct pollfd){client->fd, POLLIN, 0};
		if (poll(&fd, 1, (int)(deadline - now)) < 0 && errno != EINTR)
			return fail(client, "poll", -errno);
	}
}
