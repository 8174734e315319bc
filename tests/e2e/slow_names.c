/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name service that hangs: preloaded, it takes the place of the C library's
 * questions by uid and answers none while the file PORTOWNER_TEST_HANG exists
 * (a minute at most).  Each question is noted by a byte in the file
 * PORTOWNER_TEST_ASKED, which the test has made and every user may write to,
 * so that it knows that a question came at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#define PAUSE_MS 20
#define PAUSES 3000

static void
hang(void)
{
	const char *gate = getenv("PORTOWNER_TEST_HANG");
	const char *asked = getenv("PORTOWNER_TEST_ASKED");
	int fd, i;

	if (gate == NULL || asked == NULL || access(gate, F_OK) != 0)
		return;
	fd = open(asked, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd == -1 || write(fd, "?", 1) != 1)
		_exit(99);
	close(fd);
	for (i = 0; i < PAUSES && access(gate, F_OK) == 0; i++)
		poll(NULL, 0, PAUSE_MS);
}

int
getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size,
    struct passwd **result)
{
	(void)uid;
	(void)entry;
	(void)buffer;
	(void)size;
	hang();
	*result = NULL;
	return 0;
}

struct passwd *
getpwuid(uid_t uid)
{
	(void)uid;
	hang();
	errno = 0;
	return NULL;
}
