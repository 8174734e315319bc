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

struct source {
	const struct po_collector_ops *ops; /* NULL: none */
	void *state;
	size_t at; /* place of ops in po_collectors */
};

struct po_collector {
	struct po_collect_options options; /* but for source, see below */
	struct source source; /* none: a recorded snapshot */
	struct po_builder *builder;
	struct po_names *names;
	char *file; /* of the recorded snapshot, as it was named */
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
	    .once = options->once,
	};

	collector->names = po_names_new(NAMES_PATIENCE);
	builder.context = collector->names;
	collector->builder = po_builder_new(&builder);
	if (collector->names == NULL || collector->builder == NULL)
		return -ENOMEM;
	return 0;
}

static bool
is_automatic(const struct po_collect_options *options)
{
	return strcmp(options->source, "auto") == 0;
}

static void
append(char *text, size_t size, const char *format, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, format, word);
}

static void
name_sources(const char *wrong, char *error, size_t error_size)
{
	size_t i;

	snprintf(
	    error, error_size, "there is no source \"%s\"; there are:", wrong);
	for (i = 0; po_collectors[i] != NULL; i++)
		append(error, error_size, " %s", po_collectors[i]->name);
	append(error, error_size, "%s", " auto replay:FILE");
}

/* A source that is open, or none. */
static void
close_source(struct source *source)
{
	if (source->ops != NULL)
		source->ops->close(source->state);
	source->ops = NULL;
}

static int
open_one(const struct po_collector *collector, size_t i, struct source *source,
    char *error, size_t error_size)
{
	const struct po_collector_ops *ops = po_collectors[i];
	int result = ops->open(&collector->options, &source->state);

	if (result != 0) {
		snprintf(error, error_size, "the source %s does not work: %s",
		    ops->name, strerror(-result));
		return result;
	}
	source->ops = ops;
	source->at = i;
	return 0;
}

/*
 * Opens the best one that works.  error: about the best of all, where that
 * does not.
 */
static int
open_best(struct po_collector *collector, char *error, size_t error_size)
{
	char other[128], *text = error;
	size_t size = error_size, i;
	int result = -ENOENT;

	snprintf(error, error_size, "this build has no source but replay:FILE");
	for (i = 0; po_collectors[i] != NULL; i++) {
		result = open_one(collector, i, &collector->source, text, size);
		if (result == 0 && i > 0)
			append(error, error_size, "; using %s",
			    collector->source.ops->name);
		if (result == 0 && i == 0)
			error[0] = '\0';
		if (result == 0)
			return 0;
		text = other;
		size = sizeof(other);
	}
	return result;
}

static int
open_ops(struct po_collector *collector, char *error, size_t error_size)
{
	const char *source = collector->options.source;
	size_t i;
	int result;

	if (is_automatic(&collector->options))
		return open_best(collector, error, error_size);
	for (i = 0; po_collectors[i] != NULL; i++) {
		if (strcmp(source, po_collectors[i]->name) != 0)
			continue;
		result = open_one(
		    collector, i, &collector->source, error, error_size);
		if (result == 0)
			error[0] = '\0';
		return result;
	}
	name_sources(source, error, error_size);
	return -EINVAL;
}

static int
open_recorded(struct po_collector *collector, const char *source, char *error,
    size_t error_size)
{
	collector->file = strdup(source);
	if (collector->file == NULL)
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
	new->options = *options;
	error[0] = '\0';
	if (strncmp(options->source, REPLAY, strlen(REPLAY)) == 0)
		result = open_recorded(new, options->source, error, error_size);
	else
		result = open_ops(new, error, error_size);
	/* It is the caller's text. */
	new->options.source = is_automatic(options) ? "auto" : "";
	if (result != 0) {
		po_collector_close(new);
		return result;
	}
	*collector = new;
	return 0;
}

/* A recorded snapshot is as good as new each time, but for its wall clock. */
static void
lend_recorded(const struct po_collector *collector, struct po_pieces *pieces)
{
	pieces->header = collector->recorded;
	pieces->items[0] =
	    (struct po_bytes){collector->recorded, collector->recorded_size};
	pieces->count = 1;
	pieces->size = collector->recorded_size;
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

/* What changes of it is none of the sockets: the source, and what it shows. */
static uint32_t
scope_of(const struct po_collector *collector)
{
	const struct po_collect_options *options = &collector->options;
	const char *c = po_collector_source(collector);
	uint32_t scope = 2 + options->all_stacks;

	scope = 2 * scope + options->listener_ephemeral_udp;
	for (; *c != '\0'; c++)
		scope = scope * 31 + (unsigned char)*c;
	return scope;
}

static int
build(struct po_collector *collector, struct po_pieces *pieces)
{
	const struct po_seal seal = {
	    .source = po_collector_source(collector),
	    .scope = scope_of(collector),
	};
	int result;

	po_builder_reset(collector->builder);
	po_names_begin(collector->names);
	result = collector->source.ops->collect(
	    collector->source.state, collector->builder);
	if (result != 0)
		return result;
	return po_builder_seal_pieces(collector->builder, &seal, pieces);
}

/* Whether another source may do what this one could not. */
static bool
is_its_own(int result)
{
	return result != 0 && result != -ENOMEM && result != -ENOTRECOVERABLE;
}

/*
 * The source failed.  Where it was chosen automatically, the next one that can
 * collect takes over for good.  Where none can, it stays.
 */
static int
fall_back(struct po_collector *collector, int reason, struct po_pieces *pieces,
    char *error, size_t error_size)
{
	struct source failed = collector->source;
	char other[128];
	size_t i;

	snprintf(error, error_size, "the source %s failed: %s",
	    failed.ops->name, strerror(-reason));
	if (!is_automatic(&collector->options) || !is_its_own(reason))
		return reason;
	for (i = failed.at + 1; po_collectors[i] != NULL; i++) {
		if (open_one(collector, i, &collector->source, other,
			sizeof(other)) != 0)
			continue;
		if (build(collector, pieces) == 0) {
			append(error, error_size, "; from now on %s",
			    collector->source.ops->name);
			close_source(&failed);
			return 0;
		}
		close_source(&collector->source);
	}
	collector->source = failed;
	return reason;
}

static int
collect(struct po_collector *collector, struct po_pieces *pieces, char *error,
    size_t error_size)
{
	int result;

	error[0] = '\0';
	if (collector->recorded != NULL) {
		lend_recorded(collector, pieces);
		return 0;
	}
	result = build(collector, pieces);
	if (result != 0)
		result =
		    fall_back(collector, result, pieces, error, error_size);
	return result;
}

int
po_collector_collect_pieces(struct po_collector *collector,
    struct po_pieces *pieces, char *error, size_t error_size)
{
	uint64_t begin = po_clock_us();
	int result;

	result = collect(collector, pieces, error, error_size);
	if (result == 0)
		stamp(collector, pieces->header, begin);
	return result;
}

int
po_collector_collect(struct po_collector *collector, void **image, size_t *size,
    char *error, size_t error_size)
{
	struct po_pieces pieces;
	int result;

	result =
	    po_collector_collect_pieces(collector, &pieces, error, error_size);
	if (result != 0)
		return result;
	*image = po_pieces_join(&pieces);
	*size = pieces.size;
	return *image == NULL ? out_of_memory(error, error_size) : 0;
}

int
po_collector_look(struct po_collector *collector, struct po_snapshot *snapshot,
    char *error, size_t error_size)
{
	struct po_pieces pieces;
	int result;

	result =
	    po_collector_collect_pieces(collector, &pieces, error, error_size);
	if (result == 0)
		po_pieces_view(&pieces, snapshot);
	return result;
}

int
po_collector_event_fd(const struct po_collector *collector)
{
	const struct po_collector_ops *ops = collector->source.ops;

	if (ops == NULL || ops->event_fd == NULL)
		return -1;
	return ops->event_fd(collector->source.state);
}

void
po_collector_acknowledge(struct po_collector *collector)
{
	collector->source.ops->acknowledge(collector->source.state);
}

const char *
po_collector_source(const struct po_collector *collector)
{
	return collector->recorded != NULL ? collector->file
					   : collector->source.ops->name;
}

void
po_collector_close(struct po_collector *collector)
{
	if (collector == NULL)
		return;
	close_source(&collector->source);
	po_builder_free(collector->builder);
	po_names_free(collector->names);
	free(collector->file);
	free(collector->recorded);
	free(collector);
}
