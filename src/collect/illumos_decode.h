/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What illumos and Solaris tell, as rows; the layout is in illumos_wire.h.  The
 * kernel says how long the rows of its tables are: a table whose rows have a
 * length that is not known is counted as odd, and nobody's creator is taken
 * from it; if they are shorter than the known ones it is passed over.
 */
#ifndef PO_COLLECT_ILLUMOS_DECODE_H
#define PO_COLLECT_ILLUMOS_DECODE_H

#include "model/row.h"

/* One option of the answer to T_OPTMGMT_REQ. */
struct po_illumos_message {
	uint32_t level;
	uint32_t name;
	const void *data;
	size_t length;
};

/* All of an answer's; messages and their data are from malloc(). */
struct po_illumos_stream {
	struct po_illumos_message *messages;
	size_t n;
};

void po_illumos_stream_free(struct po_illumos_stream *stream);

/*
 * handle and uid of the socket are not set: po_illumos_join() does that.
 * creator: who opened the socket, or the listener that accepted it, if he may
 * still be a holder; 0: the kernel does not tell, or nobody can hold it.
 */
struct po_illumos_socket {
	struct po_socket socket;
	uint32_t creator;
	uint64_t created; /* ticks since the system's start; 0: not told */
	bool has_info; /* the following are valid */
	bool of_ipv6; /* an IPv6 socket's row in an IPv4 table */
	uint64_t device;
	uint64_t inode;
};

/* Rows that no process can hold: their socket is gone, or not there yet. */
bool po_illumos_is_nobodys(const struct po_illumos_socket *socket);

struct po_illumos_notes {
	uint32_t odd; /* tables whose rows are not known */
	bool creators; /* rows say who opened the socket */
	bool infos; /* sockets have inodes */
};

/*
 * An open file of a process, which is a socket by its names and its inode, or a
 * stream by its device, which then is not 0, and its inode.
 */
struct po_illumos_file {
	uint64_t device;
	uint64_t inode;
	struct po_address local, remote; /* IPv4-mapped ones are IPv4 */
	uint16_t port, remote_port; /* remote: 0 if it has no peer */
	uint8_t protocol;
};

/* command and arguments point into the buffer. */
struct po_illumos_process {
	uint32_t pid;
	uint32_t parent;
	uint32_t uid;
	uint32_t zone;
	uint32_t contract;
	uint64_t start; /* nanoseconds since 1970 */
	struct po_bytes command;
	struct po_bytes arguments; /* their beginning */
};

/*
 * Decodes all messages of one answer, calling visit for each row; stack is put
 * into the rows.  Sockets without a port are no rows.  Returns 0; -EBADMSG for
 * a table that does not end with a row (rows before that may have been
 * visited); or what visit returned, if that is negative.
 */
int po_illumos_decode(const struct po_illumos_message *messages, size_t n,
    uint32_t stack, struct po_illumos_notes *notes,
    int (*visit)(void *context, const struct po_illumos_socket *socket),
    void *context);

/*
 * A file of /proc/PID/fdinfo.  Returns 1; 0 if it is none that has rows; or
 * -EBADMSG if it does not end as it should.
 */
int po_illumos_decode_file(
    const void *buffer, size_t length, struct po_illumos_file *file);

/* /proc/PID/psinfo, likewise; its length is the known one. */
int po_illumos_decode_process(
    const void *buffer, size_t length, struct po_illumos_process *process);

#endif
