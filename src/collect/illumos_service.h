/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which service of SMF processes belong to.
 */
#ifndef PO_COLLECT_ILLUMOS_SERVICE_H
#define PO_COLLECT_ILLUMOS_SERVICE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * name: "network/ssh:default", by the contract of psinfo_t; empty if it is none
 * or is not known.
 */
void illumos_service(ctid_t contract, char *name, size_t size);

#endif
