/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A build without BPF.
 */
#include "collect/pin.h"

#include <errno.h>
#include <stdio.h>

int
po_bpf_pin(gid_t group, char *message, size_t size)
{
	(void)group;
	snprintf(message, size, "this build is without BPF");
	return -ENOTSUP;
}
