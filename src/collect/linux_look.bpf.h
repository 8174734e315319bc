/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How the walk looks at the kernel's memory: by addresses, which the verifier
 * takes for numbers and lets it calculate with; what cannot be read is 0.  And
 * how it looks ahead.
 */
#ifndef PO_COLLECT_LINUX_LOOK_BPF_H
#define PO_COLLECT_LINUX_LOOK_BPF_H

#include "collect/linux_kernel.bpf.h"

#define AT_ONCE 8 /* words, without a call for each */

/*
 * Which of several ways leads to a member is not all the same: the kernel
 * searches all its types for a name, and keeps what it found in one of 31
 * places, which the name decides.  These names share few of them, so that who
 * loads the programs again finds most there: a search takes 0.4 ms.
 */
#define SOCK(member) bpf_core_field_offset(struct inet_sock, sk.member)
#define NODE SOCK(__sk_common.skc_nulls_node)
#define INODE bpf_core_field_offset(struct socket_alloc, vfs_inode)

/* Since Linux 6.2; the programs that need it are not loaded elsewhere. */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

#define CAST(type, address)                                                    \
	((struct type *)bpf_rdonly_cast(                                       \
	    (const void *)(address), bpf_core_type_id_kernel(struct type)))

/* Makes the compiler read memory again. */
#define AGAIN(object) *(typeof(object) volatile *)&(object)

/*
 * The word at an address: a pointer of some chain or array.  The verifier lets
 * a word be calculated with that it takes for a number, as the first one of
 * this structure is.
 */
static __always_inline __u64
word_at(__u64 address)
{
	return (__u64)AGAIN(CAST(timespec64, address)->tv_sec);
}

/* A socket lies together with its inode. */
static __always_inline const struct socket_alloc *
alloc_of(const void *socket)
{
	return CAST(socket_alloc,
	    (__u64)socket - bpf_core_field_offset(struct socket_alloc, socket));
}

/*
 * What a walk spends its time with is waiting for memory: for a socket, then
 * for what that points to.  So what comes next is looked at beforehand, all of
 * it for one thing and then for the next: the processor fetches side by side
 * what does not depend on another fetch.  Nothing relies on what is read thus.
 */

/* Without a branch, as each would double what the verifier has to try. */
static __always_inline void
note_ahead(__u64 address, __u64 wanted)
{
	notes.ahead[notes.met % PO_BPF_AHEAD] = address;
	notes.met += wanted;
}

/* Whether it is a whole socket, not what is left or begun of one. */
static __always_inline bool
is_full(__u32 state)
{
	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

/* Puts what users have of a socket in the place of what the kernel has. */
static long
look_at_sock(__u32 i, void *unused)
{
	__u64 *at = &notes.ahead[i % PO_BPF_AHEAD];
	const struct inet_sock *sk = CAST(inet_sock, *at);

	word_at(*at + NODE);
	(void)AGAIN(sk->sk.sk_protocol);
	*at =
	    is_full(sk->sk.__sk_common.skc_state) ? (__u64)sk->sk.sk_socket : 0;
	return 0;
}

/* The reverse. */
static long
look_at_socket(__u32 i, void *unused)
{
	__u64 *at = &notes.ahead[i % PO_BPF_AHEAD];
	const struct socket_alloc *alloc = alloc_of((void *)*at);

	(void)AGAIN(alloc->vfs_inode.i_ino);
	*at = (__u64)alloc->socket.sk;
	return 0;
}

#endif
