/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots of listeners that a test writes down.
 */
#ifndef PO_TESTS_LISTENERS_H
#define PO_TESTS_LISTENERS_H

#include "sealed.h"

struct listener {
	uint16_t port;
	uint32_t pid; /* 0: nobody */
	const char *command;
	uint32_t uid; /* its name is "user" and the number */
	const char *address; /* NULL: 127.0.0.1 */
	uint32_t stack;
	const char *service; /* NULL: none */
};

static inline const char *
listeners_user(void *context, uint32_t uid)
{
	char *name = context;

	sprintf(name, "user%u", (unsigned int)uid);
	return name;
}

static inline void
listeners_add(struct po_builder *builder, const struct listener *l, uint64_t id)
{
	struct po_socket socket = unit_bound(PO_PROTOCOL_TCP,
	    l->address == NULL ? "127.0.0.1" : l->address, l->port, id);
	struct po_process process = {.pid = l->pid, .uid = l->uid};

	socket.local.stack = l->stack;
	socket.uid = l->uid;
	CU_ASSERT_EQUAL(po_builder_add_socket(builder, &socket), 0);
	if (l->pid == 0)
		return;
	process.command = unit_bytes(l->command);
	if (l->service != NULL)
		process.service = unit_bytes(l->service);
	CU_ASSERT_EQUAL(po_builder_add_process(builder, &process), 0);
	CU_ASSERT_EQUAL(po_builder_add_owner(builder, id, l->pid), 0);
}

/*
 * A snapshot taken at this time, us; hidden: processes may have been hidden,
 * so that a listener of nobody may be somebody's.  sealed_free() it.
 */
static inline void
listeners_make(struct sealed *sealed, const struct listener *listeners,
    size_t count, uint64_t taken, bool hidden, uint32_t max_rows)
{
	char name[32];
	const struct po_builder_options options = {
	    .max_rows = max_rows,
	    .user_name = listeners_user,
	    .context = name,
	};
	const struct po_seal seal = {.source = "test", .taken = taken};
	struct po_builder *builder = po_builder_new(&options);
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	for (i = 0; i < count; i++)
		listeners_add(builder, &listeners[i], i + 1);
	if (hidden)
		po_builder_add_gap(
		    builder, PO_GAP_PERMISSION, 1, "hidden", NULL);
	CU_ASSERT_EQUAL_FATAL(
	    po_builder_seal(builder, &seal, &sealed->image, &sealed->size), 0);
	CU_ASSERT_EQUAL_FATAL(
	    po_snapshot_open(sealed->image, sealed->size, &sealed->s, NULL), 0);
	po_builder_free(builder);
}

#endif
