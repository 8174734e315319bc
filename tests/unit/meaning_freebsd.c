/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases as FreeBSD's lists.
 */
#include "collect/freebsd_wire.h"
#include "freebsd_fake.h"
#include "meaning.h"

static uint8_t
families_of(const struct meaning_socket *socket)
{
	const bool ipv4 =
	    unit_address(socket->local, 0).type == PO_ADDRESS_IPV4;
	uint8_t families = socket->ipv6 ? PO_INP_IPV6_SOCKET : 0;

	families |= ipv4 ? PO_INP_IPV4 : PO_INP_IPV6;
	/* The kernel takes IPv4 in where it is a wildcard. */
	if (socket->ipv6 && !socket->v6only && strcmp(socket->local, "::") == 0)
		families |= PO_INP_IPV4;
	return families;
}

static uint8_t
state_of(const struct meaning_socket *socket)
{
	static const uint8_t states[] = {
	    [MEANING_BOUND] = PO_TCPS_CLOSED,
	    [MEANING_LISTENING] = PO_TCPS_LISTEN,
	    [MEANING_ESTABLISHED] = PO_TCPS_ESTABLISHED,
	    [MEANING_TIME_WAIT] = PO_TCPS_TIME_WAIT,
	    [MEANING_SYN_RECEIVED] = PO_TCPS_SYN_RECEIVED,
	};

	return states[socket->state];
}

static void
add_pcb(struct fake *fake, const struct meaning_socket *socket, uint64_t number)
{
	struct fake_pcb pcb = {
	    .list = socket->protocol == PO_PROTOCOL_TCP	  ? PO_FREEBSD_TCP
		    : socket->protocol == PO_PROTOCOL_UDP ? PO_FREEBSD_UDP
							  : PO_FREEBSD_RAW,
	    .local = socket->local,
	    .local_port = socket->port,
	    .remote = socket->remote,
	    .remote_port = socket->remote_port,
	    .families = families_of(socket),
	    .state = state_of(socket),
	    .handle = socket->handle,
	    .generation = number,
	    .uid = socket->uid,
	    .zone = (uint16_t)socket->zone,
	    .queue = socket->queue,
	    .limit = socket->limit,
	};
	size_t i;

	fake_add_pcb(fake, &pcb);
	for (i = 0; i < MEANING_HOLDERS && socket->holders[i] != 0; i++)
		fake_add_file(fake, socket->holders[i], socket->handle);
}

static int
add_row(void *builder, const struct po_freebsd_socket *socket)
{
	return po_builder_add_socket(builder, &socket->socket);
}

static int
add_owner(void *builder, const struct po_freebsd_file *file)
{
	return po_builder_add_owner(builder, file->handle, file->pid);
}

static int
fill(struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	struct fake *fake = fake_new();
	struct po_freebsd_notes notes;
	int error = 0, list;
	size_t i;

	for (i = 0; i < n; i++)
		add_pcb(fake, &sockets[i], i + 1);
	for (list = 0; list < PO_FREEBSD_SOCKET_LISTS && error == 0; list++)
		error = po_freebsd_decode_sockets((enum po_freebsd_list)list,
		    fake->lists[list].octets, fake->lists[list].size, 0, &notes,
		    add_row, builder);
	if (error == 0)
		error = po_freebsd_decode_files(
		    fake->lists[PO_FREEBSD_FILES].octets,
		    fake->lists[PO_FREEBSD_FILES].size, &notes, add_owner,
		    builder);
	fake_free(fake);
	return error;
}

const struct meaning_adapter meaning_freebsd = {
    .name = "freebsd",
    .fill = fill,
};
