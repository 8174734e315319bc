/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the builder's two halves share: intake (builder.c) and seal (seal.c).
 */
#ifndef PO_MODEL_BUILDER_PRIVATE_H
#define PO_MODEL_BUILDER_PRIVATE_H

#include "model/builder.h"

/* "No index" in every 32-bit index below. */
#define NOTHING UINT32_MAX

/* Hard bounds of what one collection takes in, whatever max_rows says. */
#define SOCKETS_MAX (1u << 24)
#define HOLDS_MAX (1u << 26)
#define STRINGS_MAX (1u << 30)

/* A growing array of items of one size. */
struct array {
	void *items;
	size_t count;
	size_t capacity;
};

/* Makes room for so many items of size octets each.  0 or -ENOMEM. */
int array_reserve(struct array *array, size_t capacity, size_t size);

/* The next free item of size octets, not counted yet; NULL: no memory. */
void *array_next(struct array *array, size_t size);

/* An open hash of indices + 1; 0 marks a free slot.  size: a power of 2. */
struct index {
	uint32_t *slots;
	size_t size;
	size_t count;
};

/*
 * An open hash of handles.  What is known of a handle stands here and not with
 * its sockets: those who look for holders never touch the sockets themselves.
 */
struct handle_slot {
	uint64_t handle;
	uint32_t at : 29; /* index of the first socket + 1, 0: free */
	uint32_t several : 1; /* there are others */
	uint32_t confirmed : 1;
	uint32_t dropped : 1;
	uint32_t holds; /* the latest hold, or NOTHING */
};

struct handle_index {
	struct handle_slot *slots;
	size_t size; /* a power of 2 */
	size_t count;
};

/* Sockets of one handle follow the first one added, the head. */
struct socket_entry {
	struct po_socket row;
	uint32_t head : 31; /* index of the first socket with this handle */
	/* Of the head and from seal on, as its slot has them. */
	uint32_t dropped : 1;
	uint32_t holds;
};

struct hold {
	uint32_t pid;
	uint32_t process; /* index, from seal on */
	uint32_t next; /* another holder of the same head, or NOTHING */
};

struct process_entry {
	uint32_t pid;
	uint32_t parent;
	uint64_t start;
	uint32_t uid;
	uint32_t record; /* index in the snapshot, or NOTHING */
	uint32_t group; /* the last group of holders it was seen in */
	po_string command;
	po_string user;
	po_string service;
	po_string executable;
	po_string arguments;
};

struct gap_entry {
	enum po_gap_kind kind;
	uint32_t count;
	po_string text;
	po_string hint;
};

struct po_builder {
	struct po_builder_options options;
	struct array sockets; /* struct socket_entry */
	struct array holds; /* struct hold */
	struct array processes; /* struct process_entry */
	struct array gaps; /* struct gap_entry */
	struct array strings; /* char: the pool, offset 0 unused */
	struct handle_index by_handle; /* of sockets */
	struct index by_pid; /* of processes */
	struct index by_text; /* offsets into the pool */
	/* The seal's; kept like the others, for memory is slow to come by. */
	struct array order; /* struct sort_item */
	struct array sections[PO_SECTIONS]; /* but for the strings */
	struct po_snapshot_header header;
	uint32_t overflow; /* what did not fit into the hard bounds */
	uint16_t ephemeral_low;
	uint16_t ephemeral_high;
};

static inline struct socket_entry *
socket_at(const struct po_builder *builder, size_t i)
{
	return (struct socket_entry *)builder->sockets.items + i;
}

static inline struct hold *
hold_at(const struct po_builder *builder, size_t i)
{
	return (struct hold *)builder->holds.items + i;
}

static inline struct process_entry *
process_at(const struct po_builder *builder, size_t i)
{
	return (struct process_entry *)builder->processes.items + i;
}

static inline bool
is_dropped(const struct po_builder *builder, const struct socket_entry *entry)
{
	return socket_at(builder, entry->head)->dropped;
}

/* Seal begins: tells the sockets what is known of their handles. */
void settle_handles(struct po_builder *builder);

/* The process's index, or NOTHING. */
uint32_t find_process(const struct po_builder *builder, uint32_t pid);

/* Adds a process of which only the pid is known. */
int add_bare_process(struct po_builder *builder, uint32_t pid, uint32_t *at);

/* Puts published text into the pool, once. */
int add_text(struct po_builder *builder, const char *text, size_t length,
    po_string *string);

/* The same for text of any kind, cleaned; data NULL gives 0. */
int add_string(
    struct po_builder *builder, struct po_bytes bytes, po_string *string);

#endif
