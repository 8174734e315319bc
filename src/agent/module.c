/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portowner.so: the tables inside snmpd.
 *
 *     dlmod portOwner /usr/lib/portowner/portowner.so
 *
 * in snmpd.conf makes snmpd call init_portOwner() while it reads that line; the
 * tokens that come after it (portOwnerCollectorSocket, portOwnerExpect, ...) are
 * known only when the files have been read, so the tables are set up then.
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
	/* What the files say: it counts once they have been read whole. */
	struct po_config config;
	struct po_rules rules;
	struct po_watch *watch;
	struct po_handler *handler;
} module;

static void
set_defaults(void)
{
	po_config_set_defaults(&module.config);
	snprintf(module.config.collector_socket,
	    sizeof(module.config.collector_socket), "%s/collector.sock",
	    RUNDIR);
	po_rules_clear(&module.rules);
}

static void
look(void *context)
{
	(void)context;
	po_feed_look(po_handler_feed(module.handler), false);
}

static void
set_up_watch(void)
{
	char path[1024];

	module.watch = po_watch_new(false);
	if (module.watch == NULL || po_watch_configure(module.watch,
					&module.config, &module.rules) != 0) {
		po_watch_free(module.watch);
		module.watch = NULL;
		return;
	}
	if (po_config_state_path(&module.config, get_persistent_directory(),
		path, sizeof(path)) != 0)
		snmp_log(LOG_ERR, "portOwner: the state file's name is too "
				  "long: nothing is kept\n");
	if (path[0] != '\0')
		po_watch_restore(module.watch, po_keeper_new(path));
}

static void
set_up(void)
{
	set_up_watch();
	if (module.watch != NULL)
		module.handler = po_handler_new(
		    po_client_new(module.config.collector_socket),
		    module.watch);
	if (module.handler == NULL ||
	    po_handler_register(module.handler, true) != 0) {
		snmp_log(LOG_ERR, "portOwner: the tables cannot be served\n");
		po_handler_free(module.handler);
		po_watch_free(module.watch);
		module.handler = NULL;
		module.watch = NULL;
		return;
	}
	po_feed_set_timeout(
	    po_handler_feed(module.handler), module.config.cache_timeout);
	/*
	 * Nothing is asked yet: snmpd may still be root, and shall not be kept
	 * waiting.  The first request will, or the first look.
	 */
	po_watch_begin(module.watch, look, NULL);
}

/* The files are going to be read, for the first time or again. */
static int
begin_config(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	set_defaults();
	return SNMPERR_SUCCESS;
}

/* All or nothing. */
static void
use_config(void)
{
	if (module.config.errors != 0) {
		snmp_log(LOG_ERR,
		    "portOwner: the old configuration stays in force\n");
		return;
	}
	if (po_watch_configure(module.watch, &module.config, &module.rules) !=
	    0) {
		snmp_log(LOG_ERR, "portOwner: no memory for the rules\n");
		return;
	}
	po_feed_set_timeout(
	    po_handler_feed(module.handler), module.config.cache_timeout);
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
		use_config();
	return SNMPERR_SUCCESS;
}

void
init_portOwner(void)
{
	set_defaults();
	po_config_register("snmpd", "portOwner", &module.config, &module.rules);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_PRE_READ_CONFIG, begin_config, NULL);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_READ_CONFIG, note_config, NULL);
}

void
deinit_portOwner(void)
{
	snmp_unregister_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_PRE_READ_CONFIG, begin_config, NULL, 1);
	snmp_unregister_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_READ_CONFIG, note_config, NULL, 1);
	po_config_unregister();
	po_handler_free(module.handler);
	po_watch_free(module.watch);
	po_rules_clear(&module.rules);
	memset(&module, 0, sizeof(module));
}
