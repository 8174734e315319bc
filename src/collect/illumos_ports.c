/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The properties smallest_anon_port and largest_anon_port of UDP, as ipadm(8)
 * asks for them.  Solaris 10 has not got them.
 */
#include "collect/illumos_ports.h"

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <stropts.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <unistd.h>

#ifdef SIOCGETPROP
#include <inet/tunables.h>

#define VALUE_SIZE 32

/* 0: it is not told. */
static unsigned long
ask(int fd, const char *name)
{
	union {
		mod_ioc_prop_t property;
		char octets[sizeof(mod_ioc_prop_t) + VALUE_SIZE];
	} request;
	struct strioctl control = {
	    .ic_cmd = SIOCGETPROP,
	    .ic_len = sizeof(request),
	    .ic_dp = request.octets,
	};

	memset(&request, 0, sizeof(request));
	request.property.mpr_version = MOD_PROP_VERSION;
	request.property.mpr_flags = MOD_PROP_ACTIVE;
	request.property.mpr_proto = MOD_PROTO_UDP;
	request.property.mpr_valsize = VALUE_SIZE;
	memcpy(request.property.mpr_name, name, strlen(name) + 1);
	if (ioctl(fd, I_STR, &control) < 0)
		return 0;
	request.octets[sizeof(request) - 1] = '\0';
	return strtoul(request.property.mpr_val, NULL, 10);
}

void
illumos_set_ephemeral(struct po_builder *builder)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned long low, high;

	if (fd < 0)
		return;
	low = ask(fd, "smallest_anon_port");
	high = ask(fd, "largest_anon_port");
	close(fd);
	if (low > 0 && low <= high && high <= UINT16_MAX)
		po_builder_set_ephemeral(
		    builder, (uint16_t)low, (uint16_t)high);
}
#else
void
illumos_set_ephemeral(struct po_builder *builder)
{
	(void)builder;
}
#endif
