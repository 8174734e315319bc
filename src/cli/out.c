/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buffered output over write(2).  Unlike stdio it keeps the reason of the
 * first failure, which tells a reader that went away from a full disk.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

void
cli_out_begin(struct cli_out *out, int fd)
{
	out->fd = fd;
	out->error = 0;
	out->used = 0;
}

/* Whoever shares the descriptor may have made it non-blocking. */
static int
wait_writable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

	return poll(&pollfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int
write_all(int fd, const char *data, size_t length)
{
	ssize_t written;
	int error = 0;

	while (length > 0 && error == 0) {
		written = write(fd, data, length);
		if (written >= 0) {
			data += written;
			length -= (size_t)written;
		} else if (errno == EAGAIN) {
			error = wait_writable(fd);
		} else if (errno != EINTR) {
			error = -errno;
		}
	}
	return error;
}

int
cli_out_flush(struct cli_out *out)
{
	if (out->error == 0)
		out->error = write_all(out->fd, out->buffer, out->used);
	out->used = 0;
	return out->error;
}

void
cli_out_write(struct cli_out *out, const char *data, size_t length)
{
	size_t room;

	while (length > 0 && out->error == 0) {
		room = sizeof(out->buffer) - out->used;
		if (room == 0) {
			cli_out_flush(out);
			continue;
		}
		room = length < room ? length : room;
		memcpy(out->buffer + out->used, data, room);
		out->used += room;
		data += room;
		length -= room;
	}
}

char *
cli_out_room(struct cli_out *out, size_t length)
{
	char *room;

	if (length > sizeof(out->buffer) - out->used)
		cli_out_flush(out);
	if (length > sizeof(out->buffer) - out->used)
		return NULL;
	room = out->buffer + out->used;
	out->used += length;
	return room;
}

void
cli_out_text(struct cli_out *out, const char *text)
{
	cli_out_write(out, text, strlen(text));
}

void
cli_out_number(struct cli_out *out, uint64_t number)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	cli_out_write(out, text + at, sizeof(text) - at);
}

void
cli_out_spaces(struct cli_out *out, size_t count)
{
	static const char spaces[] = "                                ";
	size_t piece;

	while (count > 0) {
		piece = count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1;
		cli_out_write(out, spaces, piece);
		count -= piece;
	}
}
