/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place that knows where the tool's snapshots come from: the socket of
 * a collector that runs, which has the rights to see everything, or the tool's
 * own collection with its caller's rights.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/client.h"
#include "cli/cli.h"
#include "collect/collector.h"
#include "collect/memory.h"

#define SOCKET "socket"
#define DEFAULT_PATH RUNDIR "/collector.sock"
#define PATIENCE 10000 /* ms for a collector's answer */

struct cli_source {
	struct po_client *client; /* or */
	struct po_collector *collector; /* the other */
	struct po_shared *shared;
	bool whole; /* the snapshot has to be one image */
	void *image;
	char name[PO_TEXT_MAX + 1];
	char origin[PO_TEXT_MAX + 1];
};

/* The path of the socket that name asks for; NULL: it asks for another source. */
static const char *
socket_path(const char *name)
{
	const size_t length = strlen(SOCKET);

	if (strcmp(name, "auto") == 0 || strcmp(name, SOCKET) == 0)
		return DEFAULT_PATH;
	return strncmp(name, SOCKET ":", length + 1) == 0 ? name + length + 1
							  : NULL;
}

/* Takes a fresh snapshot from the collector at path. */
static int
fetch(
    struct cli_source *source, const char *path, char *error, size_t error_size)
{
	int result;

	source->client = po_client_new(path);
	if (source->client == NULL)
		return cli_out_of_memory(error, error_size);
	result = po_client_fetch(source->client, 0, PATIENCE, &source->shared);
	if (result == 0) {
		po_text_clean(source->name, source->shared->source,
		    strlen(source->shared->source));
		snprintf(source->origin, sizeof(source->origin),
		    "the collector at %.200s", path);
		return 0;
	}
	snprintf(error, error_size, "%s", po_client_error(source->client));
	po_client_free(source->client);
	source->client = NULL;
	return result;
}

/* A recorded file's name may be anything. */
static void
name_source(struct cli_source *source)
{
	const char *name = po_collector_source(source->collector);

	po_text_clean(source->name, name, strlen(name));
}

static int
open_collector(struct cli_source *source, const struct cli_options *options,
    char *error, size_t error_size)
{
	const struct po_collect_options collect = {
	    .source = options->source,
	    .all_stacks = !options->own_stack,
	    .no_executables = !options->json && options->record == NULL,
	    .max_rows = PO_MAX_ROWS,
	    .once = true,
	};
	int result;

	result =
	    po_collector_open(&collect, &source->collector, error, error_size);
	if (result != 0)
		return result;
	/* What is there already is large, and stays empty for the most part. */
	po_memory_for_once();
	name_source(source);
	snprintf(source->origin, sizeof(source->origin), "this process");
	return 0;
}

int
cli_source_open(const struct cli_options *options, struct cli_source **source,
    char *error, size_t error_size)
{
	const bool automatic = strcmp(options->source, "auto") == 0;
	const char *path = socket_path(options->source);
	struct cli_source *new = calloc(1, sizeof(*new));
	int result = -ENOENT;

	*source = NULL;
	if (new == NULL)
		return cli_out_of_memory(error, error_size);
	new->whole = options->record != NULL;
	if (path != NULL)
		result = fetch(new, path, error, error_size);
	if (path == NULL || (automatic && result != 0))
		result = open_collector(new, options, error, error_size);
	if (result != 0) {
		free(new);
		return result;
	}
	*source = new;
	return 0;
}

/* One image, as it is to be recorded. */
static int
collect_whole(struct cli_source *source, struct po_snapshot *snapshot,
    char *error, size_t error_size)
{
	const char *why = "";
	size_t size;
	int result;

	free(source->image);
	source->image = NULL;
	result = po_collector_collect(
	    source->collector, &source->image, &size, error, error_size);
	if (result != 0)
		return result;
	result = po_snapshot_open(source->image, size, snapshot, &why);
	if (result != 0) {
		name_source(source);
		snprintf(error, error_size,
		    "the source %s gave an unusable snapshot: %s", source->name,
		    why);
	}
	return result;
}

int
cli_source_collect(struct cli_source *source, struct po_snapshot *snapshot,
    char *error, size_t error_size)
{
	int result;

	error[0] = '\0';
	if (source->shared != NULL) {
		*snapshot = source->shared->snapshot;
		return 0;
	}
	if (source->whole)
		result = collect_whole(source, snapshot, error, error_size);
	else
		result = po_collector_look(
		    source->collector, snapshot, error, error_size);
	/* It may not be the one that it began with. */
	if (result == 0)
		name_source(source);
	return result;
}

const char *
cli_source_name(const struct cli_source *source)
{
	return source->name;
}

const char *
cli_source_origin(const struct cli_source *source)
{
	return source->origin;
}

void
cli_source_close(struct cli_source *source)
{
	if (source == NULL)
		return;
	po_client_free(source->client);
	po_collector_close(source->collector);
	po_shared_release(source->shared);
	free(source->image);
	free(source);
}
