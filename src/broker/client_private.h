/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What readers of a collector have in common beside their interface.
 */
#ifndef PO_BROKER_CLIENT_PRIVATE_H
#define PO_BROKER_CLIENT_PRIVATE_H

#include "broker/client.h"

/*
 * Makes a sentence of what went wrong, and ends the connection if there is one.
 * Returns error.
 */
int po_client_fail(struct po_client *client, const char *what, int error);

#endif
