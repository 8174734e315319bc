/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that is there is whole, whenever its writer is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/keeper.h"
#include "model/clock.h"
#include "unit.h"

#define WRITES 500
#define LENGTH_MAX 300000

static char folder[] = "/tmp/po-keeper-XXXXXX";
static char path[64];

/* A text that says by itself how long it is and what it consists of. */
static char *
make_text(unsigned int number, size_t *length)
{
	uint64_t seed = number;
	char *text;

	*length = 16 + unit_below(&seed, LENGTH_MAX);
	text = malloc(*length + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, 'a' + (int)(number % 26), *length);
	sprintf(text, "%07u %07zu", number, *length);
	text[15] = ' ';
	return text;
}

static bool
is_whole(const char *text, size_t length)
{
	unsigned int number;
	size_t said;
	char *other;
	bool same;

	if (length < 16 || sscanf(text, "%7u %7zu", &number, &said) != 2 ||
	    said != length)
		return false;
	other = make_text(number, &said);
	same = said == length && memcmp(text, other, length) == 0;
	free(other);
	return same;
}

static void
test_round(void)
{
	struct po_keeper *keeper = po_keeper_new(path);
	struct stat st;
	char *text, *back;
	size_t length, got;
	int error;

	CU_ASSERT_PTR_NOT_NULL_FATAL(keeper);
	CU_ASSERT_EQUAL(
	    po_keeper_read(keeper, LENGTH_MAX * 2, &back, &got), -ENOENT);
	text = make_text(1, &length);
	CU_ASSERT_EQUAL(po_keeper_write(keeper, text, length), 0);
	CU_ASSERT_EQUAL(po_keeper_wait(keeper), 0);
	CU_ASSERT_TRUE(po_keeper_is_idle(keeper, &error));
	CU_ASSERT_EQUAL(error, 0);
	CU_ASSERT_EQUAL(po_keeper_read(keeper, LENGTH_MAX * 2, &back, &got), 0);
	CU_ASSERT_EQUAL(got, length);
	CU_ASSERT_TRUE(is_whole(back, got));
	free(back);
	/* Nobody else reads what listens here. */
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_EQUAL(po_keeper_read(keeper, 16, &back, &got), -EFBIG);
	CU_ASSERT_EQUAL(po_keeper_set_aside(keeper), 0);
	CU_ASSERT_EQUAL(
	    po_keeper_read(keeper, LENGTH_MAX * 2, &back, &got), -ENOENT);
	po_keeper_free(keeper);
}

static void
test_failures(void)
{
	struct po_keeper *keeper;
	char *text;
	size_t length;

	keeper = po_keeper_new("/nonexistent/folder/state");
	CU_ASSERT_PTR_NOT_NULL_FATAL(keeper);
	text = make_text(1, &length);
	CU_ASSERT_EQUAL(po_keeper_write(keeper, text, length), 0);
	CU_ASSERT_EQUAL(po_keeper_wait(keeper), -ENOENT);
	po_keeper_free(keeper);
	keeper = po_keeper_new(folder);
	CU_ASSERT_PTR_NOT_NULL_FATAL(keeper);
	CU_ASSERT_EQUAL(po_keeper_read(keeper, 1000, &text, &length), -ENODEV);
	po_keeper_free(keeper);
	/* A link in place of the new file leads nowhere. */
	keeper = po_keeper_new(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(keeper);
	text = malloc(sizeof(path) + 8);
	sprintf(text, "%s.new", path);
	CU_ASSERT_EQUAL(symlink("/dev/full", text), 0);
	free(text);
	text = make_text(2, &length);
	CU_ASSERT_EQUAL(po_keeper_write(keeper, text, length), 0);
	CU_ASSERT_EQUAL(po_keeper_wait(keeper), 0);
	po_keeper_free(keeper);
}

/* A sandbox may know the folder only by the descriptor that was open before. */
static void
test_no_path(void)
{
	struct po_keeper *keeper = po_keeper_new(path);
	char moved[sizeof(folder) + 8], *text, *back;
	size_t length, got;
	struct stat st;

	CU_ASSERT_PTR_NOT_NULL_FATAL(keeper);
	snprintf(moved, sizeof(moved), "%s.moved", folder);
	CU_ASSERT_EQUAL_FATAL(rename(folder, moved), 0);
	text = make_text(3, &length);
	CU_ASSERT_EQUAL(po_keeper_write(keeper, text, length), 0);
	CU_ASSERT_EQUAL(po_keeper_wait(keeper), 0);
	CU_ASSERT_EQUAL(po_keeper_read(keeper, LENGTH_MAX * 2, &back, &got), 0);
	CU_ASSERT_EQUAL(got, length);
	free(back);
	CU_ASSERT_EQUAL(po_keeper_set_aside(keeper), 0);
	CU_ASSERT_EQUAL(
	    po_keeper_read(keeper, LENGTH_MAX * 2, &back, &got), -ENOENT);
	CU_ASSERT_EQUAL(rename(moved, folder), 0);
	CU_ASSERT_NOT_EQUAL(stat(path, &st), 0);
	po_keeper_free(keeper);
}

/* Writes for ever, a text after the other. */
static void
write_on(int ready, unsigned int number)
{
	struct po_keeper *keeper = po_keeper_new(path);
	size_t length;
	char *text;

	for (;; number++) {
		text = make_text(number, &length);
		if (po_keeper_write(keeper, text, length) != 0)
			_exit(1);
		if (write(ready, "w", 1) != 1)
			_exit(1);
		if (po_keeper_wait(keeper) != 0)
			_exit(1);
	}
}

static void
test_killed(void)
{
	struct po_keeper *keeper = po_keeper_new(path);
	uint64_t seed = 4711;
	size_t length, whole = 0, others = 0;
	unsigned int i, last = 0, number;
	int ready[2], status;
	char *text, octet;
	pid_t pid;

	CU_ASSERT_PTR_NOT_NULL_FATAL(keeper);
	text = make_text(0, &length);
	CU_ASSERT_EQUAL(po_keeper_write(keeper, text, length), 0);
	CU_ASSERT_EQUAL(po_keeper_wait(keeper), 0);
	for (i = 1; i <= WRITES; i++) {
		CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
		pid = fork();
		CU_ASSERT_TRUE_FATAL(pid >= 0);
		if (pid == 0)
			write_on(ready[1], i);
		CU_ASSERT_EQUAL(read(ready[0], &octet, 1), 1);
		/* While it writes, or a little after. */
		usleep((useconds_t)unit_below(&seed, 2000));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		CU_ASSERT_TRUE(WIFSIGNALED(status));
		close(ready[0]);
		close(ready[1]);
		if (po_keeper_read(keeper, LENGTH_MAX * 2, &text, &length) != 0)
			continue;
		text[length] = '\0';
		whole += is_whole(text, length);
		number = (unsigned int)strtoul(text, NULL, 10);
		others += number != last;
		last = number;
		free(text);
	}
	CU_ASSERT_EQUAL(whole, WRITES);
	/* Both happened: the old one was left, and the new one was there. */
	printf("%zu of %d writes done before the kill... ", others, WRITES);
	CU_ASSERT_TRUE(others > 0);
	po_keeper_free(keeper);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"there and back", test_round},
	    {"what cannot be written", test_failures},
	    {"the folder's path is not used later", test_no_path},
	    {"killed while writing", test_killed},
	    CU_TEST_INFO_NULL,
	};
	char command[128];
	int status;

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/state", folder);
	status = unit_main("keeper", tests);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? status : 1;
}
