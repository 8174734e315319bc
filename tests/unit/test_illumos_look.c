/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collections on an illumos that changes while it is read, constructed.
 */
#include <errno.h>
#include <stdlib.h>

#include "collect/illumos_look.h"
#include "collect/illumos_wire.h"
#include "illumos_fake.h"
#include "scarce.h"
#include "sealed.h"

#define LISTS 8
#define HOLDS 8

/* Pid has the row's socket, or none if it has no port. */
struct held {
	unsigned int look; /* at which look, from 0 on, in all */
	uint32_t pid;
	uint32_t start;
	struct fake_illumos_row row;
	bool ends; /* before it is told who it is */
	size_t cut; /* octets that the file lacks at its end */
};

struct scene {
	struct fake_illumos *lists; /* in order; the last one stays */
	size_t n_lists, fetched;
	struct held holds[HOLDS];
	size_t n_holds;
	unsigned int looks;
	struct po_illumos_source source;
	struct po_illumos_memory memory;
	struct po_illumos_gaps gaps;
	struct po_builder *builder;
	struct sealed sealed;
};

static const struct fake_illumos_row web = {
    .protocol = PO_PROTOCOL_TCP,
    .local = "192.0.2.1",
    .port = 80,
    .state = PO_STATE_LISTEN,
    .creator = 10,
    .created = 500,
    .inode = 7,
};

static int
fetch(void *context, struct po_illumos_stream *stream)
{
	struct scene *scene = context;
	const struct fake_illumos *list;
	void *data;
	size_t i;

	list =
	    &scene->lists[scene->fetched < scene->n_lists ? scene->fetched
							  : scene->n_lists - 1];
	scene->fetched++;
	memset(stream, 0, sizeof(*stream));
	stream->messages = calloc(FAKE_MESSAGES, sizeof(*stream->messages));
	if (stream->messages == NULL)
		return -ENOMEM;
	for (i = 0; i < FAKE_MESSAGES; i++) {
		data = malloc(list->messages[i].length + 1);
		if (data == NULL)
			return -ENOMEM;
		memcpy(data, list->octets[i], list->messages[i].length);
		stream->messages[i] = list->messages[i];
		stream->messages[i].data = data;
		stream->n = i + 1;
	}
	return 0;
}

/* A process is told of after each of its files: as often as there are. */
static int
look_at(const struct held *held, bool files, struct po_illumos_look *look)
{
	const struct po_illumos_process process = {
	    .pid = held->pid,
	    .parent = 1,
	    .uid = 1000,
	    .start = held->start,
	    .command = unit_bytes("command"),
	    .arguments = unit_bytes("command -x"),
	};
	uint8_t octets[FAKE_FILE_ROOM];
	size_t length;
	int error = 0;

	if (files && held->row.port != 0) {
		length = fake_illumos_file(octets, &held->row) - held->cut;
		error = po_illumos_see_file(look, octets, length);
	}
	if (error != 0)
		return error;
	return po_illumos_see_process(look, held->ends ? NULL : &process);
}

static int
look(void *context, bool files, struct po_illumos_look *look)
{
	struct scene *scene = context;
	int error = 0;
	size_t i;

	for (i = 0; i < scene->n_holds && error == 0; i++)
		if (scene->holds[i].look == scene->looks)
			error = look_at(&scene->holds[i], files, look);
	scene->looks++;
	return error;
}

static void
add_details(void *context, uint32_t contract, struct po_process *facts)
{
	(void)context;
	(void)contract;
	facts->service = unit_bytes("network/web:default");
}

static void
scene_begin(struct scene *scene, enum fake_system system)
{
	size_t i;

	memset(scene, 0, sizeof(*scene));
	scene->lists = calloc(LISTS, sizeof(*scene->lists));
	CU_ASSERT_PTR_NOT_NULL_FATAL(scene->lists);
	for (i = 0; i < LISTS; i++)
		fake_illumos_begin(&scene->lists[i], system);
	scene->n_lists = 1;
	scene->source = (struct po_illumos_source){
	    .fetch = fetch,
	    .look = look,
	    .details = add_details,
	    .context = scene,
	    .files = true,
	    .arguments = true,
	    .clock = {.boot = 0, .tick = 1},
	};
	scene->builder = sealed_builder(100);
}

static void
scene_end(struct scene *scene)
{
	sealed_free(&scene->sealed);
	po_illumos_forget(&scene->memory);
	po_builder_free(scene->builder);
	free(scene->lists);
}

/* In the list, from the first on which row is in to the last. */
static void
add_row(struct scene *scene, size_t first, size_t last,
    const struct fake_illumos_row *row)
{
	for (; first <= last; first++)
		fake_illumos_add(&scene->lists[first], row);
	if (last >= scene->n_lists)
		scene->n_lists = last + 1;
}

static struct held *
hold(struct scene *scene, unsigned int look, uint32_t pid,
    const struct fake_illumos_row *row)
{
	struct held *held = &scene->holds[scene->n_holds++];

	CU_ASSERT_FATAL(scene->n_holds <= HOLDS);
	held->look = look;
	held->pid = pid;
	held->start = 100;
	if (row != NULL)
		held->row = *row;
	return held;
}

static void
collect(struct scene *scene)
{
	sealed_free(&scene->sealed);
	po_builder_reset(scene->builder);
	CU_ASSERT_EQUAL_FATAL(po_illumos_collect(&scene->source, &scene->memory,
				  scene->builder, &scene->gaps),
	    0);
	sealed_make(&scene->sealed, scene->builder);
}

/* The sum of the pids that own the port; -1: there is no such row. */
static long
owners_of(const struct scene *scene, uint16_t port)
{
	const struct po_snapshot *s = &scene->sealed.s;
	const struct po_owner *owner;
	long sum = -1;
	uint32_t i;

	for (i = 0; i < s->n_owners; i++) {
		owner = &s->owners[i];
		if (s->endpoints[owner->endpoint].port != port)
			continue;
		sum = sum < 0 ? 0 : sum;
		sum += s->processes[owner->process].pid;
	}
	return sum;
}

static void
test_holders(void)
{
	struct scene scene;

	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 11, &web);
	hold(&scene, 0, 12, &web);
	hold(&scene, 0, 13, NULL);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 11 + 12);
	CU_ASSERT_EQUAL(scene.looks, 1);
	CU_ASSERT_EQUAL(scene.fetched, 2);
	CU_ASSERT_TRUE(scene.gaps.holders);
	CU_ASSERT_EQUAL(scene.gaps.odd, 0);
	CU_ASSERT_EQUAL_FATAL(scene.sealed.s.n_processes, 2);
	CU_ASSERT_TRUE(sealed_is(&scene.sealed,
	    scene.sealed.s.processes[0].service, "network/web:default"));
	CU_ASSERT_TRUE(sealed_is(&scene.sealed,
	    scene.sealed.s.processes[0].arguments, "command -x"));
	scene_end(&scene);
}

/* Port 80's socket goes; the inode is port 81's when the files are read. */
static void
test_inode_used_again(void)
{
	struct fake_illumos_row next = web;
	struct scene scene;

	next.port = 81;
	next.created = 600;
	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	add_row(&scene, 1, 1, &next);
	hold(&scene, 0, 11, &next);
	hold(&scene, 1, 11, &next);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), -1);
	CU_ASSERT_EQUAL(owners_of(&scene, 81), -1);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), -1);
	CU_ASSERT_EQUAL(owners_of(&scene, 81), 11);
	scene_end(&scene);
}

/* The endpoint is another process's by then, with the same inode even. */
static void
test_port_used_again(void)
{
	struct fake_illumos_row next = web;
	struct scene scene;

	next.created = 600;
	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	add_row(&scene, 1, 1, &next);
	hold(&scene, 0, 11, &next);
	hold(&scene, 1, 11, &next);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), -1);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 11);
	scene_end(&scene);
}

/* What comes between the lists has its holder the next time. */
static void
test_growing_list(void)
{
	struct fake_illumos_row next = web;
	struct scene scene;

	next.port = 81;
	next.inode = 8;
	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 1, &web);
	add_row(&scene, 1, 1, &next);
	hold(&scene, 0, 10, &web);
	hold(&scene, 0, 11, &next);
	hold(&scene, 1, 10, &web);
	hold(&scene, 1, 11, &next);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 10);
	CU_ASSERT_EQUAL(owners_of(&scene, 81), -1);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 10);
	CU_ASSERT_EQUAL(owners_of(&scene, 81), 11);
	scene_end(&scene);
}

/* One that has ended holds nothing, and the next of its pid did not. */
static void
test_process_that_ends(void)
{
	struct scene scene;

	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 11, &web)->ends = true;
	hold(&scene, 0, 12, NULL);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 0);
	scene_end(&scene);
}

static void
test_pid_used_again(void)
{
	struct fake_illumos_row other = web;
	struct scene scene;

	other.port = 81;
	other.inode = 8;
	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	add_row(&scene, 0, 0, &other);
	/* Nobody has port 81, so there is a second look. */
	hold(&scene, 0, 11, &web);
	hold(&scene, 1, 11, NULL)->start = 200;
	hold(&scene, 1, 12, &other);
	collect(&scene);
	CU_ASSERT_EQUAL(scene.looks, 2);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 0);
	CU_ASSERT_EQUAL(owners_of(&scene, 81), 12);
	scene_end(&scene);
}

/* A socket that nobody seems to hold is looked for again, but not for ever. */
static void
test_looks(void)
{
	struct scene scene;

	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 11, NULL);
	hold(&scene, 1, 11, NULL);
	collect(&scene);
	CU_ASSERT_EQUAL(scene.looks, 2);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 0);
	hold(&scene, 2, 11, NULL);
	collect(&scene);
	CU_ASSERT_EQUAL(scene.looks, 3);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 0);
	hold(&scene, 3, 11, &web);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 11);
	scene_end(&scene);
}

/* Closed meanwhile, it is nobody's; accepted meanwhile, it is somebody's. */
static void
test_connections(void)
{
	struct fake_illumos_row closed = web, accepted = web;
	struct scene scene;

	closed.remote = accepted.remote = "192.0.2.9";
	closed.remote_port = 4000;
	accepted.remote_port = 4001;
	closed.port = 81;
	closed.state = accepted.state = PO_STATE_ESTABLISHED;
	closed.inode = 8;
	accepted.inode = 0;
	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &closed);
	add_row(&scene, 0, 0, &accepted);
	closed.inode = 0;
	closed.state = PO_STATE_TIME_WAIT;
	accepted.inode = 9;
	add_row(&scene, 1, 1, &closed);
	add_row(&scene, 1, 1, &accepted);
	closed.inode = 8;
	hold(&scene, 0, 11, &closed);
	hold(&scene, 1, 12, &accepted);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 81), 0);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 12);
	scene_end(&scene);
}

/* Where /proc does not tell of files, and where tables do not of creators. */
static void
test_creators(void)
{
	struct scene scene;

	scene_begin(&scene, FAKE_ILLUMOS);
	scene.source.files = false;
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 10, NULL);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 10);
	CU_ASSERT_FALSE(scene.gaps.holders);
	CU_ASSERT_TRUE(scene.gaps.creators);
	scene_end(&scene);
	scene_begin(&scene, FAKE_SOLARIS_10);
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 10, &web);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 0);
	CU_ASSERT_FALSE(scene.gaps.holders);
	CU_ASSERT_FALSE(scene.gaps.creators);
	CU_ASSERT_TRUE(scene.gaps.rows);
	scene_end(&scene);
}

/* Files and tables that are cut short are told, and tell of nobody. */
static void
test_odd_records(void)
{
	struct scene scene;

	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 11, &web)->cut = 4;
	hold(&scene, 0, 12, &web);
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 12);
	CU_ASSERT_EQUAL(scene.gaps.odd, 1);
	scene.lists[0].messages[0].length = 4;
	collect(&scene);
	CU_ASSERT_EQUAL(scene.gaps.odd, 1);
	CU_ASSERT_FALSE(scene.gaps.rows);
	scene_end(&scene);
}

/* Whether the nth allocation was there to be refused. */
static bool
refuse(unsigned long n)
{
	const long live = scarce.live;
	struct scene scene;
	bool failed;
	int error;

	scene_begin(&scene, FAKE_ILLUMOS);
	add_row(&scene, 0, 0, &web);
	hold(&scene, 0, 11, &web);
	hold(&scene, 1, 11, &web);
	scarce.calls = 0;
	scarce.fail_at = n;
	error = po_illumos_collect(
	    &scene.source, &scene.memory, scene.builder, &scene.gaps);
	scarce.fail_at = 0;
	failed = scarce.calls >= n;
	CU_ASSERT_EQUAL(error, failed ? -ENOMEM : 0);
	scene.looks = 0;
	collect(&scene);
	CU_ASSERT_EQUAL(owners_of(&scene, 80), 11);
	scene_end(&scene);
	CU_ASSERT_EQUAL(scarce.live, live);
	return failed;
}

static void
test_memory(void)
{
	unsigned long n = 1;

	while (refuse(n))
		n++;
	CU_ASSERT_TRUE(n > 20);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"holders", test_holders},
	    {"an inode that was used again", test_inode_used_again},
	    {"a port that was used again", test_port_used_again},
	    {"a list that grows", test_growing_list},
	    {"a process that ends", test_process_that_ends},
	    {"a pid that was used again", test_pid_used_again},
	    {"looks", test_looks},
	    {"connections that change", test_connections},
	    {"creators", test_creators},
	    {"what is not known", test_odd_records},
	    {"memory", test_memory},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("illumos_look", tests);
}
