/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases as illumos's tables, with inodes and, as before 2019, with creators
 * alone.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/illumos_wire.h"
#include "illumos_fake.h"
#include "meaning.h"

static const struct po_illumos_clock meaning_clock = {.boot = 0, .tick = 1};

static uint32_t
state_of(const struct meaning_socket *socket)
{
	/* Where TCP and UDP differ: IDLE is a number of UDP's alone. */
	static const uint8_t states[] = {
	    [MEANING_BOUND] = PO_STATE_CLOSED,
	    [MEANING_LISTENING] = PO_STATE_LISTEN,
	    [MEANING_ESTABLISHED] = PO_STATE_ESTABLISHED,
	    [MEANING_TIME_WAIT] = PO_STATE_TIME_WAIT,
	    [MEANING_SYN_RECEIVED] = PO_STATE_SYN_RECEIVED,
	};

	if (socket->protocol == PO_PROTOCOL_UDP)
		return socket->state == MEANING_ESTABLISHED
			   ? PO_MIB2_UDP_CONNECTED
			   : PO_MIB2_UDP_IDLE;
	return states[socket->state];
}

/* The kernel keeps a socket with a mapped address as one of IPv4. */
static struct fake_illumos_row
make_row(const struct meaning_socket *socket)
{
	struct fake_illumos_row row = {
	    .protocol = socket->protocol,
	    .ipv6 = unit_address(socket->local, 0).type == PO_ADDRESS_IPV6,
	    .local = socket->local,
	    .port = socket->port,
	    .remote = socket->remote,
	    .remote_port = socket->remote_port,
	    .zone = socket->zone,
	    .state = state_of(socket),
	    .creator = socket->holders[0],
	    .created = 100 + socket->handle,
	    .inode = socket->handle,
	};

	row.of_ipv6 = row.mapped = socket->ipv6 && !row.ipv6;
	return row;
}

static void
add_rows(struct fake_illumos *fake, const struct meaning_socket *socket)
{
	struct fake_illumos_row row = make_row(socket);

	fake_illumos_add(fake, &row);
	if (!row.ipv6 || socket->v6only || strcmp(row.local, "::") != 0)
		return;
	row.ipv6 = false;
	row.of_ipv6 = true;
	row.local = "0.0.0.0";
	fake_illumos_add(fake, &row);
}

/* By the file that each holder has. */
static int
add_holders(struct po_builder *builder, const struct po_illumos_rows *rows,
    const struct meaning_socket *socket)
{
	const struct fake_illumos_row row = make_row(socket);
	uint8_t octets[FAKE_FILE_ROOM];
	struct po_illumos_file file;
	const size_t length = fake_illumos_file(octets, &row);
	uint64_t handle;
	int error = 0;
	size_t i;

	if (po_illumos_decode_file(octets, length, &file) < 0)
		return -EBADMSG;
	handle = po_illumos_find(rows, &file);
	for (i = 0; i < MEANING_HOLDERS && socket->holders[i] != 0 &&
		    handle != 0 && error == 0;
	     i++)
		error =
		    po_builder_add_owner(builder, handle, socket->holders[i]);
	return error;
}

static int
fill_of(enum fake_system system, struct po_builder *builder,
    const struct meaning_socket *sockets, size_t n)
{
	const bool creators = system < FAKE_ILLUMOS;
	struct fake_illumos *fake = malloc(sizeof(*fake));
	struct po_illumos_rows rows = {0}, merged = {0};
	struct po_illumos_notes notes;
	int error;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fake);
	fake_illumos_begin(fake, system);
	for (i = 0; i < n; i++)
		add_rows(fake, &sockets[i]);
	error = po_illumos_decode(
	    fake->messages, FAKE_MESSAGES, 0, &notes, po_illumos_keep, &rows);
	po_illumos_join(&rows);
	for (i = 0; i < rows.count && error == 0; i++)
		error = po_illumos_keep(&merged, &rows.items[i]);
	po_illumos_merge(&merged, creators);
	if (error == 0)
		error = po_illumos_tell(
		    &merged, creators ? &meaning_clock : NULL, builder);
	for (i = 0; i < n && error == 0 && !creators; i++)
		error = add_holders(builder, &rows, &sockets[i]);
	free(rows.items);
	free(merged.items);
	free(fake);
	return error;
}

static int
fill(struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	return fill_of(FAKE_ILLUMOS, builder, sockets, n);
}

static int
fill_creators(
    struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	return fill_of(FAKE_SOLARIS_11, builder, sockets, n);
}

static int
fill_smartos(
    struct po_builder *builder, const struct meaning_socket *sockets, size_t n)
{
	return fill_of(FAKE_SMARTOS, builder, sockets, n);
}

const struct meaning_adapter meaning_illumos = {
    .name = "illumos",
    .lacks = MEANING_RAW | MEANING_QUEUE,
    .fill = fill,
};

const struct meaning_adapter meaning_smartos = {
    .name = "SmartOS",
    .lacks = MEANING_RAW | MEANING_QUEUE,
    .fill = fill_smartos,
};

const struct meaning_adapter meaning_illumos_creators = {
    .name = "illumos, creators alone",
    .lacks = MEANING_RAW | MEANING_QUEUE | MEANING_SHARED,
    .processes_first = true,
    .fill = fill_creators,
};
