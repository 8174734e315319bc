/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases as lines of Linux's /proc/net.  They lack what makes the collector
 * look further: the families of a wildcard, zones; and TCP sockets that are
 * bound only.
 */
#include <stdio.h>

#include "collect/linux_procnet_decode.h"
#include "meaning_linux.h"

/* As the kernel prints it: words in the byte order of the host. */
static void
print_address(
    char text[33], const struct meaning_socket *socket, const char *address)
{
	const size_t words = socket->ipv6 ? 4 : 1;
	uint8_t octets[16];
	uint32_t word;
	size_t i;

	meaning_linux_address(socket, address, octets);
	for (i = 0; i < words; i++) {
		word = (uint32_t)octets[4 * i + 3] << 24 |
		       (uint32_t)octets[4 * i + 2] << 16 |
		       (uint32_t)octets[4 * i + 1] << 8 | octets[4 * i];
		snprintf(text + 8 * i, 9, "%08X", word);
	}
}

static int
add_line(struct po_builder *builder, const struct meaning_socket *socket)
{
	const struct po_procnet_table table = {
	    .protocol = socket->protocol,
	    .ipv6 = socket->ipv6,
	    .little_endian = true,
	};
	char line[256], local[33], remote[33];
	struct po_socket row;
	int result;

	print_address(local, socket, socket->local);
	print_address(remote, socket, socket->remote);
	snprintf(line, sizeof(line),
	    "   0: %s:%04X %s:%04X %02X %08X:%08X 00:00000000 00000000 %5u"
	    "        0 %llu 1 0000000000000000 100 0 0 10 0",
	    local, socket->port, remote, socket->remote_port,
	    meaning_linux_state(socket), 0, socket->queue, socket->uid,
	    (unsigned long long)socket->handle);
	result = po_procnet_decode(&table, line, strlen(line), &row);
	return result == 1 ? po_builder_add_socket(builder, &row) : result;
}

static int
fill(struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	int error = 0;
	size_t i;

	for (i = 0; i < n && error == 0; i++)
		error = add_line(builder, &sockets[i]);
	return error != 0 ? error : meaning_add_holders(builder, sockets, n);
}

const struct meaning_adapter meaning_procnet = {
    .name = "Linux /proc/net",
    .lacks = MEANING_DUAL | MEANING_ZONE | MEANING_LIMIT | MEANING_BOUND_TCP,
    .fill = fill,
};
