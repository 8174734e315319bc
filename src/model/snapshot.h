/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot: all rows of one collection as one position-independent image,
 * the same bytes in memory, in a mapped descriptor and in a recorded file.
 *
 * Shape: a header, then flat arrays of fixed-size records without pointers,
 * then one pool of strings.  All integers are in the byte order of the system
 * that made it (the header says which), all offsets count from the start of
 * the image.  Endpoints, owners, listeners and connections are in MIB order.
 */
#ifndef PO_MODEL_SNAPSHOT_H
#define PO_MODEL_SNAPSHOT_H

#include "model/row.h"

#define PO_SNAPSHOT_MAGIC "PORTOWN\n"
#define PO_SNAPSHOT_VERSION 2
#define PO_SNAPSHOT_BYTE_ORDER 0x01020304u
/* No image is larger; sizes from outside are refused beyond it. */
#define PO_SNAPSHOT_SIZE_MAX ((uint64_t)4 << 30)

/*
 * A string by its offset in the pool: one octet of length, the text (UTF-8
 * without control characters, see model/text.h), a NUL.  0: unknown.
 */
typedef uint32_t po_string;

enum po_section {
	PO_SECTION_ENDPOINTS,
	PO_SECTION_OWNERS,
	PO_SECTION_LISTENERS,
	PO_SECTION_CONNECTIONS,
	PO_SECTION_PROCESSES,
	PO_SECTION_GAPS,
	PO_SECTION_STRINGS, /* count: octets */
	PO_SECTIONS
};

struct po_section_entry {
	uint64_t offset;
	uint32_t count;
	uint32_t stride; /* octets of one record */
};

struct po_snapshot_header {
	char magic[8];
	uint32_t byte_order;
	uint32_t version;
	uint64_t size; /* of the whole image, octets */
	uint64_t checksum; /* of a recorded file; 0 in memory */
	uint64_t generation; /* the collector's count of collections */
	uint64_t taken_unix; /* microseconds since 1970 */
	uint64_t taken; /* microseconds, monotonic, this boot only */
	uint64_t collect_us; /* how long the collection took */
	po_string source;
	uint32_t partial; /* 1: something was not visible */
	uint32_t unowned; /* sockets that nobody visible holds */
	uint32_t dropped; /* rows beyond the limit */
	/*
	 * Names what was looked at, and how.  Two snapshots differ by what
	 * happened only if this is the same.
	 */
	uint32_t scope;
	uint32_t reserved;
	struct po_section_entry sections[PO_SECTIONS];
};

/* One holder of an endpoint: a row of portOwnerTable. */
struct po_owner {
	uint32_t endpoint; /* index */
	uint32_t process; /* index */
	uint32_t sockets;
	uint32_t connected; /* of these */
	uint32_t listening; /* of these; the rest is bound */
};

struct po_listener {
	uint32_t endpoint;
	uint32_t process; /* the primary owner's */
	uint32_t owners; /* processes, 0 if none is visible */
	uint32_t sockets;
	uint32_t connections; /* sockets that this listener's port serves */
	uint32_t queue_length;
	uint32_t queue_limit;
};

struct po_connection {
	uint32_t endpoint; /* the local one */
	uint32_t process;
	uint32_t sockets;
	uint16_t remote_port;
	uint8_t state; /* enum po_state */
	uint8_t reserved;
	struct po_address remote;
};

/* pid 0: no process; kind says why, uid is the sockets' creator. */
struct po_process_record {
	uint32_t pid;
	uint32_t uid;
	uint32_t kind; /* enum po_owner_kind */
	po_string command;
	po_string user;
	po_string service;
	po_string executable;
	po_string arguments;
};

/* What a collection could not see. */
enum po_gap_kind {
	PO_GAP_PERMISSION = 1, /* a right is missing: hint says which */
	PO_GAP_UNSUPPORTED, /* the system does not tell */
	PO_GAP_RACE, /* things changed too fast */
	PO_GAP_LIMIT, /* more than the configuration allows */
	PO_GAP_ERROR, /* a source failed */
};

struct po_gap_record {
	uint32_t kind;
	uint32_t count; /* of what the text names */
	po_string text;
	po_string hint;
};

/*
 * A validated view of an image.  The arrays point into the image, which must
 * outlive this; nothing is owned.
 */
struct po_snapshot {
	const struct po_snapshot_header *header;
	const struct po_endpoint *endpoints;
	const struct po_owner *owners;
	const struct po_listener *listeners;
	const struct po_connection *connections;
	const struct po_process_record *processes;
	const struct po_gap_record *gaps;
	const char *strings;
	uint32_t n_endpoints;
	uint32_t n_owners;
	uint32_t n_listeners;
	uint32_t n_connections;
	uint32_t n_processes;
	uint32_t n_gaps;
	uint32_t n_strings;
};

/*
 * Checks every size, offset, index, string and order in image (size octets,
 * aligned to 8) and fills *snapshot.  Returns 0; or -EPROTO (not a snapshot),
 * -EPROTOTYPE (other byte order), -EPROTONOSUPPORT (other version) or -EBADMSG
 * (damaged), and *why, if not NULL, is a constant text that says what is wrong.
 */
int po_snapshot_open(const void *image, size_t size,
    struct po_snapshot *snapshot, const char **why);

/*
 * The same for sections that lie here and there, and that nobody has to check:
 * the header says how many records each of them has.
 */
void po_snapshot_assemble(const struct po_snapshot_header *header,
    const void *const at[PO_SECTIONS], struct po_snapshot *snapshot);

/* The text of s and its length; "" and 0 if s is unknown. */
const char *po_snapshot_text(
    const struct po_snapshot *snapshot, po_string s, size_t *length);

/* Checksum of an image, as a recorded file carries it. */
uint64_t po_snapshot_checksum(const void *image, size_t size);

#endif
