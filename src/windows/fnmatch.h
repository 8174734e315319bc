/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns of names.
 */
#ifndef PO_WINDOWS_FNMATCH_H
#define PO_WINDOWS_FNMATCH_H

#define FNM_NOMATCH 1
#define FNM_NOESCAPE 2

/*
 * *, ?, [set] and [!set] with ranges, of octets; a question mark stands for
 * a character of UTF-8.  Nothing is escaped, whatever flags says.
 */
int fnmatch(const char *pattern, const char *text, int flags);

#endif
