// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel's part of the source bpf.  It reads three things and changes
 * none: the hash tables of TCP and UDP sockets, the descriptor tables of all
 * tasks, and what identifies a process.
 *
 * Nothing is locked.  What is read lies under RCU or is read again afterwards:
 * a descriptor counts only if the task still has that table, the table that
 * file and the file that socket.
 */
#include "collect/linux_look.bpf.h"

#define STEPS_MAX 65536 /* of a walk through a table, in one run */
#define NETS_MAX 65536
#define DESCRIPTORS_MAX (1u << 22)

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

/*
 * The tables.
 */

static __always_inline void
add_table(__u32 what, __u64 address, __u32 mask, bool own)
{
	union po_bpf_record *record = next_record();

	if (record == NULL || address == 0)
		return;
	record->table.kind = PO_BPF_TABLE;
	record->table.what = what;
	record->table.address = address;
	record->table.mask = mask;
	record->table.own = own;
	control.used++;
}

static __always_inline void
add_tables(struct net *net, struct net *own)
{
	struct inet_hashinfo *tcp = net->ipv4.tcp_death_row.hashinfo;
	struct udp_table *udp = net->ipv4.udp_table;
	bool first = net == own;

	/* Most namespaces share one table; some have their own. */
	if (first || tcp != own->ipv4.tcp_death_row.hashinfo) {
		add_table(PO_BPF_TCP_CONNECTED, (__u64)tcp->ehash,
		    tcp->ehash_mask, tcp->pernet);
		if (!tcp->pernet || first)
			add_table(PO_BPF_TCP_LISTENING, (__u64)tcp->lhash2,
			    tcp->lhash2_mask, false);
	}
	if (first || udp != own->ipv4.udp_table)
		add_table(PO_BPF_UDP, (__u64)udp->hash, udp->mask, true);
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
	struct net *own = CAST(net, w->own), *net;

	if (w->at == 0)
		return 1;
	net = CAST(net, w->at - bpf_core_field_offset(struct net, list));
	w->at = (__u64)net->list.next;
	if (is_net(net, own)) {
		if (w->wanted == 0)
			add_tables(net, own);
		else if ((__u64)net->ipv4.tcp_death_row.hashinfo->ehash ==
			     w->wanted ||
			 (__u64)net->ipv4.udp_table->hash == w->wanted)
			w->found = true;
	}
	if (w->found || control.own_stack_only)
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
add_entry(const struct table_walk *w)
{
	const struct inet_sock *sk = CAST(inet_sock, w->node - NODE);
	struct net *own = CAST(net, w->own);
	struct po_bpf_socket *s;
	struct socket *socket;
	__u32 state;

	if (control.own_stack_only && sk->sk.__sk_common.skc_net.net != own)
		return true;
	s = next_socket();
	if (s == NULL)
		return false;
	fill_endpoints(s, &sk->sk.__sk_common, own);
	state = s->state;
	if (control.table.what != PO_BPF_UDP && state == TCP_TIME_WAIT) {
		s->protocol = IPPROTO_TCP;
		s->state = CAST(tcp_timewait_sock, sk)->tw_sk.tw_substate;
	} else if (control.table.what != PO_BPF_UDP &&
		   state == TCP_NEW_SYN_RECV) {
		s->protocol = IPPROTO_TCP;
	} else {
		fill_details(s, sk);
		socket = sk->sk.sk_socket;
		if (socket != NULL) {
			s->inode = alloc_of(socket)->vfs_inode.i_ino;
			s->fileless = alloc_of(socket)->socket.file == NULL;
		}
		/* The memory may have come to be another socket's. */
		if (AGAIN(sk->sk.sk_socket) != socket)
			return true;
	}
	if (AGAIN(sk->sk.__sk_common.skc_num) != s->local_port ||
	    AGAIN(sk->sk.__sk_common.skc_dport) != s->remote_port)
		return true;
	control.used++;
	return true;
}

static __always_inline void
enter_bucket(struct table_walk *w)
{
	w->node = word_at(w->base + (__u64)w->bucket * w->size);
	w->at = 0;
	w->begin = control.used;
	w->inside = true;
}

static __always_inline void
leave_bucket(struct table_walk *w)
{
	w->inside = false;
	/* What the number has above the mask tells listeners from others. */
	if (w->nulls && (w->node >> 1 & control.table.mask) != w->bucket) {
		/* A socket moved to another chain, and the walk with it. */
		control.used = w->begin;
		return;
	}
	w->bucket++;
	control.skip = 0;
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
scout_buckets(__u32 step, struct table_walk *w)
{
	__u64 word;
	__u32 i;

	for (i = 0; i < AT_ONCE; i++, control.scout += w->size) {
		word = word_at(control.scout);
		/* What is no address of the kernel ends a chain. */
		note_ahead(word - NODE, word >> 63);
	}
	return 0;
}

/* The sockets at the beginning of the next buckets, and their inodes. */
static __always_inline void
look_ahead(struct table_walk *w)
{
	control.scout = w->base + (__u64)w->bucket * w->size;
	control.met = 0;
	bpf_loop(PO_BPF_AHEAD / AT_ONCE, scout_buckets, w, 0);
	bpf_loop(control.met, look_at_sock, NULL, 0);
	bpf_loop(control.met, look_at_socket, NULL, 0);
}

static long
step_table(__u32 step, struct table_walk *w)
{
	if (!w->inside) {
		if (w->bucket > control.table.mask) {
			control.done = 1;
			return 1;
		}
		if (step >= STEPS_MAX)
			return 1;
		if (w->bucket % PO_BPF_AHEAD == 0 &&
		    w->bucket + PO_BPF_AHEAD <= control.table.mask + 1)
			look_ahead(w);
		if (w->bucket % AT_ONCE == 0 &&
		    w->bucket + AT_ONCE <= control.table.mask + 1 &&
		    are_empty(w)) {
			w->bucket += AT_ONCE;
			control.skip = 0;
			return 0;
		}
		enter_bucket(w);
	}
	if (w->nulls ? (w->node & 1) != 0 : w->node == 0) {
		leave_bucket(w);
		return 0;
	}
	if (w->at >= control.skip && !add_entry(w)) {
		/* One that began among others begins anew. */
		if (w->begin != 0)
			control.used = w->begin;
		else
			control.skip = w->at;
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

/*
 * Goes through the table that control names, from the bucket it names; if it
 * names none, notes which there are.  Run when it is called, and by no
 * tracepoint: that there is none of this name does not matter.
 */
SEC("raw_tp/portowner")
int
walk_tables(void *context)
{
	struct net *own = own_net();
	struct table_walk w = {.own = (__u64)own};

	/* A namespace may have gone since, and its table with it. */
	if ((control.table.address == 0 || control.table.own) &&
	    !visit_nets(own, control.table.address)) {
		control.done = 1;
		return 0;
	}
	choose_table(&control.table, &w);
	w.bucket = control.bucket;
	bpf_loop(STEPS_MAX * 4, step_table, &w, 0);
	if (w.inside && control.used == 0)
		control.skip = w.at;
	control.bucket = w.bucket;
	return 0;
}

/*
 * The tasks.
 */

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

/* Any inode is read as if it were a socket's, which spares one more type. */
static __always_inline const struct socket_alloc *
inode_of(const struct file *file)
{
	return CAST(socket_alloc, (__u64)file->f_inode - INODE);
}

/*
 * The socket behind a file, or NULL.  The first one is known by its inode,
 * the others by having the same operations as that one.
 */
static __always_inline const struct socket_alloc *
socket_of(const struct file *file)
{
	__u64 operations = (__u64)file->f_op;
	const struct socket_alloc *alloc;

	if (control.socket_files != 0 && control.socket_files != operations)
		return NULL;
	if (control.socket_files == 0 &&
	    (inode_of(file)->vfs_inode.i_mode & S_IFMT) != S_IFSOCK)
		return NULL;
	alloc = alloc_of(file->private_data);
	if (alloc->socket.file != file)
		return NULL;
	control.socket_files = operations;
	return alloc;
}

/* Whether the tables tell of a socket, so that its holder is all that lacks. */
static __always_inline bool
is_in_table(const struct inet_sock *sk)
{
	return (sk->sk.sk_protocol == IPPROTO_TCP &&
		   sk->sk.__sk_common.skc_state != TCP_CLOSE) ||
	       sk->sk.sk_protocol == IPPROTO_UDP;
}

/* Records what a process holds; false: there is no room. */
static __always_inline bool
fill_holding(struct inet_sock *sk, __u64 inode, __u32 pid, struct net *own)
{
	union po_bpf_record *record;
	struct po_bpf_socket *s;

	if (is_in_table(sk)) {
		record = next_record();
		if (record == NULL)
			return false;
		record->hold.kind = PO_BPF_HOLD;
		record->hold.pid = pid;
		record->hold.inode = inode;
		return true;
	}
	s = next_socket();
	if (s == NULL)
		return false;
	fill_endpoints(s, &sk->sk.__sk_common, own);
	fill_details(s, sk);
	s->pid = pid;
	s->inode = inode;
	return true;
}

/* Records the socket behind a descriptor; false: there is no room. */
static __always_inline bool
add_descriptor(struct file_walk *w, __u64 entry)
{
	__u64 address = word_at(entry);
	struct file *file = CAST(file, address);
	const struct socket_alloc *alloc;
	struct inet_sock *sk;

	if (address == 0)
		return true;
	alloc = socket_of(file);
	if (alloc == NULL)
		return true;
	sk = alloc->socket.sk;
	if (sk == NULL || (sk->sk.__sk_common.skc_family != AF_INET &&
			      sk->sk.__sk_common.skc_family != AF_INET6))
		return true;
	if (control.own_stack_only &&
	    (__u64)sk->sk.__sk_common.skc_net.net != w->own)
		return true;
	/* One without a port is no row. */
	if (sk->sk.__sk_common.skc_num == 0)
		return true;
	if (!fill_holding(
		sk, inode_of(file)->vfs_inode.i_ino, w->pid, CAST(net, w->own)))
		return false;
	if (AGAIN(alloc->socket.sk) == sk &&
	    AGAIN(alloc->socket.file) == file && word_at(entry) == address &&
	    (__u64)AGAIN(CAST(task_struct, w->task)->files) == w->files)
		control.used++;
	return true;
}

static long
scout_files(__u32 step, void *unused)
{
	__u64 file, other;
	__u32 i;

	for (i = 0; i < AT_ONCE; i++, control.scout += 8) {
		file = word_at(control.scout);
		other =
		    word_at(file + bpf_core_field_offset(struct file, f_op)) ^
		    control.socket_files;
		barrier_var(other);
		note_ahead(word_at(file + bpf_core_field_offset(
					      struct file, private_data)),
		    ((other - 1) & ~other) >> 63);
	}
	return 0;
}

/* The sockets behind the next descriptors. */
static __always_inline void
look_ahead_at_files(struct file_walk *w)
{
	control.scout = w->table + (__u64)w->fd * 8;
	control.met = 0;
	bpf_loop(64 / AT_ONCE, scout_files, NULL, 0);
	bpf_loop(control.met, look_at_socket, NULL, 0);
	bpf_loop(control.met, look_at_sock, NULL, 0);
}

static long
step_descriptor(__u32 step, struct file_walk *w)
{
	if (w->fd >= w->max)
		return 1;
	if (w->fd % 64 == 0) {
		if (word_at(w->open + w->fd / 8) == 0) {
			w->fd += 64;
			return 0;
		}
		if (control.socket_files != 0)
			look_ahead_at_files(w);
	}
	if (!add_descriptor(w, w->table + (__u64)w->fd * 8)) {
		w->full = true;
		return 1;
	}
	w->fd++;
	return 0;
}

/* Whether the thread's descriptor table is told of by another thread. */
static __always_inline bool
is_shared(struct task_struct *task)
{
	return (task != task->group_leader &&
		   task->files == task->group_leader->files) ||
	       (control.last_process == (__u32)task->tgid &&
		   control.last_files == (__u64)task->files &&
		   control.thread != (__u32)task->pid);
}

/*
 * The sockets of one thread's descriptor table.  Returns 1 to be called again
 * for the same thread, after the records have been read.
 */
SEC("iter/task")
int
walk_tasks(struct bpf_iter__task *context)
{
	struct task_struct *task;
	struct file_walk w = {};
	struct files_struct *files, *table;
	__u32 level;

	if (context->task == NULL)
		return 0;
	task = CAST(task_struct, context->task);
	level = reader()->thread_pid->level;
	if (task->flags & PF_KTHREAD)
		return 0;
	if (control.thread != (__u32)task->pid) {
		if (task == task->group_leader && !add_process(task, level))
			return 1;
		control.thread = 0;
		control.descriptor = 0;
	}
	files = task->files;
	if (files == NULL || is_shared(task))
		return 0;
	w.own = (__u64)own_net();
	w.task = (__u64)task;
	w.files = (__u64)files;
	/* Its first table is part of it; any is read as if it were that one. */
	table = CAST(files_struct,
	    (__u64)files->fdt -
		bpf_core_field_offset(struct files_struct, fdtab));
	w.table = (__u64)table->fdtab.fd;
	w.open = (__u64)table->fdtab.open_fds;
	w.max = table->fdtab.max_fds;
	w.pid = pid_of(task, level);
	w.fd = control.descriptor;
	bpf_loop(DESCRIPTORS_MAX, step_descriptor, &w, 0);
	control.last_process = task->tgid;
	control.last_files = (__u64)files;
	control.thread = 0;
	if (!w.full)
		return 0;
	control.thread = task->pid;
	control.descriptor = w.fd;
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
