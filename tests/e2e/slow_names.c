/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name service that hangs: preloaded, it takes the place of the C library's
 * questions by uid and answers none while the file PORTOWNER_TEST_HANG exists
 * (a minute at most).  Each question is noted by a byte in the file
 * PORTOWNER_TEST_ASKED, so that a test knows that one came at all; that file
 * is opened when the program starts, as it may later be confined.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#define PAUSE_MS 20
#define PAUSES 3000
#define OUT_OF_THE_WAY 200 /* of descriptors with a meaning */

static int asked = -1;

__attribute__((constructor)) static void
open_notes(void)
{
	const char *path = getenv("PORTOWNER_TEST_ASKED");
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	asked = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
	close(fd);
}

static void
hang(void)
{
	const char *gate = getenv("PORTOWNER_TEST_HANG");
	int i;

	if (gate == NULL || access(gate, F_OK) != 0)
		return;
	if (write(asked, "?", 1) != 1)
		return; /* the test finds no note */
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
