/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Being a service of Windows.
 */
#ifndef PO_DAEMON_SERVICE_WINDOWS_H
#define PO_DAEMON_SERVICE_WINDOWS_H

#include <stdbool.h>

/* What runs; run returns the exit status, stop comes from another thread. */
struct po_service {
	int (*run)(void *context);
	void (*stop)(void);
	void *context;
};

/*
 * Runs it as a service where the service manager started this process, and
 * returns true when it has ended; false: nobody did, and nothing was run.
 */
bool po_service_run(const struct po_service *service);

/* What runs says that it serves; where it is no service nobody hears it. */
void po_service_ready(void);

#endif
