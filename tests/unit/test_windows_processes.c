/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows' list of processes, constructed: what it says, and what follows when
 * it is cut or lies.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/windows_system_decode.h"
#include "unit.h"

#define ADDRESS 0x1234560000 /* of the buffer, where it was written */
#define PROCESSES 8

/* As Windows writes it: a record, its threads, its name, the next record. */
struct fake {
	uint8_t word;
	size_t n, used, last;
	uint8_t octets[8192];
};

struct seen {
	size_t n;
	struct po_windows_process at[PROCESSES];
};

static void
put(uint8_t *at, uint64_t value, size_t octets)
{
	size_t i;

	for (i = 0; i < octets; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t
address_of(uint8_t word)
{
	return word == 8 ? ADDRESS : ADDRESS & 0xffffffff;
}

static void
begin(struct fake *fake, uint8_t word)
{
	memset(fake, 0, sizeof(*fake));
	fake->word = word;
}

static void
add(struct fake *fake, uint64_t pid, uint64_t parent, uint64_t start,
    const char *name)
{
	const size_t record = fake->word == 8 ? 256 + 80 : 184 + 64;
	const size_t length = strlen(name);
	uint8_t *at = fake->octets + fake->used, *text = at + record;
	size_t i;

	if (fake->n > 0)
		put(fake->octets + fake->last, fake->used - fake->last, 4);
	memset(at + 4, 0x5a, record - 4);
	put(at + 32, start, 8);
	put(at + 56, 2 * length, 2);
	put(at + 58, 2 * length + 2, 2);
	put(at + (fake->word == 8 ? 64 : 60),
	    length == 0 ? 0 : address_of(fake->word) + fake->used + record,
	    fake->word);
	put(at + (fake->word == 8 ? 80 : 68), pid, fake->word);
	put(at + (fake->word == 8 ? 88 : 72), parent, fake->word);
	for (i = 0; i < length; i++)
		put(text + 2 * i, (uint8_t)name[i], 2);
	fake->last = fake->used;
	fake->used += (record + 2 * length + 2 + 7) / 8 * 8;
	fake->n++;
}

static int
keep(void *context, const struct po_windows_process *process)
{
	struct seen *seen = context;

	CU_ASSERT_TRUE_FATAL(seen->n < PROCESSES);
	seen->at[seen->n++] = *process;
	return 0;
}

static int
decode(const struct fake *fake, size_t length, struct seen *seen)
{
	const struct po_windows_buffer buffer = {
	    fake->octets, length, address_of(fake->word), fake->word};

	seen->n = 0;
	return po_windows_decode_processes(&buffer, keep, seen);
}

static void
check(const struct po_windows_process *process, uint32_t pid, uint32_t parent,
    uint64_t start, const char *name)
{
	char text[64];
	size_t length = po_windows_utf8(&process->name, text, sizeof(text));

	CU_ASSERT_EQUAL(process->pid, pid);
	CU_ASSERT_EQUAL(process->parent, parent);
	CU_ASSERT_EQUAL(process->start, start);
	CU_ASSERT_EQUAL_FATAL(length, strlen(name));
	CU_ASSERT_EQUAL(memcmp(text, name, length), 0);
}

/* Written out by hand, not by the code that reads it. */
static void
test_layout(void)
{
	static const uint8_t octets[] = {
	    /* the next, threads, three times 8 that count otherwise */
	    0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0,
	    /* CreateTime, UserTime, KernelTime */
	    8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0,
	    /* ImageName: Length, MaximumLength, Buffer */
	    2, 0, 4, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0,
	    /* BasePriority, UniqueProcessId, InheritedFromUniqueProcessId */
	    8, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0,
	    0, 0, 0,
	    /* what would follow is not looked at; the name */
	    'x', 0};
	static const uint8_t octets32[] = {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6,
	    5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0,
	    4, 0, 0x4c, 0, 0, 0x80, 8, 0, 0, 0, 0x35, 0x12, 0, 0, 5, 0, 0, 0,
	    'y', 0};
	const struct po_windows_buffer buffer = {
	    octets, sizeof(octets), 0x100000000, 8};
	const struct po_windows_buffer buffer32 = {
	    octets32, sizeof(octets32), 0x80000000, 4};
	struct seen seen = {0};

	CU_ASSERT_EQUAL(sizeof(octets), 96 + 2);
	CU_ASSERT_EQUAL(sizeof(octets32), 76 + 2);
	CU_ASSERT_EQUAL(po_windows_decode_processes(&buffer, keep, &seen), 0);
	CU_ASSERT_EQUAL(po_windows_decode_processes(&buffer32, keep, &seen), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n, 2);
	check(&seen.at[0], 0x1234, 4, 0x0102030405060708, "x");
	check(&seen.at[1], 0x1235, 5, 0x0102030405060708, "y");
}

static void
fill(struct fake *fake, uint8_t word)
{
	begin(fake, word);
	add(fake, 0, 0, 0, "");
	add(fake, 4, 0, 132000000000000000, "System");
	add(fake, UINT32_MAX - 3, 4, UINT64_MAX, "svchost.exe");
}

static void
test_list(void)
{
	static const uint8_t words[] = {4, 8};
	struct fake fake;
	struct seen seen;
	size_t i;

	for (i = 0; i < sizeof(words); i++) {
		fill(&fake, words[i]);
		CU_ASSERT_EQUAL(decode(&fake, fake.used, &seen), 0);
		CU_ASSERT_EQUAL_FATAL(seen.n, 3);
		check(&seen.at[0], 0, 0, 0, "");
		check(&seen.at[1], 4, 0, 132000000000000000, "System");
		check(
		    &seen.at[2], UINT32_MAX - 3, 4, UINT64_MAX, "svchost.exe");
	}
	/* Numbers of 64 bits are none of processes. */
	begin(&fake, 8);
	add(&fake, 0x100000004, 8, 1, "a");
	add(&fake, 8, 0x100000004, 1, "b");
	CU_ASSERT_EQUAL(decode(&fake, fake.used, &seen), 0);
	CU_ASSERT_EQUAL_FATAL(seen.n, 1);
	check(&seen.at[0], 8, 0, 1, "b");
}

/* Cut anywhere: nothing beyond is read. */
static void
test_cut(void)
{
	struct po_windows_buffer buffer = {.address = ADDRESS, .word = 8};
	struct fake fake;
	struct seen seen;
	uint8_t *exact;
	size_t length, whole;
	int result;

	fill(&fake, 8);
	for (length = 0; length <= fake.used; length++) {
		exact = malloc(length + 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact + 1, fake.octets, length);
		buffer.octets = exact + 1;
		buffer.length = length;
		seen.n = 0;
		result = po_windows_decode_processes(&buffer, keep, &seen);
		whole = length >= fake.last + 96;
		CU_ASSERT_EQUAL(result, whole ? 0 : -EBADMSG);
		CU_ASSERT_EQUAL(seen.n == 3, whole);
		/* A name that was cut is none. */
		if (whole)
			CU_ASSERT_EQUAL(seen.at[2].name.units,
			    length >= fake.last + 336 + 22 ? 11 : 0);
		free(exact);
	}
}

static void
test_lies(void)
{
	static const uint32_t steps[] = {
	    1, 8, 95, 8192, 0x80000000, UINT32_MAX};
	static const uint64_t pointers[] = {
	    0, ADDRESS - 2, ADDRESS + 8192, ADDRESS + 8190, UINT64_MAX};
	struct fake fake;
	struct seen seen;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fill(&fake, 8);
		put(fake.octets, steps[i], 4);
		CU_ASSERT_EQUAL(decode(&fake, fake.used, &seen), -EBADMSG);
	}
	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		fill(&fake, 8);
		put(fake.octets + fake.last + 64, pointers[i], 8);
		CU_ASSERT_EQUAL(decode(&fake, sizeof(fake.octets), &seen), 0);
		CU_ASSERT_EQUAL_FATAL(seen.n, 3);
		CU_ASSERT_PTR_NULL(seen.at[2].name.octets);
		check(&seen.at[2], UINT32_MAX - 3, 4, UINT64_MAX, "");
	}
	/* Half a unit is not there. */
	fill(&fake, 8);
	put(fake.octets + fake.last + 56, 7, 2);
	CU_ASSERT_EQUAL(decode(&fake, fake.used, &seen), 0);
	check(&seen.at[2], UINT32_MAX - 3, 4, UINT64_MAX, "svc");
}

static int
refuse(void *context, const struct po_windows_process *process)
{
	(void)process;
	++*(int *)context;
	return -ENOMEM;
}

static void
test_refused(void)
{
	struct fake fake;
	struct po_windows_buffer buffer = {
	    fake.octets, sizeof(fake.octets), ADDRESS, 8};
	int calls = 0;

	fill(&fake, 8);
	CU_ASSERT_EQUAL(
	    po_windows_decode_processes(&buffer, refuse, &calls), -ENOMEM);
	CU_ASSERT_EQUAL(calls, 1);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"layout", test_layout},
	    {"list", test_list},
	    {"cut", test_cut},
	    {"steps and pointers that lie", test_lies},
	    {"a visitor that refuses", test_refused},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("windows_processes", tests);
}
