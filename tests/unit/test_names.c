/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names are asked for once, whether there is one or not, by a thread that the
 * others wait for a little while only.  The name service is this test.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "collect/names.h"
#include "collect/names_private.h"
#include "unit.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed; /* it does not answer */
	unsigned int asked;
	uint32_t last;
} service = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0, 0};

/* Even numbers have names. */
bool
po_names_ask(const struct po_name_key *key, char text[PO_NAME_SIZE], char *room)
{
	uint32_t number;

	if (key->length != sizeof(number))
		return false;
	memcpy(&number, key->octets, sizeof(number));
	memset(room, 0x5a, PO_NAMES_ROOM);
	pthread_mutex_lock(&service.lock);
	service.asked++;
	service.last = number;
	pthread_cond_broadcast(&service.changed);
	while (service.closed)
		pthread_cond_wait(&service.changed, &service.lock);
	pthread_mutex_unlock(&service.lock);
	snprintf(text, PO_NAME_SIZE, "user%lu", (unsigned long)number);
	return number % 2 == 0;
}

static const char *
look_up(struct po_names *names, uint32_t number)
{
	return po_names_lookup(names, &number, sizeof(number));
}

static void
close_service(bool closed)
{
	pthread_mutex_lock(&service.lock);
	service.closed = closed;
	pthread_cond_broadcast(&service.changed);
	pthread_mutex_unlock(&service.lock);
}

static unsigned int
asked(void)
{
	unsigned int n;

	pthread_mutex_lock(&service.lock);
	n = service.asked;
	pthread_mutex_unlock(&service.lock);
	return n;
}

static void
test_once(void)
{
	struct po_names *names = po_names_new(60000);
	const unsigned int before = asked();
	const char *name;
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	for (i = 0; i < 100; i++) {
		po_names_begin(names);
		name = look_up(names, 8);
		CU_ASSERT_PTR_NOT_NULL_FATAL(name);
		CU_ASSERT_STRING_EQUAL(name, "user8");
		CU_ASSERT_PTR_NULL(look_up(names, 9));
	}
	CU_ASSERT_EQUAL(asked() - before, 2);
	po_names_free(names);
}

/* More than are remembered: every answer is right all the same. */
static void
test_many(void)
{
	struct po_names *names = po_names_new(60000);
	char expected[PO_NAME_SIZE];
	const char *name;
	uint32_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	for (i = 0; i < 3 * PO_NAMES_MAX; i++) {
		name = look_up(names, i);
		snprintf(
		    expected, sizeof(expected), "user%lu", (unsigned long)i);
		if (i % 2 == 0)
			CU_ASSERT_TRUE(
			    name != NULL && strcmp(name, expected) == 0);
		if (i % 2 != 0)
			CU_ASSERT_PTR_NULL(name);
	}
	po_names_free(names);
}

/* What does not come in time is not waited for again, and comes later. */
static void
test_late(void)
{
	struct po_names *names = po_names_new(20);
	const unsigned int before = asked();
	const char *name = NULL;
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	close_service(true);
	for (i = 0; i < 50; i++)
		CU_ASSERT_PTR_NULL(look_up(names, 6));
	CU_ASSERT_TRUE(asked() - before <= 1);
	close_service(false);
	for (i = 0; i < 1000 && name == NULL; i++) {
		po_names_begin(names);
		name = look_up(names, 6);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(name);
	CU_ASSERT_STRING_EQUAL(name, "user6");
	CU_ASSERT_EQUAL(asked() - before, 1);
	po_names_free(names);
}

static void
test_keys(void)
{
	struct po_names *names = po_names_new(60000);
	const uint8_t octets[PO_NAME_KEY_MAX + 1] = {0};

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	CU_ASSERT_PTR_NULL(po_names_lookup(names, octets, sizeof(octets)));
	po_names_free(names);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"asked for once", test_once},
	    {"more than are remembered", test_many},
	    {"too late", test_late},
	    {"a key that is too long", test_keys},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("names", tests);
}
