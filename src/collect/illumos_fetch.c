/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * T_OPTMGMT_REQ to /dev/arp with tcp, udp and icmp on top of it, as everybody
 * may do: each table comes as a message of its own, and one without a table
 * ends the answer.
 */
#include "collect/illumos_fetch.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <inet/mib2.h>
#include <stdlib.h>
#include <string.h>
#include <stropts.h>
#include <sys/socket.h>
#include <sys/stream.h>
#include <sys/tihdr.h>
#include <sys/tiuser.h>
#include <unistd.h>

#define MESSAGES_MAX 1024
#define DATA_MAX (512u * 1024 * 1024)

struct request {
	struct T_optmgmt_req head;
	struct opthdr option;
};

/* The part of an answer that is not the table. */
union answer {
	struct T_optmgmt_ack ack;
	struct T_error_ack failed;
	union T_primitives any;
	char octets[512];
};

static int
open_stream(void)
{
	static const char *const modules[] = {"tcp", "udp", "icmp"};
	const int fd = open("/dev/arp", O_RDWR | O_CLOEXEC);
	size_t i;
	int saved;

	if (fd < 0)
		return -errno;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (ioctl(fd, I_PUSH, modules[i]) >= 0)
			continue;
		saved = errno;
		close(fd);
		return -saved;
	}
	return fd;
}

static int
ask(int fd)
{
	struct request request;
	struct strbuf control = {
	    .len = sizeof(request), .buf = (char *)&request};

	memset(&request, 0, sizeof(request));
	request.head.PRIM_type = T_OPTMGMT_REQ;
	request.head.OPT_offset =
	    (t_scalar_t)((char *)&request.option - (char *)&request);
	request.head.OPT_length = sizeof(request.option);
	request.head.MGMT_flags = T_CURRENT;
	request.option.level = MIB2_IP;
	/* Rows as long as they are today, not as they once were. */
	request.option.len = 1;
	return putmsg(fd, &control, NULL, 0) == 0 ? 0 : -errno;
}

/* The table behind what was got first, all of it. */
static int
read_data(int fd, size_t size, struct po_illumos_message *message)
{
	struct strbuf data = {0};
	size_t room = size;
	int flags = 0, result;
	char *buffer;

	buffer = malloc(size == 0 ? 1 : size);
	if (buffer == NULL)
		return -ENOMEM;
	data.maxlen = (int)room;
	data.buf = buffer;
	result = getmsg(fd, NULL, &data, &flags);
	message->data = buffer;
	if (result < 0)
		return -errno;
	/* The length that the kernel told is not that of the table. */
	if (result != 0 || data.len < 0 || (size_t)data.len != size)
		return -EBADMSG;
	message->length = size;
	return 0;
}

static int
add_message(
    struct po_illumos_stream *stream, int fd, const struct opthdr *option)
{
	struct po_illumos_message *messages;

	if (stream->n == MESSAGES_MAX || (uint64_t)option->len > DATA_MAX)
		return -EBADMSG;
	messages =
	    realloc(stream->messages, (stream->n + 1) * sizeof(*messages));
	if (messages == NULL)
		return -ENOMEM;
	stream->messages = messages;
	messages += stream->n++;
	memset(messages, 0, sizeof(*messages));
	messages->level = (uint32_t)option->level;
	messages->name = (uint32_t)option->name;
	return read_data(fd, (size_t)option->len, messages);
}

/* Returns 1 for a message, 0 after the last one, -errno. */
static int
read_message(struct po_illumos_stream *stream, int fd)
{
	union answer answer;
	struct strbuf control = {
	    .maxlen = sizeof(answer), .buf = answer.octets};
	struct opthdr option;
	int flags = 0, result, error;

	memset(&answer, 0, sizeof(answer));
	result = getmsg(fd, &control, NULL, &flags);
	if (result < 0)
		return -errno;
	if (control.len >= (int)sizeof(answer.failed) &&
	    answer.any.type == T_ERROR_ACK)
		return answer.failed.TLI_error == TSYSERR &&
			       answer.failed.UNIX_error > 0
			   ? -(int)answer.failed.UNIX_error
			   : -EPROTO;
	if (control.len < (int)sizeof(answer.ack) ||
	    answer.any.type != T_OPTMGMT_ACK ||
	    answer.ack.MGMT_flags != T_SUCCESS)
		return -EPROTO;
	if (result == 0)
		return 0;
	if (result != MOREDATA ||
	    answer.ack.OPT_length < (t_scalar_t)sizeof(option) ||
	    answer.ack.OPT_offset < 0 ||
	    answer.ack.OPT_offset > control.len - (int)sizeof(option))
		return -EPROTO;
	memcpy(&option, answer.octets + answer.ack.OPT_offset, sizeof(option));
	error = add_message(stream, fd, &option);
	return error == 0 ? 1 : error;
}

int
illumos_fetch(struct po_illumos_stream *stream)
{
	int fd, result;

	memset(stream, 0, sizeof(*stream));
	fd = open_stream();
	if (fd < 0)
		return fd;
	result = ask(fd);
	if (result == 0)
		do
			result = read_message(stream, fd);
		while (result > 0);
	close(fd);
	return result;
}
