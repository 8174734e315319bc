/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UTF-8 by the table of RFC 3629 (no overlong forms, no surrogates), addresses
 * by RFC 5952, names of protocols by IANA's registry.
 */
#include "model/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {
    {PO_PROTOCOL_TCP, "tcp"},
    {PO_PROTOCOL_UDP, "udp"},
    {PO_PROTOCOL_DCCP, "dccp"},
    {PO_PROTOCOL_SCTP, "sctp"},
    {PO_PROTOCOL_UDPLITE, "udplite"},
    {PO_PROTOCOL_RAW, "raw"},
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

/*
 * The character at p, of at most left octets: its length in octets and code
 * point, or length 0 where the octets are not UTF-8.
 */
static size_t
decode_utf8(const unsigned char *p, size_t left, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length, i;

	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > left)
		return 0;
	*code = p[0] & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < smallest[length] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/*
 * Characters that change the line or its direction rather than show: C0, C1,
 * DEL, line and paragraph separators, bidirectional controls.
 */
static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       code == 0x061c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* Writes one octet's escape; returns its length. */
static size_t
escape_octet(unsigned char octet, char *out)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	switch (octet) {
	case '\n':
		out[1] = 'n';
		return 2;
	case '\t':
		out[1] = 't';
		return 2;
	case '\\':
		out[1] = '\\';
		return 2;
	}
	out[1] = 'x';
	out[2] = digits[octet >> 4];
	out[3] = digits[octet & 15];
	return 4;
}

size_t
po_text_clean(char out[PO_TEXT_MAX + 1], const char *in, size_t length)
{
	const unsigned char *p = (const unsigned char *)in;
	size_t used = 0, at = 0, taken, size, i;
	uint32_t code;
	char piece[16];

	while (at < length) {
		taken = decode_utf8(p + at, length - at, &code);
		size = 0;
		if (taken == 0 || is_control(code) || code == '\\') {
			taken = taken == 0 ? 1 : taken;
			for (i = 0; i < taken; i++)
				size += escape_octet(p[at + i], piece + size);
		} else {
			memcpy(piece, p + at, taken);
			size = taken;
		}
		if (used + size > PO_TEXT_MAX)
			break;
		memcpy(out + used, piece, size);
		used += size;
		at += taken;
	}
	out[used] = '\0';
	return used;
}

bool
po_text_is_clean(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0, taken;
	uint32_t code;

	if (length > PO_TEXT_MAX)
		return false;
	while (at < length) {
		taken = decode_utf8(p + at, length - at, &code);
		if (taken == 0 || is_control(code))
			return false;
		at += taken;
	}
	return true;
}

bool
po_text_number(const char *text, size_t length, uint32_t max, uint32_t *number)
{
	uint64_t value = 0;
	size_t i;

	if (length == 0)
		return false;
	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

const char *
po_protocol_name(uint8_t protocol, char buffer[16])
{
	size_t i;

	for (i = 0; i < N_PROTOCOLS; i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	snprintf(buffer, 16, "proto-%u", protocol);
	return buffer;
}

int
po_protocol_number(const char *name)
{
	size_t i;

	for (i = 0; i < N_PROTOCOLS; i++)
		if (strcmp(protocols[i].name, name) == 0)
			return protocols[i].number;
	return -1;
}

/* Without printf(3), as a listing of all sockets sees a lot of them. */
size_t
po_number_format(uint32_t number, char out[PO_NUMBER_SIZE])
{
	char digits[PO_NUMBER_SIZE - 1];
	size_t count = 0, at;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	for (at = 0; at < count; at++)
		out[at] = digits[count - 1 - at];
	out[count] = '\0';
	return count;
}

static char *
put_number(char *out, uint32_t number)
{
	return out + po_number_format(number, out);
}

static char *
put_octet(char *out, unsigned int octet)
{
	if (octet >= 100)
		*out++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*out++ = (char)('0' + octet / 10 % 10);
	*out++ = (char)('0' + octet % 10);
	return out;
}

static char *
put_ipv4(char *out, const uint8_t bytes[4])
{
	size_t i;

	for (i = 0; i < 4; i++) {
		if (i > 0)
			*out++ = '.';
		out = put_octet(out, bytes[i]);
	}
	*out = '\0';
	return out;
}

static char *
put_ipv6(char *out, const uint8_t bytes[16])
{
	inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN);
	return out + strlen(out);
}

size_t
po_address_format(
    const struct po_address *address, char out[PO_ADDRESS_TEXT_SIZE])
{
	char *end = out;

	switch (address->type) {
	case PO_ADDRESS_IPV4:
	case PO_ADDRESS_IPV4Z:
		end = put_ipv4(out, address->bytes);
		break;
	case PO_ADDRESS_IPV6:
	case PO_ADDRESS_IPV6Z:
		end = put_ipv6(out, address->bytes);
		break;
	default:
		*end++ = '*';
		*end = '\0';
	}
	if (address->type == PO_ADDRESS_IPV4Z ||
	    address->type == PO_ADDRESS_IPV6Z) {
		*end++ = '%';
		end = put_number(end, address->zone);
	}
	return (size_t)(end - out);
}

size_t
po_address_port_format(const struct po_address *address, uint16_t port,
    char out[PO_ADDRESS_TEXT_SIZE + 8])
{
	bool brackets = address->type == PO_ADDRESS_IPV6 ||
			address->type == PO_ADDRESS_IPV6Z;
	char *end = out;

	if (brackets)
		*end++ = '[';
	end += po_address_format(address, end);
	if (brackets)
		*end++ = ']';
	*end++ = ':';
	return (size_t)(put_number(end, port) - out);
}

size_t
po_endpoint_format(
    const struct po_endpoint *endpoint, char out[PO_ENDPOINT_TEXT_SIZE])
{
	char name[16], *end;

	end = stpcpy(out, po_protocol_name(endpoint->protocol, name));
	*end++ = ' ';
	end += po_address_port_format(&endpoint->address, endpoint->port, end);
	if (endpoint->stack != 0) {
		end = stpcpy(end, " stack ");
		end = put_number(end, endpoint->stack);
	}
	return (size_t)(end - out);
}
