/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux says of a process under /proc/PID, decoded from the files' bytes.
 */
#ifndef PO_COLLECT_LINUX_TASK_DECODE_H
#define PO_COLLECT_LINUX_TASK_DECODE_H

#include "model/row.h"

struct po_task_stat {
	uint32_t pid;
	uint32_t parent;
	uint32_t threads;
	uint64_t start; /* clock ticks since boot */
	/*
	 * Where its stack begins, another place after each exec(); 0 where
	 * that is not told.
	 */
	uint64_t stack;
	char state;
	struct po_bytes command; /* points into the buffer */
};

/*
 * /proc/PID/stat.  The command stands between the first "(" and the last ")"
 * and may contain both.  Returns 0 or -EBADMSG.
 */
int po_task_decode_stat(
    const char *buffer, size_t length, struct po_task_stat *stat);

/* /proc/PID/status: the effective uid.  Returns 0 or -EBADMSG. */
int po_task_decode_status(const char *buffer, size_t length, uint32_t *uid);

/*
 * The target of a /proc/PID/fd link: the inode of "socket:[123]", or 0 for
 * anything else.
 */
uint64_t po_task_decode_socket(const char *link, size_t length);

/*
 * /proc/PID/cgroup: the unit that a process belongs to, pointing into the
 * buffer.  The unified hierarchy counts ("0::"), else systemd's own
 * ("N:name=systemd:"), else the longest path.  The unit is the deepest
 * component that ends in .service or .scope, else the last component; data
 * NULL at the root.
 */
struct po_bytes po_task_decode_cgroup(const char *buffer, size_t length);

/*
 * /proc/PID/cmdline in place: the NULs between arguments become spaces.
 * Returns the length without trailing NULs.
 */
size_t po_task_decode_cmdline(char *buffer, size_t length);

/* A decimal number that fills length octets; false if it is none. */
bool po_task_decode_number(
    const char *text, size_t length, uint64_t limit, uint64_t *value);

#endif
