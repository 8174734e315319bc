/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text tables of /proc/net, as the kernel's tcp4_seq_show and its like
 * print them.  Fields stand between blanks, their widths grow with the values.
 */
#include "collect/linux_procnet_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/linux_socket.h"
#include "collect/linux_task_decode.h"

/* A line's fields in order. */
enum field {
	FIELD_SLOT,
	FIELD_LOCAL,
	FIELD_REMOTE,
	FIELD_STATE,
	FIELD_QUEUES, /* tx:rx */
	FIELD_TIMER, /* kind:expires */
	FIELD_RETRANSMITS,
	FIELD_UID,
	FIELD_TIMEOUT, /* may be negative */
	FIELD_INODE,
	FIELDS
};

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

/* Finds up to count fields of a line; returns how many there are. */
static size_t
split(const char *line, size_t length, struct po_bytes *fields, size_t count)
{
	size_t at = 0, from, found = 0;

	while (found < count) {
		while (at < length && is_blank(line[at]))
			at++;
		if (at == length)
			break;
		from = at;
		while (at < length && !is_blank(line[at]))
			at++;
		fields[found].data = line + from;
		fields[found++].length = at - from;
	}
	return found;
}

static int
digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* A hexadecimal number of at most 16 digits that fills length octets. */
static bool
hex(const char *text, size_t length, uint64_t *value)
{
	uint64_t number = 0;
	size_t i;
	int digit;

	if (length == 0 || length > 16)
		return false;
	for (i = 0; i < length; i++) {
		digit = digit_value(text[i]);
		if (digit < 0)
			return false;
		number = number << 4 | (uint64_t)digit;
	}
	*value = number;
	return true;
}

/* Two hexadecimal numbers with a colon between them. */
static bool
hex_pair(struct po_bytes field, uint64_t *left, uint64_t *right)
{
	const char *colon = memchr(field.data, ':', field.length);
	size_t first;

	if (colon == NULL)
		return false;
	first = (size_t)(colon - field.data);
	return hex(field.data, first, left) &&
	       hex(colon + 1, field.length - first - 1, right);
}

/* Each 8 digits are a word of the address as its writer's CPU reads it. */
static bool
decode_words(const char *text, size_t words, bool little_endian, uint8_t *out)
{
	uint64_t value;
	unsigned shift;
	size_t i, k;

	for (i = 0; i < words; i++) {
		if (!hex(text + 8 * i, 8, &value))
			return false;
		for (k = 0; k < 4; k++) {
			shift = (unsigned)(little_endian ? 8 * k : 24 - 8 * k);
			out[4 * i + k] = (uint8_t)(value >> shift);
		}
	}
	return true;
}

static bool
decode_endpoint(const struct po_procnet_table *table, struct po_bytes field,
    struct po_address *address, uint16_t *port)
{
	size_t words = table->ipv6 ? 4 : 1;
	size_t digits = 8 * words;
	uint64_t value;

	if (field.length != digits + 5 || field.data[digits] != ':' ||
	    !decode_words(
		field.data, words, table->little_endian, address->bytes) ||
	    !hex(field.data + digits + 1, 4, &value))
		return false;
	address->type = table->ipv6 ? PO_ADDRESS_IPV6 : PO_ADDRESS_IPV4;
	*port = (uint16_t)value;
	return true;
}

static bool
decimal(struct po_bytes field, uint64_t limit, uint64_t *value)
{
	return po_task_decode_number(field.data, field.length, limit, value);
}

/* The fields that no row needs must still be what they should be. */
static bool
check_others(const struct po_bytes *fields)
{
	struct po_bytes slot = fields[FIELD_SLOT];
	struct po_bytes timeout = fields[FIELD_TIMEOUT];
	uint64_t left, right;

	if (slot.data[slot.length - 1] != ':')
		return false;
	slot.length--;
	if (timeout.data[0] == '-') {
		timeout.data++;
		timeout.length--;
	}
	return decimal(slot, UINT64_MAX, &left) &&
	       hex_pair(fields[FIELD_TIMER], &left, &right) &&
	       hex(fields[FIELD_RETRANSMITS].data,
		   fields[FIELD_RETRANSMITS].length, &left) &&
	       decimal(timeout, UINT64_MAX, &left);
}

static bool
is_heading(struct po_bytes first)
{
	return first.length == 2 && memcmp(first.data, "sl", 2) == 0;
}

static bool
decode_fields(const struct po_procnet_table *table,
    const struct po_bytes *fields, struct po_socket *socket)
{
	uint64_t state, sent, received, uid, inode;

	if (!check_others(fields) ||
	    !decode_endpoint(table, fields[FIELD_LOCAL], &socket->local.address,
		&socket->local.port) ||
	    !decode_endpoint(table, fields[FIELD_REMOTE], &socket->remote,
		&socket->remote_port) ||
	    !hex(
		fields[FIELD_STATE].data, fields[FIELD_STATE].length, &state) ||
	    state > UINT8_MAX ||
	    !hex_pair(fields[FIELD_QUEUES], &sent, &received) ||
	    sent > UINT32_MAX || received > UINT32_MAX ||
	    !decimal(fields[FIELD_UID], UINT32_MAX, &uid) ||
	    !decimal(fields[FIELD_INODE], UINT64_MAX, &inode))
		return false;
	socket->uid = (uint32_t)uid;
	socket->handle = inode;
	if (!po_linux_socket_complete(socket, (uint8_t)state))
		return false;
	if (socket->state == PO_STATE_LISTEN) {
		socket->queue_length = (uint32_t)received;
		socket->queue_limit = PO_QUEUE_UNKNOWN;
	}
	return true;
}

int
po_procnet_decode(const struct po_procnet_table *table, const char *line,
    size_t length, struct po_socket *socket)
{
	struct po_bytes fields[FIELDS];
	size_t found;

	memset(socket, 0, sizeof(*socket));
	found = split(line, length, fields, FIELDS);
	if (found > 0 && is_heading(fields[0]))
		return 0;
	if (found < FIELDS)
		return -EBADMSG;
	socket->local.stack = table->stack;
	socket->local.protocol = table->protocol;
	if (!decode_fields(table, fields, socket))
		return -EBADMSG;
	return socket->local.port == 0 ? 0 : 1;
}

int
po_procnet_decode_if_inet6(
    const char *line, size_t length, uint8_t address[16], uint32_t *zone)
{
	/* The address, its interface's index, then prefix, scope, flags. */
	struct po_bytes fields[2];
	uint64_t index;

	if (split(line, length, fields, 2) < 2 || fields[0].length != 32 ||
	    !decode_words(fields[0].data, 4, false, address) ||
	    !hex(fields[1].data, fields[1].length, &index) || index == 0 ||
	    index > INT32_MAX)
		return -EBADMSG;
	if (!po_linux_is_link_local(address))
		return 0;
	*zone = (uint32_t)index;
	return 1;
}

uint8_t
po_procnet_decode_protocol(const char *line, size_t length)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {
	    {"TCP", PO_PROTOCOL_TCP},
	    {"TCPv6", PO_PROTOCOL_TCP},
	    {"UDP", PO_PROTOCOL_UDP},
	    {"UDPv6", PO_PROTOCOL_UDP},
	    {"UDP-Lite", PO_PROTOCOL_UDPLITE},
	    {"UDPLITEv6", PO_PROTOCOL_UDPLITE},
	    {"RAW", PO_PROTOCOL_RAW},
	    {"RAWv6", PO_PROTOCOL_RAW},
	    {"SCTP", PO_PROTOCOL_SCTP},
	    {"SCTPv6", PO_PROTOCOL_SCTP},
	    {"DCCP", PO_PROTOCOL_DCCP},
	    {"DCCPv6", PO_PROTOCOL_DCCP},
	};
	struct po_bytes name;
	size_t i;

	if (split(line, length, &name, 1) == 0)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == name.length &&
		    memcmp(names[i].name, name.data, name.length) == 0)
			return names[i].number;
	return 0;
}
