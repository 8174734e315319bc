/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What EnumServicesStatusExW and NtQuerySystemInformation write: records with
 * pointers to texts that stand in the same buffer.  Portable, and nothing in a
 * buffer is believed.
 */
#ifndef PO_COLLECT_WINDOWS_SYSTEM_DECODE_H
#define PO_COLLECT_WINDOWS_SYSTEM_DECODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * address: where the writer had the buffer, so what a pointer into it counts
 * from.  word: octets of a pointer, 4 or 8.
 */
struct po_windows_buffer {
	const uint8_t *octets;
	size_t length;
	uint64_t address;
	uint8_t word;
};

/* UTF-16, lent from the buffer; octets NULL: none. */
struct po_windows_text {
	const uint8_t *octets;
	size_t units;
};

/* A service; pid 0: it runs in no process. */
struct po_windows_service {
	uint32_t pid;
	struct po_windows_text name;
};

/*
 * Calls visit for each of count services and ends with what it returns if that
 * is not 0.  A service whose name is not in the buffer is left out and counted
 * in *odd.  Returns -EBADMSG, and calls nobody, if they are more than length
 * octets hold.
 */
int po_windows_decode_services(const struct po_windows_buffer *buffer,
    size_t count, uint32_t *odd,
    int (*visit)(void *context, const struct po_windows_service *service),
    void *context);

/* start: FILETIME, 0: not known.  A name that is not in the buffer is none. */
struct po_windows_process {
	uint32_t pid, parent;
	uint64_t start;
	struct po_windows_text name;
};

/*
 * Calls visit for each process and ends with what it returns if that is not 0.
 * Returns -EBADMSG where a record leads out of the buffer or into another one,
 * after those before it were visited.
 */
int po_windows_decode_processes(const struct po_windows_buffer *buffer,
    int (*visit)(void *context, const struct po_windows_process *process),
    void *context);

/* The most octets that a unit becomes. */
#define PO_WINDOWS_UTF8_UNIT 3

/*
 * Writes text as UTF-8 to out, as many whole characters as size octets hold, and
 * returns the octets.  What is no character becomes U+FFFD, as in Windows.
 */
size_t po_windows_utf8(
    const struct po_windows_text *text, char *out, size_t size);

#endif
