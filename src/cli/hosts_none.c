/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system on which a process cannot be split for each host.
 */
#include "cli/cli.h"

int
cli_hosts_run(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules)
{
	(void)rules;
	return cli_give_up(
	    out, options, "other hosts cannot be asked from this system");
}
