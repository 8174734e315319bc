/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portowner.so: the tables inside snmpd.
 *
 *     dlmod portOwner /usr/lib/portowner/portowner.so
 *
 * in snmpd.conf makes snmpd call init_portOwner() while it reads that line; the
 * tokens that come after it (portOwnerCollectorSocket, portOwnerCacheTimeout)
 * are known only when the files have been read, so the tables are set up then.
 * The module needs no right of its own: it reads the collector's socket.
 */
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/config.h"
#include "agent/handler.h"

/* dlmod's interface: found by these names, without any context. */
void init_portOwner(void);
void deinit_portOwner(void);

static struct {
	struct po_config config;
	struct po_handler *handler;
} module;

static void
set_up(void)
{
	module.handler = po_handler_new(module.config.collector_socket);
	if (module.handler == NULL ||
	    po_handler_register(module.handler, true) != 0) {
		snmp_log(LOG_ERR, "portOwner: the tables cannot be served\n");
		po_handler_free(module.handler);
		module.handler = NULL;
		return;
	}
	po_feed_set_timeout(
	    po_handler_feed(module.handler), module.config.cache_timeout);
	/*
	 * Nothing is asked yet: snmpd may still be root, and shall not be kept
	 * waiting.  The first request will.
	 */
}

/* The files have been read, for the first time or again. */
static int
note_config(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	if (module.handler == NULL)
		set_up();
	else
		po_feed_set_timeout(po_handler_feed(module.handler),
		    module.config.cache_timeout);
	return SNMPERR_SUCCESS;
}

void
init_portOwner(void)
{
	po_config_set_defaults(&module.config);
	snprintf(module.config.collector_socket,
	    sizeof(module.config.collector_socket), "%s/collector.sock",
	    RUNDIR);
	po_config_register("snmpd", "portOwner", &module.config);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_READ_CONFIG, note_config, NULL);
}

void
deinit_portOwner(void)
{
	snmp_unregister_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_READ_CONFIG, note_config, NULL, 1);
	po_config_unregister();
	po_handler_free(module.handler);
	memset(&module, 0, sizeof(module));
}
