/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of Windows and the services in them, for its collector.
 */
#ifndef PO_COLLECT_WINDOWS_PRIVATE_H
#define PO_COLLECT_WINDOWS_PRIVATE_H

#include "collect/collector.h"
#include "collect/windows_services.h"

/* Kept from one collection to the next, zeroed before the first. */
struct windows_services {
	struct po_windows_services list;
	uint8_t *buffer;
	/* Of the last listing: */
	uint32_t error; /* of Windows, which told none or not all; or 0 */
	uint32_t odd; /* services that are not understood */
};

/* Lists the services that run; empty where Windows refuses. 0 or -ENOMEM. */
int windows_services_list(struct windows_services *services);
void windows_services_free(struct windows_services *services);

/* All processes of one moment, by pid, and the names of their users. */
struct windows_processes;

/* NULL: no memory. */
struct windows_processes *windows_processes_new(void);

/* Lists them anew.  Returns 0 or -errno. */
int windows_processes_list(struct windows_processes *processes);
void windows_processes_free(struct windows_processes *processes);

/*
 * Adds the facts of pid, once; listed: FILETIME before the sockets were listed.
 * Returns 1, 0 if there is no such process or if it began after that and so is
 * not the one that was listed, or -ENOMEM.  *hidden counts those of which the
 * system tells no more than the name.
 */
int windows_processes_add(struct windows_processes *processes,
    const struct po_windows_services *services, uint32_t pid, uint64_t listed,
    struct po_builder *builder, uint32_t *hidden);

#endif
