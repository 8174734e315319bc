/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stpcpy.
 */
#ifndef PO_WINDOWS_STRING_H
#define PO_WINDOWS_STRING_H

#include_next <string.h>

char *stpcpy(char *to, const char *from);

#endif
