/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The intake: rows are kept with their endpoints, and the facts of processes in
 * a builder's tables.
 */
#include "model/compose_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/text.h"

struct po_compose *
po_compose_new(void)
{
	const struct po_builder_options options = {.max_rows = UINT32_MAX};
	struct po_compose *compose = calloc(1, sizeof(*compose));

	if (compose == NULL)
		return NULL;
	compose->builder = po_builder_new(&options);
	if (compose->builder == NULL) {
		free(compose);
		return NULL;
	}
	return compose;
}

void
po_compose_free(struct po_compose *compose)
{
	if (compose == NULL)
		return;
	po_builder_free(compose->builder);
	free(compose->owners.items);
	free(compose->listeners.items);
	free(compose->connections.items);
	free(compose->absent.items);
	free(compose);
}

void
po_compose_reset(struct po_compose *compose)
{
	po_builder_reset(compose->builder);
	compose->owners.count = 0;
	compose->listeners.count = 0;
	compose->connections.count = 0;
	compose->absent.count = 0;
}

static int
add_published(
    struct po_compose *compose, struct po_bytes bytes, po_string *string)
{
	*string = 0;
	if (bytes.data == NULL)
		return 0;
	if (!po_text_is_clean(bytes.data, bytes.length))
		return add_string(compose->builder, bytes, string);
	return add_text(compose->builder, bytes.data, bytes.length, string);
}

/* A process that is new; the first row that knows of a fact tells it. */
static int
add_facts(struct po_compose *compose, const struct po_process *process)
{
	const struct {
		struct po_bytes bytes;
		size_t at;
	} facts[] = {
	    {process->command, offsetof(struct process_entry, command)},
	    {process->user, offsetof(struct process_entry, user)},
	    {process->service, offsetof(struct process_entry, service)},
	    {process->executable, offsetof(struct process_entry, executable)},
	    {process->arguments, offsetof(struct process_entry, arguments)},
	};
	uint32_t at = find_process(compose->builder, process->pid);
	struct process_entry *entry;
	po_string *string;
	size_t i;

	if (at == NOTHING &&
	    add_bare_process(compose->builder, process->pid, &at) != 0)
		return -ENOMEM;
	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		entry = process_at(compose->builder, at);
		string = (po_string *)((char *)entry + facts[i].at);
		if (*string == 0 &&
		    add_published(compose, facts[i].bytes, string) != 0)
			return -ENOMEM;
	}
	entry = process_at(compose->builder, at);
	if (entry->uid == PO_UID_UNKNOWN)
		entry->uid = process->uid;
	return 0;
}

/* A pid that cannot be one is none. */
static int
add_who(struct po_compose *compose, const struct po_process *process,
    struct who *who)
{
	*who = (struct who){.uid = process->uid};
	if (process->pid > 0 && process->pid <= INT32_MAX) {
		who->pid = process->pid;
		return add_facts(compose, process);
	}
	return add_published(compose, process->user, &who->user);
}

int
po_compose_add_owner(
    struct po_compose *compose, const struct po_compose_owner *row)
{
	struct owner_entry *entry =
	    array_next(&compose->owners, sizeof(*entry));

	if (entry == NULL)
		return -ENOMEM;
	entry->local = row->local;
	entry->use = row->use;
	entry->sockets = row->sockets == 0 ? 1 : row->sockets;
	entry->connected =
	    row->connected < entry->sockets ? row->connected : entry->sockets;
	compose->owners.count++;
	return add_who(compose, &row->process, &entry->who);
}

int
po_compose_add_listener(
    struct po_compose *compose, const struct po_compose_listener *row)
{
	struct listener_entry *entry =
	    array_next(&compose->listeners, sizeof(*entry));

	if (entry == NULL)
		return -ENOMEM;
	entry->local = row->local;
	entry->row = (struct po_listener){
	    .owners = row->owners,
	    .sockets = row->sockets,
	    .connections = row->connections,
	    .queue_length = row->queue_length,
	    .queue_limit = row->queue_limit,
	};
	compose->listeners.count++;
	return add_who(compose, &row->process, &entry->who);
}

int
po_compose_add_connection(
    struct po_compose *compose, const struct po_compose_connection *row)
{
	struct connection_entry *entry =
	    array_next(&compose->connections, sizeof(*entry));

	if (entry == NULL)
		return -ENOMEM;
	entry->local = row->local;
	entry->row = (struct po_connection){
	    .sockets = 1,
	    .remote_port = row->remote_port,
	    .state =
		row->state <= PO_STATE_DELETE_TCB ? row->state : PO_STATE_NONE,
	    .remote = row->remote,
	};
	compose->connections.count++;
	return add_who(compose, &row->process, &entry->who);
}

int
po_compose_add_gap(struct po_compose *compose, enum po_gap_kind kind,
    uint32_t count, const char *text, const char *hint)
{
	return po_builder_add_gap(compose->builder, kind, count, text, hint);
}
