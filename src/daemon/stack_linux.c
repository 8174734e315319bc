/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux: network namespaces.  A netlink socket belongs to the namespace that it
 * was opened in, whoever uses it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/stack.h"

int
po_stack_open(int namespace)
{
	int own, fd;

	if (ioctl(namespace, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -EINVAL;
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	if (setns(namespace, CLONE_NEWNET) != 0) {
		fd = -errno;
		close(own);
		return fd;
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	fd = fd < 0 ? -errno : fd;
	if (setns(own, CLONE_NEWNET) != 0)
		abort();
	close(own);
	return fd;
}
