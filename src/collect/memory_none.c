/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system whose memory is taken as it comes.
 */
#include "collect/memory.h"

void
po_memory_for_once(void)
{
}

void
po_memory_for_long(void)
{
}
