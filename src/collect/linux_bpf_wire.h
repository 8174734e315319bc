/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel's part of the bpf source (linux_kernel.bpf.h) and its user
 * say to each other, through memory that both see.  Integers are in host byte
 * order unless said otherwise.
 */
#ifndef PO_COLLECT_LINUX_BPF_WIRE_H
#define PO_COLLECT_LINUX_BPF_WIRE_H

#ifndef __bpf__
#include <stdint.h>
#endif

/* Records that fit into the shared memory at a time. */
#define PO_BPF_RECORDS 4096u

/* Buckets that a walk looks at in advance; of descriptors, it is 64. */
#define PO_BPF_AHEAD 256u

enum po_bpf_kind {
	PO_BPF_SOCKET = 1,
	PO_BPF_PROCESS = 2,
	PO_BPF_TABLE = 3,
	PO_BPF_HOLD = 4,
};

/* A socket, and who holds it. */
struct po_bpf_socket {
	uint32_t kind;
	uint32_t pid; /* of the holder, in the reader's pid namespace; or 0 */
	uint64_t inode; /* 0: no process can hold it */
	uint32_t stack; /* 0: the reader's own, else the namespace's inode */
	uint32_t uid;
	uint32_t interface; /* that it is bound to, or 0 */
	uint32_t queue_length; /* of a listening TCP socket */
	uint32_t queue_limit;
	uint16_t family; /* AF_INET, AF_INET6 as Linux numbers them */
	uint16_t protocol; /* IANA number, 262 MPTCP */
	uint16_t type; /* SOCK_RAW (3) or another */
	uint16_t local_port;
	uint16_t remote_port; /* network order */
	uint8_t state; /* enum po_linux_state */
	uint8_t v6only;
	uint8_t local[16]; /* network order, 4 used for AF_INET */
	uint8_t remote[16];
	uint8_t fileless; /* the kernel's own: no descriptor refers to it */
	uint8_t reserved[3];
};

/* Who holds a socket that the tables tell of. */
struct po_bpf_hold {
	uint32_t kind;
	uint32_t pid;
	uint64_t inode;
};

/* A process, before the sockets that it holds. */
struct po_bpf_process {
	uint32_t kind;
	uint32_t pid;
	uint32_t parent;
	uint32_t uid; /* effective */
	uint64_t start; /* ns since boot */
	/* These change when it starts another program, and another cgroup. */
	uint64_t image;
	uint64_t groups;
	uint64_t cgroup; /* of the unified hierarchy; no later one has this */
	uint8_t command[16];
	uint8_t reserved[24];
};

enum po_bpf_table_kind {
	PO_BPF_TCP_CONNECTED = 1,
	PO_BPF_TCP_LISTENING = 2,
	PO_BPF_UDP = 3,
};

/* One of the kernel's hash tables of sockets. */
struct po_bpf_table {
	uint32_t kind;
	uint32_t what; /* enum po_bpf_table_kind */
	uint64_t address;
	uint32_t mask; /* number of buckets - 1 */
	uint32_t own; /* it belongs to one network namespace */
	uint64_t reserved[8];
};

union po_bpf_record {
	uint32_t kind; /* enum po_bpf_kind */
	struct po_bpf_socket socket;
	struct po_bpf_hold hold;
	struct po_bpf_process process;
	struct po_bpf_table table;
};

/*
 * What the kernel's part notes for itself.  Here, and not on its stack, as the
 * verifier tries what follows for each value that it knows to be there: that
 * would make loading two thirds longer.
 */
struct po_bpf_notes {
	/* The list of network namespaces. */
	uint64_t net; /* the list member of the next one */
	uint32_t found; /* the table that is to be walked */
	/* A table of sockets. */
	uint32_t stride; /* of a bucket */
	uint64_t base; /* the first chain's head */
	uint64_t node; /* the next one of the chain */
	uint32_t position; /* its number in the chain */
	uint32_t begin; /* records that were there before this bucket */
	uint8_t inside; /* a bucket */
	uint8_t nulls; /* the chain ends with its bucket's number */
	/* A table of descriptors. */
	uint8_t full; /* there was no room for the next one */
	uint32_t pid;
	uint32_t end; /* descriptors */
	uint64_t task;
	uint64_t files;
	uint64_t array; /* of files */
	uint64_t open; /* a bit for each open descriptor */
	/* What a walk looks at in advance: from where, and what it met. */
	uint64_t scout;
	uint64_t met;
	uint64_t ahead[PO_BPF_AHEAD];
};

/* Where a walk is; who starts one clears it. */
struct po_bpf_control {
	/* What is wanted. */
	uint32_t own_stack_only;
	struct po_bpf_table table; /* to be walked; none: tables are sought */
	/* The reader's network namespace; the tables' walk finds it. */
	uint64_t own;
	/* How far it has come: records that are to be read, if any. */
	uint32_t used;
	uint32_t bucket; /* the next one of the table */
	uint32_t skip; /* sockets of that bucket that were told already */
	uint32_t thread; /* whose descriptors did not all fit, or 0 */
	uint32_t descriptor; /* the next one of that thread */
	uint32_t done;
	/* The operations by which the files of sockets are known, once seen. */
	uint64_t socket_files;
	/* The table of the thread before, which others may share. */
	uint32_t last_process;
	uint64_t last_files;
	struct po_bpf_notes notes;
};

#endif
