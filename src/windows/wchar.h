/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns of a character: consoles are not asked.
 */
#ifndef PO_WINDOWS_WCHAR_H
#define PO_WINDOWS_WCHAR_H

#include_next <wchar.h>

int wcwidth(wchar_t character);

#endif
