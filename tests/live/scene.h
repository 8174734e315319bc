/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scene: a program that opens sockets of every kind and says which rows a
 * right answer has.  What it says comes from what it did (the state it drove
 * a socket into, the process it gave it to) and from getsockname(2) and
 * getpeername(2); never from sock_diag, /proc or the product.
 *
 * Each kind runs in a process of its own, named like the kind.  A process
 * reports to the one that started it when its sockets are in their final
 * state, and ends when the pipe that only the main process can write to is
 * closed: nothing outlives the main process, however that ends.
 */
#ifndef SCENE_H
#define SCENE_H

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SCENE_UID_UNKNOWN (-1L)

struct actor {
	const char *kind;
	const char *extra; /* JSON members for each row, or NULL */
	int life; /* at end of file: end */
	int life_writer; /* the main process's end, else -1 */
	int ready; /* the starter waits for a byte here */
	uint64_t home; /* netns inode of the main process */
	uint64_t stack; /* 0 at home, else a netns inode */
};

/* One row as it must be seen.  remote.ss_family 0: not connected. */
struct row {
	uint64_t stack;
	const char *protocol;
	struct sockaddr_storage local;
	struct sockaddr_storage remote;
	bool dual_stack; /* a wildcard for both */
	const char *state;
	pid_t pid; /* 0: held by nobody */
	long uid;
	unsigned count;
	uint64_t inode; /* of the (last) socket, or 0 */
	const char *extra; /* JSON members, or NULL */
};

struct kind {
	const char *name; /* at most 15 bytes */
	const char *help;
	const char *extra;
	bool root; /* only root can open it */
	void (*run)(struct actor *);
};

extern const struct kind scene_tcp_kinds[];
extern const struct kind scene_udp_kinds[];
extern const struct kind scene_share_kinds[];
extern const struct kind scene_process_kinds[];
extern const struct kind scene_netns_kinds[];

/* scene_actor.c: processes.  A failure is told on stderr and ends the actor. */
pid_t actor_start(
    struct actor *, const char *, void (*)(struct actor *, void *), void *);
void actor_report(struct actor *);
void actor_await_end(struct actor *);
void actor_stay(struct actor *) __attribute__((noreturn));
void actor_skip(struct actor *, const char *) __attribute__((noreturn));
void actor_fail(struct actor *, const char *) __attribute__((noreturn));
void actor_pause(void);

/* scene_row.c: rows on stdout, one line and one write(2) each */
void row_of_socket(struct actor *, struct row *, int, const char *);
void row_print(struct actor *, const struct row *);
void expect(struct actor *, int, const char *);
void expect_times(struct actor *, int, const char *, unsigned);
void expect_owner(struct actor *, int, const char *, pid_t);
void expect_nobody(struct actor *, int, const char *);
void expect_far_end(struct actor *, int, const char *);

/* scene_socket.c: sockets, addresses, states */
struct endpoint {
	int family; /* AF_INET or AF_INET6 */
	const char *address; /* text, or NULL for the wildcard */
	unsigned scope; /* zone of a link-local address */
	bool v6only;
	uint16_t port; /* 0: the kernel chooses */
};

int socket_open(struct actor *, int, int, int);
int socket_bound(struct actor *, const struct endpoint *, int, int);
void socket_bind(struct actor *, int, const struct endpoint *);
void socket_listen(struct actor *, int, int);
void socket_set(struct actor *, int, int, int, int);
uint16_t socket_port(struct actor *, int);
void socket_name(struct actor *, int, struct sockaddr_storage *);
void socket_connect(struct actor *, int, int);
void socket_connect_to(struct actor *, int, const struct endpoint *);
int tcp_listener(struct actor *, const struct endpoint *);
void tcp_end_by_reset(struct actor *, int, bool);
void tcp_pair(struct actor *, int, int[2]);
void tcp_wait_state(struct actor *, int, int);
void tcp_wait_queue(struct actor *, int, unsigned);
void tcp_fill(struct actor *, int);

extern const struct endpoint loopback4, loopback6, wildcard4, wildcard6,
    dual_stack;

/* scene_netns.c */
void netns_enter(struct actor *);
uint64_t netns_inode(void);

/* scene.c */
int scene_play(struct actor *);

/* scene_churn.c */
int scene_churn(struct actor *, unsigned, unsigned);

#endif
