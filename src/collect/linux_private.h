/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pieces that the Linux collectors are put together from: network stacks,
 * two sources of sockets, and the scan of processes.
 */
#ifndef PO_COLLECT_LINUX_PRIVATE_H
#define PO_COLLECT_LINUX_PRIVATE_H

#include <sys/types.h>

#include "collect/collector.h"
#include "collect/linux_bpf.h"
#include "collect/linux_facts.h"
#include "collect/linux_holdings.h"

/* What to do with each socket that a source lists. */
struct linux_visitor {
	int (*visit)(void *context, const struct po_socket *socket);
	void *context;
	struct po_profile *profile; /* or NULL */
};

/* A set of numbers that are added, then sorted once, then looked up. */
struct linux_set {
	uint64_t *items;
	size_t count;
	size_t capacity;
};

int linux_set_add(struct linux_set *set, uint64_t item);
/* The same for a few in no order, each once; and whether it is among them. */
int linux_set_add_once(struct linux_set *set, uint64_t item);
bool linux_set_holds(const struct linux_set *set, uint64_t item);
void linux_set_sort(struct linux_set *set);
bool linux_set_has(const struct linux_set *set, uint64_t item);

/*
 * A network namespace.  fd refers to it (-1: the own one); pid is a process in
 * it, 0 if it is only known by a mount.
 */
struct linux_stack {
	uint32_t id; /* 0: the own one, else the namespace's inode */
	int fd;
	pid_t pid;
};

struct linux_stacks {
	struct linux_stack *items;
	size_t count;
	size_t capacity;
	uint32_t denied; /* processes whose namespace may not be seen */
};

/* Fills stacks, the own one first.  linux_stacks_clear frees what it holds. */
int linux_stacks_find(struct linux_stacks *stacks, bool all);
void linux_stacks_clear(struct linux_stacks *stacks);

/*
 * Lists the sockets of a stack by netlink.  socket: a netlink socket that was
 * opened in that stack, which is taken over; -1: one of the stack that the
 * calling thread is in.  *protocols: the wanted ones as bits, then those that
 * this kernel has and does not list this way.  *interrupted: the list changed
 * meanwhile.
 */
int linux_diag_list(int socket, uint32_t stack,
    const struct linux_visitor *visitor, uint32_t *protocols,
    bool *interrupted);

/* Whether the kernel answers socket diagnosis at all: 0 or -errno. */
int linux_diag_probe(void);

/*
 * Lists the sockets of a /proc/PID/net (root: that path) by its tables;
 * protocols: a bit for each entry of linux_protocols.  ambiguous gets the
 * handles of IPv6 sockets of which the table does not tell all: whether a
 * wildcard takes IPv4 as well, or which link a link-local address is on.
 */
int linux_procnet_list(const char *root, uint32_t stack, uint32_t protocols,
    const struct linux_visitor *visitor, struct linux_set *ambiguous);

struct linux_protocol {
	uint8_t number;
	const char *table; /* in /proc/net */
	const char *table6; /* NULL: the kernel has no such tables */
};

/* Their places in linux_protocols. */
enum {
	LINUX_TCP,
	LINUX_UDP,
	LINUX_UDPLITE,
	LINUX_RAW,
	LINUX_SCTP,
	LINUX_DCCP,
	LINUX_PROTOCOLS,
};
#define LINUX_ALL_PROTOCOLS ((1u << LINUX_PROTOCOLS) - 1)
extern const struct linux_protocol linux_protocols[LINUX_PROTOCOLS];

/*
 * The protocols that the running kernel has, as bits.  Nothing is asked about
 * others: the question alone would load their modules.
 */
uint32_t linux_procnet_protocols(void);

/*
 * A scan and what it leaves behind.  ambiguous must be sorted; the sets grow
 * from look to look and belong to the caller.
 */
struct linux_scan {
	bool arguments;
	struct po_profile *profile; /* or NULL */
	struct linux_facts *facts;
	struct linux_holdings *holdings; /* NULL: none are kept */
	bool reuse; /* of processes that seem unchanged, what is kept */
	const struct linux_set *ambiguous;
	struct linux_set resolved; /* of the ambiguous ones */
	struct linux_set parents; /* of the processes that were added */
	uint32_t denied; /* processes that may not be looked into */
	struct linux_set denied_uids; /* of these; few, in no order */
};

/* Goes through all processes and tells the builder who holds its sockets. */
int linux_tasks_scan(struct po_builder *builder, struct linux_scan *scan);

/* The same for one process alone, its pid in decimal; adds to scan->denied. */
int linux_tasks_scan_one(
    struct po_builder *builder, struct linux_scan *scan, const char *pid);

/*
 * After the last scan: adds the ancestors of all processes, by which the
 * builder chooses primary owners.
 */
int linux_tasks_add_ancestors(
    struct po_builder *builder, const struct linux_scan *scan);

/* How a collector gets at sockets and at their holders. */
enum linux_way {
	LINUX_BY_PROC, /* /proc/net, /proc/PID/fd */
	LINUX_BY_DIAG, /* netlink, /proc/PID/fd */
	LINUX_BY_BPF,
};

struct linux_collector {
	enum linux_way way;
	bool
	    enclosed; /* in a pid namespace: not all processes are to be seen */
	bool all_stacks;
	bool arguments;
	int (*open_stack)(void *context, int namespace);
	void *context;
	struct po_profile *profile; /* or NULL */
	int own_stack; /* descriptor of the own namespace */
	struct linux_bpf *bpf; /* of LINUX_BY_BPF, otherwise NULL */
	struct linux_facts *facts;
	struct linux_holdings *holdings; /* of a resident diag, else NULL */
	struct linux_set ownerless; /* from the last collection, sorted */
};

/* The sockets that a list is made of. */
struct linux_range {
	uint32_t protocols; /* a bit for each entry of linux_protocols */
	uint32_t tables; /* of bpf; bit n: that of enum po_bpf_table_kind */
	const struct linux_set *stacks; /* in no order; NULL: all */
};

/* One collection. */
struct linux_run {
	struct linux_collector *collector;
	struct po_builder *builder;
	struct linux_stacks stacks;
	struct linux_scan scan;
	struct linux_set ambiguous; /* see linux_procnet_list() */
	struct linux_set orphans; /* not known to be so, sorted */
	size_t lost; /* of the orphans: may be found by another look */
	struct linux_range range; /* what is listed */
	struct linux_range orphan_range; /* where the orphans are */
	struct linux_set orphan_stacks;
	/* Of those that bpf lists: held by no descriptor; sorted. */
	struct linux_set fileless;
	uint32_t unreachable; /* stacks that could not be listed */
	uint32_t by_tables; /* stacks that /proc/net alone told of */
	uint32_t lacking; /* stacks of which no /proc/net is to be had */
	bool interrupted;
	bool relied; /* the last scan, on what was kept of an earlier one */
};

/* linux_list.c: all sockets of all wanted stacks, as far as run->range goes. */
int linux_list_sockets(
    struct linux_run *run, const struct linux_visitor *visitor);

/* linux_bpf.c: the same for LINUX_BY_BPF, as far as bpf tells of them. */
int linux_bpf_list_sockets(
    struct linux_run *run, const struct linux_visitor *visitor);

/* linux_bpf.c: all holders, and what they hold that was not listed. */
int linux_bpf_scan_tasks(struct linux_run *run);

/* linux_gaps.c: whether this is not the pid namespace of the whole host. */
bool linux_is_enclosed(void);

/* linux_gaps.c: what could not be seen. */
int linux_add_gaps(struct linux_run *run);

/*
 * A file of /proc/PID, at most size octets; the length or -errno.  The kernel
 * makes such a file up in one piece, so that one read brings all of it.
 */
ssize_t linux_read_at(int dir, const char *name, char *buffer, size_t size);

#endif
