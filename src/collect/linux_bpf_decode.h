/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of the bpf source (linux_bpf_wire.h) as rows.
 */
#ifndef PO_COLLECT_LINUX_BPF_DECODE_H
#define PO_COLLECT_LINUX_BPF_DECODE_H

#include "collect/linux_bpf_wire.h"
#include "model/row.h"

/*
 * What to do with each record; all but the first required.  A negative answer
 * ends the decoding.
 *
 * expect: a socket with this inode will be told of soon.
 *
 * process: comes before the sockets that it holds.
 * socket: the record's pid holds it, 0 if none is told of; row is false where
 * the record names the holder alone and the socket itself has to come from
 * elsewhere.
 * hold: pid holds the socket with this inode, which has been listed.
 */
struct po_bpf_visitor {
	void (*expect)(void *context, uint64_t inode); /* or NULL */
	int (*process)(void *context, const struct po_bpf_process *process);
	int (*socket)(void *context, const struct po_socket *socket, bool row,
	    const struct po_bpf_socket *record);
	int (*hold)(void *context, uint64_t inode, uint32_t pid);
	int (*table)(void *context, const struct po_bpf_table *table);
	void *context;
};

/*
 * Decodes the first count of the records in a buffer of length octets.
 * Sockets without a port and of protocols that are no rows are passed over.
 * Returns 0, -EBADMSG, or what a visitor answered, if that is negative.
 */
int po_bpf_decode(const void *buffer, size_t length, size_t count,
    const struct po_bpf_visitor *visitor);

#endif
