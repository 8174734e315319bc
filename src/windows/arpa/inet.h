/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inet_ntop and inet_pton.
 */
#ifndef PO_WINDOWS_ARPA_INET_H
#define PO_WINDOWS_ARPA_INET_H

#include <sys/socket.h>

#endif
