/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What macOS's libproc(3) gives as rows; the layout is in macos_wire.h.  It
 * tells of sockets by way of the processes that hold them: whoever holds none
 * is not seen.
 */
#ifndef PO_COLLECT_MACOS_DECODE_H
#define PO_COLLECT_MACOS_DECODE_H

#include "model/row.h"

/*
 * A socket as one descriptor tells of it, all at one instant.  Its handle may
 * be another socket's a moment later; the generation then is another one.
 */
struct po_macos_socket {
	struct po_socket socket;
	uint64_t generation;
};

/* command points into the buffer. */
struct po_macos_process {
	uint32_t pid;
	uint32_t parent;
	uint32_t uid;
	uint64_t start; /* microseconds since 1970 */
	struct po_bytes command;
};

/*
 * Calls visit for each descriptor of PROC_PIDLISTFDS that is a socket.  Returns
 * 0; -EBADMSG for a list that does not end with a descriptor (those before that
 * were visited); or what visit returned, if that is negative.
 */
int po_macos_decode_descriptors(const void *buffer, size_t length,
    int (*visit)(void *context, int32_t descriptor), void *context);

/*
 * PROC_PIDFDSOCKETINFO.  Returns 1 with a row; 0 if the socket is none, as it
 * has no port or is of another family; -EBADMSG if the length is not the known
 * one or the content makes no sense.
 */
int po_macos_decode_socket(
    const void *buffer, size_t length, struct po_macos_socket *found);

/* PROC_PIDTBSDINFO.  Returns 0, or -EBADMSG as above. */
int po_macos_decode_process(
    const void *buffer, size_t length, struct po_macos_process *process);

#endif
