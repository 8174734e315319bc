/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transport domain of Net-SNMP, "portowner", that does not connect by itself:
 * it takes a connected stream from the supervisor, at the start and whenever
 * the subagent connects again.
 */
#include "agent/master.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/snmpUnixDomain.h>

#include "broker/channel.h"
#include "broker/socket.h"

#define PREFIX "portowner"
#define UNIX_DOMAIN_LENGTH 9 /* 1.3.6.1.2.1.100.1.13 */

/* Net-SNMP opens transports without any context. */
static const struct po_agent_options *used;

static int
receive(netsnmp_transport *transport, void *buffer, int size, void **opaque,
    int *opaque_length)
{
	ssize_t got;

	*opaque = NULL;
	*opaque_length = 0;
	do
		got = recv(transport->sock, buffer, (size_t)size, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	return (int)got;
}

static int
transmit(netsnmp_transport *transport, const void *buffer, int size,
    void **opaque, int *opaque_length)
{
	ssize_t sent;

	(void)opaque;
	(void)opaque_length;
	do
		sent =
		    send(transport->sock, buffer, (size_t)size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return (int)sent;
}

static int
shut(netsnmp_transport *transport)
{
	int result = close(transport->sock);

	transport->sock = -1;
	return result;
}

static char *
format(netsnmp_transport *transport, const void *data, int length)
{
	(void)transport;
	(void)data;
	(void)length;
	return strdup("AgentX master");
}

static netsnmp_transport *
open_transport(const char *address, int local, const char *default_target)
{
	netsnmp_transport *transport;
	int fd;

	(void)address;
	(void)default_target;
	if (local)
		return NULL;
	fd = po_channel_open(used->channel, PO_CHANNEL_MASTER, -1);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	transport = calloc(1, sizeof(*transport));
	if (transport == NULL) {
		close(fd);
		return NULL;
	}
	transport->domain = netsnmp_UnixDomain;
	transport->domain_length = UNIX_DOMAIN_LENGTH;
	transport->sock = fd;
	transport->flags = NETSNMP_TRANSPORT_FLAG_STREAM;
	transport->msgMaxSize = SNMP_MAX_PACKET_LEN;
	transport->f_recv = receive;
	transport->f_send = transmit;
	transport->f_close = shut;
	transport->f_fmtaddr = format;
	return transport;
}

void
po_master_set_address(void)
{
	netsnmp_ds_set_string(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, PREFIX ":");
}

void
po_master_use(const struct po_agent_options *options)
{
	static const oid name[] = {
	    1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 20559, 9};
	static netsnmp_tdomain domain;

	used = options;
	domain.name = name;
	domain.name_length = OID_LENGTH(name);
	/* Net-SNMP frees this in the end. */
	domain.prefix = calloc(2, sizeof(*domain.prefix));
	if (domain.prefix == NULL)
		return;
	domain.prefix[0] = PREFIX;
	domain.f_create_from_tstring_new = open_transport;
	netsnmp_tdomain_register(&domain);
}

const char *
po_master_address(void)
{
	return used->master;
}
