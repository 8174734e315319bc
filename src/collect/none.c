/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A build without a collector: recorded snapshots are all that it reads.
 */
#include "collect/collector.h"

const struct po_collector_ops *const po_collectors[] = {NULL};
