/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The type of timeval's microseconds.
 */
#ifndef PO_WINDOWS_TIME_H
#define PO_WINDOWS_TIME_H

#include_next <time.h>

typedef long suseconds_t;

#endif
