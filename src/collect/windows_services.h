/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services of one moment, and which of them run in a process.  Portable.
 */
#ifndef PO_COLLECT_WINDOWS_SERVICES_H
#define PO_COLLECT_WINDOWS_SERVICES_H

#include "collect/windows_system_decode.h"
#include "model/text.h"

#define PO_WINDOWS_SERVICE_SIZE (256 * PO_WINDOWS_UTF8_UNIT) /* of a name */

/* Text that is published, or the one name that is longer and what follows. */
#define PO_WINDOWS_SERVICES_SIZE (PO_WINDOWS_SERVICE_SIZE + 4)

/* By pid, then by name. */
struct po_windows_services {
	size_t n, room;
	struct po_windows_service_entry {
		uint32_t pid;
		char *name; /* UTF-8 */
	} * at;
};

/* Forgets the services. */
void po_windows_services_clear(struct po_windows_services *services);

/* The same, and frees all memory. */
void po_windows_services_free(struct po_windows_services *services);

/*
 * Adds a service, unless it runs in no process; context is a struct
 * po_windows_services.  Returns 0 or -ENOMEM.
 */
int po_windows_services_add(
    void *context, const struct po_windows_service *service);

/* To be called after the last one was added. */
void po_windows_services_sort(struct po_windows_services *services);

/*
 * The names of the services in pid, in their order and with a comma between;
 * if published text has no room for all of them, "..." stands for the others.
 * Returns the octets; 0: there are none.
 */
size_t po_windows_services_of(const struct po_windows_services *services,
    uint32_t pid, char out[PO_WINDOWS_SERVICES_SIZE]);

#endif
