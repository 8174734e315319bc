/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole collection on FreeBSD: of what was recorded there, compared with what
 * sockstat(1) printed then, and of lists that change while they are read.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "collect/freebsd_wire.h"
#include "freebsd_fake.h"
#include "model/text.h"
#include "scarce.h"
#include "sealed.h"

#define RECORDED "13.2-recorded"
#define LINES_MAX 64
#define LINE_SIZE 256

struct lines {
	char text[LINES_MAX][LINE_SIZE];
	size_t n;
};

/* One collection; what it left behind. */
struct outcome {
	struct fake *fake;
	struct po_builder *builder;
	struct po_freebsd_memory memory;
	struct po_freebsd_gaps gaps;
	struct sealed sealed;
	int result;
};

static const char *
name_user(void *context, uint32_t uid)
{
	(void)context;
	switch (uid) {
	case 0:
		return "root";
	case 1001:
		return "alice";
	case 1002:
		return "bob";
	case 1003:
		return "averyveryverylongusername1234";
	default:
		return NULL;
	}
}

static void
outcome_collect(struct outcome *o, struct fake *fake)
{
	const struct po_builder_options options = {
	    .max_rows = 1000, .user_name = name_user};
	const uint32_t stack = 0;

	memset(o, 0, sizeof(*o));
	o->fake = fake;
	o->builder = po_builder_new(&options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o->builder);
	o->result = po_freebsd_collect(
	    &fake->source, &stack, 1, &o->memory, o->builder, &o->gaps);
	if (o->result == 0)
		sealed_make(&o->sealed, o->builder);
}

static void
outcome_free(struct outcome *o)
{
	sealed_free(&o->sealed);
	po_freebsd_forget(&o->memory);
	po_builder_free(o->builder);
	fake_free(o->fake);
}

/* sockstat lets long words run into each other: blanks say nothing. */
static void
squeeze(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (!isspace((unsigned char)*text))
			*to++ = *text;
	*to = '\0';
}

static void
add_line(struct lines *lines, const char *text)
{
	CU_ASSERT_FATAL(lines->n < LINES_MAX);
	snprintf(lines->text[lines->n], LINE_SIZE, "%s", text);
	squeeze(lines->text[lines->n++]);
}

/* sockstat's lines; what is not bound to a port is no row. */
static void
read_sockstat(struct lines *lines)
{
	char text[8192], *line, *rest = NULL;

	lines->n = 0;
	fake_read_text(RECORDED, "sockstat.txt", text, sizeof(text));
	line = strtok_r(text, "\n", &rest); /* the heading */
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL)
		if (strstr(line, "*:*                   *:*") == NULL)
			add_line(lines, line);
}

/* "127.0.0.1:5006", "*:5011", "fe80::1%lo0:5005" */
static void
print_address(
    char *out, size_t size, const struct po_address *address, uint16_t port)
{
	static const uint8_t any[16];
	char text[INET6_ADDRSTRLEN] = "*";

	if (memcmp(address->bytes, any, sizeof(any)) != 0)
		inet_ntop(address->type == PO_ADDRESS_IPV4 ? AF_INET : AF_INET6,
		    address->bytes, text, sizeof(text));
	/* Interface 1 was lo0. */
	snprintf(out, size, "%s%s:%u", text,
	    address->type == PO_ADDRESS_IPV6Z && address->zone == 1 ? "%lo0"
								    : "",
	    port);
}

static void
print_protocol(char *out, size_t size, const struct po_endpoint *endpoint)
{
	static const char *const families[] = {"46", "4", "6", "4", "6"};
	char name[16];

	snprintf(out, size, "%s%s", po_protocol_name(endpoint->protocol, name),
	    families[endpoint->address.type]);
}

/*
 * What sockstat would print, in two halves: the descriptor stands between, and
 * is not kept.
 */
static void
print_line(const struct sealed *sealed, uint32_t endpoint, uint32_t process,
    const char *remote, char begin[LINE_SIZE], char end[LINE_SIZE])
{
	const struct po_endpoint *e = &sealed->s.endpoints[endpoint];
	const struct po_process_record *p = &sealed->s.processes[process];
	char protocol[32], local[80];
	size_t length;

	print_protocol(protocol, sizeof(protocol), e);
	print_address(local, sizeof(local), &e->address, e->port);
	snprintf(end, LINE_SIZE, "%s%s%s", protocol, local, remote);
	if (p->pid == 0)
		snprintf(begin, LINE_SIZE, "????");
	else
		snprintf(begin, LINE_SIZE, "%s%s%u",
		    po_snapshot_text(&sealed->s, p->user, &length),
		    po_snapshot_text(&sealed->s, p->command, &length), p->pid);
}

/* Takes a line that begins and ends so out of the lines, or says so. */
static void
take_line(struct lines *lines, const char *begin, const char *end)
{
	const size_t before = strlen(begin), after = strlen(end);
	const char *line;
	size_t i, length;

	for (i = 0; i < lines->n; i++) {
		line = lines->text[i];
		length = strlen(line);
		if (length < before + after ||
		    strncmp(line, begin, before) != 0 ||
		    strcmp(line + length - after, end) != 0 ||
		    strspn(line + before, "0123456789") <
			length - before - after)
			continue;
		lines->n--;
		if (i != lines->n)
			strcpy(lines->text[i], lines->text[lines->n]);
		return;
	}
	printf("\n    sockstat has no line %s..%s", begin, end);
	CU_FAIL("a row that sockstat does not have");
}

static void
take_owners(const struct sealed *sealed, struct lines *lines)
{
	char begin[LINE_SIZE], end[LINE_SIZE];
	const struct po_owner *owner;
	uint32_t i, j;

	for (i = 0; i < sealed->s.n_owners; i++) {
		owner = &sealed->s.owners[i];
		/* sockstat was not asked for raw sockets. */
		if (sealed->s.endpoints[owner->endpoint].protocol ==
		    PO_PROTOCOL_RAW)
			continue;
		print_line(
		    sealed, owner->endpoint, owner->process, "*:*", begin, end);
		for (j = owner->connected; j < owner->sockets; j++)
			take_line(lines, begin, end);
	}
}

static void
take_connections(const struct sealed *sealed, struct lines *lines)
{
	char begin[LINE_SIZE], end[LINE_SIZE], remote[80];
	const struct po_connection *connection;
	uint32_t i, j;

	for (i = 0; i < sealed->s.n_connections; i++) {
		connection = &sealed->s.connections[i];
		print_address(remote, sizeof(remote), &connection->remote,
		    connection->remote_port);
		print_line(sealed, connection->endpoint, connection->process,
		    remote, begin, end);
		for (j = 0; j < connection->sockets; j++)
			take_line(lines, begin, end);
	}
}

static void
test_sockstat(void)
{
	struct lines lines;
	struct outcome o;
	size_t i;

	outcome_collect(&o, fake_recorded(RECORDED));
	CU_ASSERT_EQUAL_FATAL(o.result, 0);
	CU_ASSERT_EQUAL(o.gaps.odd, 0);
	CU_ASSERT_EQUAL(o.gaps.unsettled, 0);
	read_sockstat(&lines);
	CU_ASSERT_EQUAL(lines.n, 32);
	take_owners(&o.sealed, &lines);
	take_connections(&o.sealed, &lines);
	for (i = 0; i < lines.n; i++)
		printf("\n    no row for sockstat's %s", lines.text[i]);
	CU_ASSERT_EQUAL(lines.n, 0);
	outcome_free(&o);
}

static const struct po_listener *
find_listener(const struct sealed *sealed, uint8_t protocol, uint16_t port)
{
	const struct po_endpoint *endpoint;
	uint32_t i;

	for (i = 0; i < sealed->s.n_listeners; i++) {
		endpoint =
		    &sealed->s.endpoints[sealed->s.listeners[i].endpoint];
		if (endpoint->protocol == protocol && endpoint->port == port)
			return &sealed->s.listeners[i];
	}
	return NULL;
}

/* What netstat -L printed. */
static void
test_recorded_queues(void)
{
	static const struct {
		uint8_t protocol;
		uint16_t port;
		uint32_t length, limit;
	} queues[] = {
	    {PO_PROTOCOL_TCP, 5013, 0, 7},
	    {PO_PROTOCOL_TCP, 5011, 0, 5},
	    {PO_PROTOCOL_TCP, 5002, 1, 7},
	    {PO_PROTOCOL_TCP, 5005, 0, 5},
	    {PO_PROTOCOL_SCTP, 5015, 0, 3},
	};
	const struct po_listener *listener;
	struct outcome o;
	size_t i;

	outcome_collect(&o, fake_recorded(RECORDED));
	for (i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		listener = find_listener(
		    &o.sealed, queues[i].protocol, queues[i].port);
		CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
		CU_ASSERT_EQUAL(listener->queue_length, queues[i].length);
		CU_ASSERT_EQUAL(listener->queue_limit, queues[i].limit);
	}
	/* Held by the parent and all its children, and its is the row. */
	listener = find_listener(&o.sealed, PO_PROTOCOL_TCP, 5006);
	CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
	CU_ASSERT_EQUAL(listener->owners, 7);
	CU_ASSERT_EQUAL(o.sealed.s.processes[listener->process].pid, 29);
	/* Bound, and no more. */
	CU_ASSERT_PTR_NULL(find_listener(&o.sealed, PO_PROTOCOL_TCP, 5014));
	outcome_free(&o);
}

static void
test_recorded_raw(void)
{
	const struct po_endpoint *endpoint;
	const struct po_owner *owner;
	struct outcome o;
	uint32_t i, found = 0;

	outcome_collect(&o, fake_recorded(RECORDED));
	for (i = 0; i < o.sealed.s.n_owners; i++) {
		owner = &o.sealed.s.owners[i];
		endpoint = &o.sealed.s.endpoints[owner->endpoint];
		if (endpoint->protocol != PO_PROTOCOL_RAW)
			continue;
		found++;
		CU_ASSERT_EQUAL(endpoint->port, 1); /* ICMP */
		CU_ASSERT_EQUAL(o.sealed.s.processes[owner->process].pid, 29);
	}
	CU_ASSERT_EQUAL(found, 1);
	outcome_free(&o);
}

/* A listener of process 10, and of nobody else. */
static struct fake *
one_listener(void)
{
	const struct fake_pcb pcb = {PO_FREEBSD_TCP, "192.0.2.1", 80,
	    .state = PO_TCPS_LISTEN, .handle = 0x1000, .generation = 5};
	struct fake *fake = fake_new();

	fake_add_pcb(fake, &pcb);
	fake_add_file(fake, 10, 0x1000);
	fake_add_process(fake, 10, 100, "httpd");
	return fake;
}

/* The pid of the first owner row; -1: there is none. */
static int64_t
first_owner(const struct outcome *o)
{
	if (o->result != 0 || o->sealed.s.n_owners == 0)
		return -1;
	return o->sealed.s.processes[o->sealed.s.owners[0].process].pid;
}

static void
test_growth(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->too_small = 5;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 10);
	CU_ASSERT_TRUE(fake->offered > 16 * fake->lists[0].size);
	outcome_free(&o);
}

static void
test_endless_growth(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->too_small = 1000000;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(o.result, -ENOMEM);
	CU_ASSERT_TRUE(fake->offered <= (size_t)1 << 30);
	outcome_free(&o);
}

/* The list says once that it changed: it is read again. */
static void
unsettle_once(struct fake *fake, enum po_freebsd_list list)
{
	struct fake_list *tcp = &fake->lists[PO_FREEBSD_TCP];
	uint8_t *trailer = tcp->octets + tcp->size - PO_XINPGEN_SIZE;

	if (list == PO_FREEBSD_TCP)
		trailer[PO_XINPGEN_GENERATION] = tcp->reads == 1;
}

static void
unsettle_always(struct fake *fake, enum po_freebsd_list list)
{
	struct fake_list *tcp = &fake->lists[PO_FREEBSD_TCP];

	if (list == PO_FREEBSD_TCP)
		tcp->octets[tcp->size - PO_XINPGEN_SIZE +
			    PO_XINPGEN_GENERATION] = 1;
}

static void
test_generation(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->change = unsettle_once;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 10);
	CU_ASSERT_EQUAL(o.gaps.unsettled, 0);
	CU_ASSERT_EQUAL(fake->lists[PO_FREEBSD_TCP].reads, 3);
	outcome_free(&o);
	fake = one_listener();
	fake->change = unsettle_always;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 10);
	CU_ASSERT_EQUAL(o.gaps.unsettled, 1);
	outcome_free(&o);
}

/* Another socket gets the address while the descriptors are read. */
static void
replace_socket(struct fake *fake, enum po_freebsd_list list)
{
	const struct fake_pcb pcb = {PO_FREEBSD_TCP, "192.0.2.1", 81,
	    .state = PO_TCPS_LISTEN, .handle = 0x1000, .generation = 6};

	if (list != PO_FREEBSD_FILES)
		return;
	fake_clear(fake, PO_FREEBSD_TCP);
	fake_add_pcb(fake, &pcb);
}

static void
test_replaced_socket(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->change = replace_socket;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(o.result, 0);
	/* The old one has gone, the new one came too late: never a mixture. */
	CU_ASSERT_EQUAL(o.sealed.s.n_owners, 0);
	outcome_free(&o);
}

/* The holder ends, and its number is another process's, after that. */
static void
replace_process(struct fake *fake, enum po_freebsd_list list)
{
	if (list != PO_FREEBSD_PROCESSES || fake->lists[list].reads == 1)
		return;
	fake_clear(fake, PO_FREEBSD_PROCESSES);
	fake_add_process(fake, 10, 101, "other");
	fake_clear(fake, PO_FREEBSD_FILES);
}

static void
end_process(struct fake *fake, enum po_freebsd_list list)
{
	if (list == PO_FREEBSD_PROCESSES && fake->lists[list].reads > 1)
		fake_clear(fake, PO_FREEBSD_PROCESSES);
}

static void
test_replaced_process(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->change = replace_process;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 0);
	outcome_free(&o);
	fake = one_listener();
	fake->change = end_process;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 0);
	outcome_free(&o);
}

/* Passed on while the descriptors were read: nobody has it at first. */
static void
pass_on(struct fake *fake, enum po_freebsd_list list)
{
	if (list != PO_FREEBSD_FILES)
		return;
	fake_clear(fake, PO_FREEBSD_FILES);
	if (fake->lists[PO_FREEBSD_FILES].reads > 1)
		fake_add_file(fake, 11, 0x1000);
}

static void
test_second_look(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake_add_process(fake, 11, 90, "heir");
	fake->change = pass_on;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 11);
	CU_ASSERT_EQUAL(fake->lists[PO_FREEBSD_FILES].reads, 2);
	outcome_free(&o);
}

/* What had no holder the last time is not looked for again at once. */
static void
test_memory(void)
{
	const uint32_t stack = 0;
	struct outcome o;
	struct fake *fake = one_listener();
	unsigned int reads;

	fake_clear(fake, PO_FREEBSD_FILES);
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 0);
	reads = fake->lists[PO_FREEBSD_FILES].reads;
	CU_ASSERT_EQUAL(reads, 2);
	po_builder_reset(o.builder);
	CU_ASSERT_EQUAL(po_freebsd_collect(&fake->source, &stack, 1, &o.memory,
			    o.builder, &o.gaps),
	    0);
	CU_ASSERT_EQUAL(fake->lists[PO_FREEBSD_FILES].reads, reads + 1);
	outcome_free(&o);
}

/*
 * What no descriptor refers to, because it was closed or was not accepted yet:
 * nobody can hold it, even where somebody did a moment ago, so nobody is looked
 * for.
 */
static void
test_unheld(void)
{
	static const uint16_t states[] = {0x1, 0x800, 0x1000};
	const struct fake_pcb pcb = {PO_FREEBSD_TCP, "192.0.2.1", 80,
	    "192.0.2.2", 40000, .state = PO_TCPS_ESTABLISHED, .handle = 0x1000,
	    .generation = 5, .uid = 12};
	const struct po_process_record *nobody;
	struct outcome o;
	struct fake *fake;
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		fake = fake_new();
		memcpy(fake_add_pcb(fake, &pcb) + PO_XINPCB_STATE, &states[i],
		    sizeof(states[i]));
		fake_add_file(fake, 10, 0x1000);
		fake_add_process(fake, 10, 100, "httpd");
		outcome_collect(&o, fake);
		CU_ASSERT_EQUAL_FATAL(first_owner(&o), 0);
		nobody = &o.sealed.s.processes[o.sealed.s.owners[0].process];
		CU_ASSERT_EQUAL(nobody->kind, PO_OWNER_NONE);
		CU_ASSERT_EQUAL(nobody->uid, 12);
		CU_ASSERT_EQUAL(fake->lists[PO_FREEBSD_FILES].reads, 1);
		outcome_free(&o);
	}
}

/* A connection that was accepted between the lists is not lost. */
static void
accept_one(struct fake *fake, enum po_freebsd_list list)
{
	const struct fake_pcb pcb = {PO_FREEBSD_TCP, "192.0.2.1", 80,
	    "192.0.2.2", 40000, .state = PO_TCPS_ESTABLISHED, .handle = 0x1000,
	    .generation = 5};

	if (list != PO_FREEBSD_PROCESSES || fake->lists[list].reads != 1)
		return;
	fake_clear(fake, PO_FREEBSD_TCP);
	fake_add_pcb(fake, &pcb);
	fake_add_file(fake, 10, 0x1000);
}

static void
test_accepted_meanwhile(void)
{
	static const uint16_t waiting = 0x1001;
	const struct fake_pcb pcb = {PO_FREEBSD_TCP, "192.0.2.1", 80,
	    "192.0.2.2", 40000, .state = PO_TCPS_ESTABLISHED, .handle = 0x1000,
	    .generation = 5};
	struct fake *fake = fake_new();
	struct outcome o;

	memcpy(fake_add_pcb(fake, &pcb) + PO_XINPCB_STATE, &waiting,
	    sizeof(waiting));
	fake_add_process(fake, 10, 100, "httpd");
	fake->change = accept_one;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 10);
	outcome_free(&o);
}

/* A connection loses its socket between the lists: a row without owner. */
static void
lose_socket(struct fake *fake, enum po_freebsd_list list)
{
	const struct fake_pcb pcb = {PO_FREEBSD_TCP, "192.0.2.1", 80,
	    "192.0.2.2", 40000, .state = PO_TCPS_TIME_WAIT, .generation = 5};

	if (list != PO_FREEBSD_FILES)
		return;
	fake_clear(fake, PO_FREEBSD_TCP);
	fake_add_pcb(fake, &pcb);
	fake_clear(fake, PO_FREEBSD_FILES);
}

static void
test_time_wait_meanwhile(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->change = lose_socket;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL_FATAL(o.result, 0);
	CU_ASSERT_EQUAL_FATAL(o.sealed.s.n_connections, 1);
	CU_ASSERT_EQUAL(o.sealed.s.connections[0].state, PO_STATE_TIME_WAIT);
	CU_ASSERT_EQUAL(first_owner(&o), 0);
	outcome_free(&o);
}

static void
test_absent_and_damaged(void)
{
	struct outcome o;
	struct fake *fake = one_listener();

	fake->lists[PO_FREEBSD_SCTP].absent = true;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(first_owner(&o), 10);
	outcome_free(&o);
	fake = one_listener();
	fake->lists[PO_FREEBSD_TCP].size -= 8;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(o.result, -EBADMSG);
	outcome_free(&o);
	fake = one_listener();
	fake->lists[PO_FREEBSD_FILES].error = -EPERM;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL(o.result, -EPERM);
	outcome_free(&o);
}

/* A stack that may not be looked into is left out as a whole, and told. */
static void
test_unreachable_stack(void)
{
	const uint32_t stacks[] = {0, 7};
	struct outcome o;
	struct fake *fake = one_listener();

	outcome_collect(&o, fake);
	po_builder_reset(o.builder);
	sealed_free(&o.sealed);
	fake->lists[PO_FREEBSD_UDP].error = -EPERM;
	/* The own stack has to be seen. */
	CU_ASSERT_EQUAL(po_freebsd_collect(&fake->source, stacks, 2, &o.memory,
			    o.builder, &o.gaps),
	    -EPERM);
	po_builder_reset(o.builder);
	CU_ASSERT_EQUAL(po_freebsd_collect(&fake->source, stacks + 1, 1,
			    &o.memory, o.builder, &o.gaps),
	    0);
	CU_ASSERT_EQUAL(o.gaps.unreachable, 1);
	sealed_make(&o.sealed, o.builder);
	CU_ASSERT_EQUAL(o.sealed.s.n_endpoints, 0);
	outcome_free(&o);
}

static void
test_jail(void)
{
	struct outcome o;
	struct fake *fake = one_listener();
	const struct po_process_record *process;

	fake->lists[PO_FREEBSD_PROCESSES].octets[PO_KINFO_PROC_JAIL] = 7;
	outcome_collect(&o, fake);
	CU_ASSERT_EQUAL_FATAL(first_owner(&o), 10);
	process = &o.sealed.s.processes[o.sealed.s.owners[0].process];
	CU_ASSERT_TRUE(sealed_is(&o.sealed, process->service, "www"));
	CU_ASSERT_TRUE(sealed_is(&o.sealed, process->executable, "/bin/fake"));
	CU_ASSERT_TRUE(sealed_is(&o.sealed, process->command, "httpd"));
	outcome_free(&o);
}

/* Fails the nth allocation; whether there was one. */
static bool
fail_nth(unsigned long n)
{
	const struct po_builder_options options = {.max_rows = 1000};
	const long live = scarce.live;
	struct fake *fake = fake_recorded(RECORDED);
	struct po_builder *builder = po_builder_new(&options);
	struct po_freebsd_memory memory = {0};
	const uint32_t stack = 0;
	struct po_freebsd_gaps gaps;
	bool failed;
	int error;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	scarce.calls = 0;
	scarce.fail_at = n;
	error = po_freebsd_collect(
	    &fake->source, &stack, 1, &memory, builder, &gaps);
	scarce.fail_at = 0;
	failed = scarce.calls >= n;
	CU_ASSERT_EQUAL(error, failed ? -ENOMEM : 0);
	/* And the next one works. */
	po_builder_reset(builder);
	CU_ASSERT_EQUAL(po_freebsd_collect(
			    &fake->source, &stack, 1, &memory, builder, &gaps),
	    0);
	po_freebsd_forget(&memory);
	po_builder_free(builder);
	fake_free(fake);
	CU_ASSERT_EQUAL(scarce.live, live);
	return failed;
}

static void
test_no_memory(void)
{
	unsigned long n = 1;

	while (fail_nth(n))
		n++;
	CU_ASSERT_TRUE(n > 10);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"what was recorded is what sockstat printed", test_sockstat},
	    {"recorded queues", test_recorded_queues},
	    {"the recorded raw socket", test_recorded_raw},
	    {"lists that grow", test_growth},
	    {"a list that grows for ever", test_endless_growth},
	    {"lists that change while they are made", test_generation},
	    {"another socket at the same address", test_replaced_socket},
	    {"another process with the same id", test_replaced_process},
	    {"a socket that is passed on", test_second_look},
	    {"sockets without holder are remembered", test_memory},
	    {"what no descriptor refers to", test_unheld},
	    {"accepted between the lists", test_accepted_meanwhile},
	    {"TIME_WAIT between the lists", test_time_wait_meanwhile},
	    {"absent and damaged lists", test_absent_and_damaged},
	    {"a stack that may not be seen", test_unreachable_stack},
	    {"jails", test_jail},
	    {"no memory", test_no_memory},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("freebsd_collect", tests);
}
