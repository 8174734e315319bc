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

#define PATIENCE 2000 /* ms; the supervisor answers within one second */

int
po_channel_open(int channel, char what, int with)
{
	struct pollfd fd = {channel, POLLIN, 0};
	int32_t error = 0;
	int descriptor = -1;
	ssize_t got;

	if (po_rights_send(channel, &what, 1, with) != 1)
		return -EPIPE;
	if (poll(&fd, 1, PATIENCE) != 1)
		return -ETIMEDOUT;
	got = po_rights_receive(channel, &error, sizeof(error), 0, &descriptor);
	if (got == (ssize_t)sizeof(error) && error == 0 && descriptor >= 0)
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	return got == (ssize_t)sizeof(error) && error > 0 ? -error : -EPROTO;
}
