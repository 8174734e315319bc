/* SPDX-License-Identifier: BSD-2-Clause */
#include "illumos_fake.h"

#include "collect/illumos_wire.h"

/* Messages stand as the kernel sends them: infos after their table. */
enum {
	TCP_GROUP,
	TCP,
	TCP_INFO,
	TCP6,
	TCP6_INFO,
	UDP_GROUP,
	UDP,
	UDP_INFO,
	UDP6,
	UDP6_INFO
};

static const uint32_t names[FAKE_MESSAGES][2] = {
    {PO_MIB2_TCP, PO_MIB2_GROUP},
    {PO_MIB2_TCP, PO_MIB2_TCP_CONN},
    {PO_MIB2_TCP, PO_MIB2_SOCK_INFO},
    {PO_MIB2_TCP6, PO_MIB2_TCP6_CONN},
    {PO_MIB2_TCP6, PO_MIB2_SOCK_INFO},
    {PO_MIB2_UDP, PO_MIB2_GROUP},
    {PO_MIB2_UDP, PO_MIB2_UDP_ENTRY},
    {PO_MIB2_UDP, PO_MIB2_SOCK_INFO},
    {PO_MIB2_UDP6, PO_MIB2_UDP6_ENTRY},
    {PO_MIB2_UDP6, PO_MIB2_SOCK_INFO},
};

/* The length of tcp's, tcp6's, udp's and udp6's rows. */
static const uint32_t sizes[][4] = {
    [FAKE_SOLARIS_10] = {56, 84, 20, 48},
    [FAKE_SOLARIS_11] = {68, 96, 36, 64},
    [FAKE_SPARC] = {72, 96, 40, 64},
    [FAKE_ILLUMOS] = {172, 200, 36, 64},
    [FAKE_SMARTOS] = {176, 204, 36, 64},
};

static void
put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static void
put_address(uint8_t *at, const char *text)
{
	struct po_address address;

	if (text == NULL)
		return;
	address = unit_address(text, 0);
	memcpy(at, address.bytes, address.type == PO_ADDRESS_IPV4 ? 4 : 16);
}

void
fake_illumos_begin(struct fake_illumos *fake, enum fake_system system)
{
	size_t i;

	memset(fake, 0, sizeof(*fake));
	fake->system = system;
	for (i = 0; i < FAKE_MESSAGES; i++) {
		fake->messages[i].level = names[i][0];
		fake->messages[i].name = names[i][1];
		fake->messages[i].data = fake->octets[i];
	}
	/* Systems without inodes do not send their list. */
	for (i = 0; i < FAKE_MESSAGES; i++)
		if (system < FAKE_ILLUMOS && names[i][1] == PO_MIB2_SOCK_INFO)
			fake->messages[i].level = 0;
	fake->messages[TCP_GROUP].length = 212;
	fake->messages[UDP_GROUP].length = 36;
	put(fake->octets[TCP_GROUP] + PO_MIB2_TCP_ROW, sizes[system][0], 4);
	put(fake->octets[TCP_GROUP] + PO_MIB2_TCP6_ROW, sizes[system][1], 4);
	put(fake->octets[UDP_GROUP] + PO_MIB2_UDP_ROW, sizes[system][2], 4);
	put(fake->octets[UDP_GROUP] + PO_MIB2_UDP6_ROW, sizes[system][3], 4);
}

static void
put_row(uint8_t *at, int table, const struct fake_illumos_row *row)
{
	static const struct {
		uint8_t state, local, port, remote, remote_port;
	} offsets[] = {
	    [TCP] = {0, 4, 8, 12, 16},
	    [TCP6] = {44, 0, 16, 20, 36},
	    [UDP] = {8, 0, 4, 12, 16},
	    [UDP6] = {24, 0, 16, 28, 44},
	};

	put(at + offsets[table].state, row->state, 4);
	put_address(at + offsets[table].local, row->local);
	put(at + offsets[table].port, row->port, 4);
	put_address(at + offsets[table].remote, row->remote);
	put(at + offsets[table].remote_port, row->remote_port, 4);
	if (table == TCP6)
		put(at + PO_MIB2_TCP6_INTERFACE, row->zone, 4);
	if (table == UDP6)
		put(at + PO_MIB2_UDP6_INTERFACE, row->zone, 4);
}

void
fake_illumos_add(struct fake_illumos *fake, const struct fake_illumos_row *row)
{
	const bool udp = row->protocol == PO_PROTOCOL_UDP;
	const int table =
	    udp ? (row->ipv6 ? UDP6 : UDP) : (row->ipv6 ? TCP6 : TCP);
	const uint32_t size = sizes[fake->system][2 * udp + row->ipv6];
	struct po_illumos_message *message = &fake->messages[table];
	uint8_t *at = fake->octets[table] + message->length, *info;
	/* From the end: creator and time; SPARC pads IPv4's. */
	const uint32_t back =
	    fake->system == FAKE_SPARC && !row->ipv6 ? 16 : 12;

	CU_ASSERT_FATAL(message->length + size <= FAKE_ROOM);
	put_row(at, table, row);
	if (fake->system != FAKE_SOLARIS_10) {
		put(at + size - back, row->creator, 4);
		put(at + size - 8, row->created, 8);
	}
	if (fake->system >= FAKE_ILLUMOS && row->inode != 0) {
		info = fake->octets[table + 1] + message[1].length;
		put(info + PO_MIB2_INFO_ROW, message->length / size, 8);
		put(info + PO_MIB2_INFO_INODE, row->inode, 8);
		put(info + PO_MIB2_INFO_FLAGS,
		    row->of_ipv6 && !row->mapped ? PO_MIB2_INFO_IPV6 : 0, 8);
		put(info + PO_MIB2_INFO_DEVICE, row->device, 8);
		message[1].length += PO_MIB2_INFO_SIZE;
	}
	message->length += size;
}

static size_t
put_item(uint8_t *at, uint32_t kind, const void *data, size_t size)
{
	put(at, PO_PRMISC_SIZE + size, 4);
	put(at + PO_PRMISC_KIND, kind, 4);
	memcpy(at + PO_PRMISC_SIZE, data, size);
	return PO_PRMISC_SIZE + size;
}

/* A socket of IPv6 has IPv4 addresses mapped, and wildcards of its own. */
static size_t
put_name(uint8_t *at, uint32_t kind, const char *text, uint16_t port, bool ipv6)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct po_address address = unit_address(text, 0);
	uint8_t name[PO_SOCKADDR_IPV6_SIZE] = {0};

	put(name, ipv6 ? PO_ILLUMOS_INET6 : PO_ILLUMOS_INET, 2);
	put(name + PO_SOCKADDR_PORT, htons(port), 2);
	if (!ipv6) {
		memcpy(name + PO_SOCKADDR_IPV4, address.bytes, 4);
		return put_item(at, kind, name, PO_SOCKADDR_IPV4_SIZE);
	}
	if (address.type == PO_ADDRESS_IPV4) {
		memcpy(name + PO_SOCKADDR_IPV6, mapped, sizeof(mapped));
		memcpy(name + PO_SOCKADDR_IPV6 + 12, address.bytes, 4);
	} else {
		memcpy(name + PO_SOCKADDR_IPV6, address.bytes, 16);
	}
	return put_item(at, kind, name, sizeof(name));
}

size_t
fake_illumos_file(
    uint8_t at[FAKE_FILE_ROOM], const struct fake_illumos_row *row)
{
	const bool tcp = row->protocol == PO_PROTOCOL_TCP;
	const bool ipv6 = row->ipv6 || row->of_ipv6;
	const char *local = row->of_ipv6 && !row->mapped ? "::" : row->local;
	const uint32_t type = tcp ? PO_ILLUMOS_STREAM : PO_ILLUMOS_DGRAM;
	uint8_t *end = at + PO_PRFDINFO_SIZE;

	memset(at, 0, FAKE_FILE_ROOM);
	put(at + PO_PRFDINFO_MODE,
	    row->device == 0 ? PO_ILLUMOS_SOCKET | 0666 : 020666, 4);
	put(at + PO_PRFDINFO_INODE, row->inode, 8);
	put(at + PO_PRFDINFO_MAJOR, row->device >> 32, 4);
	put(at + PO_PRFDINFO_MINOR, row->device, 4);
	if (row->device != 0)
		return (size_t)(end + PO_PRMISC_SIZE - at);
	end += put_name(end, PO_PRMISC_NAME, local, row->port, ipv6);
	if (row->remote != NULL && !(tcp && row->state == PO_STATE_SYN_SENT))
		end += put_name(
		    end, PO_PRMISC_PEER, row->remote, row->remote_port, ipv6);
	/* What else there is, and stands before what is wanted. */
	end += put_item(end, 3, "\x0a\0\0", 4);
	end += put_item(end, PO_PRMISC_TYPE, &type, sizeof(type));
	return (size_t)(end + PO_PRMISC_SIZE - at);
}
