/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load of sockets for the benchmark: what a process of it opens, and what
 * was opened, counted.
 */
#ifndef PO_BENCH_LOAD_H
#define PO_BENCH_LOAD_H

#include <stdint.h>

#define LOAD_HOLDERS 4 /* processes that hold a shared socket */

/* Of one process, or summed up; each is counted as it is opened. */
struct load_count {
	uint64_t sockets; /* AF_INET and AF_INET6, a shared one not counted */
	uint64_t ipv6; /* so many of them are AF_INET6 */
	uint64_t listen, established, udp; /* and this is what they are */
	uint64_t shared; /* descriptors of shared sockets */
	uint64_t descriptors; /* of every kind, as /proc/self/fd shows them */
};

/* What one process has to open. */
struct load_part {
	unsigned int number; /* of the process, from 0 on */
	unsigned int sockets; /* of its own */
	unsigned int descriptors; /* in all */
};

/* In each, 0 or -errno; *what, if set, names what failed. */

/* Opens the sockets of a part: listeners, both ends of connections, and UDP,
 * at addresses of its own in 127/8 and at ::1. */
int load_open_sockets(
    const struct load_part *, struct load_count *, const char **what);

/* A listener that processes to come will share; its descriptor. */
int load_open_shared(unsigned int number, const char **what);

/* Opens descriptors of other kinds until there are as many as wanted. */
int load_fill_descriptors(
    const struct load_part *, struct load_count *, const char **what);

/*
 * Opens and closes pairs of connected sockets, each of them open for
 * LOAD_CHURN_LIFE_MS; ready is called when all of them are open for the first
 * time.  Returns on an error only.
 *
 * The record of who owns what is in the addresses: what has a local address
 * 127.200.N.* is held by the process of that number, which lives on, and
 * by nobody else.
 */
#define LOAD_CHURN_NET 200u
#define LOAD_CHURN_PAIRS 100
#define LOAD_CHURN_LIFE_MS 200
int load_churn(
    unsigned int number, void (*ready)(void *), void *arg, const char **what);

/* A TCP socket that listens at an address of 127/8, in host byte order; its
 * descriptor or -errno. */
int load_listen_at(uint32_t address);

/* Both ends of a connection to that listener, the near one bound to an
 * address of 127/8. */
int load_connect_pair(int listener, uint32_t near, int ends[2]);

#endif
