/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of /proc/net as kernels print them, and lines that they would not.
 */
#include "collect/linux_procnet_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

static const struct po_procnet_table tcp4 = {
    .stack = 9, .protocol = PO_PROTOCOL_TCP, .little_endian = true};
static const struct po_procnet_table tcp6 = {
    .protocol = PO_PROTOCOL_TCP, .ipv6 = true, .little_endian = true};
static const struct po_procnet_table udp4 = {
    .protocol = PO_PROTOCOL_UDP, .little_endian = true};
static const struct po_procnet_table raw6 = {
    .protocol = PO_PROTOCOL_RAW, .ipv6 = true, .little_endian = true};

/* Decodes a copy without NUL, for the sanitizer's sake. */
static int
decode(const struct po_procnet_table *table, const char *line,
    struct po_socket *socket)
{
	size_t length = strlen(line);
	char *copy = malloc(length == 0 ? 1 : length);
	int result;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, line, length);
	result = po_procnet_decode(table, copy, length, socket);
	free(copy);
	return result;
}

static bool
is_address(const struct po_address *address, const char *text)
{
	struct po_address expected = unit_address(text, 0);

	return memcmp(address, &expected, sizeof(expected)) == 0;
}

static void
test_listener(void)
{
	struct po_socket s;

	CU_ASSERT_EQUAL_FATAL(
	    decode(&tcp4,
		"   0: 0100007F:1538 00000000:0000 0A 00000000:00000003 "
		"00:00000000 00000000   113        0 23456 1 "
		"0000000000000000 100 0 0 10 0",
		&s),
	    1);
	CU_ASSERT_EQUAL(s.local.stack, 9);
	CU_ASSERT_EQUAL(s.local.protocol, PO_PROTOCOL_TCP);
	CU_ASSERT_EQUAL(s.local.port, 5432);
	CU_ASSERT_TRUE(is_address(&s.local.address, "127.0.0.1"));
	CU_ASSERT_EQUAL(s.state, PO_STATE_LISTEN);
	CU_ASSERT_FALSE(s.connected);
	CU_ASSERT_EQUAL(s.remote.type, PO_ADDRESS_UNKNOWN);
	CU_ASSERT_EQUAL(s.handle, 23456);
	CU_ASSERT_EQUAL(s.uid, 113);
	CU_ASSERT_EQUAL(s.queue_length, 3);
	CU_ASSERT_EQUAL(s.queue_limit, PO_QUEUE_UNKNOWN);
}

static void
test_connection(void)
{
	struct po_socket s;

	CU_ASSERT_EQUAL_FATAL(
	    decode(&tcp4,
		"  12: 010200C0:01BB 020200C0:C001 01 00000005:00000007 "
		"02:000A75A3 00000000     0        0 4294967297 2 "
		"ffff888 20 4 30 10 -1",
		&s),
	    1);
	CU_ASSERT_TRUE(s.connected);
	CU_ASSERT_EQUAL(s.state, PO_STATE_ESTABLISHED);
	CU_ASSERT_TRUE(is_address(&s.local.address, "192.0.2.1"));
	CU_ASSERT_TRUE(is_address(&s.remote, "192.0.2.2"));
	CU_ASSERT_EQUAL(s.local.port, 443);
	CU_ASSERT_EQUAL(s.remote_port, 49153);
	CU_ASSERT_EQUAL(s.handle, 4294967297u);
	CU_ASSERT_EQUAL(s.uid, 0);
	CU_ASSERT_EQUAL(s.queue_length, 0);
	CU_ASSERT_EQUAL(s.queue_limit, 0);
}

static void
test_time_wait(void)
{
	struct po_socket s;

	CU_ASSERT_EQUAL_FATAL(
	    decode(&tcp4,
		"   7: 0100007F:0050 0100007F:D431 06 00000000:00000000 "
		"03:0000176E 00000000     0        0 0 3 0000000000000000",
		&s),
	    1);
	CU_ASSERT_TRUE(s.connected);
	CU_ASSERT_EQUAL(s.state, PO_STATE_TIME_WAIT);
	CU_ASSERT_EQUAL(s.handle, 0);
	CU_ASSERT_EQUAL(s.uid, PO_UID_UNKNOWN);
}

static void
test_states(void)
{
	static const uint8_t states[] = {0, PO_STATE_ESTABLISHED,
	    PO_STATE_SYN_SENT, PO_STATE_SYN_RECEIVED, PO_STATE_FIN_WAIT_1,
	    PO_STATE_FIN_WAIT_2, PO_STATE_TIME_WAIT, PO_STATE_CLOSED,
	    PO_STATE_CLOSE_WAIT, PO_STATE_LAST_ACK, PO_STATE_LISTEN,
	    PO_STATE_CLOSING, PO_STATE_SYN_RECEIVED, PO_STATE_CLOSED};
	struct po_socket s;
	unsigned i;
	char line[200];

	for (i = 0; i < 300; i++) {
		snprintf(line, sizeof(line),
		    "0: 0100007F:0050 0100007F:D431 %02X 0:0 0:0 0 7 0 8", i);
		if (i == 0 || i >= sizeof(states)) {
			CU_ASSERT_EQUAL(decode(&tcp4, line, &s), -EBADMSG);
			continue;
		}
		CU_ASSERT_EQUAL(decode(&tcp4, line, &s), 1);
		CU_ASSERT_EQUAL(s.state, states[i]);
		CU_ASSERT_EQUAL(s.connected, states[i] != PO_STATE_CLOSED &&
						 states[i] != PO_STATE_LISTEN);
	}
}

static void
test_ipv6(void)
{
	struct po_socket s;

	CU_ASSERT_EQUAL_FATAL(
	    decode(&tcp6,
		"   0: B80D0120000000000000000001000000:0050 "
		"000080FE00000000FFFE0002AABBCC02:1F90 01 "
		"00000000:00000000 00:00000000 00000000  1000        0 99 1 "
		"0000000000000000 20 4 0 10 -1",
		&s),
	    1);
	CU_ASSERT_TRUE(is_address(&s.local.address, "2001:db8::1"));
	CU_ASSERT_TRUE(is_address(&s.remote, "fe80::200:feff:2cc:bbaa"));
	CU_ASSERT_EQUAL(s.remote.type, PO_ADDRESS_IPV6);
	CU_ASSERT_EQUAL(s.local.port, 80);
	CU_ASSERT_EQUAL(s.remote_port, 8080);
	/* Wildcards stay IPv6: this table does not tell which they are. */
	CU_ASSERT_EQUAL(
	    decode(&tcp6,
		"   1: 00000000000000000000000000000000:0050 "
		"00000000000000000000000000000000:0000 0A "
		"00000000:00000000 00:00000000 00000000     0        0 100 1 "
		"0000000000000000 100 0 0 10 0",
		&s),
	    1);
	CU_ASSERT_TRUE(is_address(&s.local.address, "::"));
}

static void
test_big_endian(void)
{
	struct po_procnet_table table = tcp4;
	struct po_socket s;

	table.little_endian = false;
	CU_ASSERT_EQUAL_FATAL(decode(&table,
				  "0: C0000201:01BB C0000202:C001 01 0:0 0:0 "
				  "0 0 0 5",
				  &s),
	    1);
	CU_ASSERT_TRUE(is_address(&s.local.address, "192.0.2.1"));
	CU_ASSERT_TRUE(is_address(&s.remote, "192.0.2.2"));
	CU_ASSERT_EQUAL(s.local.port, 443);
	table.ipv6 = true;
	CU_ASSERT_EQUAL_FATAL(
	    decode(&table,
		"0: 20010DB8000000000000000000000001:0050 "
		"00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 5",
		&s),
	    1);
	CU_ASSERT_TRUE(is_address(&s.local.address, "2001:db8::1"));
}

static void
test_datagrams(void)
{
	struct po_socket s;

	CU_ASSERT_EQUAL_FATAL(
	    decode(&udp4,
		" 4321: 00000000:0035 00000000:0000 07 00000000:00000000 "
		"00:00000000 00000000   101        0 777 2 0000000000000000 0",
		&s),
	    1);
	CU_ASSERT_EQUAL(s.state, PO_STATE_NONE);
	CU_ASSERT_FALSE(s.connected);
	CU_ASSERT_EQUAL_FATAL(
	    decode(&udp4,
		"98765: 0100007F:0035 0100007F:0036 01 00000000:00000900 "
		"00:00000000 00000000   101        0 777 2 0000000000000000 0",
		&s),
	    1);
	CU_ASSERT_EQUAL(s.state, PO_STATE_ESTABLISHED);
	CU_ASSERT_TRUE(s.connected);
	CU_ASSERT_EQUAL(s.queue_length, 0);
	/* The port of a raw socket is its protocol. */
	CU_ASSERT_EQUAL_FATAL(
	    decode(&raw6,
		"   58: 00000000000000000000000000000000:003A "
		"00000000000000000000000000000000:0000 07 "
		"00000000:00000000 00:00000000 00000000     0        0 55 2 "
		"0000000000000000 0",
		&s),
	    1);
	CU_ASSERT_EQUAL(s.local.port, 58);
	CU_ASSERT_EQUAL(s.local.protocol, PO_PROTOCOL_RAW);
	CU_ASSERT_EQUAL(s.local.address.type, PO_ADDRESS_IPV6);
}

static void
test_no_rows(void)
{
	struct po_socket s;

	CU_ASSERT_EQUAL(decode(&tcp4,
			    "  sl  local_address rem_address   st tx_queue "
			    "rx_queue tr tm->when retrnsmt   uid  timeout "
			    "inode",
			    &s),
	    0);
	CU_ASSERT_EQUAL(
	    decode(
		&udp4, "0: 0100007F:0000 00000000:0000 07 0:0 0:0 0 0 0 5", &s),
	    0);
}

static void
test_refused(void)
{
	static const char *const lines[] = {
	    "",
	    "   ",
	    "0:",
	    "slx 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    /* the slot */
	    "0 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    ": 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "x: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    /* addresses */
	    "0: 100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 00100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 0100007G:0050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 0100007F:00050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 0100007F:050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 0100007F00050 00000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:-001 0A 0:0 0:0 0 0 0 5",
	    "0: 0100007F:0050 0x000000:0000 0A 0:0 0:0 0 0 0 5",
	    "0: 00000000000000000000000000000000:0050 00000000:0000 0A 0:0 "
	    "0:0 0 0 0 5",
	    /* state, queues, timer, retransmits */
	    "0: 0100007F:0050 00000000:0000 0 0:0 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 0E 0:0 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 10A 0:0 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 00 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 0: 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 0:123456789 0:0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 :0 0 0 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 z 0 0 5",
	    /* uid, timeout, inode */
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 4294967296 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 -1 0 5",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 - 5",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 5x",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 "
	    "18446744073709551616",
	    "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0",
	};
	struct po_socket s;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		CU_ASSERT_EQUAL(decode(&tcp4, lines[i], &s), -EBADMSG);
		if (decode(&tcp4, lines[i], &s) != -EBADMSG)
			printf("\n    taken: \"%s\"\n", lines[i]);
	}
	/* The longest numbers, a negative timeout and blanks are all right. */
	CU_ASSERT_EQUAL(decode(&tcp4,
			    "\t0:   0100007F:0050 00000000:0000 0A "
			    "FFFFFFFF:ffffffff 01:FFFFFFFFFFFFFFFF 0 "
			    "4294967295 -7\t18446744073709551615",
			    &s),
	    1);
	CU_ASSERT_EQUAL(s.handle, UINT64_MAX);
	CU_ASSERT_EQUAL(s.uid, UINT32_MAX);
	CU_ASSERT_EQUAL(s.queue_length, UINT32_MAX);
}

static void
test_truncated(void)
{
	static const char line[] =
	    "   0: 0100007F:1538 00000000:0000 0A 00000000:00000003 "
	    "00:00000000 00000000   113        0 23456";
	struct po_socket s;
	char copy[sizeof(line)];
	size_t length;

	for (length = 0; length < sizeof(line); length++) {
		memcpy(copy, line, length);
		copy[length] = '\0';
		/* A number cut short is still one: the last digits pass. */
		CU_ASSERT_EQUAL(decode(&tcp4, copy, &s),
		    length >= sizeof(line) - 5 ? 1 : -EBADMSG);
	}
}

static void
test_random(void)
{
	static const char line[] =
	    "   0: 0100007F:1538 020200C0:0000 01 00000000:00000003 "
	    "00:00000000 00000000   113        0 23456 1 0 100 0 0 10 0";
	static const char octets[] = "0123456789ABCDEFabcdef:- \t\nx\xff";
	struct po_procnet_table table = tcp4;
	struct po_socket s;
	char copy[sizeof(line)];
	uint64_t seed = 4;
	unsigned round, k, wrong = 0;
	int result;

	for (round = 0; round < 50000; round++) {
		memcpy(copy, line, sizeof(line));
		for (k = 1 + unit_below(&seed, 3); k > 0; k--)
			copy[unit_below(&seed, sizeof(line) - 1)] =
			    octets[unit_below(&seed, sizeof(octets) - 1)];
		table.protocol =
		    round % 2 != 0 ? PO_PROTOCOL_TCP : PO_PROTOCOL_UDP;
		result = decode(&table, copy, &s);
		if (result != -EBADMSG && result != 0 && result != 1)
			wrong++;
		if (result == 1 &&
		    (s.local.port == 0 || s.state > PO_STATE_TIME_WAIT ||
			s.connected != (s.remote.type != 0)))
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static int
decode_if(const char *line, uint8_t address[16], uint32_t *zone)
{
	return po_procnet_decode_if_inet6(line, strlen(line), address, zone);
}

static void
test_if_inet6(void)
{
	struct po_address expected = unit_address("fe80::5054:ff:fe12:3456", 0);
	uint8_t address[16];
	uint32_t zone = 0;

	CU_ASSERT_EQUAL(
	    decode_if("fe80000000000000505400fffe123456 02 40 20 80     eth0",
		address, &zone),
	    1);
	CU_ASSERT_EQUAL(memcmp(address, expected.bytes, 16), 0);
	CU_ASSERT_EQUAL(zone, 2);
	CU_ASSERT_EQUAL(
	    decode_if("febf0000000000000000000000000001 1af 40 20 80 x",
		address, &zone),
	    1);
	CU_ASSERT_EQUAL(zone, 0x1af);
	CU_ASSERT_EQUAL(
	    decode_if("00000000000000000000000000000001 01 80 10 80       lo",
		address, &zone),
	    0);
	CU_ASSERT_EQUAL(
	    decode_if("20010db8000000000000000000000001 02 40 00 80     eth0",
		address, &zone),
	    0);
	CU_ASSERT_EQUAL(decode_if("", address, &zone), -EBADMSG);
	CU_ASSERT_EQUAL(
	    decode_if("fe80000000000000505400fffe123456", address, &zone),
	    -EBADMSG);
	CU_ASSERT_EQUAL(
	    decode_if("fe80000000000000505400fffe12345 02", address, &zone),
	    -EBADMSG);
	CU_ASSERT_EQUAL(
	    decode_if("fe80000000000000505400fffe12345g 02", address, &zone),
	    -EBADMSG);
	CU_ASSERT_EQUAL(
	    decode_if("fe80000000000000505400fffe123456 00", address, &zone),
	    -EBADMSG);
	CU_ASSERT_EQUAL(decode_if("fe80000000000000505400fffe123456 100000000",
			    address, &zone),
	    -EBADMSG);
}

static uint8_t
protocol(const char *line)
{
	return po_procnet_decode_protocol(line, strlen(line));
}

static void
test_protocols(void)
{
	CU_ASSERT_EQUAL(protocol("TCP       2304      1     251   no"), 6);
	CU_ASSERT_EQUAL(protocol("TCPv6     2432      0     251   no"), 6);
	CU_ASSERT_EQUAL(protocol("UDP       1344"), 17);
	CU_ASSERT_EQUAL(protocol("UDPv6"), 17);
	CU_ASSERT_EQUAL(protocol("UDP-Lite  1344"), 136);
	CU_ASSERT_EQUAL(protocol("UDPLITEv6 1472"), 136);
	CU_ASSERT_EQUAL(protocol("SCTP"), 132);
	CU_ASSERT_EQUAL(protocol("SCTPv6 1"), 132);
	CU_ASSERT_EQUAL(protocol("DCCP 1"), 33);
	CU_ASSERT_EQUAL(protocol("DCCPv6 1"), 33);
	CU_ASSERT_EQUAL(protocol("RAW 1"), 255);
	CU_ASSERT_EQUAL(protocol("RAWv6 1"), 255);
	CU_ASSERT_EQUAL(protocol("MPTCP 1936"), 0);
	CU_ASSERT_EQUAL(protocol("protocol  size sockets  memory"), 0);
	CU_ASSERT_EQUAL(protocol("TC"), 0);
	CU_ASSERT_EQUAL(protocol("TCPv"), 0);
	CU_ASSERT_EQUAL(protocol("SCTPX"), 0);
	CU_ASSERT_EQUAL(protocol(""), 0);
	CU_ASSERT_EQUAL(protocol("  "), 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"a listener", test_listener},
	    {"a connection", test_connection},
	    {"TIME_WAIT", test_time_wait},
	    {"states", test_states},
	    {"IPv6", test_ipv6},
	    {"a table of a big-endian system", test_big_endian},
	    {"datagram and raw sockets", test_datagrams},
	    {"lines that are no rows", test_no_rows},
	    {"lines that are refused", test_refused},
	    {"every truncation", test_truncated},
	    {"random changes", test_random},
	    {"if_inet6", test_if_inet6},
	    {"protocols", test_protocols},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("linux_procnet_decode", tests);
}
