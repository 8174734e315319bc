/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network namespaces of the scene.  Links and addresses are made over
 * rtnetlink(7); they and all else end with the namespace, and the one name
 * that is bound in the file system with the process that bound it.
 */
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define NETNS "/proc/thread-self/ns/net"
#define NAMES "/run/netns"
#define LINK_NAME "scene0"
#define LINK_INDEX 7 /* as good as any; not lo's */
#define LOOPBACK_INDEX 1
#define TRIES 1000
#define PATIENCE_MS 10
#define UNUSED_PORT 9
#define LINK_LOCAL "fe80::77"

uint64_t
netns_inode(void)
{
	struct stat st;

	return stat(NETNS, &st) == -1 ? 0 : (uint64_t)st.st_ino;
}

static void
interface_up(struct actor *a, const char *name)
{
	struct ifreq request;
	int fd;

	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_flags = IFF_UP;
	fd = socket_open(a, AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCSIFFLAGS, &request) == -1)
		actor_fail(a, "SIOCSIFFLAGS");
	close(fd);
}

/* To a new namespace, in which loopback works. */
void
netns_enter(struct actor *a)
{
	if (unshare(CLONE_NEWNET) == -1)
		actor_skip(a, "unshare(CLONE_NEWNET)");
	interface_up(a, "lo");
	a->stack = netns_inode();
	errno = 0;
	if (a->stack == 0 || a->stack == a->home)
		actor_fail(a, "the new namespace is not new");
}

static void
sockets_of_a_namespace(struct actor *a)
{
	int listener, pair[2];

	listener = tcp_listener(a, &loopback4);
	expect(a, listener, "LISTEN");
	tcp_pair(a, listener, pair);
	expect(a, pair[0], "ESTABLISHED");
	expect(a, pair[1], "ESTABLISHED");
	expect(a, tcp_listener(a, &wildcard4), "LISTEN");
	expect(a, tcp_listener(a, &dual_stack), "LISTEN");
	expect(a, tcp_listener(a, &loopback6), "LISTEN");
	expect(a, socket_bound(a, &loopback4, SOCK_DGRAM, 0), "BOUND");
	expect(a, socket_bound(a, &dual_stack, SOCK_DGRAM, 0), "BOUND");
}

static void
in_this_namespace(struct actor *a, void *arg)
{
	(void)arg;
	sockets_of_a_namespace(a);
}

static void
in_new_namespace(struct actor *a, void *arg)
{
	netns_enter(a);
	if (arg != NULL) /* a second process in it */
		actor_start(a, NULL, in_this_namespace, NULL);
	sockets_of_a_namespace(a);
}

/* Two namespaces, one of them with two processes. */
static void
several(struct actor *a)
{
	static int two;

	actor_start(a, NULL, in_new_namespace, NULL);
	actor_start(a, NULL, in_new_namespace, &two);
}

/* The same address and port in two namespaces: two sockets. */
static void
same_port(struct actor *a, void *arg)
{
	struct endpoint e = loopback4;
	int theirs = *(int *)arg;

	e.port = socket_port(a, theirs);
	close(theirs);
	netns_enter(a);
	expect(a, tcp_listener(a, &e), "LISTEN");
}

static void
port_in_several(struct actor *a)
{
	int fd;

	fd = tcp_listener(a, &loopback4);
	expect(a, fd, "LISTEN");
	for (int i = 0; i < 3; i++)
		actor_start(a, NULL, same_port, &fd);
}

static int
open_home(struct actor *a)
{
	int fd;

	fd = open(NETNS, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		actor_fail(a, NETNS);
	return fd;
}

/* Back home; nothing but the sockets is left of the other namespace. */
static void
go_home(struct actor *a, int home)
{
	if (setns(home, CLONE_NEWNET) == -1)
		actor_fail(a, "setns");
	close(home);
	a->stack = 0;
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
}

static void
left_behind(struct actor *a)
{
	int home;

	home = open_home(a);
	netns_enter(a);
	a->extra = "\"bpf_only\":true";
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	expect(a, socket_bound(a, &loopback4, SOCK_DGRAM, 0), "BOUND");
	a->extra = NULL;
	go_home(a, home);
}

/* Another process lives where the socket is. */
static void
left_with_another(struct actor *a)
{
	int home;

	home = open_home(a);
	netns_enter(a);
	actor_start(a, NULL, in_this_namespace, NULL);
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	go_home(a, home);
}

static void
unname(const char *path)
{
	umount2(path, MNT_DETACH);
	unlink(path);
}

/* Names left by scenes that were killed outright. */
static void
unname_leftovers(void)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;
	int pid;

	dir = opendir(NAMES);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, "scene-%d", &pid) != 1 ||
		    kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), NAMES "/scene-%d", pid);
		unname(path);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
name_namespace(struct actor *a, char *path, size_t size)
{
	int fd;

	if (mkdir(NAMES, 0755) == -1 && errno != EEXIST)
		actor_skip(a, NAMES);
	unname_leftovers();
	snprintf(path, size, NAMES "/scene-%ld", (long)getpid());
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd == -1)
		actor_skip(a, path);
	close(fd);
	if (mount(NETNS, path, NULL, MS_BIND, NULL) == -1) {
		unlink(path);
		actor_skip(a, "mount");
	}
}

/* As ip-netns(8) names them. */
static void
named(struct actor *a)
{
	char path[64];
	int home;

	home = open_home(a);
	netns_enter(a);
	name_namespace(a, path, sizeof(path));
	a->extra = "\"without_process\":true";
	expect(a, tcp_listener(a, &loopback4), "LISTEN");
	a->extra = NULL;
	go_home(a, home);
	actor_await_end(a);
	unname(path);
}

struct link_request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} u;
	char attributes[128];
};

static void
add_attribute(struct nlmsghdr *h, int type, const void *value, size_t size)
{
	struct rtattr *rta;

	rta = (struct rtattr *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	rta->rta_type = (unsigned short)type;
	rta->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(rta), value, size);
	h->nlmsg_len =
	    (uint32_t)(NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(rta->rta_len));
}

/* 0 or the error that the kernel answers. */
static int
ask_kernel(struct actor *a, struct nlmsghdr *h)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} reply;
	int error, fd;

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	fd = socket_open(a, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (send(fd, h, h->nlmsg_len, 0) == -1 ||
	    recv(fd, &reply, sizeof(reply), 0) == -1)
		actor_fail(a, "rtnetlink");
	error = reply.header.nlmsg_type == NLMSG_ERROR ? -reply.error.error
						       : EPROTO;
	close(fd);
	return error;
}

/* A virtual link with the index LINK_INDEX; 0 or an error. */
static int
add_link(struct actor *a, const char *type)
{
	char info[16] = {0};
	struct link_request r;
	struct rtattr *rta = (struct rtattr *)info;

	memset(&r, 0, sizeof(r));
	r.header.nlmsg_type = RTM_NEWLINK;
	r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.u.link));
	r.u.link.ifi_index = LINK_INDEX;
	add_attribute(&r.header, IFLA_IFNAME, LINK_NAME, sizeof(LINK_NAME));
	rta->rta_type = IFLA_INFO_KIND;
	rta->rta_len = (unsigned short)RTA_LENGTH(strlen(type));
	memcpy(RTA_DATA(rta), type, strlen(type));
	add_attribute(&r.header, IFLA_LINKINFO, info, RTA_ALIGN(rta->rta_len));
	return ask_kernel(a, &r.header);
}

/* Usable at once: without duplicate address detection. */
static void
add_link_local(struct actor *a, unsigned index)
{
	struct link_request r;
	struct in6_addr address;

	memset(&r, 0, sizeof(r));
	r.header.nlmsg_type = RTM_NEWADDR;
	r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.u.address));
	r.u.address.ifa_family = AF_INET6;
	r.u.address.ifa_prefixlen = 64;
	r.u.address.ifa_flags = IFA_F_NODAD;
	r.u.address.ifa_index = index;
	inet_pton(AF_INET6, LINK_LOCAL, &address);
	add_attribute(&r.header, IFA_LOCAL, &address, sizeof(address));
	errno = ask_kernel(a, &r.header);
	if (errno != 0)
		actor_fail(a, "RTM_NEWADDR");
}

/* How a connection to the address fails: ECONNREFUSED if there is a way. */
static int
error_of_connecting(struct actor *a, const struct sockaddr_in6 *to)
{
	socklen_t size = sizeof(int);
	struct pollfd p = {.events = POLLOUT};
	int error = EINPROGRESS;

	p.fd = socket_open(a, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(p.fd, (const struct sockaddr *)to, sizeof(*to)) == -1)
		error = errno;
	if (error == EINPROGRESS && poll(&p, 1, PATIENCE_MS) == 1)
		getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &size);
	close(p.fd);
	return error;
}

/* A link comes up, and its address into use, after the calls return. */
static void
wait_usable(struct actor *a, const struct endpoint *e)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
	    .sin6_port = htons(UNUSED_PORT),
	    .sin6_scope_id = e->scope};
	int error = 0, tries;

	inet_pton(AF_INET6, e->address, &to.sin6_addr);
	for (tries = 0; tries < TRIES && error != ECONNREFUSED; tries++) {
		error = error_of_connecting(a, &to);
		actor_pause();
	}
	errno = error;
	if (error != ECONNREFUSED)
		actor_fail(a, "waiting for the link-local address");
}

static void
sockets_of_a_zone(struct actor *a, unsigned zone)
{
	struct endpoint e = {
	    .family = AF_INET6, .address = LINK_LOCAL, .scope = zone};
	int listener, pair[2];

	add_link_local(a, zone);
	wait_usable(a, &e);
	listener = tcp_listener(a, &e);
	expect(a, listener, "LISTEN");
	tcp_pair(a, listener, pair);
	expect(a, pair[0], "ESTABLISHED");
	expect(a, pair[1], "ESTABLISHED");
	expect(a, socket_bound(a, &e, SOCK_DGRAM, 0), "BOUND");
}

/* The same link-local address in two zones, one of them lo's. */
static void
link_local(struct actor *a)
{
	netns_enter(a);
	sockets_of_a_zone(a, LOOPBACK_INDEX);
	if (add_link(a, "dummy") != 0) {
		if (add_link(a, "veth") != 0)
			return; /* this kernel has no such links */
		interface_up(a, "veth0"); /* the other end */
	}
	interface_up(a, LINK_NAME);
	sockets_of_a_zone(a, LINK_INDEX);
}

const struct kind scene_netns_kinds[] = {
    {"netns", "sockets in several network namespaces", NULL, true, several},
    {"netns-port", "one port in several namespaces", NULL, true,
	port_in_several},
    {"netns-left", "a socket in a namespace without a process", NULL, true,
	left_behind},
    {"netns-shared", "a socket in another process's namespace", NULL, true,
	left_with_another},
    {"netns-named", "a socket in a namespace with a name", NULL, true, named},
    {"link-local", "link-local addresses, in two zones", NULL, true,
	link_local},
    {NULL, NULL, NULL, false, NULL},
};
