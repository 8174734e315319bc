/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One collection from begin to seal, whichever source it comes from.
 */
#include "collect/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/names.h"
#include "collect/replay.h"
#include "model/clock.h"

#define REPLAY "replay:"
#define NAMES_PATIENCE 400 /* ms, half of what a request may wait */

struct po_collector {
	const struct po_collector_ops *ops; /* NULL: a recorded snapshot */
	void *state;
	struct po_builder *builder;
	struct po_names *names;
	char *source;
	uint64_t generation;
	void *recorded;
	size_t recorded_size;
};

static uint64_t
unix_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int
out_of_memory(char *error, size_t error_size)
{
	snprintf(error, error_size, "out of memory");
	return -ENOMEM;
}

static int
open_builder(
    struct po_collector *collector, const struct po_collect_options *options)
{
	struct po_builder_options builder = {
	    .max_rows = options->max_rows,
	    .listener_ephemeral_udp = options->listener_ephemeral_udp,
	    .user_name = po_names_user,
	    .profile = options->profile,
	};

	collector->names = po_names_new(NAMES_PATIENCE);
	builder.context = collector->names;
	collector->builder = po_builder_new(&builder);
	if (collector->names == NULL || collector->builder == NULL)
		return -ENOMEM;
	return 0;
}

/* Opens the first of the build's collectors that name means and that works. */
static int
open_ops(struct po_collector *collector,
    const struct po_collect_options *options, char *error, size_t error_size)
{
	bool automatic = strcmp(options->source, "auto") == 0;
	int result = -EINVAL;
	size_t i;

	snprintf(error, error_size,
	    "there is no source \"%s\"; there are:", options->source);
	for (i = 0; po_collectors[i] != NULL; i++) {
		size_t used = strlen(error);

		if (!automatic &&
		    strcmp(options->source, po_collectors[i]->name) != 0) {
			if (result == -EINVAL)
				snprintf(error + used, error_size - used, " %s",
				    po_collectors[i]->name);
			continue;
		}
		result = po_collectors[i]->open(options, &collector->state);
		if (result == 0) {
			collector->ops = po_collectors[i];
			collector->source = strdup(collector->ops->name);
			return collector->source == NULL
				   ? out_of_memory(error, error_size)
				   : 0;
		}
		snprintf(error, error_size, "the source %s does not work: %s",
		    po_collectors[i]->name, strerror(-result));
		if (!automatic)
			return result;
	}
	if (result == -EINVAL && !automatic)
		snprintf(error + strlen(error), error_size - strlen(error),
		    " auto replay:FILE");
	return result;
}

static int
open_recorded(struct po_collector *collector, const char *source, char *error,
    size_t error_size)
{
	collector->source = strdup(source);
	if (collector->source == NULL)
		return out_of_memory(error, error_size);
	return po_replay_read(source + strlen(REPLAY), &collector->recorded,
	    &collector->recorded_size, error, error_size);
}

int
po_collector_open(const struct po_collect_options *options,
    struct po_collector **collector, char *error, size_t error_size)
{
	struct po_collector *new = calloc(1, sizeof(*new));
	int result;

	*collector = NULL;
	if (new == NULL || open_builder(new, options) != 0) {
		po_collector_close(new);
		return out_of_memory(error, error_size);
	}
	if (strncmp(options->source, REPLAY, strlen(REPLAY)) == 0)
		result = open_recorded(new, options->source, error, error_size);
	else
		result = open_ops(new, options, error, error_size);
	if (result != 0) {
		po_collector_close(new);
		return result;
	}
	*collector = new;
	return 0;
}

/* A recorded snapshot is as good as new each time, but for its wall clock. */
static int
copy_recorded(struct po_collector *collector, void **image, size_t *size)
{
	*image = malloc(collector->recorded_size);
	if (*image == NULL)
		return -ENOMEM;
	memcpy(*image, collector->recorded, collector->recorded_size);
	*size = collector->recorded_size;
	return 0;
}

/* Says when this was; a recorded snapshot keeps when it was recorded. */
static void
stamp(struct po_collector *collector, struct po_snapshot_header *header,
    uint64_t begin)
{
	header->checksum = 0;
	header->generation = ++collector->generation;
	header->taken = begin;
	if (collector->recorded != NULL)
		return;
	header->taken_unix = unix_us();
	header->collect_us = po_clock_us() - begin;
}

static int
build(struct po_collector *collector, void **image, size_t *size)
{
	const struct po_seal seal = {.source = collector->source};
	int result;

	po_builder_reset(collector->builder);
	po_names_begin(collector->names);
	result = collector->ops->collect(collector->state, collector->builder);
	if (result != 0)
		return result;
	return po_builder_seal(collector->builder, &seal, image, size);
}

int
po_collector_collect(struct po_collector *collector, void **image, size_t *size,
    char *error, size_t error_size)
{
	uint64_t begin = po_clock_us();
	int result;

	result = collector->recorded != NULL
		     ? copy_recorded(collector, image, size)
		     : build(collector, image, size);
	if (result != 0) {
		snprintf(error, error_size, "the source %s failed: %s",
		    collector->source, strerror(-result));
		return result;
	}
	stamp(collector, *image, begin);
	return 0;
}

const char *
po_collector_source(const struct po_collector *collector)
{
	return collector->source;
}

void
po_collector_close(struct po_collector *collector)
{
	if (collector == NULL)
		return;
	if (collector->ops != NULL)
		collector->ops->close(collector->state);
	po_builder_free(collector->builder);
	po_names_free(collector->names);
	free(collector->source);
	free(collector->recorded);
	free(collector);
}
