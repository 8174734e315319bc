/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ports that illumos and Solaris 11 pick by themselves.
 */
#ifndef PO_COLLECT_ILLUMOS_PORTS_H
#define PO_COLLECT_ILLUMOS_PORTS_H

#include "model/builder.h"

/* UDP's, if the system tells. */
void illumos_set_ephemeral(struct po_builder *builder);

#endif
