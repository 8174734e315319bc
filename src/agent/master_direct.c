/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A master that everybody may connect to: Net-SNMP does it by itself.
 */
#include "agent/master.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

/* Net-SNMP asks without any context. */
static const char *wanted;

const char *
po_master_address(void)
{
	return netsnmp_ds_get_string(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET);
}

void
po_master_set_address(void)
{
	const char *address = wanted;
	struct po_config defaults;

	if (address == NULL && po_master_address() == NULL) {
		po_config_set_defaults(&defaults);
		address = defaults.master;
	}
	if (address != NULL)
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
		    NETSNMP_DS_AGENT_X_SOCKET, address);
}

void
po_master_use(const struct po_agent_options *options)
{
	wanted = options->master;
}
