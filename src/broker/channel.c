/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asking side of the channel.
 */
#include "broker/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#include "broker/rights.h"
#include "model/clock.h"

#define PATIENCE 2000000 /* us; the supervisor means to need less */

/* One answer within so many microseconds: 0, or -errno. */
static int
receive(int channel, uint64_t patience, struct po_channel_answer *answer,
    int *descriptor)
{
	struct pollfd fd = {channel, POLLIN, 0};
	ssize_t got;

	*descriptor = -1;
	if (poll(&fd, 1, (int)(patience / 1000)) != 1)
		return -ETIMEDOUT;
	got =
	    po_rights_receive(channel, answer, sizeof(*answer), 0, descriptor);
	if (got == (ssize_t)sizeof(*answer))
		return 0;
	if (*descriptor >= 0)
		close(*descriptor);
	return got < 0 ? (int)got : -EPROTO;
}

int
po_channel_open(int channel, char what, int with)
{
	const uint64_t begin = po_clock_us();
	const struct po_channel_question question = {
	    .tag = (uint32_t)begin,
	    .what = (unsigned char)what,
	};
	struct po_channel_answer answer;
	int descriptor, error;
	uint64_t waited;

	if (po_rights_send(channel, &question, sizeof(question), with) !=
	    (ssize_t)sizeof(question))
		return -EPIPE;
	do {
		waited = po_clock_us() - begin;
		error =
		    receive(channel, waited < PATIENCE ? PATIENCE - waited : 0,
			&answer, &descriptor);
		if (error != 0)
			return error;
		/* Not this question's: whoever asked has given up. */
		if (answer.tag != question.tag && descriptor >= 0)
			close(descriptor);
	} while (answer.tag != question.tag);
	if (answer.error == 0 && descriptor >= 0)
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	return answer.error > 0 ? -answer.error : -EPROTO;
}
