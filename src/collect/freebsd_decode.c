/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of PCBs, descriptors and processes.  Lengths come from outside: each is
 * checked against what is left before anything is read.
 */
#include "collect/freebsd_decode.h"

#include <errno.h>
#include <string.h>

#include "collect/freebsd_address.h"
#include "collect/freebsd_wire.h"

struct pcbs {
	enum po_freebsd_list list;
	uint32_t stack;
	struct po_freebsd_notes *notes;
	int (*visit)(void *context, const struct po_freebsd_socket *socket);
	void *context;
};

static const uint8_t states[] = {
    [PO_TCPS_CLOSED] = PO_STATE_CLOSED,
    [PO_TCPS_LISTEN] = PO_STATE_LISTEN,
    [PO_TCPS_SYN_SENT] = PO_STATE_SYN_SENT,
    [PO_TCPS_SYN_RECEIVED] = PO_STATE_SYN_RECEIVED,
    [PO_TCPS_ESTABLISHED] = PO_STATE_ESTABLISHED,
    [PO_TCPS_CLOSE_WAIT] = PO_STATE_CLOSE_WAIT,
    [PO_TCPS_FIN_WAIT_1] = PO_STATE_FIN_WAIT_1,
    [PO_TCPS_CLOSING] = PO_STATE_CLOSING,
    [PO_TCPS_LAST_ACK] = PO_STATE_LAST_ACK,
    [PO_TCPS_FIN_WAIT_2] = PO_STATE_FIN_WAIT_2,
    [PO_TCPS_TIME_WAIT] = PO_STATE_TIME_WAIT,
};

const char *
po_freebsd_name(enum po_freebsd_list list)
{
	static const char *const names[] = {
	    [PO_FREEBSD_TCP] = "net.inet.tcp.pcblist",
	    [PO_FREEBSD_UDP] = "net.inet.udp.pcblist",
	    [PO_FREEBSD_RAW] = "net.inet.raw.pcblist",
	    [PO_FREEBSD_SCTP] = "net.inet.sctp.assoclist",
	    [PO_FREEBSD_FILES] = "kern.file",
	    [PO_FREEBSD_PROCESSES] = "kern.proc.proc",
	};

	return names[list];
}

/*
 * The addresses, by the families that the PCB is used for: an IPv6 socket that
 * has accepted an IPv4 connection is an IPv4 row.  False: it is for neither.
 */
static bool
take_addresses(const uint8_t *pcb, struct po_socket *socket)
{
	const uint8_t families = pcb[PO_XINPCB_FAMILIES];
	const uint8_t *local = pcb + PO_XINPCB_LOCAL;
	const uint8_t *foreign = pcb + PO_XINPCB_FOREIGN;

	if ((families & (PO_INP_IPV4 | PO_INP_IPV6)) == 0)
		return false;
	if ((families & PO_INP_IPV6) == 0) {
		po_freebsd_ipv4(&socket->local.address, local + 12);
		po_freebsd_ipv4(&socket->remote, foreign + 12);
		return true;
	}
	po_freebsd_ipv6(&socket->local.address, local);
	po_freebsd_ipv6(&socket->remote, foreign);
	/* A wildcard of both; of both and bound to one address: IPv6. */
	if ((families & PO_INP_IPV4) != 0 &&
	    po_freebsd_is_wildcard(&socket->local.address) &&
	    po_freebsd_is_wildcard(&socket->remote))
		socket->local.address.type = PO_ADDRESS_UNKNOWN;
	return true;
}

/* A stream's state; false: the kernel has one that is not known here. */
static bool
take_state(const uint8_t *record, struct po_socket *socket)
{
	const uint8_t *pcb = record + PO_XTCPCB_XINPCB;
	const uint32_t state = po_freebsd_u32(record + PO_XTCPCB_STATE);

	if (state >= sizeof(states))
		return false;
	socket->state = states[state];
	/* It is the socket that listens, before the protocol knows of it. */
	if (po_freebsd_u16(pcb + PO_XINPCB_OPTIONS) & PO_XINPCB_LISTENS)
		socket->state = PO_STATE_LISTEN;
	/*
	 * What was reset or refused keeps both ends until its descriptor is
	 * closed, but its port is anybody's again: it is not bound to it.
	 */
	socket->connected =
	    socket->state != PO_STATE_LISTEN &&
	    (socket->state != PO_STATE_CLOSED || socket->remote_port != 0);
	if (socket->state != PO_STATE_LISTEN)
		return true;
	socket->queue_length = po_freebsd_u32(pcb + PO_XINPCB_QUEUE);
	socket->queue_limit = po_freebsd_u32(pcb + PO_XINPCB_LIMIT);
	return true;
}

static void
connect_datagram(struct po_socket *socket)
{
	socket->connected = socket->remote_port != 0 ||
			    !po_freebsd_is_wildcard(&socket->remote);
	socket->state =
	    socket->connected ? PO_STATE_ESTABLISHED : PO_STATE_NONE;
}

static int
decode_pcb(const struct pcbs *pcbs, const uint8_t *record, const uint8_t *pcb)
{
	static const uint8_t protocols[] = {
	    [PO_FREEBSD_TCP] = PO_PROTOCOL_TCP,
	    [PO_FREEBSD_UDP] = PO_PROTOCOL_UDP,
	    [PO_FREEBSD_RAW] = PO_PROTOCOL_RAW,
	};
	struct po_freebsd_socket row;
	struct po_socket *socket = &row.socket;

	memset(&row, 0, sizeof(row));
	row.generation = po_freebsd_u64(pcb + PO_XINPCB_GENERATION);
	socket->local.stack = pcbs->stack;
	socket->local.protocol = protocols[pcbs->list];
	socket->local.port = po_freebsd_port(pcb + PO_XINPCB_LOCAL_PORT);
	if (pcbs->list == PO_FREEBSD_RAW)
		socket->local.port = pcb[PO_XINPCB_PROTOCOL];
	else
		socket->remote_port =
		    po_freebsd_port(pcb + PO_XINPCB_FOREIGN_PORT);
	if (socket->local.port == 0)
		return 0;
	if (!take_addresses(pcb, socket) ||
	    (pcbs->list == PO_FREEBSD_TCP && !take_state(record, socket))) {
		pcbs->notes->odd++;
		return 0;
	}
	if (pcbs->list != PO_FREEBSD_TCP)
		connect_datagram(socket);
	row.unheld =
	    (po_freebsd_u16(pcb + PO_XINPCB_STATE) & PO_XINPCB_UNHELD) != 0;
	po_freebsd_finish(socket, po_freebsd_u64(pcb + PO_XINPCB_SOCKET),
	    po_freebsd_u32(pcb + PO_XINPCB_UID));
	return pcbs->visit(pcbs->context, &row);
}

static int
decode_record(const struct pcbs *pcbs, const uint8_t *record, size_t size)
{
	const bool tcp = pcbs->list == PO_FREEBSD_TCP;
	const uint8_t *pcb = tcp ? record + PO_XTCPCB_XINPCB : record;
	const uint64_t inner = po_freebsd_u64(pcb + PO_XINPCB_LENGTH);

	/* Where there is no PCB yet (SYN_RECEIVED), the kernel leaves it 0. */
	if (size != (tcp ? PO_XTCPCB_SIZE : PO_XINPCB_SIZE) ||
	    (inner != PO_XINPCB_SIZE && inner != 0)) {
		pcbs->notes->odd++;
		return 0;
	}
	return decode_pcb(pcbs, record, pcb);
}

/* A header, records, and a trailer like the header. */
static int
decode_pcbs(const struct pcbs *pcbs, const uint8_t *at, size_t length)
{
	uint64_t generation, size;
	int error;

	/* A kernel without the protocol's first socket says nothing at all. */
	if (length == 0)
		return 0;
	if (length < PO_XINPGEN_SIZE ||
	    po_freebsd_u64(at + PO_XINPGEN_LENGTH) != PO_XINPGEN_SIZE)
		return -EBADMSG;
	/* Some kernels end the list there if there is nothing to tell. */
	if (length == PO_XINPGEN_SIZE)
		return 0;
	generation = po_freebsd_u64(at + PO_XINPGEN_GENERATION);
	for (;;) {
		size = po_freebsd_u64(at + PO_XINPGEN_LENGTH);
		at += size;
		length -= (size_t)size;
		if (length < PO_XINPGEN_SIZE)
			return -EBADMSG;
		size = po_freebsd_u64(at + PO_XINPGEN_LENGTH);
		if (size == PO_XINPGEN_SIZE)
			break;
		if (size < PO_XINPGEN_SIZE || size > length)
			return -EBADMSG;
		error = decode_record(pcbs, at, (size_t)size);
		if (error < 0)
			return error;
	}
	if (po_freebsd_u64(at + PO_XINPGEN_GENERATION) != generation)
		pcbs->notes->settled = false;
	return 0;
}

int
po_freebsd_decode_sockets(enum po_freebsd_list list, const void *buffer,
    size_t length, uint32_t stack, struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_socket *socket),
    void *context)
{
	const struct pcbs pcbs = {
	    .list = list,
	    .stack = stack,
	    .notes = notes,
	    .visit = visit,
	    .context = context,
	};

	notes->odd = 0;
	notes->settled = true;
	switch (list) {
	case PO_FREEBSD_TCP:
	case PO_FREEBSD_UDP:
	case PO_FREEBSD_RAW:
		return decode_pcbs(&pcbs, buffer, length);
	case PO_FREEBSD_SCTP:
		return po_freebsd_decode_sctp(
		    buffer, length, stack, notes, visit, context);
	default:
		return -EINVAL;
	}
}

int
po_freebsd_decode_files(const void *buffer, size_t length,
    struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_file *file),
    void *context)
{
	const uint8_t *at = buffer;
	struct po_freebsd_file file;
	uint64_t size;
	int error = 0;

	notes->odd = 0;
	notes->settled = true;
	for (; length > 0 && error >= 0; at += size, length -= (size_t)size) {
		if (length < sizeof(uint64_t))
			return -EBADMSG;
		size = po_freebsd_u64(at + PO_XFILE_LENGTH);
		if (size < sizeof(uint64_t) || size > length)
			return -EBADMSG;
		if (size != PO_XFILE_SIZE) {
			notes->odd++;
			continue;
		}
		file.pid = po_freebsd_u32(at + PO_XFILE_PID);
		file.uid = po_freebsd_u32(at + PO_XFILE_UID);
		file.handle = po_freebsd_u64(at + PO_XFILE_DATA);
		if (po_freebsd_u16(at + PO_XFILE_TYPE) == PO_XFILE_SOCKET &&
		    file.handle != 0)
			error = visit(context, &file);
	}
	return error < 0 ? error : 0;
}

static void
take_process(const uint8_t *at, struct po_freebsd_process *process)
{
	const char *command = (const char *)at + PO_KINFO_PROC_COMMAND;
	const uint8_t *start = at + PO_KINFO_PROC_START;

	process->pid = po_freebsd_u32(at + PO_KINFO_PROC_PID);
	process->parent = po_freebsd_u32(at + PO_KINFO_PROC_PARENT);
	process->uid = po_freebsd_u32(at + PO_KINFO_PROC_UID);
	process->jail = po_freebsd_u32(at + PO_KINFO_PROC_JAIL);
	process->start =
	    po_freebsd_u64(start) * 1000000 + po_freebsd_u64(start + 8);
	process->command.data = command;
	process->command.length = strnlen(command, PO_KINFO_PROC_COMMAND_SIZE);
}

int
po_freebsd_decode_processes(const void *buffer, size_t length,
    struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_process *process),
    void *context)
{
	const uint8_t *at = buffer;
	struct po_freebsd_process process;
	uint32_t size;
	int error = 0;

	notes->odd = 0;
	notes->settled = true;
	for (; length > 0 && error >= 0; at += size, length -= size) {
		if (length < sizeof(size))
			return -EBADMSG;
		size = po_freebsd_u32(at + PO_KINFO_PROC_LENGTH);
		if (size < sizeof(size) || size > length)
			return -EBADMSG;
		if (size != PO_KINFO_PROC_SIZE) {
			notes->odd++;
			continue;
		}
		take_process(at, &process);
		error = visit(context, &process);
	}
	return error < 0 ? error : 0;
}
