// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel's part of the bpf source.  It reads three things and changes
 * none: the hash tables of TCP and UDP sockets, the descriptor tables of all
 * tasks, and what identifies a process.  Rows go into memory that the
 * collector has mapped; when that is full, a walk stops, and goes on from
 * there when it is called again.
 *
 * Nothing is locked.  What is read lies under RCU or is read again afterwards:
 * a descriptor counts only if the task still has that table, the table that
 * file and the file that socket.
 *
 * The structures are those of the kernel, reduced to the members that are
 * used; libbpf fits the offsets to the running one (CO-RE).
 */
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#include <stdbool.h>
#include <stddef.h>

enum bpf_map_type { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_RINGBUF = 27 };
enum { BPF_F_MMAPABLE = 1024 };

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "collect/linux_bpf_wire.h"

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define TCP_NEW_SYN_RECV 12
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define PF_KTHREAD 0x00200000
#define PIDTYPE_TGID 1

#define STEPS_MAX 65536 /* of a walk through a table, in one run */
#define AT_ONCE 8 /* buckets */
#define NETS_MAX 65536
#define DESCRIPTORS_MAX (1u << 22)

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

struct inet_timewait_sock {
	volatile unsigned char tw_substate;
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
	struct sock *sk;
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
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct signal_struct {
	struct pid *pids[4];
};

struct cred {
	kuid_t euid;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
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
	struct signal_struct *signal;
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

/* Since Linux 6.2; the programs that need it are not loaded elsewhere. */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

#define CAST(type, address)                                                    \
	((struct type *)bpf_rdonly_cast(                                       \
	    (const void *)(address), bpf_core_type_id_kernel(struct type)))

/* Makes the compiler read memory again. */
#define AGAIN(object) *(typeof(object) volatile *)&(object)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PO_BPF_RECORDS);
	__type(key, __u32);
	__type(value, union po_bpf_record);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct po_bpf_control);
} control SEC(".maps");

static __always_inline struct po_bpf_control *
get_control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/* Room for one more record, not counted yet; NULL: it is full. */
static __always_inline union po_bpf_record *
next_record(const struct po_bpf_control *c)
{
	__u32 at = c->used;

	return bpf_map_lookup_elem(&records, &at);
}

/*
 * The word at an address: a pointer of some chain or array.  The verifier lets
 * a word be calculated with that it takes for a number, as the first one of
 * this structure is.
 */
static __always_inline __u64
word_at(__u64 address)
{
	return (__u64)CAST(timespec64, address)->tv_sec;
}

/*
 * A pointer that the verifier knows to be good costs it a search through all
 * types of the kernel at each member.  Forgetting that makes loading faster.
 */
static __always_inline struct task_struct *
reader(void)
{
	return CAST(task_struct, bpf_get_current_task_btf());
}

static __always_inline struct net *
own_net(void)
{
	return reader()->nsproxy->net_ns;
}

/* The parts that every entry of a table has, a full socket or not. */
static __always_inline void
fill_endpoints(
    struct po_bpf_socket *s, const struct sock_common *sk, struct net *own)
{
	struct net *net = sk->skc_net.net;
	__u32 *local = (void *)s->local, *remote = (void *)s->remote;

	s->stack = net == own ? 0 : net->ns.inum;
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
fill_details(struct po_bpf_socket *s, const struct sock *sk)
{
	s->protocol = sk->sk_protocol;
	s->type = sk->sk_type;
	s->uid = sk->sk_uid.val;
	if (s->state == TCP_LISTEN) {
		s->queue_length = sk->sk_ack_backlog;
		s->queue_limit = sk->sk_max_ack_backlog;
	}
}

/* A record without anything of the last one that lay there. */
static __always_inline struct po_bpf_socket *
next_socket(const struct po_bpf_control *c)
{
	union po_bpf_record *record = next_record(c);

	if (record == NULL)
		return NULL;
	__builtin_memset(&record->socket, 0, sizeof(record->socket));
	record->socket.kind = PO_BPF_SOCKET;
	return &record->socket;
}

/*
 * The tables.
 */

static __always_inline void
add_table(
    struct po_bpf_control *c, __u32 what, __u64 address, __u32 mask, bool own)
{
	union po_bpf_record *record = next_record(c);

	if (record == NULL || address == 0)
		return;
	record->table.kind = PO_BPF_TABLE;
	record->table.what = what;
	record->table.address = address;
	record->table.mask = mask;
	record->table.own = own;
	c->used++;
}

static __always_inline void
add_tables(struct po_bpf_control *c, struct net *net, struct net *own)
{
	struct inet_hashinfo *tcp = net->ipv4.tcp_death_row.hashinfo;
	struct udp_table *udp = net->ipv4.udp_table;
	bool first = net == own;

	/* Most namespaces share one table; some have their own. */
	if (first || tcp != own->ipv4.tcp_death_row.hashinfo) {
		add_table(c, PO_BPF_TCP_CONNECTED, (__u64)tcp->ehash,
		    tcp->ehash_mask, tcp->pernet);
		if (!tcp->pernet || first)
			add_table(c, PO_BPF_TCP_LISTENING, (__u64)tcp->lhash2,
			    tcp->lhash2_mask, false);
	}
	if (first || udp != own->ipv4.udp_table)
		add_table(c, PO_BPF_UDP, (__u64)udp->hash, udp->mask, true);
}

struct net_walk {
	__u64 own;
	__u64 at; /* of the list member of a namespace */
	__u64 wanted; /* a table that is looked for; 0: all are noted */
	bool found;
};

/* The list's head is no namespace: it has not their operations. */
static __always_inline bool
is_net(const struct net *net, const struct net *own)
{
	return net->ns.ops == own->ns.ops;
}

static long
visit_net(__u32 step, struct net_walk *w)
{
	struct po_bpf_control *c = get_control();
	struct net *own = CAST(net, w->own), *net;

	if (c == NULL || w->at == 0)
		return 1;
	net = CAST(net, w->at - bpf_core_field_offset(struct net, list));
	w->at = (__u64)net->list.next;
	if (is_net(net, own)) {
		if (w->wanted == 0)
			add_tables(c, net, own);
		else if ((__u64)net->ipv4.tcp_death_row.hashinfo->ehash ==
			     w->wanted ||
			 (__u64)net->ipv4.udp_table->hash == w->wanted)
			w->found = true;
	}
	if (w->found || c->own_stack_only)
		return 1;
	return w->at == w->own + bpf_core_field_offset(struct net, list);
}

static __always_inline bool
visit_nets(struct net *own, __u64 wanted)
{
	struct net_walk w = {
	    .own = (__u64)own,
	    .at = (__u64)own + bpf_core_field_offset(struct net, list),
	    .wanted = wanted,
	};

	bpf_loop(NETS_MAX, visit_net, &w, 0);
	return w.found;
}

SEC("raw_tp")
int
find_tables(void *context)
{
	visit_nets(own_net(), 0);
	return 0;
}

struct table_walk {
	__u64 own;
	__u64 base; /* of the first chain's head */
	__u32 size; /* of a bucket */
	__u32 bucket;
	__u64 node; /* the next one of the chain */
	__u32 at; /* its number in the chain */
	__u32 begin; /* records that were there before this bucket */
	bool inside; /* a bucket */
	bool nulls; /* the chain ends with its bucket's number */
};

/* Records one entry; false: there is no room. */
static __always_inline bool
add_entry(struct po_bpf_control *c, const struct table_walk *w)
{
	const struct sock *sk =
	    CAST(sock, w->node - bpf_core_field_offset(
				     struct sock, __sk_common.skc_nulls_node));
	struct net *own = CAST(net, w->own);
	struct po_bpf_socket *s;
	struct socket *socket;
	__u32 state;

	if (c->own_stack_only && sk->__sk_common.skc_net.net != own)
		return true;
	s = next_socket(c);
	if (s == NULL)
		return false;
	fill_endpoints(s, &sk->__sk_common, own);
	state = s->state;
	if (c->table.what != PO_BPF_UDP && state == TCP_TIME_WAIT) {
		s->protocol = IPPROTO_TCP;
		s->state = CAST(inet_timewait_sock, sk)->tw_substate;
	} else if (c->table.what != PO_BPF_UDP && state == TCP_NEW_SYN_RECV) {
		s->protocol = IPPROTO_TCP;
	} else {
		fill_details(s, sk);
		socket = sk->sk_socket;
		if (socket != NULL)
			s->inode = CAST(socket_alloc, socket)->vfs_inode.i_ino;
		/* The memory may have come to be another socket's. */
		if (AGAIN(sk->sk_socket) != socket)
			return true;
	}
	if (AGAIN(sk->__sk_common.skc_num) != s->local_port ||
	    AGAIN(sk->__sk_common.skc_dport) != s->remote_port)
		return true;
	c->used++;
	return true;
}

static __always_inline void
enter_bucket(struct po_bpf_control *c, struct table_walk *w)
{
	w->node = word_at(w->base + (__u64)w->bucket * w->size);
	w->at = 0;
	w->begin = c->used;
	w->inside = true;
}

static __always_inline void
leave_bucket(struct po_bpf_control *c, struct table_walk *w)
{
	w->inside = false;
	/* What the number has above the mask tells listeners from others. */
	if (w->nulls && (w->node >> 1 & c->table.mask) != w->bucket) {
		/* A socket moved to another chain, and the walk with it. */
		c->used = w->begin;
		return;
	}
	w->bucket++;
	c->skip = 0;
}

/*
 * Most buckets are empty, and a call for each would cost more than a thousand
 * sockets do: whether the next ones are is seen several at a time.
 */
static __always_inline bool
are_empty(const struct table_walk *w)
{
	__u64 at = w->base + (__u64)w->bucket * w->size, all = 1, any = 0, word;
	__u32 i;

	for (i = 0; i < AT_ONCE; i++) {
		word = word_at(at);
		all &= word;
		any |= word;
		at += w->size;
	}
	return w->nulls ? all != 0 : any == 0;
}

static long
step_table(__u32 step, struct table_walk *w)
{
	struct po_bpf_control *c = get_control();

	if (c == NULL)
		return 1;
	if (!w->inside) {
		if (w->bucket > c->table.mask) {
			c->done = 1;
			return 1;
		}
		if (step >= STEPS_MAX)
			return 1;
		if (w->bucket % AT_ONCE == 0 &&
		    w->bucket + AT_ONCE <= c->table.mask + 1 && are_empty(w)) {
			w->bucket += AT_ONCE;
			c->skip = 0;
			return 0;
		}
		enter_bucket(c, w);
	}
	if (w->nulls ? (w->node & 1) != 0 : w->node == 0) {
		leave_bucket(c, w);
		return 0;
	}
	if (w->at >= c->skip && !add_entry(c, w)) {
		/* One that began among others begins anew. */
		if (w->begin != 0)
			c->used = w->begin;
		else
			c->skip = w->at;
		return 1;
	}
	w->at++;
	w->node = word_at(w->node);
	return 0;
}

static __always_inline void
choose_table(const struct po_bpf_table *table, struct table_walk *w)
{
	w->base = table->address;
	w->nulls = true;
	switch (table->what) {
	case PO_BPF_TCP_CONNECTED:
		w->size = bpf_core_type_size(struct inet_ehash_bucket);
		w->base +=
		    bpf_core_field_offset(struct inet_ehash_bucket, chain);
		break;
	case PO_BPF_TCP_LISTENING:
		w->size = bpf_core_type_size(struct inet_listen_hashbucket);
		w->base += bpf_core_field_offset(
		    struct inet_listen_hashbucket, nulls_head);
		break;
	default:
		w->size = bpf_core_type_size(struct udp_hslot);
		w->base += bpf_core_field_offset(struct udp_hslot, head);
		w->nulls = false;
	}
}

/* Goes through the table that control names, from the bucket it names. */
SEC("raw_tp")
int
walk_table(void *context)
{
	struct po_bpf_control *c = get_control();
	struct net *own = own_net();
	struct table_walk w = {.own = (__u64)own};

	if (c == NULL)
		return 0;
	/* A namespace may have gone since, and its table with it. */
	if (c->table.own && !visit_nets(own, c->table.address)) {
		c->done = 1;
		return 0;
	}
	choose_table(&c->table, &w);
	w.bucket = c->bucket;
	bpf_loop(STEPS_MAX * 4, step_table, &w, 0);
	if (w.inside && c->used == 0)
		c->skip = w.at;
	c->bucket = w.bucket;
	return 0;
}

/*
 * The tasks.
 */

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
	pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
	if (pid == NULL || BPF_CORE_READ(pid, level) < level)
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr),
	    (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		(__u64)level * bpf_core_type_size(struct upid) +
		bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* Records a process; false: there is no room. */
static __always_inline bool
add_process(struct po_bpf_control *c, struct task_struct *leader, __u32 level)
{
	union po_bpf_record *record = next_record(c);
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
	p->cgroup = leader->cgroups->dfl_cgrp->kn->id;
	BPF_CORE_READ_STR_INTO(&p->command, leader, comm);
	c->used++;
	return true;
}

struct file_walk {
	__u64 own;
	__u64 task;
	__u64 files;
	__u64 table; /* the array of files */
	__u64 open; /* a bit for each open descriptor */
	__u32 pid;
	__u32 max;
	__u32 fd; /* the next one */
	bool full;
};

/*
 * The socket behind a file, or NULL.  The first one is known by its inode,
 * the others by having the same operations as that one.
 */
static __always_inline struct socket *
socket_of(struct po_bpf_control *c, const struct file *file)
{
	__u64 operations = (__u64)file->f_op;
	struct socket *socket;

	if (c->socket_files != 0 && c->socket_files != operations)
		return NULL;
	if (c->socket_files == 0 &&
	    (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = CAST(socket, file->private_data);
	if (socket->file != file)
		return NULL;
	c->socket_files = operations;
	return socket;
}

/* Whether the tables tell of a socket, so that its holder is all that lacks. */
static __always_inline bool
is_in_table(const struct sock *sk)
{
	return (sk->sk_protocol == IPPROTO_TCP &&
		   sk->__sk_common.skc_state != TCP_CLOSE) ||
	       sk->sk_protocol == IPPROTO_UDP;
}

/* Records what a process holds; false: there is no room. */
static __always_inline bool
fill_holding(const struct po_bpf_control *c, struct sock *sk, __u64 inode,
    __u32 pid, struct net *own)
{
	union po_bpf_record *record;
	struct po_bpf_socket *s;

	if (is_in_table(sk)) {
		record = next_record(c);
		if (record == NULL)
			return false;
		record->hold.kind = PO_BPF_HOLD;
		record->hold.pid = pid;
		record->hold.inode = inode;
		return true;
	}
	s = next_socket(c);
	if (s == NULL)
		return false;
	fill_endpoints(s, &sk->__sk_common, own);
	fill_details(s, sk);
	s->pid = pid;
	s->inode = inode;
	return true;
}

/* Records the socket behind a descriptor; false: there is no room. */
static __always_inline bool
add_descriptor(struct po_bpf_control *c, struct file_walk *w, __u64 entry)
{
	__u64 address = word_at(entry);
	struct file *file = CAST(file, address);
	struct socket *socket;
	struct sock *sk;

	if (address == 0)
		return true;
	socket = socket_of(c, file);
	if (socket == NULL)
		return true;
	sk = socket->sk;
	if (sk == NULL || (sk->__sk_common.skc_family != AF_INET &&
			      sk->__sk_common.skc_family != AF_INET6))
		return true;
	if (c->own_stack_only && (__u64)sk->__sk_common.skc_net.net != w->own)
		return true;
	/* One without a port is no row. */
	if (sk->__sk_common.skc_num == 0)
		return true;
	if (!fill_holding(
		c, sk, file->f_inode->i_ino, w->pid, CAST(net, w->own)))
		return false;
	if (AGAIN(socket->sk) == sk && AGAIN(socket->file) == file &&
	    word_at(entry) == address &&
	    (__u64)AGAIN(CAST(task_struct, w->task)->files) == w->files)
		c->used++;
	return true;
}

static long
step_descriptor(__u32 step, struct file_walk *w)
{
	struct po_bpf_control *c = get_control();

	if (c == NULL || w->fd >= w->max)
		return 1;
	if (w->fd % 64 == 0 && word_at(w->open + w->fd / 8) == 0) {
		w->fd += 64;
		return 0;
	}
	if (!add_descriptor(c, w, w->table + (__u64)w->fd * 8)) {
		w->full = true;
		return 1;
	}
	w->fd++;
	return 0;
}

/* Whether the thread's descriptor table is told of by another thread. */
static __always_inline bool
is_shared(const struct po_bpf_control *c, struct task_struct *task)
{
	return (task != task->group_leader &&
		   task->files == task->group_leader->files) ||
	       (c->last_process == (__u32)task->tgid &&
		   c->last_files == (__u64)task->files &&
		   c->thread != (__u32)task->pid);
}

/*
 * The sockets of one thread's descriptor table.  Returns 1 to be called again
 * for the same thread, after the records have been read.
 */
SEC("iter/task")
int
walk_tasks(struct bpf_iter__task *context)
{
	struct po_bpf_control *c = get_control();
	struct task_struct *task;
	struct file_walk w = {};
	struct files_struct *files;
	__u32 level;

	if (context->task == NULL || c == NULL)
		return 0;
	task = CAST(task_struct, context->task);
	level = reader()->thread_pid->level;
	if (task->flags & PF_KTHREAD)
		return 0;
	if (c->thread != (__u32)task->pid) {
		if (task == task->group_leader && !add_process(c, task, level))
			return 1;
		c->thread = 0;
		c->descriptor = 0;
	}
	files = task->files;
	if (files == NULL || is_shared(c, task))
		return 0;
	w.own = (__u64)own_net();
	w.task = (__u64)task;
	w.files = (__u64)files;
	w.table = (__u64)files->fdt->fd;
	w.open = (__u64)files->fdt->open_fds;
	w.max = files->fdt->max_fds;
	w.pid = pid_of(task, level);
	w.fd = c->descriptor;
	bpf_loop(DESCRIPTORS_MAX, step_descriptor, &w, 0);
	c->last_process = task->tgid;
	c->last_files = (__u64)files;
	c->thread = 0;
	if (!w.full)
		return 0;
	c->thread = task->pid;
	c->descriptor = w.fd;
	return 1;
}

/* The same by an older way, which calls for each descriptor. */
SEC("iter/task_file")
int
walk_files(struct bpf_iter__task_file *context)
{
	struct po_bpf_control *c = get_control();
	struct task_struct *reader = (void *)bpf_get_current_task_btf();
	struct net *own = reader->nsproxy->net_ns;
	__u32 level = reader->thread_pid->level;
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct po_bpf_socket *s;
	struct socket *socket;
	struct sock *sk;

	if (task == NULL || file == NULL || c == NULL)
		return 0;
	if (c->last_process != (__u32)task->tgid) {
		if (!add_process(c, task->group_leader, level))
			return 1;
		c->last_process = task->tgid;
	}
	socket = bpf_sock_from_file(file);
	if (socket == NULL)
		return 0;
	sk = socket->sk;
	if (sk == NULL || (sk->__sk_common.skc_family != AF_INET &&
			      sk->__sk_common.skc_family != AF_INET6))
		return 0;
	if (c->own_stack_only && sk->__sk_common.skc_net.net != own)
		return 0;
	s = next_socket(c);
	if (s == NULL)
		return 1;
	fill_endpoints(s, &sk->__sk_common, own);
	fill_details(s, sk);
	s->pid = pid_of(task, level);
	s->inode = file->f_inode->i_ino;
	c->used += s->local_port != 0;
	return 0;
}

/*
 * Events: a socket began to listen, or ceased to.
 */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct bpf_raw_tracepoint_args {
	__u64 args[3]; /* socket, old state, new state */
};

SEC("raw_tp/inet_sock_set_state")
int
note_listener(struct bpf_raw_tracepoint_args *context)
{
	__u32 *event;

	if ((__u32)context->args[1] != TCP_LISTEN &&
	    (__u32)context->args[2] != TCP_LISTEN)
		return 0;
	/* When it is full there are more than enough to be looked at. */
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event == NULL)
		return 0;
	*event = 1;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
