/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service manager's list, constructed: what it says, what follows when it is
 * cut or lies, and how the services of one process are named.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/windows_services.h"
#include "scarce.h"
#include "unit.h"

#define ADDRESS 0x7ff612340000 /* of the buffer, where it was written */

/* Written as Windows does: records from the front, texts from the back. */
struct fake {
	uint8_t word;
	size_t n, front, back;
	uint8_t octets[65536];
};

static const size_t record_sizes[] = {[4] = 44, [8] = 56};
static const size_t pid_offsets[] = {[4] = 36, [8] = 44};

static uint64_t
address_of(const struct fake *fake)
{
	return fake->word == 8 ? ADDRESS : ADDRESS & 0xffffffff;
}

static void
begin(struct fake *fake, uint8_t word)
{
	memset(fake, 0, sizeof(*fake));
	fake->word = word;
	fake->back = sizeof(fake->octets);
}

static void
put(uint8_t *at, uint64_t value, size_t octets)
{
	size_t i;

	for (i = 0; i < octets; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void
put_text(struct fake *fake, size_t at, const uint16_t *units, size_t n)
{
	size_t i;

	fake->back -= 2 * (n + 1);
	for (i = 0; i < n; i++)
		put(fake->octets + fake->back + 2 * i, units[i], 2);
	put(fake->octets + fake->back + 2 * n, 0, 2);
	put(fake->octets + at, address_of(fake) + fake->back, fake->word);
}

static void
add_units(struct fake *fake, uint32_t pid, const uint16_t *units, size_t n)
{
	static const uint16_t display[] = {'N', 'o', '!'};

	memset(fake->octets + fake->front, 0x5a, record_sizes[fake->word]);
	put_text(fake, fake->front, units, n);
	put_text(fake, fake->front + fake->word, display, 3);
	put(fake->octets + fake->front + pid_offsets[fake->word], pid, 4);
	fake->front += record_sizes[fake->word];
	fake->n++;
}

static void
add(struct fake *fake, uint32_t pid, const char *name)
{
	uint16_t units[256];
	size_t i, n = strlen(name);

	CU_ASSERT_TRUE_FATAL(n <= 256);
	for (i = 0; i < n; i++)
		units[i] = (uint8_t)name[i];
	add_units(fake, pid, units, n);
}

static int
decode(const struct fake *fake, struct po_windows_services *services,
    uint32_t *odd)
{
	const struct po_windows_buffer buffer = {
	    fake->octets, sizeof(fake->octets), address_of(fake), fake->word};

	return po_windows_decode_services(
	    &buffer, fake->n, odd, po_windows_services_add, services);
}

/* What is said of pid. */
static void
check(const struct po_windows_services *services, uint32_t pid,
    const char *expected)
{
	char text[PO_WINDOWS_SERVICES_SIZE];
	size_t length = po_windows_services_of(services, pid, text);

	CU_ASSERT_EQUAL_FATAL(length, strlen(expected));
	CU_ASSERT_EQUAL(memcmp(text, expected, length), 0);
}

/* Written out by hand, not by the code that reads it. */
static void
test_layout(void)
{
	static const uint8_t octets[] = {/* lpServiceName, lpDisplayName */
	    0x38, 0x10, 0, 0, 1, 0, 0, 0, 0x3c, 0x10, 0, 0, 1, 0, 0, 0,
	    /* type, state, controls, exit codes, check point, hint */
	    0x20, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0,
	    /* pid, flags, and what fills it up */
	    0x34, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    /* the name, the display name */
	    'A', 0, 0, 0, 'B', 0, 0, 0};
	static const uint8_t octets32[] = {0x2c, 0, 0, 0x80, 0x30, 0, 0, 0x80,
	    0x10, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0x35, 0x12, 0, 0, 0, 0, 0, 0, 'C', 0, 0, 0, 'D',
	    0, 0, 0};
	const struct po_windows_buffer buffer = {
	    octets, sizeof(octets), 0x100001000, 8};
	const struct po_windows_buffer buffer32 = {
	    octets32, sizeof(octets32), 0x80000000, 4};
	struct po_windows_services services = {0};
	uint32_t odd;

	CU_ASSERT_EQUAL(sizeof(octets), 56 + 8);
	CU_ASSERT_EQUAL(sizeof(octets32), 44 + 8);
	CU_ASSERT_EQUAL(po_windows_decode_services(&buffer, 1, &odd,
			    po_windows_services_add, &services),
	    0);
	CU_ASSERT_EQUAL(po_windows_decode_services(&buffer32, 1, &odd,
			    po_windows_services_add, &services),
	    0);
	CU_ASSERT_EQUAL(odd, 0);
	po_windows_services_sort(&services);
	CU_ASSERT_EQUAL(services.n, 2);
	check(&services, 0x1234, "A");
	check(&services, 0x1235, "C");
	po_windows_services_free(&services);
}

static void
test_shared(void)
{
	static const uint8_t words[] = {4, 8};
	struct po_windows_services services = {0};
	struct fake fake;
	uint32_t odd;
	size_t i;

	for (i = 0; i < sizeof(words); i++) {
		begin(&fake, words[i]);
		add(&fake, 900, "LanmanServer");
		add(&fake, 4, "b");
		add(&fake, 900, "Dhcp");
		add(&fake, 0, "starts");
		add(&fake, UINT32_MAX, "last");
		add(&fake, 900, "EventLog");
		add(&fake, 901, "Dnscache");
		/* as the second part of a list may have it again */
		add(&fake, 900, "Dhcp");
		po_windows_services_clear(&services);
		CU_ASSERT_EQUAL(decode(&fake, &services, &odd), 0);
		CU_ASSERT_EQUAL(odd, 0);
		po_windows_services_sort(&services);
		CU_ASSERT_EQUAL(services.n, 6);
		check(&services, 900, "Dhcp,EventLog,LanmanServer");
		check(&services, 901, "Dnscache");
		check(&services, 4, "b");
		check(&services, UINT32_MAX, "last");
		check(&services, 0, "");
		check(&services, 5, "");
		check(&services, 902, "");
	}
	po_windows_services_free(&services);
	check(&services, 900, "");
}

static void
test_characters(void)
{
	static const struct {
		uint16_t units[4];
		size_t n;
		const char *expected;
	} cases[] = {
	    {{0x7f, 0x80, 0x7ff, 0x800}, 4, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"},
	    {{0xffff}, 1, "\xef\xbf\xbf"},
	    {{0xd800, 0xdc00}, 2, "\xf0\x90\x80\x80"},
	    {{0xdbff, 0xdfff}, 2, "\xf4\x8f\xbf\xbf"},
	    /* halves of characters */
	    {{0xd800}, 1, "\xef\xbf\xbd"},
	    {{0xdc00, 'a'}, 2,
		"\xef\xbf\xbd"
		"a"},
	    {{0xd83d, 'a'}, 2,
		"\xef\xbf\xbd"
		"a"},
	    {{0xd83d, 0xd83d, 0xde00}, 3, "\xef\xbf\xbd\xf0\x9f\x98\x80"},
	};
	struct po_windows_services services = {0};
	struct fake fake;
	uint32_t odd;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&fake, 8);
		add_units(&fake, 7, cases[i].units, cases[i].n);
		po_windows_services_clear(&services);
		CU_ASSERT_EQUAL(decode(&fake, &services, &odd), 0);
		check(&services, 7, cases[i].expected);
	}
	po_windows_services_free(&services);
}

/* Whole characters only, whatever the room. */
static void
test_room(void)
{
	static const uint8_t octets[] = {
	    'a', 0, 0xe4, 0, 0xac, 0x20, 0x3d, 0xd8, 0, 0xde};
	static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	const struct po_windows_text text = {octets, sizeof(octets) / 2};
	char out[12];
	size_t size;

	for (size = 0; size < sizeof(lengths) / sizeof(lengths[0]); size++) {
		memset(out, 0x5a, sizeof(out));
		CU_ASSERT_EQUAL(
		    po_windows_utf8(&text, out, size), lengths[size]);
		CU_ASSERT_EQUAL(out[lengths[size]], 0x5a);
	}
}

static void
fill(char *name, char with, size_t length)
{
	memset(name, with, length);
	name[length] = '\0';
}

/* Names of these lengths, and how many of them are told. */
static void
test_many(void)
{
	static const struct {
		size_t lengths[4], told, length;
	} cases[] = {
	    {{127, 127}, 2, 255},
	    {{127, 128}, 1, 127 + 4},
	    {{123, 127, 3}, 3, 255},
	    {{123, 127, 4}, 2, 255},
	    {{124, 127, 1}, 1, 128},
	    {{251, 3}, 2, 255},
	    {{251, 4}, 1, 255},
	    {{1, 250, 1}, 1, 5},
	    {{1, 249, 1}, 3, 253},
	    {{1, 249, 4}, 2, 255},
	    {{256}, 1, 256},
	    {{256, 256}, 1, 260},
	};
	char names[4][257], expected[1024], *end;
	struct po_windows_services services = {0};
	struct fake fake;
	uint32_t odd;
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&fake, 8);
		end = expected;
		for (j = 0; j < 4 && cases[i].lengths[j] != 0; j++) {
			fill(names[j], (char)('a' + j), cases[i].lengths[j]);
			add(&fake, 7, names[j]);
			if (j < cases[i].told)
				end += sprintf(
				    end, "%s%s", j > 0 ? "," : "", names[j]);
		}
		if (j > cases[i].told)
			end += sprintf(end, ",...");
		po_windows_services_clear(&services);
		CU_ASSERT_EQUAL(decode(&fake, &services, &odd), 0);
		po_windows_services_sort(&services);
		CU_ASSERT_EQUAL((size_t)(end - expected), cases[i].length);
		check(&services, 7, expected);
	}
	po_windows_services_free(&services);
}

/* A name of three octets a unit, the longest, and others behind it. */
static void
test_longest(void)
{
	struct po_windows_services services = {0};
	char text[PO_WINDOWS_SERVICES_SIZE];
	uint16_t units[300];
	struct fake fake;
	uint32_t odd;
	size_t i;

	for (i = 0; i < 300; i++)
		units[i] = 0x20ac;
	begin(&fake, 8);
	add_units(&fake, 7, units, 300);
	units[0]++;
	add_units(&fake, 7, units, 300);
	CU_ASSERT_EQUAL(decode(&fake, &services, &odd), 0);
	po_windows_services_sort(&services);
	CU_ASSERT_EQUAL(
	    po_windows_services_of(&services, 7, text), sizeof(text));
	CU_ASSERT_EQUAL(memcmp(text + 768, ",...", 4), 0);
	po_windows_services_free(&services);
}

/* Pointers that lead out of the buffer, and texts that do not end in it. */
static void
test_lies(void)
{
	struct po_windows_services services = {0};
	struct fake fake;
	uint64_t lies[6];
	uint32_t odd;
	size_t i;

	begin(&fake, 8);
	add(&fake, 7, "a");
	add(&fake, 7, "b");
	lies[0] = 0;
	lies[1] = ADDRESS - 2;
	lies[2] = ADDRESS + sizeof(fake.octets);
	lies[3] = ADDRESS + sizeof(fake.octets) + 2;
	lies[4] = UINT64_MAX;
	lies[5] = ADDRESS + sizeof(fake.octets) - 1;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		put(fake.octets, lies[i], 8);
		po_windows_services_clear(&services);
		CU_ASSERT_EQUAL(decode(&fake, &services, &odd), 0);
		CU_ASSERT_EQUAL(odd, 1);
		check(&services, 7, "b");
	}
	memset(fake.octets + fake.back, 'x', sizeof(fake.octets) - fake.back);
	put(fake.octets, ADDRESS + fake.back, 8);
	po_windows_services_clear(&services);
	CU_ASSERT_EQUAL(decode(&fake, &services, &odd), 0);
	CU_ASSERT_EQUAL(odd, 2);
	CU_ASSERT_EQUAL(services.n, 0);
	po_windows_services_free(&services);
}

/* More services than there is room for; room that ends with the last one. */
static void
test_counts(void)
{
	struct po_windows_services services = {0};
	struct po_windows_buffer buffer = {.address = ADDRESS, .word = 8};
	struct fake fake;
	uint8_t *exact;
	uint32_t odd;
	size_t length;

	begin(&fake, 8);
	add(&fake, 7, "a");
	add(&fake, 7, "b");
	for (length = 0; length <= fake.front; length++) {
		exact = malloc(length + 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact + 1, fake.octets, length);
		buffer.octets = exact + 1;
		buffer.length = length;
		CU_ASSERT_EQUAL(po_windows_decode_services(&buffer, 2, &odd,
				    po_windows_services_add, &services),
		    length == fake.front ? 0 : -EBADMSG);
		/* their names are beyond it */
		CU_ASSERT_EQUAL(odd, length == fake.front ? 2 : 0);
		CU_ASSERT_EQUAL(po_windows_decode_services(&buffer, SIZE_MAX,
				    &odd, po_windows_services_add, &services),
		    -EBADMSG);
		free(exact);
	}
	CU_ASSERT_EQUAL(services.n, 0);
}

/* The Nth allocation fails, for every N; nothing leaks. */
static void
test_memory(void)
{
	const long live = scarce.live;
	struct po_windows_services services = {0};
	struct fake fake;
	unsigned long n;
	char name[32];
	uint32_t odd;
	int error, i;

	begin(&fake, 8);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "service%d", i);
		add(&fake, 7, name);
	}
	for (n = 1, error = -ENOMEM; error != 0; n++) {
		scarce.calls = 0;
		scarce.fail_at = n;
		error = decode(&fake, &services, &odd);
		scarce.fail_at = 0;
		CU_ASSERT_TRUE(error == 0 || error == -ENOMEM);
		CU_ASSERT_TRUE(services.n < n);
		po_windows_services_free(&services);
		CU_ASSERT_EQUAL(scarce.live, live);
	}
	/* 200 names, and twice the list */
	CU_ASSERT_EQUAL(n - 2, 202);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"layout", test_layout},
	    {"services that share a process", test_shared},
	    {"characters", test_characters},
	    {"room for characters", test_room},
	    {"more names than fit", test_many},
	    {"the longest name", test_longest},
	    {"pointers that lie", test_lies},
	    {"counts that lie", test_counts},
	    {"memory", test_memory},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("windows_services", tests);
}
