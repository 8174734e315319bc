/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Published text: what may pass, what is escaped, and that nothing is lost
 * but by the cut at 255 octets.
 */
#include "model/text.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

static void
expect_clean(const char *in, size_t length, const char *expected)
{
	char out[PO_TEXT_MAX + 1];
	size_t got = po_text_clean(out, in, length);

	CU_ASSERT_EQUAL(got, strlen(expected));
	CU_ASSERT_STRING_EQUAL(out, expected);
	CU_ASSERT_TRUE(po_text_is_clean(out, got));
}

#define EXPECT(in, expected) expect_clean(in, sizeof(in) - 1, expected)

static void
test_plain(void)
{
	EXPECT("", "");
	EXPECT("nginx: worker process", "nginx: worker process");
	EXPECT("a b(c)\"d'e", "a b(c)\"d'e");
	EXPECT("~ !", "~ !");
	/* Two, three and four octets a character. */
	EXPECT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7");
	/* The first and last characters of each length that may pass. */
	EXPECT("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf",
	    "\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
	EXPECT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
	EXPECT("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80");
}

static void
test_escapes(void)
{
	EXPECT("a\nb", "a\\nb");
	EXPECT("a\tb", "a\\tb");
	EXPECT("a\\b", "a\\\\b");
	EXPECT("\r\x1b[31m\x7f", "\\x0d\\x1b[31m\\x7f");
	EXPECT("a\0b", "a\\x00b");
}

static void
test_invalid_utf8(void)
{
	/* Alone: continuation, lead, octets that never occur. */
	EXPECT("\x80", "\\x80");
	EXPECT("\xbf", "\\xbf");
	EXPECT("\xc3", "\\xc3");
	EXPECT("\xc3(", "\\xc3(");
	EXPECT("\xfe\xff", "\\xfe\\xff");
	/* Cut short. */
	EXPECT("\xe2\x82", "\\xe2\\x82");
	EXPECT("\xf0\x9f\x90", "\\xf0\\x9f\\x90");
	EXPECT("\xe2\x82z", "\\xe2\\x82z");
	/* Overlong. */
	EXPECT("\xc0\xaf", "\\xc0\\xaf");
	EXPECT("\xc1\xbf", "\\xc1\\xbf");
	EXPECT("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	EXPECT("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");
	EXPECT("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf");
	EXPECT("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
	/* Surrogates, beyond the last character. */
	EXPECT("\xed\xa0\x80", "\\xed\\xa0\\x80");
	EXPECT("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
	EXPECT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	EXPECT("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
}

/* One character as UTF-8; returns the length. */
static size_t
encode(uint32_t code, char out[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	size_t i;

	if (code >= 0x10000)
		length = 4;
	if (length == 1) {
		out[0] = (char)code;
		return 1;
	}
	for (i = length - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(lead[length] | code);
	return length;
}

/* The characters that a reader of a log or a terminal must never get. */
static bool
must_be_escaped(uint32_t code)
{
	static const uint32_t ranges[][2] = {{0, 0x1f}, {0x7f, 0x9f},
	    {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x2029},
	    {0x202a, 0x202e}, {0x2066, 0x2069}, {0xd800, 0xdfff}};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i][0] && code <= ranges[i][1])
			return true;
	return false;
}

/* Every code point there is: passed on as it is, or escaped whole. */
static void
test_all_characters(void)
{
	unsigned passed = 0, escaped = 0, wrong = 0;
	char in[4], out[PO_TEXT_MAX + 1];
	size_t length, got;
	uint32_t code;
	bool same;

	for (code = 0; code <= 0x10ffff; code++) {
		length = encode(code, in);
		got = po_text_clean(out, in, length);
		same = got == length && memcmp(out, in, length) == 0;
		if (must_be_escaped(code)) {
			escaped++;
			if (same || out[0] != '\\' ||
			    po_text_is_clean(in, length))
				wrong++;
		} else if (code != '\\') {
			passed++;
			if (!same || !po_text_is_clean(in, length))
				wrong++;
		}
		if (!po_text_is_clean(out, got))
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(escaped, 32 + 33 + 1 + 2 + 2 + 5 + 4 + 2048);
	CU_ASSERT_EQUAL(passed, 0x110000 - escaped - 1);
}

static void
test_bidi(void)
{
	EXPECT("a\xe2\x80\xae"
	       "b",
	    "a\\xe2\\x80\\xaeb");
	EXPECT("\xd8\x9c", "\\xd8\\x9c");
	EXPECT("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
	EXPECT("\xc2\x85", "\\xc2\\x85");
}

static void
test_truncation(void)
{
	char in[600], out[PO_TEXT_MAX + 1];
	size_t pad, got;

	memset(in, 'x', sizeof(in));
	CU_ASSERT_EQUAL(po_text_clean(out, in, 255), 255);
	CU_ASSERT_EQUAL(po_text_clean(out, in, 256), 255);
	CU_ASSERT_EQUAL(out[255], '\0');
	/* A character or an escape at the edge comes whole or not at all. */
	for (pad = 245; pad <= 255; pad++) {
		memset(in, 'x', sizeof(in));
		memcpy(in + pad, "\xe2\x82\xac", 3);
		got = po_text_clean(out, in, pad + 3);
		CU_ASSERT_EQUAL(got, pad + 3 <= 255 ? pad + 3 : pad);
		CU_ASSERT_TRUE(po_text_is_clean(out, got));
		in[pad] = '\x01';
		got = po_text_clean(out, in, pad + 1);
		CU_ASSERT_EQUAL(got, pad + 4 <= 255 ? pad + 4 : pad);
		memcpy(in + pad, "\xe2\x80\xae", 3);
		got = po_text_clean(out, in, pad + 3);
		CU_ASSERT_EQUAL(got, pad + 12 <= 255 ? pad + 12 : pad);
	}
	memset(in, 'x', sizeof(in));
	CU_ASSERT_TRUE(po_text_is_clean(in, 255));
	CU_ASSERT_FALSE(po_text_is_clean(in, 256));
}

/* Undoes the escapes; returns the length, or -1 for a broken escape. */
static long
unescape(const char *in, size_t length, char *out)
{
	char digits[3] = "";
	size_t i, n = 0;

	for (i = 0; i < length; i++) {
		if (in[i] != '\\') {
			out[n++] = in[i];
			continue;
		}
		if (++i == length)
			return -1;
		switch (in[i]) {
		case 'n':
			out[n++] = '\n';
			break;
		case 't':
			out[n++] = '\t';
			break;
		case '\\':
			out[n++] = '\\';
			break;
		case 'x':
			if (length - i < 3)
				return -1;
			memcpy(digits, in + i + 1, 2);
			out[n++] = (char)strtoul(digits, NULL, 16);
			i += 2;
			break;
		default:
			return -1;
		}
	}
	return (long)n;
}

/* Whatever comes in, the outcome is clean and tells the input's beginning. */
static void
test_random(void)
{
	static const char nasty[] = "\xe2\x80\xae\xc2\x85\xf0\xed a\\\n\xa0";
	char in[300], out[PO_TEXT_MAX + 1], back[PO_TEXT_MAX + 1];
	uint64_t seed = 1;
	unsigned wrong = 0, round;
	size_t length, got, i;
	long n;

	for (round = 0; round < 20000; round++) {
		length = unit_below(&seed, sizeof(in));
		for (i = 0; i < length; i++)
			in[i] = round % 2 != 0
				    ? (char)unit_below(&seed, 256)
				    : nasty[unit_below(&seed, sizeof(nasty))];
		got = po_text_clean(out, in, length);
		n = unescape(out, got, back);
		if (got > PO_TEXT_MAX || out[got] != '\0' ||
		    !po_text_is_clean(out, got) || n < 0 ||
		    (size_t)n > length || memcmp(in, back, (size_t)n) != 0 ||
		    ((size_t)n < length && got + 16 < PO_TEXT_MAX))
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_protocols(void)
{
	static const struct {
		uint8_t number;
		const char *name;
	} known[] = {{6, "tcp"}, {17, "udp"}, {33, "dccp"}, {132, "sctp"},
	    {136, "udplite"}, {255, "raw"}};
	char buffer[16];
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CU_ASSERT_STRING_EQUAL(
		    po_protocol_name(known[i].number, buffer), known[i].name);
		CU_ASSERT_EQUAL(
		    po_protocol_number(known[i].name), known[i].number);
	}
	CU_ASSERT_STRING_EQUAL(po_protocol_name(47, buffer), "proto-47");
	CU_ASSERT_STRING_EQUAL(po_protocol_name(254, buffer), "proto-254");
	CU_ASSERT_EQUAL(po_protocol_number(""), -1);
	CU_ASSERT_EQUAL(po_protocol_number("tc"), -1);
	CU_ASSERT_EQUAL(po_protocol_number("tcpx"), -1);
}

static void
expect_address(const char *text, uint32_t zone, const char *expected)
{
	struct po_address address = unit_address(text, zone);
	char out[PO_ADDRESS_TEXT_SIZE];

	CU_ASSERT_EQUAL(po_address_format(&address, out), strlen(expected));
	CU_ASSERT_STRING_EQUAL(out, expected);
}

static void
test_addresses(void)
{
	struct po_address zoned = unit_address("169.254.1.2", 0);
	char out[PO_ADDRESS_TEXT_SIZE];

	expect_address("*", 0, "*");
	expect_address("0.0.0.0", 0, "0.0.0.0");
	expect_address("255.255.255.255", 0, "255.255.255.255");
	expect_address("::", 0, "::");
	expect_address("::1", 0, "::1");
	expect_address("2001:DB8::1", 0, "2001:db8::1");
	expect_address("2001:db8:0:1:1:1:1:1", 0, "2001:db8:0:1:1:1:1:1");
	expect_address("2001:0:0:1:0:0:0:1", 0, "2001:0:0:1::1");
	expect_address("2001:db8:0:0:1:0:0:1", 0, "2001:db8::1:0:0:1");
	expect_address("fe80::1", 2, "fe80::1%2");
	expect_address("fe80::1", UINT32_MAX, "fe80::1%4294967295");
	zoned.type = PO_ADDRESS_IPV4Z;
	zoned.zone = 7;
	po_address_format(&zoned, out);
	CU_ASSERT_STRING_EQUAL(out, "169.254.1.2%7");
}

/* RFC 5952, section 4, of groups, without its section 5. */
static void
format_groups(const uint8_t *bytes, char *out)
{
	unsigned group[8], i, k, run, best = 0, at = 8;

	for (i = 0; i < 8; i++)
		group[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	for (i = 0; i < 8; i++) {
		for (run = 0, k = i; k < 8 && group[k] == 0; k++)
			run++;
		if (run > best && run > 1) {
			best = run;
			at = i;
		}
	}
	*out = '\0';
	for (i = 0; i < 8; i++) {
		if (i == at) {
			out += sprintf(out, "::");
			i += best - 1;
			continue;
		}
		out += sprintf(out, "%s%x",
		    i == 0 || (best > 0 && i == at + best) ? "" : ":",
		    group[i]);
	}
}

static void
test_random_addresses(void)
{
	char out[PO_ADDRESS_TEXT_SIZE], by_hand[80], by_system[80];
	struct po_address address = {.type = PO_ADDRESS_IPV6};
	uint64_t seed = 2;
	unsigned round, wrong = 0;
	size_t i;

	for (round = 0; round < 50000; round++) {
		for (i = 0; i < 16; i++)
			address.bytes[i] =
			    (uint8_t)(unit_below(&seed, 256) &
				      (unit_below(&seed, 3) == 0 ? 0xff : 0));
		/* The first group keeps the IPv4 forms of section 5 away. */
		address.bytes[1] |= 1;
		format_groups(address.bytes, by_hand);
		inet_ntop(
		    AF_INET6, address.bytes, by_system, sizeof(by_system));
		po_address_format(&address, out);
		if (strcmp(out, by_hand) != 0 || strcmp(out, by_system) != 0)
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	address.type = PO_ADDRESS_IPV4;
	for (round = 0; round < 10000; round++) {
		memset(address.bytes, 0, sizeof(address.bytes));
		for (i = 0; i < 4; i++)
			address.bytes[i] = (uint8_t)unit_below(&seed, 256);
		sprintf(by_hand, "%u.%u.%u.%u", address.bytes[0],
		    address.bytes[1], address.bytes[2], address.bytes[3]);
		po_address_format(&address, out);
		if (strcmp(out, by_hand) != 0)
			wrong++;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
expect_endpoint(const struct po_endpoint *endpoint, const char *expected)
{
	char out[PO_ENDPOINT_TEXT_SIZE];

	CU_ASSERT_EQUAL(po_endpoint_format(endpoint, out), strlen(expected));
	CU_ASSERT_STRING_EQUAL(out, expected);
}

static void
test_endpoints(void)
{
	char out[PO_ADDRESS_TEXT_SIZE + 8];
	struct po_endpoint e =
	    unit_endpoint(PO_PROTOCOL_TCP, "127.0.0.1", 5432);
	struct po_endpoint longest;

	expect_endpoint(&e, "tcp 127.0.0.1:5432");
	e = unit_endpoint(PO_PROTOCOL_TCP, "::1", 80);
	expect_endpoint(&e, "tcp [::1]:80");
	e = unit_endpoint(PO_PROTOCOL_UDP, "*", 53);
	expect_endpoint(&e, "udp *:53");
	e = unit_endpoint(PO_PROTOCOL_RAW, "::", 58);
	expect_endpoint(&e, "raw [::]:58");
	e = unit_endpoint(PO_PROTOCOL_TCP, "0.0.0.0", 80);
	e.stack = 4026532177u;
	expect_endpoint(&e, "tcp 0.0.0.0:80 stack 4026532177");
	e = unit_endpoint(PO_PROTOCOL_TCP, "*", 0);
	e.address = unit_address("fe80::1", 2);
	e.port = 65535;
	expect_endpoint(&e, "tcp [fe80::1%2]:65535");

	longest = e;
	longest.protocol = 254;
	longest.stack = UINT32_MAX;
	longest.address =
	    unit_address("fe80:1111:1111:1111:1111:1111:1111:1111", UINT32_MAX);
	expect_endpoint(&longest,
	    "proto-254 [fe80:1111:1111:1111:1111:1111:1111:1111%4294967295]"
	    ":65535 stack 4294967295");

	CU_ASSERT_EQUAL(po_address_port_format(&e.address, 1, out), 13);
	CU_ASSERT_STRING_EQUAL(out, "[fe80::1%2]:1");
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"plain text passes", test_plain},
	    {"escapes", test_escapes},
	    {"octets that are no UTF-8", test_invalid_utf8},
	    {"every character", test_all_characters},
	    {"bidirectional controls", test_bidi},
	    {"the cut at 255 octets", test_truncation},
	    {"random octets", test_random},
	    {"names of protocols", test_protocols},
	    {"addresses", test_addresses},
	    {"random addresses", test_random_addresses},
	    {"endpoints", test_endpoints},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("text", tests);
}
