/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel's parts of the bpf sources have in common: the kernel's
 * structures, reduced to the members that are used (the offsets are fitted to
 * the running kernel when the programs are loaded: CO-RE), and the records.
 * Rows go into memory that the collector has mapped; when that is full, a walk
 * stops, and goes on from there when it is called again.
 */
#ifndef PO_COLLECT_LINUX_KERNEL_BPF_H
#define PO_COLLECT_LINUX_KERNEL_BPF_H

#include "collect/linux_types.bpf.h"

#include <bpf/bpf_core_read.h>

#include "collect/linux_bpf_wire.h"

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_NEW_SYN_RECV 12
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define PF_KTHREAD 0x00200000

#pragma clang attribute push(                                                  \
    __attribute__((preserve_access_index)), apply_to = record)

struct timespec64 {
	__s64 tv_sec;
};

struct list_head {
	struct list_head *next;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_nulls_head {
	struct hlist_node *first;
};

struct ns_common {
	unsigned int inum;
	const void *ops;
};

struct inet_hashinfo {
	void *ehash;
	unsigned int ehash_mask;
	unsigned int lhash2_mask;
	void *lhash2;
	bool pernet;
};

struct inet_ehash_bucket {
	struct hlist_nulls_head chain;
};

struct inet_listen_hashbucket {
	struct hlist_nulls_head nulls_head;
};

struct udp_hslot {
	struct hlist_head head;
};

struct udp_table {
	void *hash;
	unsigned int mask;
};

struct inet_timewait_death_row {
	struct inet_hashinfo *hashinfo;
};

struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
	struct udp_table *udp_table;
};

struct net {
	struct list_head list;
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct hlist_node skc_nulls_node;
};

typedef struct {
	unsigned int val;
} kuid_t;

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
	kuid_t sk_uid;
	__u16 sk_protocol;
	__u16 sk_type;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
};

struct inet_sock {
	struct sock sk;
};

struct inet_timewait_sock {
	volatile unsigned char tw_substate;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file {
	const void *f_op;
	struct inode *f_inode;
	void *private_data;
};

struct socket {
	struct file *file;
	struct inet_sock *sk; /* where it is one of the internet */
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
	struct fdtable fdtab;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct cred {
	kuid_t euid;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	__u64 serial_nr;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	const struct cred *real_cred;
	char comm[16];
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	void *mm;
};

struct bpf_iter__task {
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PO_BPF_RECORDS);
	__type(key, __u32);
	__type(value, union po_bpf_record);
} records SEC(".maps");

/* A map as well, of a single value; it needs no look-up. */
struct po_bpf_control control;

#define notes (control.notes)

/* Room for one more record, not counted yet; NULL: it is full. */
static __always_inline union po_bpf_record *
next_record(void)
{
	__u32 at = control.used;

	return bpf_map_lookup_elem(&records, &at);
}

/* The parts that every entry of a table has, a full socket or not. */
static __always_inline void
fill_endpoints(struct po_bpf_socket *s, const struct sock_common *sk, __u64 own)
{
	struct net *net = sk->skc_net.net;
	__u32 *local = (void *)s->local, *remote = (void *)s->remote;

	s->stack = (__u64)net == own ? 0 : net->ns.inum;
	s->family = sk->skc_family;
	s->interface = sk->skc_bound_dev_if;
	s->local_port = sk->skc_num;
	s->remote_port = sk->skc_dport;
	s->state = sk->skc_state;
	s->v6only = BPF_CORE_READ_BITFIELD(sk, skc_ipv6only);
	if (s->family == AF_INET) {
		local[0] = sk->skc_rcv_saddr;
		remote[0] = sk->skc_daddr;
		return;
	}
	local[0] = sk->skc_v6_rcv_saddr.in6_u.u6_addr32[0];
	local[1] = sk->skc_v6_rcv_saddr.in6_u.u6_addr32[1];
	local[2] = sk->skc_v6_rcv_saddr.in6_u.u6_addr32[2];
	local[3] = sk->skc_v6_rcv_saddr.in6_u.u6_addr32[3];
	remote[0] = sk->skc_v6_daddr.in6_u.u6_addr32[0];
	remote[1] = sk->skc_v6_daddr.in6_u.u6_addr32[1];
	remote[2] = sk->skc_v6_daddr.in6_u.u6_addr32[2];
	remote[3] = sk->skc_v6_daddr.in6_u.u6_addr32[3];
}

/* What a full socket has beside that. */
static __always_inline void
fill_details(struct po_bpf_socket *s, const struct inet_sock *inet)
{
	s->protocol = inet->sk.sk_protocol;
	s->type = inet->sk.sk_type;
	s->uid = inet->sk.sk_uid.val;
	if (s->state == TCP_LISTEN) {
		s->queue_length = inet->sk.sk_ack_backlog;
		s->queue_limit = inet->sk.sk_max_ack_backlog;
	}
}

/* A record without anything of the last one that lay there. */
static __always_inline struct po_bpf_socket *
next_socket(void)
{
	union po_bpf_record *record = next_record();

	if (record == NULL)
		return NULL;
	__builtin_memset(&record->socket, 0, sizeof(record->socket));
	record->socket.kind = PO_BPF_SOCKET;
	return &record->socket;
}

/*
 * The process's pid in the reader's pid namespace, which is at this level; 0:
 * it has none there.
 */
static __always_inline __u32
pid_of(struct task_struct *task, __u32 level)
{
	__u32 nr = 0;
	struct pid *pid;

	if (level == 0)
		return task->tgid;
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	if (pid == NULL || BPF_CORE_READ(pid, level) < level)
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr),
	    (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		(__u64)level * bpf_core_type_size(struct upid) +
		bpf_core_field_offset(struct upid, nr));
	return nr;
}

/*
 * What no later cgroup has; 0: unknown.  A cgroup begins with its own state,
 * which says so.
 */
static __always_inline __u64
number_of(const struct cgroup *cgroup)
{
	const struct cgroup_subsys_state *self = (const void *)cgroup;

	/* The root's is 0. */
	return self->cgroup == cgroup ? self->serial_nr + 1 : 0;
}

/* Records a process; false: there is no room. */
static __always_inline bool
add_process(struct task_struct *leader, __u32 level)
{
	union po_bpf_record *record = next_record();
	struct po_bpf_process *p;

	if (record == NULL)
		return false;
	p = &record->process;
	__builtin_memset(p, 0, sizeof(*p));
	p->kind = PO_BPF_PROCESS;
	p->pid = pid_of(leader, level);
	p->parent = pid_of(leader->real_parent, level);
	p->uid = leader->real_cred->euid.val;
	p->start = leader->start_boottime;
	p->image = (__u64)leader->mm;
	p->groups = (__u64)leader->cgroups;
	p->cgroup = number_of(leader->cgroups->dfl_cgrp);
	BPF_CORE_READ_STR_INTO(&p->command, leader, comm);
	control.used++;
	return true;
}

#endif
