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
	return CAST(net, control.own);
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

/* The list's head is no namespace: it has not their operations. */
static __always_inline bool
is_net(const struct net *net)
{
	return net->ns.ops == own_net()->ns.ops;
}

static __always_inline bool
has_table(const struct net *net, __u64 address)
{
	return (__u64)net->ipv4.tcp_death_row.hashinfo->ehash == address ||
	       (__u64)net->ipv4.udp_table->hash == address;
}

static long
visit_net(__u32 step, void *unused)
{
	const __u64 member = bpf_core_field_offset(struct net, list);
	struct net *net = CAST(net, notes.net - member);

	if (notes.net == 0)
		return 1;
	notes.net = (__u64)net->list.next;
	if (is_net(net)) {
		if (control.table.address == 0)
			add_tables(net, own_net());
		else if (has_table(net, control.table.address))
			notes.found = true;
	}
	return notes.found || control.own_stack_only ||
	       notes.net == control.own + member;
}

/*
 * Notes all tables, or finds the one that is to be walked; false: that one has
 * gone.
 */
static __always_inline bool
visit_nets(void)
{
	notes.found = false;
	notes.net = control.own + bpf_core_field_offset(struct net, list);
	bpf_loop(NETS_MAX, visit_net, NULL, 0);
	return control.table.address == 0 || notes.found;
}

/* Records one entry; false: there is no room. */
static __always_inline bool
add_entry(void)
{
	const struct inet_sock *sk = CAST(inet_sock, notes.node - NODE);
	struct po_bpf_socket *s;
	struct socket *socket;
	__u32 state;

	if (control.own_stack_only &&
	    (__u64)sk->sk.__sk_common.skc_net.net != control.own)
		return true;
	s = next_socket();
	if (s == NULL)
		return false;
	fill_endpoints(s, &sk->sk.__sk_common, control.own);
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

/* The head of the chain of the next bucket. */
static __always_inline __u64
next_head(void)
{
	return notes.base + (__u64)control.bucket * notes.stride;
}

static __always_inline void
enter_bucket(void)
{
	notes.node = word_at(next_head());
	notes.position = 0;
	notes.begin = control.used;
	notes.inside = true;
}

static __always_inline void
leave_bucket(void)
{
	notes.inside = false;
	/* What the number has above the mask tells listeners from others. */
	if (notes.nulls &&
	    (notes.node >> 1 & control.table.mask) != control.bucket) {
		/* A socket moved to another chain, and the walk with it. */
		control.used = notes.begin;
		return;
	}
	control.bucket++;
	control.skip = 0;
}

/*
 * Most buckets are empty, and a call for each would cost more than a thousand
 * sockets do: whether the next ones are is seen several at a time.
 */
static __always_inline bool
are_empty(void)
{
	__u64 at = next_head(), all = 1, any = 0, word;
	__u32 i;

	for (i = 0; i < AT_ONCE; i++) {
		word = word_at(at);
		all &= word;
		any |= word;
		at += notes.stride;
	}
	return notes.nulls ? all != 0 : any == 0;
}

static long
scout_buckets(__u32 step, void *unused)
{
	__u64 word;
	__u32 i;

	for (i = 0; i < AT_ONCE; i++, notes.scout += notes.stride) {
		word = word_at(notes.scout);
		/* What is no address of the kernel ends a chain. */
		note_ahead(word - NODE, word >> 63);
	}
	return 0;
}

/* The sockets at the beginning of the next buckets, and their inodes. */
static __always_inline void
look_ahead(void)
{
	notes.scout = next_head();
	notes.met = 0;
	bpf_loop(PO_BPF_AHEAD / AT_ONCE, scout_buckets, NULL, 0);
	bpf_loop(notes.met, look_at_sock, NULL, 0);
	bpf_loop(notes.met, look_at_socket, NULL, 0);
}

/* Whether the next bucket begins a group of so many. */
static __always_inline bool
begins(__u32 group)
{
	return control.bucket % group == 0 &&
	       control.bucket + group <= control.table.mask + 1;
}

static long
step_table(__u32 step, void *unused)
{
	if (!notes.inside) {
		if (control.bucket > control.table.mask) {
			control.done = 1;
			return 1;
		}
		if (step >= STEPS_MAX)
			return 1;
		if (begins(PO_BPF_AHEAD))
			look_ahead();
		if (begins(AT_ONCE) && are_empty()) {
			control.bucket += AT_ONCE;
			control.skip = 0;
			return 0;
		}
		enter_bucket();
	}
	if (notes.nulls ? (notes.node & 1) != 0 : notes.node == 0) {
		leave_bucket();
		return 0;
	}
	if (notes.position >= control.skip && !add_entry()) {
		/* One that began among others begins anew. */
		if (notes.begin != 0)
			control.used = notes.begin;
		else
			control.skip = notes.position;
		return 1;
	}
	notes.position++;
	notes.node = word_at(notes.node);
	return 0;
}

static __always_inline void
choose_table(void)
{
	notes.base = control.table.address;
	notes.nulls = true;
	switch (control.table.what) {
	case PO_BPF_TCP_CONNECTED:
		notes.stride = bpf_core_type_size(struct inet_ehash_bucket);
		notes.base +=
		    bpf_core_field_offset(struct inet_ehash_bucket, chain);
		break;
	case PO_BPF_TCP_LISTENING:
		notes.stride =
		    bpf_core_type_size(struct inet_listen_hashbucket);
		notes.base += bpf_core_field_offset(
		    struct inet_listen_hashbucket, nulls_head);
		break;
	default:
		notes.stride = bpf_core_type_size(struct udp_hslot);
		notes.base += bpf_core_field_offset(struct udp_hslot, head);
		notes.nulls = false;
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
	control.own = (__u64)reader()->nsproxy->net_ns;
	/* A namespace may have gone since, and its table with it. */
	if ((control.table.address == 0 || control.table.own) &&
	    !visit_nets()) {
		control.done = 1;
		return 0;
	}
	if (control.table.address == 0)
		return 0;
	choose_table();
	notes.inside = false;
	bpf_loop(STEPS_MAX * 4, step_table, NULL, 0);
	if (notes.inside && control.used == 0)
		control.skip = notes.position;
	return 0;
}

/*
 * The tasks.
 */

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
fill_holding(struct inet_sock *sk, __u64 inode)
{
	union po_bpf_record *record;
	struct po_bpf_socket *s;

	if (is_in_table(sk)) {
		record = next_record();
		if (record == NULL)
			return false;
		record->hold.kind = PO_BPF_HOLD;
		record->hold.pid = notes.pid;
		record->hold.inode = inode;
		return true;
	}
	s = next_socket();
	if (s == NULL)
		return false;
	fill_endpoints(s, &sk->sk.__sk_common, control.own);
	fill_details(s, sk);
	s->pid = notes.pid;
	s->inode = inode;
	return true;
}

/* Records the socket behind a descriptor; false: there is no room. */
static __always_inline bool
add_descriptor(__u64 entry)
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
	    (__u64)sk->sk.__sk_common.skc_net.net != control.own)
		return true;
	/* One without a port is no row. */
	if (sk->sk.__sk_common.skc_num == 0)
		return true;
	if (!fill_holding(sk, inode_of(file)->vfs_inode.i_ino))
		return false;
	if (AGAIN(alloc->socket.sk) == sk &&
	    AGAIN(alloc->socket.file) == file && word_at(entry) == address &&
	    (__u64)AGAIN(CAST(task_struct, notes.task)->files) == notes.files)
		control.used++;
	return true;
}

static long
scout_files(__u32 step, void *unused)
{
	__u64 file, other;
	__u32 i;

	for (i = 0; i < AT_ONCE; i++, notes.scout += 8) {
		file = word_at(notes.scout);
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

/* Where the next descriptor's file is. */
static __always_inline __u64
next_entry(void)
{
	return notes.array + (__u64)control.descriptor * 8;
}

/* The sockets behind the next descriptors. */
static __always_inline void
look_ahead_at_files(void)
{
	notes.scout = next_entry();
	notes.met = 0;
	bpf_loop(64 / AT_ONCE, scout_files, NULL, 0);
	bpf_loop(notes.met, look_at_socket, NULL, 0);
	bpf_loop(notes.met, look_at_sock, NULL, 0);
}

static long
step_descriptor(__u32 step, void *unused)
{
	if (control.descriptor >= notes.end)
		return 1;
	if (control.descriptor % 64 == 0) {
		if (word_at(notes.open + control.descriptor / 8) == 0) {
			control.descriptor += 64;
			return 0;
		}
		if (control.socket_files != 0)
			look_ahead_at_files();
	}
	if (!add_descriptor(next_entry())) {
		notes.full = true;
		return 1;
	}
	control.descriptor++;
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

/* Its first table is part of it; any is read as if it were that one. */
static __always_inline void
choose_files(struct files_struct *files)
{
	struct files_struct *table = CAST(files_struct,
	    (__u64)files->fdt -
		bpf_core_field_offset(struct files_struct, fdtab));

	notes.files = (__u64)files;
	notes.array = (__u64)table->fdtab.fd;
	notes.open = (__u64)table->fdtab.open_fds;
	notes.end = table->fdtab.max_fds;
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
	struct files_struct *files;
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
	choose_files(files);
	notes.task = (__u64)task;
	notes.pid = pid_of(task, level);
	notes.full = false;
	bpf_loop(DESCRIPTORS_MAX, step_descriptor, NULL, 0);
	control.last_process = task->tgid;
	control.last_files = (__u64)files;
	if (!notes.full) {
		control.thread = 0;
		return 0;
	}
	control.thread = task->pid;
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
