/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD's lists one by one: what each field says, and that no wrong length,
 * wherever it stands, leads outside the buffer.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/freebsd_wire.h"
#include "freebsd_fake.h"

#define ROWS_MAX 64

struct outcome {
	struct po_freebsd_socket rows[ROWS_MAX];
	size_t n;
	int refuse; /* what visit returns */
	struct po_freebsd_notes notes;
	int result;
};

static int
keep(void *context, const struct po_freebsd_socket *socket)
{
	struct outcome *outcome = context;

	if (outcome->n < ROWS_MAX)
		outcome->rows[outcome->n] = *socket;
	outcome->n++;
	return outcome->refuse;
}

/* Decodes a copy that ends where the buffer ends, for the sanitizer's sake. */
static void
decode_octets(enum po_freebsd_list list, const uint8_t *octets, size_t length,
    struct outcome *outcome)
{
	uint8_t *copy = malloc(length == 0 ? 1 : length);

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, octets, length);
	outcome->n = 0;
	outcome->result = po_freebsd_decode_sockets(
	    list, copy, length, 9, &outcome->notes, keep, outcome);
	free(copy);
}

static void
decode(
    const struct fake *fake, enum po_freebsd_list list, struct outcome *outcome)
{
	memset(outcome, 0, sizeof(*outcome));
	decode_octets(
	    list, fake->lists[list].octets, fake->lists[list].size, outcome);
}

static bool
is_address(const struct po_address *address, const char *text, uint32_t zone)
{
	struct po_address expected = unit_address(text, zone);

	return memcmp(address, &expected, sizeof(expected)) == 0;
}

static const struct fake_pcb listener = {PO_FREEBSD_TCP, "192.0.2.1", 80,
    .state = PO_TCPS_LISTEN, .handle = 0xfffff80001b69000, .generation = 5,
    .uid = 1001, .queue = 3, .limit = 128};

static void
test_listener(void)
{
	struct fake *fake = fake_new();
	const struct po_socket *socket;
	struct outcome o;

	fake_add_pcb(fake, &listener);
	decode(fake, PO_FREEBSD_TCP, &o);
	CU_ASSERT_EQUAL(o.result, 0);
	CU_ASSERT_TRUE(o.notes.settled);
	CU_ASSERT_EQUAL_FATAL(o.n, 1);
	CU_ASSERT_EQUAL(o.rows[0].generation, 5);
	socket = &o.rows[0].socket;
	CU_ASSERT_EQUAL(socket->local.stack, 9);
	CU_ASSERT_EQUAL(socket->local.port, 80);
	CU_ASSERT_TRUE(is_address(&socket->local.address, "192.0.2.1", 0));
	CU_ASSERT_EQUAL(socket->state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(socket->handle, 0xfffff80001b69000);
	CU_ASSERT_EQUAL(socket->uid, 1001);
	CU_ASSERT_EQUAL(socket->queue_length, 3);
	CU_ASSERT_EQUAL(socket->queue_limit, 128);
	fake_free(fake);
}

static void
test_states(void)
{
	static const uint8_t states[] = {PO_STATE_CLOSED, PO_STATE_LISTEN,
	    PO_STATE_SYN_SENT, PO_STATE_SYN_RECEIVED, PO_STATE_ESTABLISHED,
	    PO_STATE_CLOSE_WAIT, PO_STATE_FIN_WAIT_1, PO_STATE_CLOSING,
	    PO_STATE_LAST_ACK, PO_STATE_FIN_WAIT_2, PO_STATE_TIME_WAIT};
	struct fake_pcb pcb = {
	    PO_FREEBSD_TCP, "::1", 80, "::1", 4000, .handle = 1};
	struct fake *fake;
	struct outcome o;

	for (pcb.state = 0; pcb.state < sizeof(states); pcb.state++) {
		fake = fake_new();
		fake_add_pcb(fake, &pcb);
		decode(fake, PO_FREEBSD_TCP, &o);
		CU_ASSERT_EQUAL_FATAL(o.n, 1);
		CU_ASSERT_EQUAL(o.rows[0].socket.state, states[pcb.state]);
		CU_ASSERT_EQUAL(
		    o.rows[0].socket.connected, pcb.state != PO_TCPS_LISTEN);
		fake_free(fake);
	}
	/* One that nobody knows is no row and is told. */
	fake = fake_new();
	fake_add_pcb(fake, &pcb);
	decode(fake, PO_FREEBSD_TCP, &o);
	CU_ASSERT_EQUAL(o.n, 0);
	CU_ASSERT_EQUAL(o.notes.odd, 1);
	fake_free(fake);
}

/* A PCB of neither family, and of both but at one address. */
static void
test_families(void)
{
	struct fake_pcb pcb = {PO_FREEBSD_UDP, "2001:db8::1", 53,
	    .families = PO_INP_IPV4 | PO_INP_IPV6 | PO_INP_IPV6_SOCKET,
	    .handle = 1};
	struct fake *fake = fake_new();
	struct outcome o;

	fake_add_pcb(fake, &pcb);
	pcb.families = PO_INP_IPV6_SOCKET;
	fake_add_pcb(fake, &pcb);
	decode(fake, PO_FREEBSD_UDP, &o);
	CU_ASSERT_EQUAL(o.n, 1);
	CU_ASSERT_EQUAL(o.notes.odd, 1);
	CU_ASSERT_TRUE(
	    is_address(&o.rows[0].socket.local.address, "2001:db8::1", 0));
	fake_free(fake);
}

static void
test_zones(void)
{
	static const struct {
		const char *address;
		uint32_t zone;
	} cases[] = {{"fe80::1", 3}, {"febf::1", 300}, {"ff02::fb", 3},
	    {"ff01::1", 65535}};
	struct fake_pcb pcb = {PO_FREEBSD_UDP, NULL, 53, .handle = 1};
	struct fake *fake;
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake = fake_new();
		pcb.local = cases[i].address;
		pcb.zone = (uint16_t)cases[i].zone;
		fake_add_pcb(fake, &pcb);
		decode(fake, PO_FREEBSD_UDP, &o);
		CU_ASSERT_EQUAL_FATAL(o.n, 1);
		CU_ASSERT_TRUE(is_address(&o.rows[0].socket.local.address,
		    cases[i].address, cases[i].zone));
		fake_free(fake);
	}
	/* Of any other address these octets are a part. */
	fake = fake_new();
	pcb.local = "2001:db8::1";
	pcb.zone = 0;
	fake_add_pcb(fake, &pcb);
	decode(fake, PO_FREEBSD_UDP, &o);
	CU_ASSERT_TRUE(
	    is_address(&o.rows[0].socket.local.address, "2001:db8::1", 0));
	fake_free(fake);
}

/*
 * What the kernel says of the user of a socket that is none means nothing.  A
 * half-open connection comes from its cache of handshakes: no PCB either.
 */
static void
test_ownerless(void)
{
	static const uint8_t states[] = {
	    PO_TCPS_TIME_WAIT, PO_TCPS_SYN_RECEIVED};
	struct fake_pcb pcb = {
	    PO_FREEBSD_TCP, "192.0.2.1", 80, "192.0.2.2", 4000, .handle = 0};
	struct fake *fake = fake_new();
	struct outcome o;
	size_t i;

	for (i = 0; i < 2; i++) {
		pcb.state = states[i];
		fake_add_pcb(fake, &pcb);
	}
	decode(fake, PO_FREEBSD_TCP, &o);
	CU_ASSERT_EQUAL(o.notes.odd, 0);
	CU_ASSERT_EQUAL_FATAL(o.n, 2);
	CU_ASSERT_EQUAL(o.rows[1].socket.state, PO_STATE_SYN_RECEIVED);
	for (i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(o.rows[i].socket.connected);
		CU_ASSERT_EQUAL(o.rows[i].socket.handle, 0);
		CU_ASSERT_EQUAL(o.rows[i].socket.uid, PO_UID_UNKNOWN);
	}
	fake_free(fake);
}

static void
test_odd_length(void)
{
	struct fake *fake = fake_new();
	struct fake_list *list = &fake->lists[PO_FREEBSD_TCP];
	struct outcome o;

	fake_add_pcb(fake, &listener);
	fake_add_pcb(fake, &listener);
	/* The first one ends 8 octets early, so they go before the second. */
	memmove(list->octets + 64 + 736, list->octets + 64 + 744,
	    list->size - 64 - 744);
	list->size -= 8;
	list->octets[64] = 736 & 0xff;
	list->octets[65] = 736 >> 8;
	decode(fake, PO_FREEBSD_TCP, &o);
	CU_ASSERT_EQUAL(o.result, 0);
	CU_ASSERT_EQUAL(o.n, 1);
	CU_ASSERT_EQUAL(o.notes.odd, 1);
	fake_free(fake);
}

static void
test_cut(void)
{
	static struct outcome o;
	struct fake *fake = fake_recorded("13.2-recorded");
	const struct fake_list *list;
	size_t length;
	int which;

	for (which = 0; which < PO_FREEBSD_SOCKET_LISTS; which++) {
		list = &fake->lists[which];
		for (length = 1; length < list->size; length++) {
			o.refuse = 0;
			decode_octets((enum po_freebsd_list)which, list->octets,
			    length, &o);
			if (o.result != -EBADMSG &&
			    (which == PO_FREEBSD_SCTP ||
				length != PO_XINPGEN_SIZE))
				break;
		}
		CU_ASSERT_EQUAL(length, list->size);
	}
	fake_free(fake);
}

/* Whatever is flipped, nothing is read outside and no row is impossible. */
static void
test_flipped(void)
{
	static struct outcome o;
	struct fake *fake = fake_recorded("13.2-recorded");
	struct fake_list *list;
	uint64_t seed = 1;
	unsigned int i;
	uint32_t at;
	uint8_t bit;

	for (i = 0; i < 20000; i++) {
		list = &fake->lists[i % PO_FREEBSD_SOCKET_LISTS];
		at = unit_below(&seed, (uint32_t)list->size);
		bit = (uint8_t)(1u << unit_below(&seed, 8));
		list->octets[at] ^= bit;
		decode_octets(
		    (enum po_freebsd_list)(i % PO_FREEBSD_SOCKET_LISTS),
		    list->octets, list->size, &o);
		list->octets[at] ^= bit;
		if (o.result != 0 && o.result != -EBADMSG)
			break;
	}
	CU_ASSERT_EQUAL(i, 20000);
	fake_free(fake);
}

static void
test_refused(void)
{
	struct fake *fake = fake_new();
	struct outcome o = {.refuse = -ENOMEM};

	fake_add_pcb(fake, &listener);
	fake_add_pcb(fake, &listener);
	decode_octets(PO_FREEBSD_TCP, fake->lists[PO_FREEBSD_TCP].octets,
	    fake->lists[PO_FREEBSD_TCP].size, &o);
	CU_ASSERT_EQUAL(o.result, -ENOMEM);
	CU_ASSERT_EQUAL(o.n, 1);
	CU_ASSERT_EQUAL(po_freebsd_decode_sockets(
			    PO_FREEBSD_FILES, NULL, 0, 0, &o.notes, keep, &o),
	    -EINVAL);
	fake_free(fake);
}

/* An SCTP list under construction. */
struct sctp {
	uint8_t octets[8192];
	size_t length;
};

static uint8_t *
sctp_add(struct sctp *sctp, size_t size)
{
	uint8_t *at = sctp->octets + sctp->length;

	CU_ASSERT_FATAL(sctp->length + size <= sizeof(sctp->octets));
	memset(at, 0, size);
	sctp->length += size;
	return at;
}

static void
sctp_put_address(uint8_t *at, const char *text)
{
	struct po_address address = unit_address(text, 0);
	const bool ipv4 = address.type == PO_ADDRESS_IPV4;

	at[PO_BSD_SOCKADDR_FAMILY] = ipv4 ? PO_FREEBSD_INET : PO_FREEBSD_INET6;
	memcpy(at + (ipv4 ? PO_BSD_SOCKADDR_IPV4 : PO_BSD_SOCKADDR_IPV6),
	    address.bytes, ipv4 ? 4 : 16);
}

/* Addresses, ended by NULL, and the record that ends their list. */
static void
sctp_add_addresses(struct sctp *sctp, size_t size, const char *const *addresses)
{
	for (; *addresses != NULL; addresses++)
		sctp_put_address(sctp_add(sctp, size), *addresses);
	sctp_add(sctp, size)[PO_XSCTP_ADDRESS_LAST] = 1;
}

static void
sctp_add_endpoint(struct sctp *sctp, uint32_t flags, uint16_t port,
    const char *const *addresses)
{
	uint8_t *at = sctp_add(sctp, PO_XSCTP_INPCB_SIZE);

	memcpy(at + PO_XSCTP_INPCB_FLAGS, &flags, 4);
	memcpy(at + PO_XSCTP_INPCB_PORT, &port, 2);
	at[PO_XSCTP_INPCB_SOCKET] = 77;
	at[PO_XSCTP_INPCB_QUEUE] = 2;
	at[PO_XSCTP_INPCB_LIMIT] = 5;
	sctp_add_addresses(sctp, PO_XSCTP_LADDR_SIZE, addresses);
}

static void
sctp_add_association(struct sctp *sctp, uint32_t state, const char *peer,
    uint16_t port, const char *const *addresses)
{
	const char *const peers[] = {peer, NULL};
	uint8_t *at = sctp_add(sctp, PO_XSCTP_TCB_SIZE);

	sctp_put_address(at + PO_XSCTP_TCB_PRIMARY, peer);
	memcpy(at + PO_XSCTP_TCB_STATE, &state, 4);
	memcpy(at + PO_XSCTP_TCB_REMOTE_PORT, &port, 2);
	sctp_add_addresses(sctp, PO_XSCTP_LADDR_SIZE, addresses);
	sctp_add_addresses(sctp, PO_XSCTP_RADDR_SIZE, peers);
}

static void
sctp_end_endpoint(struct sctp *sctp)
{
	sctp_add(sctp, PO_XSCTP_TCB_SIZE)[PO_XSCTP_TCB_LAST] = 1;
}

static void
sctp_decode(struct sctp *sctp, struct outcome *o)
{
	sctp_add(sctp, PO_XSCTP_INPCB_SIZE)[PO_XSCTP_INPCB_LAST] = 1;
	memset(o, 0, sizeof(*o));
	decode_octets(PO_FREEBSD_SCTP, sctp->octets, sctp->length, o);
	CU_ASSERT_EQUAL(o->result, 0);
}

static const char *const both[] = {"2001:db8::1", "192.0.2.1", NULL};
static const char *const ipv6_only[] = {"2001:db8::1", NULL};

static void
test_sctp_wildcards(void)
{
	static const struct {
		uint32_t flags;
		const char *const *addresses;
		const char *local;
	} cases[] = {
	    {0, both, "0.0.0.0"},
	    {PO_XSCTP_IPV6, both, "*"},
	    {PO_XSCTP_IPV6, ipv6_only, "::"},
	};
	const uint32_t flags =
	    PO_XSCTP_BOUND_ALL | PO_XSCTP_LISTENS | PO_XSCTP_ONE_TO_ONE;
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sctp sctp = {.length = 0};

		sctp_add_endpoint(
		    &sctp, flags | cases[i].flags, 5000, cases[i].addresses);
		sctp_end_endpoint(&sctp);
		sctp_decode(&sctp, &o);
		CU_ASSERT_EQUAL_FATAL(o.n, 1);
		CU_ASSERT_TRUE(is_address(
		    &o.rows[0].socket.local.address, cases[i].local, 0));
		CU_ASSERT_EQUAL(o.rows[0].socket.local.port, 5000);
		CU_ASSERT_EQUAL(o.rows[0].socket.state, PO_STATE_LISTEN);
		CU_ASSERT_EQUAL(o.rows[0].socket.handle, 77);
		CU_ASSERT_EQUAL(o.rows[0].socket.queue_length, 2);
		CU_ASSERT_EQUAL(o.rows[0].socket.queue_limit, 5);
		CU_ASSERT_EQUAL(o.rows[0].socket.uid, PO_UID_UNKNOWN);
	}
}

/*
 * Two addresses, and an association of one-to-many: three rows, and no queue,
 * whatever the kernel says of it.
 */
static void
test_sctp_one_to_many(void)
{
	struct sctp sctp = {.length = 0};
	struct outcome o;

	sctp_add_endpoint(&sctp, PO_XSCTP_LISTENS | PO_XSCTP_IPV6, 5000, both);
	sctp_add_association(
	    &sctp, PO_XSCTP_ESTABLISHED, "192.0.2.9", 4000, both);
	sctp_end_endpoint(&sctp);
	sctp_decode(&sctp, &o);
	CU_ASSERT_EQUAL_FATAL(o.n, 3);
	CU_ASSERT_TRUE(o.rows[0].socket.connected);
	CU_ASSERT_EQUAL(o.rows[0].socket.state, PO_STATE_ESTABLISHED);
	CU_ASSERT_TRUE(
	    is_address(&o.rows[0].socket.local.address, "192.0.2.1", 0));
	CU_ASSERT_TRUE(is_address(&o.rows[0].socket.remote, "192.0.2.9", 0));
	CU_ASSERT_EQUAL(o.rows[0].socket.remote_port, 4000);
	CU_ASSERT_TRUE(
	    is_address(&o.rows[1].socket.local.address, "2001:db8::1", 0));
	CU_ASSERT_TRUE(
	    is_address(&o.rows[2].socket.local.address, "192.0.2.1", 0));
	CU_ASSERT_EQUAL(o.rows[1].socket.state, PO_STATE_LISTEN);
	CU_ASSERT_EQUAL(o.rows[1].socket.queue_length, PO_QUEUE_UNKNOWN);
	CU_ASSERT_EQUAL(o.rows[1].socket.queue_limit, PO_QUEUE_UNKNOWN);
}

/* A connected one-to-one socket is its association; a closed one is none. */
static void
test_sctp_one_to_one(void)
{
	struct sctp sctp = {.length = 0};
	struct outcome o;

	sctp_add_endpoint(&sctp, PO_XSCTP_ONE_TO_ONE, 5000, both);
	sctp_add_association(
	    &sctp, PO_XSCTP_SHUTDOWN_SENT, "2001:db8::9", 4000, both);
	sctp_end_endpoint(&sctp);
	sctp_add_endpoint(&sctp, PO_XSCTP_ONE_TO_ONE, 5001, ipv6_only);
	sctp_end_endpoint(&sctp);
	sctp_add_endpoint(
	    &sctp, PO_XSCTP_ONE_TO_ONE | PO_XSCTP_SOCKET_GONE, 5002, both);
	sctp_add_association(&sctp, 0x400, "2001:db8::9", 4000, both);
	sctp_add_association(
	    &sctp, PO_XSCTP_SHUTDOWN_ACK_SENT, "2001:db8::9", 4001, both);
	sctp_end_endpoint(&sctp);
	sctp_decode(&sctp, &o);
	CU_ASSERT_EQUAL_FATAL(o.n, 3);
	CU_ASSERT_EQUAL(o.notes.odd, 1);
	CU_ASSERT_EQUAL(o.rows[0].socket.state, PO_STATE_FIN_WAIT_2);
	CU_ASSERT_EQUAL(o.rows[1].socket.local.port, 5001);
	CU_ASSERT_EQUAL(o.rows[1].socket.state, PO_STATE_CLOSED);
	CU_ASSERT_EQUAL(o.rows[2].socket.state, PO_STATE_LAST_ACK);
	CU_ASSERT_EQUAL(o.rows[2].socket.handle, 0);
}

static int
count_file(void *context, const struct po_freebsd_file *file)
{
	CU_ASSERT_NOT_EQUAL(file->handle, 0);
	++*(size_t *)context;
	return 0;
}

static int
count_process(void *context, const struct po_freebsd_process *process)
{
	CU_ASSERT_TRUE(process->command.length < PO_KINFO_PROC_COMMAND_SIZE);
	++*(size_t *)context;
	return 0;
}

static void
test_files_and_processes(void)
{
	struct fake *fake = fake_recorded("13.2-recorded");
	struct fake_list *files = &fake->lists[PO_FREEBSD_FILES];
	struct fake_list *processes = &fake->lists[PO_FREEBSD_PROCESSES];
	struct po_freebsd_notes notes;
	size_t n = 0;

	CU_ASSERT_EQUAL(po_freebsd_decode_files(
			    files->octets, files->size, &notes, count_file, &n),
	    0);
	CU_ASSERT_TRUE(n >= 31);
	files->octets[0] = 120; /* shorter: where the next begins is lost */
	n = 0;
	CU_ASSERT_EQUAL(po_freebsd_decode_files(
			    files->octets, files->size, &notes, count_file, &n),
	    -EBADMSG);
	files->octets[0] = 0;
	CU_ASSERT_EQUAL(po_freebsd_decode_files(
			    files->octets, files->size, &notes, count_file, &n),
	    -EBADMSG);
	n = 0;
	CU_ASSERT_EQUAL(po_freebsd_decode_processes(processes->octets,
			    processes->size, &notes, count_process, &n),
	    0);
	CU_ASSERT_EQUAL(n, processes->size / PO_KINFO_PROC_SIZE);
	CU_ASSERT_EQUAL(notes.odd, 0);
	CU_ASSERT_EQUAL(po_freebsd_decode_processes(processes->octets,
			    processes->size - 1, &notes, count_process, &n),
	    -EBADMSG);
	fake_free(fake);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"a listener", test_listener},
	    {"states", test_states},
	    {"families", test_families},
	    {"zones", test_zones},
	    {"no socket, no user", test_ownerless},
	    {"a record of another length", test_odd_length},
	    {"lists that are cut short", test_cut},
	    {"flipped bits", test_flipped},
	    {"a visitor that refuses", test_refused},
	    {"SCTP's wildcards", test_sctp_wildcards},
	    {"SCTP, one to many", test_sctp_one_to_many},
	    {"SCTP, one to one", test_sctp_one_to_one},
	    {"descriptors and processes", test_files_and_processes},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("freebsd_decode", tests);
}
