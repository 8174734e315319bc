// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel's part of the source bpf-files: who holds which sockets, by an
 * iterator that calls for each descriptor.  It is slower than the walk of
 * linux_walk.bpf.c, and runs since Linux 5.11.
 */
#include "collect/linux_kernel.bpf.h"

SEC("iter/task_file")
int
walk_files(struct bpf_iter__task_file *context)
{
	struct task_struct *reader = (void *)bpf_get_current_task_btf();
	const __u64 own = (__u64)reader->nsproxy->net_ns;
	__u32 level = reader->thread_pid->level;
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct po_bpf_socket *s;
	struct socket *socket;
	struct inet_sock *sk;

	if (task == NULL || file == NULL)
		return 0;
	if (control.last_process != (__u32)task->tgid) {
		if (!add_process(task->group_leader, level))
			return 1;
		control.last_process = task->tgid;
	}
	socket = bpf_sock_from_file(file);
	if (socket == NULL)
		return 0;
	sk = socket->sk;
	if (sk == NULL || (sk->sk.__sk_common.skc_family != AF_INET &&
			      sk->sk.__sk_common.skc_family != AF_INET6))
		return 0;
	if (control.own_stack_only &&
	    (__u64)sk->sk.__sk_common.skc_net.net != own)
		return 0;
	s = next_socket();
	if (s == NULL)
		return 1;
	fill_endpoints(s, &sk->sk.__sk_common, own);
	fill_details(s, sk);
	s->pid = pid_of(task, level);
	s->inode = file->f_inode->i_ino;
	control.used += s->local_port != 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
