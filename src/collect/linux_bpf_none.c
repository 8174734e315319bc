/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A build without libbpf: the source is there and says that it cannot work.
 */
#include "collect/linux_bpf.h"

#include <errno.h>

int
linux_bpf_open(struct linux_bpf **bpf, const struct linux_bpf_options *options)
{
	(void)options;
	*bpf = NULL;
	return -ENOTSUP;
}

void
linux_bpf_close(struct linux_bpf *bpf)
{
	(void)bpf;
}

bool
linux_bpf_has_tables(const struct linux_bpf *bpf)
{
	(void)bpf;
	return false;
}

int
linux_bpf_list(struct linux_bpf *bpf, bool own_stack_only, uint32_t kinds,
    const struct po_bpf_visitor *visitor)
{
	(void)bpf;
	(void)own_stack_only;
	(void)kinds;
	(void)visitor;
	return -ENOTSUP;
}

int
linux_bpf_scan(struct linux_bpf *bpf, bool own_stack_only,
    const struct po_bpf_visitor *visitor)
{
	(void)bpf;
	(void)own_stack_only;
	(void)visitor;
	return -ENOTSUP;
}

int
linux_bpf_event_fd(const struct linux_bpf *bpf)
{
	(void)bpf;
	return -1;
}

void
linux_bpf_take_events(struct linux_bpf *bpf)
{
	(void)bpf;
}
