/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What FreeBSD's sysctls give as rows; the layout is in freebsd_wire.h.  Every
 * record says its own length: one whose length is not the known one is counted
 * as odd and passed over, as its fields may stand anywhere.
 */
#ifndef PO_COLLECT_FREEBSD_DECODE_H
#define PO_COLLECT_FREEBSD_DECODE_H

#include "model/row.h"

/* The lists that there are. */
enum po_freebsd_list {
	PO_FREEBSD_TCP,
	PO_FREEBSD_UDP,
	PO_FREEBSD_RAW, /* IPv6's as well */
	PO_FREEBSD_SCTP,
	PO_FREEBSD_FILES,
	PO_FREEBSD_PROCESSES,
};

/* The sysctl's name. */
const char *po_freebsd_name(enum po_freebsd_list list);

#define PO_FREEBSD_SOCKET_LISTS 4 /* the first ones */

/*
 * generation: the PCB's number, which none has again; an address in the kernel
 * may be another socket's a moment later.  0: the list does not tell.
 * unheld: no descriptor refers to it, as the kernel says; its handle tells it
 * from others all the same.
 */
struct po_freebsd_socket {
	struct po_socket socket;
	uint64_t generation;
	bool unheld;
};

struct po_freebsd_file {
	uint32_t pid;
	uint32_t uid; /* the process's */
	uint64_t handle;
};

/* command points into the buffer. */
struct po_freebsd_process {
	uint32_t pid;
	uint32_t parent;
	uint32_t uid;
	uint32_t jail;
	uint64_t start; /* microseconds since 1970 */
	struct po_bytes command;
};

/* What else is to be said of a list. */
struct po_freebsd_notes {
	uint32_t odd; /* records of a length or a content that is not known */
	bool settled; /* it did not change while it was made */
};

/*
 * Decodes a list of sockets as one sysctl gave it, calling visit for each row;
 * stack is put into the rows.  Sockets without a port are no rows.  Returns 0;
 * -EBADMSG for a list that is cut short (rows before that were visited); or
 * what visit returned, if that is negative.
 */
int po_freebsd_decode_sockets(enum po_freebsd_list list, const void *buffer,
    size_t length, uint32_t stack, struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_socket *socket),
    void *context);

/* The same for the descriptors that are sockets. */
int po_freebsd_decode_files(const void *buffer, size_t length,
    struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_file *file),
    void *context);

/* The same for processes. */
int po_freebsd_decode_processes(const void *buffer, size_t length,
    struct po_freebsd_notes *notes,
    int (*visit)(void *context, const struct po_freebsd_process *process),
    void *context);

#endif
