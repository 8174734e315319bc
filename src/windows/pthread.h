/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the library that is linked statically, also in objects that could
 * go into a shared one, which libtool compiles with DLL_EXPORT.
 */
#ifndef PO_WINDOWS_PTHREAD_H
#define PO_WINDOWS_PTHREAD_H

#pragma push_macro("DLL_EXPORT")
#undef DLL_EXPORT
#include_next <pthread.h>
#pragma pop_macro("DLL_EXPORT")

#endif
