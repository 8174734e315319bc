/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target without libFuzzer: on every file given, or in every
 * folder given, or in the target's own corpus, and on changes of each that
 * are the same every time.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX 65536
#define TRUNCATIONS_MAX 512
#define FLIPS_MAX 8192
#define CHANGES 1500
#define PATH_SIZE 1024

static unsigned long runs;
static unsigned long files;

/* Splitmix64. */
static uint32_t
below(uint64_t *state, uint32_t n)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) % n);
}

/* On a copy of its exact size, so that a sanitizer sees what lies beyond. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	FUZZ_CHECK(copy != NULL);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void
run_truncated(const uint8_t *data, size_t size, uint64_t *state)
{
	size_t i;

	if (size <= TRUNCATIONS_MAX) {
		for (i = 0; i < size; i++)
			run(data, i);
		return;
	}
	for (i = 0; i < TRUNCATIONS_MAX; i++)
		run(data, below(state, (uint32_t)size));
}

static void
run_flipped(uint8_t *data, size_t size, uint64_t *state)
{
	size_t bits = size * 8, i, bit;

	for (i = 0; i < bits && i < FLIPS_MAX; i++) {
		bit = bits <= FLIPS_MAX ? i : below(state, (uint32_t)bits);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		run(data, size);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* One change: an octet set, moved, removed or doubled.  Returns the size. */
static size_t
change(uint8_t *data, size_t size, uint64_t *state)
{
	static const uint8_t telling[] = {
	    0, 1, 0x7f, 0x80, 0xff, '\n', ' ', ':', '0', '(', ')'};
	size_t at, span;

	if (size == 0)
		return 0;
	at = below(state, (uint32_t)size);
	span = 1 + below(state, size - at > 8 ? 8 : (uint32_t)(size - at));
	switch (below(state, 5)) {
	case 0:
		data[at] = (uint8_t)below(state, 256);
		return size;
	case 1:
		data[at] = telling[below(state, sizeof(telling))];
		return size;
	case 2:
		data[at] = (uint8_t)(data[at] + below(state, 9) - 4);
		return size;
	case 3:
		memmove(data + at, data + at + span, size - at - span);
		return size - span;
	default:
		if (size + span > INPUT_MAX)
			return size;
		memmove(data + at + span, data + at, size - at);
		return size + span;
	}
}

static void
run_changed(const uint8_t *data, size_t size, uint64_t *state)
{
	static uint8_t copy[INPUT_MAX];
	size_t now;
	unsigned i, k;

	for (i = 0; i < CHANGES; i++) {
		memcpy(copy, data, size);
		now = size;
		for (k = 1 + below(state, 6); k > 0; k--)
			now = change(copy, now, state);
		run(copy, now);
	}
}

/* Returns 0, or 1 where the file cannot be read. */
static int
run_file(const char *path)
{
	static uint8_t data[INPUT_MAX];
	uint64_t state = 1;
	size_t size;
	FILE *file;

	file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	if (ferror(file)) {
		perror(path);
		fclose(file);
		return 1;
	}
	fclose(file);
	files++;
	run(data, size);
	run_truncated(data, size, &state);
	run_flipped(data, size, &state);
	run_changed(data, size, &state);
	return 0;
}

/* A file, or all files of a folder. */
static int
run_path(const char *path)
{
	char name[PATH_SIZE];
	const struct dirent *entry;
	struct stat status;
	int failed = 0;
	DIR *folder;

	if (stat(path, &status) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(status.st_mode))
		return run_file(path);
	folder = opendir(path);
	if (folder == NULL) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		failed |= run_file(name);
	}
	closedir(folder);
	return failed;
}

/* ".../fuzz_diag" runs corpus/diag. */
static int
run_own_corpus(const char *program)
{
	const char *top = getenv("top_srcdir"), *name = program, *next;
	char path[PATH_SIZE];

	if (top == NULL)
		top = getenv("srcdir");
	while ((next = strstr(name, "fuzz_")) != NULL)
		name = next + strlen("fuzz_");
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
	    top == NULL ? "." : top, name);
	return run_path(path);
}

int
main(int argc, char **argv)
{
	int failed = 0, i;

	run((const uint8_t *)"", 0);
	for (i = 1; i < argc; i++)
		failed |= run_path(argv[i]);
	if (argc == 1)
		failed = run_own_corpus(argv[0]);
	printf("%lu files, %lu runs\n", files, runs);
	return failed != 0 || files == 0;
}
