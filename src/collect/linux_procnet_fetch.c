/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the socket tables of a /proc/PID/net.  They lack the scope of
 * link-local addresses, which if_inet6 of the same folder has: it is filled in
 * where that address stands on one interface only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/linux_private.h"
#include "collect/linux_procnet_decode.h"

#define BUFFER_SIZE 65536
#define SCOPES_MAX 1024

const struct linux_protocol linux_protocols[LINUX_PROTOCOLS] = {
    [LINUX_TCP] = {PO_PROTOCOL_TCP, "tcp", "tcp6"},
    [LINUX_UDP] = {PO_PROTOCOL_UDP, "udp", "udp6"},
    [LINUX_UDPLITE] = {PO_PROTOCOL_UDPLITE, "udplite", "udplite6"},
    [LINUX_RAW] = {PO_PROTOCOL_RAW, "raw", "raw6"},
    [LINUX_SCTP] = {PO_PROTOCOL_SCTP, NULL, NULL},
    [LINUX_DCCP] = {PO_PROTOCOL_DCCP, NULL, NULL},
};

struct scope {
	uint8_t address[16];
	uint32_t zone; /* 0: on more than one interface */
};

struct reader {
	struct po_procnet_table table;
	const struct linux_visitor *visitor;
	struct linux_set *ambiguous;
	struct scope *scopes;
	size_t n_scopes;
	uint32_t present;
};

/* Calls line() for each line of dir/name; a missing file has none. */
static int
each_line(int dir, const char *name,
    int (*line)(struct reader *, const char *, size_t), struct reader *reader)
{
	char buffer[BUFFER_SIZE];
	size_t used = 0, length;
	int fd, error = 0;
	char *at, *end;
	ssize_t got;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	while (error == 0) {
		got = read(fd, buffer + used, sizeof(buffer) - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error = got < 0 ? -errno : 0;
			break;
		}
		used += (size_t)got;
		for (at = buffer; error == 0; at = end + 1) {
			length = used - (size_t)(at - buffer);
			end = memchr(at, '\n', length);
			if (end == NULL)
				break;
			error = line(reader, at, (size_t)(end - at));
		}
		length = used - (size_t)(at - buffer);
		memmove(buffer, at, length);
		used = length;
		if (used == sizeof(buffer))
			error = -EBADMSG;
	}
	close(fd);
	return error;
}

static int
read_scope(struct reader *reader, const char *line, size_t length)
{
	struct scope *scope = &reader->scopes[reader->n_scopes];
	size_t i;

	if (reader->n_scopes == SCOPES_MAX ||
	    po_procnet_decode_if_inet6(
		line, length, scope->address, &scope->zone) != 1)
		return 0;
	for (i = 0; i < reader->n_scopes; i++)
		if (memcmp(reader->scopes[i].address, scope->address, 16) ==
		    0) {
			reader->scopes[i].zone = 0;
			return 0;
		}
	reader->n_scopes++;
	return 0;
}

static uint32_t
find_zone(const struct reader *reader, const struct po_address *address)
{
	size_t i;

	if (address->type != PO_ADDRESS_IPV6)
		return 0;
	for (i = 0; i < reader->n_scopes; i++)
		if (memcmp(reader->scopes[i].address, address->bytes, 16) == 0)
			return reader->scopes[i].zone;
	return 0;
}

static bool
is_link_local(const struct po_address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* A link-local address without its zone is not an address: complete both. */
static void
complete(const struct reader *reader, struct po_socket *socket)
{
	uint32_t zone = find_zone(reader, &socket->local.address);

	if (zone == 0)
		return;
	socket->local.address.type = PO_ADDRESS_IPV6Z;
	socket->local.address.zone = zone;
	if (socket->connected && socket->remote.type == PO_ADDRESS_IPV6 &&
	    is_link_local(&socket->remote)) {
		socket->remote.type = PO_ADDRESS_IPV6Z;
		socket->remote.zone = zone;
	}
}

/* Whether the table leaves open what only the socket itself can tell. */
static bool
is_ambiguous(const struct po_socket *socket)
{
	static const uint8_t any[16];
	const struct po_address *address = &socket->local.address;

	if (socket->handle == 0 || address->type != PO_ADDRESS_IPV6)
		return false;
	if (is_link_local(address))
		return true;
	return !socket->connected &&
	       socket->local.protocol != PO_PROTOCOL_RAW &&
	       memcmp(address->bytes, any, sizeof(any)) == 0;
}

static int
read_socket(struct reader *reader, const char *line, size_t length)
{
	struct po_socket socket;
	int result;

	result = po_procnet_decode(&reader->table, line, length, &socket);
	if (result <= 0)
		return result;
	complete(reader, &socket);
	if (reader->ambiguous != NULL && is_ambiguous(&socket) &&
	    linux_set_add(reader->ambiguous, socket.handle) != 0)
		return -ENOMEM;
	return reader->visitor->visit(reader->visitor->context, &socket);
}

static int
read_protocol(struct reader *reader, const char *line, size_t length)
{
	uint8_t number = po_procnet_decode_protocol(line, length);
	size_t i;

	for (i = 0; i < LINUX_PROTOCOLS; i++)
		if (linux_protocols[i].number == number)
			reader->present |= 1u << i;
	return 0;
}

uint32_t
linux_procnet_protocols(void)
{
	struct reader reader = {.present = 0};

	if (each_line(
		AT_FDCWD, "/proc/net/protocols", read_protocol, &reader) != 0 ||
	    reader.present == 0)
		/* TCP, UDP and raw are always there and load nothing. */
		return 1u << LINUX_TCP | 1u << LINUX_UDP | 1u << LINUX_RAW;
	return reader.present;
}

static int
read_tables(struct reader *reader, int dir, uint32_t protocols)
{
	const struct linux_protocol *protocol;
	int error = 0;
	size_t i;

	for (i = 0; i < LINUX_PROTOCOLS && error == 0; i++) {
		protocol = &linux_protocols[i];
		if ((protocols & 1u << i) == 0 || protocol->table == NULL)
			continue;
		reader->table.protocol = protocol->number;
		reader->table.ipv6 = false;
		error = each_line(dir, protocol->table, read_socket, reader);
		reader->table.ipv6 = true;
		if (error == 0)
			error = each_line(
			    dir, protocol->table6, read_socket, reader);
	}
	return error;
}

int
linux_procnet_list(const char *root, uint32_t stack, uint32_t protocols,
    const struct linux_visitor *visitor, struct linux_set *ambiguous)
{
	struct reader reader = {
	    .table = {.stack = stack},
	    .visitor = visitor,
	    .ambiguous = ambiguous,
	};
	const uint16_t one = 1;
	int dir, error;

	reader.table.little_endian = *(const uint8_t *)&one == 1;
	dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	reader.scopes = calloc(SCOPES_MAX, sizeof(*reader.scopes));
	error = reader.scopes == NULL ? -ENOMEM : 0;
	if (error == 0)
		error = each_line(dir, "if_inet6", read_scope, &reader);
	if (error == 0)
		error = read_tables(&reader, dir, protocols);
	free(reader.scopes);
	close(dir);
	return error;
}
