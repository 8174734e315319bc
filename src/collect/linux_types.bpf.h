/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What libbpf's header of helpers expects, without a header of the kernel.
 */
#ifndef PO_COLLECT_LINUX_TYPES_BPF_H
#define PO_COLLECT_LINUX_TYPES_BPF_H

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

#define TCP_LISTEN 10

#endif
