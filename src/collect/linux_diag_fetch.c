/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the kernel for its sockets by netlink (sock_diag(7)), one dump for each
 * protocol and family.
 */
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collect/linux_diag_decode.h"
#include "collect/linux_private.h"

#define BUFFER_SIZE 65536
#define REQUEST_SIZE 128 /* header and request take 72 octets */

/*
 * The states that the decoder knows, as bits: 1 to 13, the last one being that
 * of sockets that are bound but inactive.  DCCP has two more.
 */
#define STATES 0x3ffeu
#define STATES_DCCP 0xfffeu

/* fd: see linux_diag_list(). */
static int
open_socket(int fd, struct mnl_socket **nl)
{
	int error;

	*nl = fd >= 0 ? mnl_socket_fdopen(fd)
		      : mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (*nl == NULL) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	if (mnl_socket_bind(*nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		error = -errno;
		mnl_socket_close(*nl);
		return error;
	}
	return 0;
}

/*
 * family AF_UNSPEC: both, of TCP.  The older request knows no families, and so
 * the kernel walks its tables once.
 */
static int
send_request(
    struct mnl_socket *nl, uint8_t family, uint8_t protocol, uint32_t states)
{
	const bool older = family == AF_UNSPEC;
	char buffer[REQUEST_SIZE];
	struct inet_diag_req_v2 *request;
	struct inet_diag_req *both;
	struct nlmsghdr *header;

	header = mnl_nlmsg_put_header(buffer);
	header->nlmsg_type = older ? TCPDIAG_GETSOCK : SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (older) {
		both = mnl_nlmsg_put_extra_header(header, sizeof(*both));
		both->idiag_states = states;
	} else {
		request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
		request->sdiag_family = family;
		request->sdiag_protocol = protocol;
		request->idiag_states = states;
	}
	if (mnl_socket_sendto(nl, header, header->nlmsg_len) < 0)
		return -errno;
	return 0;
}

static int
dump(struct mnl_socket *nl, uint32_t stack, uint8_t family, uint8_t protocol,
    uint32_t states, const struct linux_visitor *visitor, bool *interrupted)
{
	_Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
	enum po_phase before;
	ssize_t got;
	int result;

	result = send_request(nl, family, protocol, states);
	if (result != 0)
		return result;
	do {
		got = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		before = po_profile_enter(visitor->profile, PO_PHASE_DECODE);
		result = po_diag_decode(buffer, (size_t)got, stack, protocol,
		    interrupted, visitor->visit, visitor->context);
		po_profile_enter(visitor->profile, before);
	} while (got < 0 || result == PO_DIAG_MORE);
	return result < 0 ? result : 0;
}

/* Errors by which the kernel says that it has no such source. */
static bool
is_absent(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP ||
	       error == -EPROTONOSUPPORT || error == -EINVAL;
}

static int
ignore(void *context, const struct po_socket *socket)
{
	(void)context;
	(void)socket;
	return 0;
}

int
linux_diag_probe(void)
{
	const struct linux_visitor visitor = {.visit = ignore};
	struct mnl_socket *nl;
	bool interrupted;
	int error;

	error = open_socket(-1, &nl);
	if (error != 0)
		return error;
	error = dump(nl, 0, AF_INET, IPPROTO_TCP, 0, &visitor, &interrupted);
	mnl_socket_close(nl);
	return error;
}

static int
dump_families(struct mnl_socket *nl, uint32_t stack, uint8_t protocol,
    uint32_t states, const struct linux_visitor *visitor, bool *interrupted)
{
	int error = -EINVAL;

	if (protocol == IPPROTO_TCP)
		error = dump(nl, stack, AF_UNSPEC, protocol, states, visitor,
		    interrupted);
	if (!is_absent(error))
		return error;
	error =
	    dump(nl, stack, AF_INET, protocol, states, visitor, interrupted);
	if (error == 0)
		error = dump(nl, stack, AF_INET6, protocol, states, visitor,
		    interrupted);
	return error;
}

int
linux_diag_list(int socket, uint32_t stack, const struct linux_visitor *visitor,
    uint32_t *protocols, bool *interrupted)
{
	const uint32_t wanted = *protocols & linux_procnet_protocols();
	struct mnl_socket *nl;
	uint32_t states;
	int error;
	size_t i;

	*protocols = 0;
	error = open_socket(socket, &nl);
	if (error != 0)
		return error;
	for (i = 0; i < LINUX_PROTOCOLS && error == 0; i++) {
		if ((wanted & 1u << i) == 0)
			continue;
		states = linux_protocols[i].number == PO_PROTOCOL_DCCP
			     ? STATES_DCCP
			     : STATES;
		error = dump_families(nl, stack, linux_protocols[i].number,
		    states, visitor, interrupted);
		if (is_absent(error)) {
			*protocols |= 1u << i;
			error = 0;
		}
	}
	mnl_socket_close(nl);
	return error;
}
