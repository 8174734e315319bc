/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets and other descriptors of one process of the load.  The mix
 * repeats every 20 sockets; each process has two addresses of 127/8 to itself,
 * so that ports never run out.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define PER_NET 250u
#define BACKLOG 16

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum kind { LISTEN4, LISTEN6, DUAL, PAIR4, PAIR6, UDP4, UDP6, CONNECTED4 };

static const enum kind mix[] = {LISTEN4, LISTEN6, PAIR4, UDP4, PAIR6, UDP6,
    CONNECTED4, DUAL, PAIR4, PAIR4, PAIR4, PAIR4, PAIR4};

struct opener {
	uint32_t address; /* of this process; the next one is its, too */
	int listen4, listen6; /* the latest, which pairs connect to */
	bool has_dual; /* one port in use for everybody is enough */
	struct load_count *count;
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t
address4(union address *a, uint32_t host)
{
	memset(a, 0, sizeof(*a));
	a->in.sin_family = AF_INET;
	a->in.sin_addr.s_addr = htonl(host);
	return sizeof(a->in);
}

static socklen_t
address6(union address *a, const struct in6_addr *host)
{
	memset(a, 0, sizeof(*a));
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_addr = *host;
	return sizeof(a->in6);
}

static int
fail_closing(int fd)
{
	int err = -errno;

	close(fd);
	return err;
}

static int
open_bound(const union address *a, socklen_t len, int type)
{
	int fd = socket(a->any.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, &a->any, len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0))
		return fail_closing(fd);
	return fd;
}

int
load_listen_at(uint32_t host)
{
	union address a;
	socklen_t len = address4(&a, host);

	return open_bound(&a, len, SOCK_STREAM);
}

/* The port is chosen when it connects, when the kernel knows both ends. */
static int
bind_near(int fd, uint32_t near)
{
	union address a;
	socklen_t len = address4(&a, near);
	int one = 1;

	if (setsockopt(
		fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) < 0)
		return -1;
	return bind(fd, &a.any, len);
}

int
load_connect_pair(int listener, uint32_t near, int ends[2])
{
	union address a;
	socklen_t len = sizeof(a);
	int fd, far;

	if (getsockname(listener, &a.any, &len) < 0)
		return -errno;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if ((near != 0 && bind_near(fd, near) < 0) ||
	    connect(fd, &a.any, len) < 0)
		return fail_closing(fd);
	far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (far < 0)
		return fail_closing(fd);
	ends[0] = fd;
	ends[1] = far;
	return 0;
}

static int
keep(int fd, int *kept)
{
	if (fd < 0)
		return fd;
	*kept = fd;
	return 0;
}

static int
open_listener(struct opener *o, enum kind kind)
{
	union address a;
	int err, unused;

	o->count->listen++;
	o->count->sockets++;
	if (kind == LISTEN4)
		return keep(load_listen_at(o->address), &o->listen4);
	o->count->ipv6++;
	if (kind == LISTEN6)
		return keep(open_bound(&a, address6(&a, &in6addr_loopback),
				SOCK_STREAM),
		    &o->listen6);
	o->has_dual = true;
	err = keep(
	    open_bound(&a, address6(&a, &in6addr_any), SOCK_STREAM), &unused);
	return err;
}

static int
open_pair(struct opener *o, enum kind kind)
{
	int ends[2];

	o->count->established += 2;
	o->count->sockets += 2;
	if (kind == PAIR4)
		return load_connect_pair(o->listen4, o->address + 1, ends);
	o->count->ipv6 += 2;
	return load_connect_pair(o->listen6, 0, ends);
}

static int
open_udp(struct opener *o, enum kind kind)
{
	union address a;
	socklen_t len;
	int fd;

	o->count->udp++;
	o->count->sockets++;
	if (kind == UDP6)
		o->count->ipv6++;
	len = kind == UDP6 ? address6(&a, &in6addr_loopback)
			   : address4(&a, o->address);
	fd = open_bound(&a, len, SOCK_DGRAM);
	if (fd < 0 || kind != CONNECTED4)
		return fd < 0 ? fd : 0;
	/* to itself: somebody is there */
	len = sizeof(a);
	if (getsockname(fd, &a.any, &len) < 0 || connect(fd, &a.any, len) < 0)
		return fail_closing(fd);
	return 0;
}

static int
open_kind(struct opener *o, enum kind kind, unsigned int room)
{
	if (kind == DUAL && o->has_dual)
		kind = UDP4;
	if ((kind == PAIR4 || kind == PAIR6) && room < 2)
		kind = UDP4;
	switch (kind) {
	case LISTEN4:
	case LISTEN6:
	case DUAL:
		return open_listener(o, kind);
	case PAIR4:
	case PAIR6:
		return open_pair(o, kind);
	default:
		return open_udp(o, kind);
	}
}

/* 127.1.1.0 and so on, outside of the network of the churn. */
static uint32_t
address_of(unsigned int number)
{
	return 127u << 24 | (1 + number / PER_NET) << 16 |
	       (1 + number % PER_NET) << 8 | 1u;
}

int
load_open_sockets(
    const struct load_part *part, struct load_count *count, const char **what)
{
	struct opener o = {.address = address_of(part->number), .count = count};
	size_t i;
	int err;

	*what = "sockets";
	for (i = 0; count->sockets < part->sockets; i++) {
		err = open_kind(&o, mix[i % (sizeof(mix) / sizeof(mix[0]))],
		    part->sockets - (unsigned int)count->sockets);
		if (err < 0)
			return err;
	}
	return 0;
}

int
load_open_shared(unsigned int number, const char **what)
{
	*what = "shared sockets";
	return load_listen_at(address_of(number) + 2);
}

/* Without the one that reads the folder. */
static int
count_descriptors(uint64_t *count)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (dir == NULL)
		return -errno;
	*count = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			++*count;
	}
	closedir(dir);
	--*count;
	return 0;
}

static int
open_other(size_t turn, size_t room)
{
	int fds[2] = {-1, -1}, fd;

	if (room >= 2 && turn % 5 == 0)
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) <
			       0
			   ? -errno
			   : 2;
	if (room >= 2 && turn % 5 == 1)
		return pipe2(fds, O_CLOEXEC) < 0 ? -errno : 2;
	if (turn % 5 == 2)
		fd = eventfd(0, EFD_CLOEXEC);
	else
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : 1;
}

int
load_fill_descriptors(
    const struct load_part *part, struct load_count *count, const char **what)
{
	size_t turn;
	int n;

	*what = "other descriptors";
	n = count_descriptors(&count->descriptors);
	if (n < 0)
		return n;
	/* the pipe of the report is closed after it */
	count->descriptors--;
	for (turn = 0; count->descriptors < part->descriptors; turn++) {
		n = open_other(turn, part->descriptors - count->descriptors);
		if (n < 0)
			return n;
		count->descriptors += (uint64_t)n;
	}
	return 0;
}
