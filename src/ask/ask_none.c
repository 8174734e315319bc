/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system on which a process cannot be split for each host: every host is
 * answered for with why.
 */
#include <stdio.h>

#include "ask/ask.h"

int
po_ask_hosts(const struct po_ask_options *options, const char *const *hosts,
    size_t count)
{
	struct po_ask_answer answer;
	size_t i;

	for (i = 0; i < count; i++) {
		answer = (struct po_ask_answer){.host = hosts[i]};
		snprintf(answer.error, sizeof(answer.error),
		    "other hosts cannot be asked from this system");
		options->answered(options->context, &answer);
	}
	return 0;
}
