/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of the MIB-2 stream.  The messages stand in an order that is the
 * kernel's own, so what a table needs is looked up among all of them: its
 * group, which says how long its rows are, and its list of inodes.
 */
#include "collect/illumos_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/illumos_wire.h"
#include "collect/octets.h"

#define NO_CREATOR 0 /* no offset of one: no row begins with it */

/* Rows of this length have the creator there, and his time behind it. */
struct form {
	uint32_t size;
	uint32_t creator;
	uint32_t created;
};

#define FORMS 5

/*
 * A table.  group and row: where its rows' length is told.  forms: Solaris 10;
 * from 2006 on; the same where 64-bit integers are aligned (SPARC); from 2019
 * on, and SmartOS since.  IPv6 rows are aligned as they are.
 */
struct table {
	uint32_t level, name;
	uint32_t group, row;
	struct form forms[FORMS];
	void (*take)(const uint8_t *row, struct po_socket *socket);
};

struct reading {
	const struct po_illumos_message *messages;
	size_t n;
	uint32_t stack;
	struct po_illumos_notes *notes;
	int (*visit)(void *context, const struct po_illumos_socket *socket);
	void *context;
};

/* A number that is no port is none. */
static uint16_t
take_port(const uint8_t *at)
{
	const uint32_t port = po_octets_u32(at);

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static void
take_tcp_state(const uint8_t *at, struct po_socket *socket)
{
	const uint32_t state = po_octets_u32(at);

	socket->local.protocol = PO_PROTOCOL_TCP;
	socket->state = state >= PO_STATE_CLOSED && state <= PO_STATE_TIME_WAIT
			    ? (uint8_t)state
			    : PO_STATE_CLOSED;
	socket->connected = socket->state != PO_STATE_CLOSED &&
			    socket->state != PO_STATE_LISTEN;
	if (socket->state == PO_STATE_LISTEN)
		socket->queue_length = socket->queue_limit = PO_QUEUE_UNKNOWN;
}

static void
take_udp_state(const uint8_t *at, struct po_socket *socket)
{
	socket->local.protocol = PO_PROTOCOL_UDP;
	socket->connected = po_octets_u32(at) == PO_MIB2_UDP_CONNECTED;
	socket->state =
	    socket->connected ? PO_STATE_ESTABLISHED : PO_STATE_NONE;
}

static void
take_tcp(const uint8_t *row, struct po_socket *socket)
{
	take_tcp_state(row + PO_MIB2_TCP_STATE, socket);
	po_octets_ipv4(row + PO_MIB2_TCP_LOCAL, &socket->local.address);
	socket->local.port = take_port(row + PO_MIB2_TCP_LOCAL_PORT);
	po_octets_ipv4(row + PO_MIB2_TCP_REMOTE, &socket->remote);
	socket->remote_port = take_port(row + PO_MIB2_TCP_REMOTE_PORT);
}

static void
take_tcp6(const uint8_t *row, struct po_socket *socket)
{
	const uint32_t zone = po_octets_u32(row + PO_MIB2_TCP6_INTERFACE);

	take_tcp_state(row + PO_MIB2_TCP6_STATE, socket);
	po_octets_ipv6(row + PO_MIB2_TCP6_LOCAL, zone, &socket->local.address);
	socket->local.port = take_port(row + PO_MIB2_TCP6_LOCAL_PORT);
	po_octets_ipv6(row + PO_MIB2_TCP6_REMOTE, zone, &socket->remote);
	socket->remote_port = take_port(row + PO_MIB2_TCP6_REMOTE_PORT);
}

static void
take_udp(const uint8_t *row, struct po_socket *socket)
{
	take_udp_state(row + PO_MIB2_UDP_STATE, socket);
	po_octets_ipv4(row + PO_MIB2_UDP_LOCAL, &socket->local.address);
	socket->local.port = take_port(row + PO_MIB2_UDP_LOCAL_PORT);
	po_octets_ipv4(row + PO_MIB2_UDP_REMOTE, &socket->remote);
	socket->remote_port = take_port(row + PO_MIB2_UDP_REMOTE_PORT);
}

static void
take_udp6(const uint8_t *row, struct po_socket *socket)
{
	const uint32_t zone = po_octets_u32(row + PO_MIB2_UDP6_INTERFACE);

	take_udp_state(row + PO_MIB2_UDP6_STATE, socket);
	po_octets_ipv6(row + PO_MIB2_UDP6_LOCAL, zone, &socket->local.address);
	socket->local.port = take_port(row + PO_MIB2_UDP6_LOCAL_PORT);
	po_octets_ipv6(row + PO_MIB2_UDP6_REMOTE, zone, &socket->remote);
	socket->remote_port = take_port(row + PO_MIB2_UDP6_REMOTE_PORT);
}

static const struct table tables[] = {
    {PO_MIB2_TCP, PO_MIB2_TCP_CONN, PO_MIB2_TCP, PO_MIB2_TCP_ROW,
	{{56, NO_CREATOR, 0}, {68, 56, 60}, {72, 56, 64}, {172, 160, 164},
	    {176, 164, 168}},
	take_tcp},
    {PO_MIB2_TCP6, PO_MIB2_TCP6_CONN, PO_MIB2_TCP, PO_MIB2_TCP6_ROW,
	{{84, NO_CREATOR, 0}, {96, 84, 88}, {200, 188, 192}, {204, 192, 196}},
	take_tcp6},
    {PO_MIB2_UDP, PO_MIB2_UDP_ENTRY, PO_MIB2_UDP, PO_MIB2_UDP_ROW,
	{{20, NO_CREATOR, 0}, {36, 24, 28}, {40, 24, 32}}, take_udp},
    {PO_MIB2_UDP6, PO_MIB2_UDP6_ENTRY, PO_MIB2_UDP, PO_MIB2_UDP6_ROW,
	{{48, NO_CREATOR, 0}, {64, 52, 56}}, take_udp6},
};

/* The message, or NULL. */
static const struct po_illumos_message *
find(const struct reading *reading, uint32_t level, uint32_t name)
{
	const struct po_illumos_message *message;
	size_t i;

	for (i = 0; i < reading->n; i++) {
		message = &reading->messages[i];
		if (message->level == level && message->name == name)
			return message;
	}
	return NULL;
}

/*
 * How this kernel's rows are.  Rows grow behind what every program knows of
 * them, so of longer ones that is taken, but not where the creator stands.
 * Returns false if the kernel does not say, or what cannot be.
 */
static bool
find_form(
    const struct reading *reading, const struct table *table, struct form *form)
{
	const struct po_illumos_message *group;
	uint32_t longest = 0;
	size_t i;

	group = find(reading, table->group, PO_MIB2_GROUP);
	if (group == NULL || group->length < table->row + sizeof(form->size)) {
		reading->notes->odd++;
		return false;
	}
	memset(form, 0, sizeof(*form));
	form->size = po_octets_u32((const uint8_t *)group->data + table->row);
	for (i = 0; i < FORMS && table->forms[i].size != 0; i++) {
		longest = table->forms[i].size;
		if (form->size != longest)
			continue;
		*form = table->forms[i];
		return true;
	}
	reading->notes->odd++;
	return form->size > longest && form->size % 4 == 0;
}

bool
po_illumos_is_nobodys(const struct po_illumos_socket *socket)
{
	return socket->socket.state == PO_STATE_TIME_WAIT ||
	       socket->socket.state == PO_STATE_SYN_RECEIVED;
}

static void
finish(const struct form *form, const uint8_t *row, uint32_t stack,
    struct po_illumos_socket *socket)
{
	socket->socket.local.stack = stack;
	socket->socket.uid = PO_UID_UNKNOWN;
	if (!socket->socket.connected) {
		memset(
		    &socket->socket.remote, 0, sizeof(socket->socket.remote));
		socket->socket.remote_port = 0;
	}
	if (form->creator == NO_CREATOR)
		return;
	socket->created = po_octets_u64(row + form->created);
	if (!po_illumos_is_nobodys(socket))
		socket->creator = po_octets_u32(row + form->creator);
}

/*
 * What the list of inodes says of a row.  It is in the order of the rows, with
 * nothing about some of them: at moves on to where row would be.
 */
static void
take_info(const struct po_illumos_message *infos, size_t *at, uint64_t row,
    struct po_illumos_socket *socket)
{
	const uint8_t *info;

	for (; infos != NULL && *at + PO_MIB2_INFO_SIZE <= infos->length;
	     *at += PO_MIB2_INFO_SIZE) {
		info = (const uint8_t *)infos->data + *at;
		if (po_octets_u64(info + PO_MIB2_INFO_ROW) < row)
			continue;
		if (po_octets_u64(info + PO_MIB2_INFO_ROW) > row ||
		    po_illumos_is_nobodys(socket))
			return;
		socket->has_info = true;
		socket->of_ipv6 = po_octets_u64(info + PO_MIB2_INFO_FLAGS) &
				  PO_MIB2_INFO_IPV6;
		socket->inode = po_octets_u64(info + PO_MIB2_INFO_INODE);
		socket->device = po_octets_u64(info + PO_MIB2_INFO_DEVICE);
		return;
	}
}

static int
decode_rows(const struct reading *reading, const struct table *table,
    const struct form *form, const struct po_illumos_message *rows)
{
	const struct po_illumos_message *infos;
	const uint8_t *at = rows->data;
	struct po_illumos_socket socket;
	uint64_t row;
	size_t place = 0;
	int error;

	infos = find(reading, table->level, PO_MIB2_SOCK_INFO);
	if (infos != NULL && infos->length % PO_MIB2_INFO_SIZE != 0)
		return -EBADMSG;
	for (row = 0; row < rows->length / form->size; row++) {
		memset(&socket, 0, sizeof(socket));
		table->take(at, &socket.socket);
		finish(form, at, reading->stack, &socket);
		take_info(infos, &place, row, &socket);
		at += form->size;
		if (socket.socket.local.port == 0)
			continue;
		error = reading->visit(reading->context, &socket);
		if (error < 0)
			return error;
	}
	return rows->length % form->size == 0 ? 0 : -EBADMSG;
}

static int
decode_table(const struct reading *reading, const struct table *table)
{
	const struct po_illumos_message *rows;
	struct form form;

	rows = find(reading, table->level, table->name);
	if (rows == NULL || rows->length == 0)
		return 0;
	if (!find_form(reading, table, &form))
		return 0;
	if (form.creator != NO_CREATOR)
		reading->notes->creators = true;
	return decode_rows(reading, table, &form, rows);
}

int
po_illumos_decode(const struct po_illumos_message *messages, size_t n,
    uint32_t stack, struct po_illumos_notes *notes,
    int (*visit)(void *context, const struct po_illumos_socket *socket),
    void *context)
{
	const struct reading reading = {
	    .messages = messages,
	    .n = n,
	    .stack = stack,
	    .notes = notes,
	    .visit = visit,
	    .context = context,
	};
	int error = 0;
	size_t i;

	memset(notes, 0, sizeof(*notes));
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (find(&reading, tables[i].level, PO_MIB2_SOCK_INFO) != NULL)
			notes->infos = true;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && error == 0; i++)
		error = decode_table(&reading, &tables[i]);
	return error;
}

void
po_illumos_stream_free(struct po_illumos_stream *stream)
{
	size_t i;

	for (i = 0; i < stream->n; i++)
		free((void *)(uintptr_t)stream->messages[i].data);
	free(stream->messages);
	memset(stream, 0, sizeof(*stream));
}
