// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Events: a TCP socket began to listen, or ceased to.  Only that it happened
 * is told; what there is then is seen by a collection.
 */
#include "collect/linux_types.bpf.h"

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
