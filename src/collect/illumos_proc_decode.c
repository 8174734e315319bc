/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of illumos's and Solaris's /proc.
 */
#include <errno.h>
#include <string.h>

#include "collect/illumos_decode.h"
#include "collect/illumos_wire.h"
#include "collect/octets.h"

/* What follows a prfdinfo_t, as far as it tells which socket it is. */
struct items {
	struct po_bytes name, peer, type;
};

/* Returns 0, or -EBADMSG if the list has no end: what it lacks counts. */
static int
find_items(const uint8_t *at, size_t length, struct items *items)
{
	const uint8_t *item;
	struct po_bytes *found;
	uint32_t size, step;

	memset(items, 0, sizeof(*items));
	for (item = at; length >= PO_PRMISC_SIZE;
	     item += step, length -= step) {
		size = po_octets_u32(item + PO_PRMISC_LENGTH);
		if (size == 0)
			return 0;
		if (size > length || size < PO_PRMISC_SIZE)
			return -EBADMSG;
		step =
		    size % 4 == 0 || size > length - 3 ? size : (size | 3) + 1;
		switch (po_octets_u32(item + PO_PRMISC_KIND)) {
		case PO_PRMISC_NAME:
			found = &items->name;
			break;
		case PO_PRMISC_PEER:
			found = &items->peer;
			break;
		case PO_PRMISC_TYPE:
			found = &items->type;
			break;
		default:
			continue;
		}
		found->data = (const char *)item + PO_PRMISC_SIZE;
		found->length = size - PO_PRMISC_SIZE;
	}
	return -EBADMSG;
}

/* False: it is of another family. */
static bool
take_name(
    const struct po_bytes *name, struct po_address *address, uint16_t *port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *at = (const uint8_t *)name->data;
	uint16_t family;

	if (name->length < PO_SOCKADDR_IPV4_SIZE)
		return false;
	family = po_octets_u16(at + PO_SOCKADDR_FAMILY);
	*port = po_octets_net16(po_octets_u16(at + PO_SOCKADDR_PORT));
	if (family == PO_ILLUMOS_INET) {
		po_octets_ipv4(at + PO_SOCKADDR_IPV4, address);
		return true;
	}
	if (family != PO_ILLUMOS_INET6 || name->length < PO_SOCKADDR_IPV6_SIZE)
		return false;
	at += PO_SOCKADDR_IPV6;
	if (memcmp(at, mapped, sizeof(mapped)) == 0)
		po_octets_ipv4(at + sizeof(mapped), address);
	else
		po_octets_ipv6(at, 0, address);
	return true;
}

static uint8_t
take_protocol(const struct po_bytes *type)
{
	if (type->length < sizeof(uint32_t))
		return 0;
	switch (po_octets_u32((const uint8_t *)type->data)) {
	case PO_ILLUMOS_STREAM:
		return PO_PROTOCOL_TCP;
	case PO_ILLUMOS_DGRAM:
		return PO_PROTOCOL_UDP;
	default:
		return 0;
	}
}

int
po_illumos_decode_file(
    const void *buffer, size_t length, struct po_illumos_file *file)
{
	const uint8_t *at = buffer;
	struct items items;
	uint32_t mode;

	memset(file, 0, sizeof(*file));
	if (length < PO_PRFDINFO_SIZE)
		return -EBADMSG;
	file->inode = po_octets_u64(at + PO_PRFDINFO_INODE);
	/* A dev_t of the kernel's, which the tables have. */
	file->device = (uint64_t)po_octets_u32(at + PO_PRFDINFO_MAJOR) << 32 |
		       po_octets_u32(at + PO_PRFDINFO_MINOR);
	if (file->device != 0)
		return 1;
	mode = po_octets_u32(at + PO_PRFDINFO_MODE);
	if ((mode & PO_ILLUMOS_FORMAT) != PO_ILLUMOS_SOCKET)
		return 0;
	if (find_items(
		at + PO_PRFDINFO_SIZE, length - PO_PRFDINFO_SIZE, &items) != 0)
		return -EBADMSG;
	file->protocol = take_protocol(&items.type);
	if (file->protocol == 0 ||
	    !take_name(&items.name, &file->local, &file->port) ||
	    file->port == 0)
		return 0;
	/* Without a peer there is no such item. */
	return items.peer.data == NULL ||
	       take_name(&items.peer, &file->remote, &file->remote_port);
}

int
po_illumos_decode_process(
    const void *buffer, size_t length, struct po_illumos_process *process)
{
	const uint8_t *at = buffer, *start = at + PO_PSINFO_START;
	const char *text = buffer;

	if (length != PO_PSINFO_SIZE)
		return -EBADMSG;
	process->pid = po_octets_u32(at + PO_PSINFO_PID);
	process->parent = po_octets_u32(at + PO_PSINFO_PARENT);
	process->uid = po_octets_u32(at + PO_PSINFO_UID);
	process->zone = po_octets_u32(at + PO_PSINFO_ZONE);
	process->contract = po_octets_u32(at + PO_PSINFO_CONTRACT);
	process->start =
	    po_octets_u64(start) * 1000000000 + po_octets_u64(start + 8);
	process->command.data = text + PO_PSINFO_COMMAND;
	process->command.length =
	    strnlen(process->command.data, PO_PSINFO_COMMAND_SIZE);
	process->arguments.data = text + PO_PSINFO_ARGUMENTS;
	process->arguments.length =
	    strnlen(process->arguments.data, PO_PSINFO_ARGUMENTS_SIZE);
	return 0;
}
