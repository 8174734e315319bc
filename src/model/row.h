/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows that everything else speaks of: addresses, endpoints, sockets and
 * processes, as a collector reports them.  Numbers are those of the standards
 * (IANA protocol numbers, RFC 4001 address types, RFC 4022 TCP states), never
 * those of the host's headers: the same row means the same on every system.
 */
#ifndef PO_MODEL_ROW_H
#define PO_MODEL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* InetAddressType of RFC 4001.  UNKNOWN is a wildcard of both families. */
enum po_address_type {
	PO_ADDRESS_UNKNOWN = 0,
	PO_ADDRESS_IPV4 = 1,
	PO_ADDRESS_IPV6 = 2,
	PO_ADDRESS_IPV4Z = 3,
	PO_ADDRESS_IPV6Z = 4,
};

/* IANA protocol numbers. */
enum po_protocol {
	PO_PROTOCOL_TCP = 6,
	PO_PROTOCOL_UDP = 17,
	PO_PROTOCOL_DCCP = 33,
	PO_PROTOCOL_SCTP = 132,
	PO_PROTOCOL_UDPLITE = 136,
	PO_PROTOCOL_RAW = 255,
};

/* TCP-MIB's states (RFC 4022), for every protocol that has states. */
enum po_state {
	PO_STATE_NONE = 0, /* an unconnected socket of UDP, raw, ... */
	PO_STATE_CLOSED = 1,
	PO_STATE_LISTEN = 2,
	PO_STATE_SYN_SENT = 3,
	PO_STATE_SYN_RECEIVED = 4,
	PO_STATE_ESTABLISHED = 5,
	PO_STATE_FIN_WAIT_1 = 6,
	PO_STATE_FIN_WAIT_2 = 7,
	PO_STATE_CLOSE_WAIT = 8,
	PO_STATE_LAST_ACK = 9,
	PO_STATE_CLOSING = 10,
	PO_STATE_TIME_WAIT = 11,
	PO_STATE_DELETE_TCB = 12,
};

/* portOwnerUse. */
enum po_use {
	PO_USE_BOUND = 1,
	PO_USE_LISTENING = 2,
	PO_USE_CONNECTED = 3,
	PO_USE_BOTH = 4,
};

/* Who is behind a row; anything but PROCESS stands with pid 0. */
enum po_owner_kind {
	PO_OWNER_PROCESS = 0,
	PO_OWNER_NONE = 1, /* TIME_WAIT, not accepted, orphaned */
	PO_OWNER_UNSEEN = 2, /* all was visible, and nobody holds it */
	PO_OWNER_HIDDEN = 3, /* processes that may hold it were not visible */
};

/* The system does not tell the length or the limit of an accept queue. */
#define PO_QUEUE_UNKNOWN UINT32_MAX

/* No uid, or one that nobody could tell; the value portOwnerUid gives then. */
#define PO_UID_UNKNOWN UINT32_MAX

/*
 * bytes: network byte order, 4 used for IPv4, 16 for IPv6, 0 for UNKNOWN; the
 * rest is 0.  zone: interface index of a link-local address (IPV6Z), host byte
 * order, otherwise 0.
 */
struct po_address {
	uint8_t type; /* enum po_address_type */
	uint8_t reserved[3];
	uint32_t zone;
	uint8_t bytes[16];
};

/* port: host byte order.  raw sockets have their protocol number as port. */
struct po_endpoint {
	uint32_t stack; /* 0: the collector's own network stack */
	uint16_t port;
	uint8_t protocol; /* enum po_protocol */
	uint8_t reserved;
	struct po_address address;
};

/*
 * One socket as the kernel lists it.  handle is what joins it with its owners
 * (an inode, a kernel address); 0 if no process can hold it.  Several sockets
 * may share one handle (the subflows of a multipath connection).
 */
struct po_socket {
	struct po_endpoint local;
	struct po_address remote;
	uint64_t handle;
	uint32_t uid; /* the creator's, or PO_UID_UNKNOWN */
	/* Connections waiting for accept(); 0 or PO_QUEUE_UNKNOWN. */
	uint32_t queue_length;
	uint32_t queue_limit;
	uint16_t remote_port;
	bool connected; /* remote and remote_port are valid */
	uint8_t state; /* enum po_state */
};

/* Bytes that may be no text at all; data NULL: unknown. */
struct po_bytes {
	const char *data;
	size_t length;
};

/*
 * A process, in the collector's words: the builder makes the text safe.
 * user is asked for only where the system has no uid; elsewhere the builder
 * gets it from the uid.
 */
struct po_process {
	uint32_t pid;
	uint32_t parent; /* 0: unknown */
	uint64_t
	    start; /* any unit, rising with the time of start; 0: unknown */
	uint32_t uid; /* effective, or PO_UID_UNKNOWN */
	struct po_bytes command;
	struct po_bytes user;
	struct po_bytes service;
	struct po_bytes executable;
	struct po_bytes arguments;
};

#endif
