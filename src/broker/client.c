/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector is not trusted more than needed: replies have one size, memory
 * that could still change is refused, and what it holds is validated by whoever
 * is going to use it, when he has the time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/client_private.h"
#include "broker/rights.h"
#include "broker/socket.h"

struct po_client {
	struct sockaddr_un address;
	int fd;
	bool waiting;
	bool hints; /* are wanted */
	size_t got; /* octets of reply */
	struct po_broker_reply reply;
	int image; /* the descriptor that came with it, or -1 */
	int (*connect)(void *context); /* NULL: by the address */
	void *context;
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

void
po_client_set_connect(
    struct po_client *client, int (*function)(void *context), void *context)
{
	client->connect = function;
	client->context = context;
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

int
po_client_fail(struct po_client *client, const char *what, int error)
{
	snprintf(client->error, sizeof(client->error), "%s: %s: %s",
	    client->address.sun_path, what, strerror(-error));
	disconnect(client);
	return error;
}

void
po_client_want_hints(struct po_client *client, bool wanted)
{
	client->hints = wanted;
}

static int
connect_client(struct po_client *client)
{
	if (client->connect != NULL) {
		client->fd = client->connect(client->context);
		return client->fd >= 0
			   ? 0
			   : po_client_fail(client, "no collector", client->fd);
	}
	client->fd = po_socket_open(AF_UNIX, SOCK_STREAM);
	if (client->fd < 0)
		return po_client_fail(client, "no socket", -errno);
	/* A local connection stands at once or not at all. */
	if (connect(client->fd, (struct sockaddr *)&client->address,
		sizeof(client->address)) != 0)
		return po_client_fail(client, "no collector", -errno);
	return 0;
}

int
po_client_request(struct po_client *client, uint32_t max_age)
{
	const struct po_broker_request request = {
	    .magic = PO_BROKER_MAGIC,
	    .version = PO_BROKER_VERSION,
	    .max_age = max_age,
	    .flags = client->hints ? PO_BROKER_WANTS_HINT : 0,
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
		return po_client_fail(client, "the collector has gone",
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

/* Takes in octets of the reply: 1 when it is complete, 0, or -errno. */
static int
read_reply(struct po_client *client)
{
	ssize_t got;

	got = po_rights_receive(client->fd,
	    (char *)&client->reply + client->got,
	    sizeof(client->reply) - client->got, MSG_DONTWAIT, &client->image);
	if (got == -EAGAIN || got == -EWOULDBLOCK || got == -EINTR)
		return 0;
	if (got <= 0)
		return got < 0 ? (int)got : -EPIPE;
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
		return po_client_fail(client, "the collector has gone", result);
	if (client->reply.magic != PO_BROKER_MAGIC ||
	    client->reply.version != PO_BROKER_VERSION)
		return po_client_fail(
		    client, "not the protocol of this version", -EPROTO);
	if (client->reply.kind == PO_BROKER_HINT && client->hints) {
		forget_image(client);
		return PO_CLIENT_HINT;
	}
	if (client->reply.kind != PO_BROKER_ANSWER)
		return po_client_fail(client, "a reply of no kind", -EPROTO);
	if (client->reply.status != 0)
		return take_failure(client);
	if (client->image < 0)
		return po_client_fail(
		    client, "a reply without a snapshot", -EPROTO);
	result = po_share_map(client->image, client->reply.size, shared);
	if (result != 0)
		return po_client_refuse(client, result);
	memcpy(
	    (*shared)->source, client->reply.text, sizeof((*shared)->source));
	(*shared)->source[sizeof((*shared)->source) - 1] = '\0';
	forget_image(client);
	client->waiting = false;
	return 1;
}
