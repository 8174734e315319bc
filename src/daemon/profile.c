/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each refresh is done twice: as it is in service, for the CPU time, and with
 * a clock at every change of work, for the split of it.
 */
#include "daemon/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "collect/collector.h"
#include "collect/memory.h"
#include "model/clock.h"

struct bench {
	struct po_collector *plain;
	struct po_collector *clocked;
	struct po_profile profile;
	size_t count; /* of each of the following */
	uint64_t *cpu; /* us */
	uint64_t *wall; /* us */
	uint64_t *split[PO_PHASES]; /* ns */
	struct po_snapshot_header last;
	char source[64];
};

static uint64_t
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int
refresh(struct bench *bench, struct po_collector *collector)
{
	struct po_pieces pieces;
	char error[256];
	int result;

	result = po_collector_collect_pieces(
	    collector, &pieces, error, sizeof(error));
	if (result != 0) {
		fprintf(stderr, "portownerd: %s\n", error);
		return result;
	}
	bench->last = *pieces.header;
	return 0;
}

static int
refresh_twice(struct bench *bench, size_t i)
{
	uint64_t cpu = cpu_us(), wall = po_clock_us();
	size_t phase;
	int result;

	result = refresh(bench, bench->plain);
	bench->cpu[i] = cpu_us() - cpu;
	bench->wall[i] = po_clock_us() - wall;
	if (result != 0)
		return result;
	memset(&bench->profile, 0, sizeof(bench->profile));
	bench->profile.since = po_profile_now();
	result = refresh(bench, bench->clocked);
	po_profile_enter(&bench->profile, PO_PHASE_OTHER);
	for (phase = 0; phase < PO_PHASES; phase++)
		bench->split[phase][i] = bench->profile.ns[phase];
	return result;
}

static int
by_size(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static unsigned long
median(uint64_t *items, size_t count)
{
	qsort(items, count, sizeof(*items), by_size);
	return (unsigned long)items[count / 2];
}

static void
print(struct bench *bench)
{
	static const char *const names[PO_PHASES] = {"other", "kernel",
	    "decode", "join", "process_facts", "sort", "seal"};
	const struct po_snapshot_header *last = &bench->last;
	const size_t n = bench->count;
	struct rusage usage;
	size_t phase;

	getrusage(RUSAGE_SELF, &usage);
	printf("{\"source\":\"%s\",\"refreshes\":%lu,\"endpoints\":%lu,"
	       "\"owners\":%lu,\"connections\":%lu,\"processes\":%lu,"
	       "\"unowned\":%lu,",
	    bench->source, (unsigned long)n,
	    (unsigned long)last->sections[PO_SECTION_ENDPOINTS].count,
	    (unsigned long)last->sections[PO_SECTION_OWNERS].count,
	    (unsigned long)last->sections[PO_SECTION_CONNECTIONS].count,
	    (unsigned long)last->sections[PO_SECTION_PROCESSES].count,
	    (unsigned long)last->unowned);
	printf("\"cpu_us\":%lu,", median(bench->cpu, n));
	printf("\"cpu_us_min\":%lu,\"cpu_us_max\":%lu,",
	    (unsigned long)bench->cpu[0], (unsigned long)bench->cpu[n - 1]);
	printf("\"wall_us\":%lu,", median(bench->wall, n));
	printf("\"rss_kb\":%ld,\"split_us\":{", usage.ru_maxrss);
	for (phase = 0; phase < PO_PHASES; phase++)
		printf("%s\"%s\":%lu", phase == 0 ? "" : ",", names[phase],
		    median(bench->split[phase], n) / 1000);
	printf("}}\n");
}

static int
run(struct bench *bench)
{
	size_t i;

	/* The first one fills caches and memory. */
	if (refresh(bench, bench->plain) != 0 ||
	    refresh(bench, bench->clocked) != 0)
		return 1;
	for (i = 0; i < bench->count; i++)
		if (refresh_twice(bench, i) != 0)
			return 1;
	print(bench);
	return 0;
}

static int
open_both(struct bench *bench, const struct po_config *config)
{
	struct po_collect_options collect = {
	    .source = config->source,
	    .all_stacks = config->all_stacks,
	    .arguments = config->arguments,
	    .max_rows = config->max_rows,
	    .listener_ephemeral_udp = config->listener_ephemeral_udp,
	};
	char error[256];
	int result;

	po_memory_for_long();
	result =
	    po_collector_open(&collect, &bench->plain, error, sizeof(error));
	collect.profile = &bench->profile;
	if (result == 0)
		result = po_collector_open(
		    &collect, &bench->clocked, error, sizeof(error));
	if (result != 0) {
		fprintf(stderr, "portownerd: %s\n", error);
		return result;
	}
	snprintf(bench->source, sizeof(bench->source), "%s",
	    po_collector_source(bench->plain));
	return 0;
}

int
po_profile_refreshes(const struct po_daemon_options *options)
{
	struct bench bench = {.count = (size_t)options->refreshes};
	struct po_config config;
	uint64_t *numbers;
	size_t phase;
	int status = 1;

	if (po_config_read_apart(&options->files, true, &config) != 0) {
		fputs("portownerd: the configuration cannot be read\n", stderr);
		return 1;
	}
	numbers = calloc(bench.count * (PO_PHASES + 2), sizeof(*numbers));
	if (numbers != NULL && open_both(&bench, &config) == 0) {
		bench.cpu = numbers;
		bench.wall = numbers + bench.count;
		for (phase = 0; phase < PO_PHASES; phase++)
			bench.split[phase] =
			    numbers + (2 + phase) * bench.count;
		status = run(&bench);
	}
	po_collector_close(bench.plain);
	po_collector_close(bench.clocked);
	free(numbers);
	return status;
}
