/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open hash by pid.  Forgetting builds it anew, so that it never holds a
 * mark of something deleted.
 */
#include "collect/linux_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/linux_private.h"
#include "collect/linux_task_decode.h"
#include "model/clock.h"

#define FILE_MAX 4096
#define PATH_ROOM 32
#define LIFETIME 60000000 /* us: where nothing shows a change of cgroup */

/* The texts of one process: the service, then the executable. */
struct fact {
	struct linux_facts_key key;
	uint64_t read; /* us */
	uint32_t collection; /* that asked for it last */
	int32_t service; /* length, -1: unknown */
	int32_t executable;
	char text[];
};

struct linux_facts {
	struct fact **slots;
	size_t size; /* a power of 2 */
	size_t count;
	uint32_t collection;
	bool executables; /* are wanted */
	const struct fact *last; /* whose service was read last */
};

struct linux_facts *
linux_facts_new(bool executables)
{
	struct linux_facts *facts = calloc(1, sizeof(*facts));

	if (facts != NULL)
		facts->executables = executables;
	return facts;
}

void
linux_facts_free(struct linux_facts *facts)
{
	size_t i;

	if (facts == NULL)
		return;
	for (i = 0; i < facts->size; i++)
		free(facts->slots[i]);
	free(facts->slots);
	free(facts);
}

void
linux_facts_begin(struct linux_facts *facts)
{
	facts->collection++;
	facts->last = NULL;
}

static struct fact **
find_slot(struct fact **slots, size_t size, uint32_t pid)
{
	size_t at = pid * 2654435761u & (size - 1);

	while (slots[at] != NULL && slots[at]->key.pid != pid)
		at = (at + 1) & (size - 1);
	return &slots[at];
}

/* Moves what wanted() accepts into a table of size slots; the rest goes. */
static int
rebuild(struct linux_facts *facts, size_t size, bool all)
{
	struct fact **slots = calloc(size, sizeof(struct fact *)), *fact;
	size_t i;

	if (slots == NULL)
		return -ENOMEM;
	facts->count = 0;
	for (i = 0; i < facts->size; i++) {
		fact = facts->slots[i];
		if (fact == NULL)
			continue;
		if (!all && fact->collection != facts->collection) {
			free(fact);
			continue;
		}
		*find_slot(slots, size, fact->key.pid) = fact;
		facts->count++;
	}
	free(facts->slots);
	facts->slots = slots;
	facts->size = size;
	return 0;
}

static int
reserve(struct linux_facts *facts)
{
	if (facts->count * 2 < facts->size)
		return 0;
	return rebuild(facts, facts->size == 0 ? 256 : facts->size * 2, true);
}

void
linux_facts_end(struct linux_facts *facts)
{
	size_t i, stale = 0;

	for (i = 0; i < facts->size; i++)
		stale += facts->slots[i] != NULL &&
			 facts->slots[i]->collection != facts->collection;
	/* Without memory they stay for a while. */
	if (stale != 0)
		rebuild(facts, facts->size, false);
}

/* A file of the process, in dir or, where that is -1, by a path in room. */
static const char *
name_file(int dir, uint32_t pid, const char *name, char room[PATH_ROOM])
{
	if (dir >= 0)
		return name;
	snprintf(room, PATH_ROOM, "/proc/%lu/%s", (unsigned long)pid, name);
	return room;
}

static bool
same_service(const struct fact *fact, const struct linux_facts_key *key)
{
	return fact != NULL && key->groups != 0 && key->cgroup != 0 &&
	       fact->key.groups == key->groups &&
	       fact->key.cgroup == key->cgroup;
}

static struct po_bytes
read_service(const struct linux_facts *facts, const struct linux_facts_key *key,
    int dir, char *buffer)
{
	const struct fact *last = facts->last;
	struct po_bytes none = {NULL, 0};
	char path[PATH_ROOM];
	ssize_t length;

	if (same_service(last, key)) {
		if (last->service < 0)
			return none;
		return (struct po_bytes){last->text, (size_t)last->service};
	}
	length = linux_read_at(
	    dir, name_file(dir, key->pid, "cgroup", path), buffer, FILE_MAX);
	if (length < 0)
		return none;
	return po_task_decode_cgroup(buffer, (size_t)length);
}

static struct fact *
read_fact(
    const struct linux_facts *facts, const struct linux_facts_key *key, int dir)
{
	char cgroup[FILE_MAX], executable[FILE_MAX], path[PATH_ROOM];
	struct po_bytes service;
	struct fact *fact;
	ssize_t length = -1;

	service = read_service(facts, key, dir, cgroup);
	if (facts->executables)
		length = readlinkat(dir, name_file(dir, key->pid, "exe", path),
		    executable, sizeof(executable));
	fact = malloc(
	    sizeof(*fact) + service.length + (length > 0 ? (size_t)length : 0));
	if (fact == NULL)
		return NULL;
	fact->key = *key;
	fact->read = po_clock_us();
	fact->service = service.data == NULL ? -1 : (int32_t)service.length;
	fact->executable = (int32_t)length;
	if (service.length > 0)
		memcpy(fact->text, service.data, service.length);
	if (length > 0)
		memcpy(fact->text + service.length, executable, (size_t)length);
	return fact;
}

static bool
is_current(const struct fact *fact, const struct linux_facts_key *key)
{
	return fact->key.start == key->start && fact->key.image == key->image &&
	       fact->key.groups == key->groups &&
	       fact->key.cgroup == key->cgroup &&
	       (key->groups != 0 || po_clock_us() - fact->read < LIFETIME);
}

static void
use_fact(const struct fact *fact, struct po_process *process)
{
	const size_t service = fact->service < 0 ? 0 : (size_t)fact->service;

	if (fact->service >= 0)
		process->service = (struct po_bytes){fact->text, service};
	if (fact->executable >= 0)
		process->executable = (struct po_bytes){
		    fact->text + service, (size_t)fact->executable};
}

int
linux_facts_fill(struct linux_facts *facts, const struct linux_facts_key *key,
    int dir, struct po_process *process)
{
	struct fact **slot, *fact;

	if (reserve(facts) != 0)
		return -ENOMEM;
	slot = find_slot(facts->slots, facts->size, key->pid);
	if (*slot == NULL || !is_current(*slot, key)) {
		fact = read_fact(facts, key, dir);
		if (fact == NULL)
			return -ENOMEM;
		if (*slot == facts->last)
			facts->last = NULL;
		facts->count += *slot == NULL;
		free(*slot);
		*slot = fact;
	}
	(*slot)->collection = facts->collection;
	facts->last = *slot;
	use_fact(*slot, process);
	return 0;
}

struct po_bytes
linux_read_arguments(int dir, uint32_t pid, char *buffer, size_t size)
{
	struct po_bytes bytes = {NULL, 0};
	char path[PATH_ROOM];
	ssize_t length = linux_read_at(
	    dir, name_file(dir, pid, "cmdline", path), buffer, size);

	if (length < 0)
		return bytes;
	bytes.data = buffer;
	bytes.length = po_task_decode_cmdline(buffer, (size_t)length);
	return bytes;
}
