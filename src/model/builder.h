/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The builder makes a snapshot out of what a collector reports: it copies,
 * bounds, joins sockets with owners by handle, groups and sorts.
 *
 * A collection: add sockets; add owners by handle; confirm what still exists
 * and forget what vanished meanwhile; add processes and gaps; seal.  After an
 * error (always -ENOMEM) the builder can only be reset or freed.
 */
#ifndef PO_MODEL_BUILDER_H
#define PO_MODEL_BUILDER_H

#include "model/profile.h"
#include "model/snapshot.h"

struct po_builder;

struct po_builder_options {
	uint32_t max_rows; /* of each table */
	bool listener_ephemeral_udp;
	/*
	 * The name of a uid, or NULL if there is none or nobody answers in
	 * time.  The text is copied at once.
	 */
	const char *(*user_name)(void *context, uint32_t uid);
	void *context;
	struct po_profile *profile; /* or NULL */
	/*
	 * No second collection comes that memory is kept for: with the seal,
	 * what is known of handles goes.
	 */
	bool once;
};

/* What the header says and the builder cannot know. */
struct po_seal {
	const char *source;
	uint32_t scope;
	uint64_t generation;
	uint64_t taken_unix;
	uint64_t taken;
	uint64_t collect_us;
};

struct po_builder *po_builder_new(const struct po_builder_options *options);
void po_builder_free(struct po_builder *builder);

/* Empties the builder; its memory is kept for the next collection. */
void po_builder_reset(struct po_builder *builder);

/*
 * Addresses may come as the kernel has them: IPv4-mapped ones become IPv4
 * here.  A wildcard of both families must be given as type UNKNOWN.
 */
int po_builder_add_socket(
    struct po_builder *builder, const struct po_socket *socket);

/* This handle will be told or asked of soon: that need not wait for memory. */
void po_builder_expect(const struct po_builder *builder, uint64_t handle);

/* Whether a socket has this handle. */
bool po_builder_has_handle(const struct po_builder *builder, uint64_t handle);

/*
 * pid holds the sockets with this handle.  Telling it twice is harmless, and
 * a handle that no socket has is passed over.
 */
int po_builder_add_owner(
    struct po_builder *builder, uint64_t handle, uint32_t pid);

/* Handles of sockets that have no owner yet. */
size_t po_builder_count_orphans(const struct po_builder *builder);

/*
 * The second look: begin, confirm every handle that the kernel still lists,
 * then drop the orphans that were not confirmed.  Returns how many went.
 */
void po_builder_begin_confirm(struct po_builder *builder);
void po_builder_confirm(struct po_builder *builder, uint64_t handle);
size_t po_builder_drop_unconfirmed(struct po_builder *builder);

/* Calls visit for every orphan, with the first socket that has the handle. */
void po_builder_each_orphan(const struct po_builder *builder,
    void (*visit)(void *context, const struct po_socket *socket),
    void *context);

/*
 * The sockets with this handle turn out to be bound to both families: their
 * wildcard becomes UNKNOWN.
 */
void po_builder_widen(struct po_builder *builder, uint64_t handle);

/* The link-local addresses of the sockets with this handle have this zone. */
void po_builder_set_zone(
    struct po_builder *builder, uint64_t handle, uint32_t zone);

/*
 * Facts of a process, once for each pid.  Processes without sockets may be
 * added too: they tell who is whose ancestor, and do not reach the snapshot.
 */
int po_builder_add_process(
    struct po_builder *builder, const struct po_process *process);

/* Whether facts of pid are there; if so and start is not NULL, its start. */
bool po_builder_has_process(
    const struct po_builder *builder, uint32_t pid, uint64_t *start);

/* UDP ports from low to high are picked by the kernel; 0, 0: not known. */
void po_builder_set_ephemeral(
    struct po_builder *builder, uint16_t low, uint16_t high);

/* Something was not visible; text and hint (may be NULL) are copied. */
int po_builder_add_gap(struct po_builder *builder, enum po_gap_kind kind,
    uint32_t count, const char *text, const char *hint);

/* The octets of a snapshot, in pieces that follow each other. */
struct po_pieces {
	struct po_snapshot_header *header; /* the first piece begins with it */
	struct po_bytes items[1 + PO_SECTIONS];
	size_t count;
	size_t size; /* octets in all */
};

/*
 * Builds the snapshot.  Its pieces, the header first, are lent until the
 * builder is reset or freed; the memory is kept for the next one.
 */
int po_builder_seal_pieces(struct po_builder *builder,
    const struct po_seal *seal, struct po_pieces *pieces);

/* One image out of the pieces, from malloc(); NULL: no memory. */
void *po_pieces_join(const struct po_pieces *pieces);

/*
 * The snapshot where it lies, for as long as the pieces are lent.  Nothing is
 * checked: they are the builder's, or one image that po_snapshot_open() took.
 */
void po_pieces_view(
    const struct po_pieces *pieces, struct po_snapshot *snapshot);

/*
 * Both.  *size is the number of octets that *image needs; the image belongs to
 * the caller.
 */
int po_builder_seal(struct po_builder *builder, const struct po_seal *seal,
    void **image, size_t *size);

#endif
