/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place that knows where the tool's snapshots come from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "collect/collector.h"

struct cli_source {
	struct po_collector *collector;
	void *image;
	char name[PO_TEXT_MAX + 1];
};

int
cli_source_open(const struct cli_options *options, struct cli_source **source,
    char *error, size_t error_size)
{
	const struct po_collect_options collect = {
	    .source = options->source,
	    .all_stacks = !options->own_stack,
	    .max_rows = PO_MAX_ROWS,
	};
	struct cli_source *new = calloc(1, sizeof(*new));
	const char *name;
	int result;

	*source = NULL;
	if (new == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	result =
	    po_collector_open(&collect, &new->collector, error, error_size);
	if (result != 0) {
		free(new);
		return result;
	}
	/* A recorded file's name may be anything. */
	name = po_collector_source(new->collector);
	po_text_clean(new->name, name, strlen(name));
	*source = new;
	return 0;
}

int
cli_source_collect(struct cli_source *source, struct po_snapshot *snapshot,
    char *error, size_t error_size)
{
	const char *why = "";
	void *image;
	size_t size;
	int result;

	result = po_collector_collect(
	    source->collector, &image, &size, error, error_size);
	if (result != 0)
		return result;
	result = po_snapshot_open(image, size, snapshot, &why);
	if (result != 0) {
		snprintf(error, error_size,
		    "the source %s gave an unusable snapshot: %s", source->name,
		    why);
		free(image);
		return result;
	}
	free(source->image);
	source->image = image;
	return 0;
}

const char *
cli_source_name(const struct cli_source *source)
{
	return source->name;
}

void
cli_source_close(struct cli_source *source)
{
	if (source == NULL)
		return;
	po_collector_close(source->collector);
	free(source->image);
	free(source);
}
