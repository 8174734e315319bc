/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: portowner.conf, or snmpd.conf for the module, read the
 * way Net-SNMP reads its files.
 */
#ifndef PO_AGENT_CONFIG_H
#define PO_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "model/rule.h"

#define PO_CACHE_TIMEOUT_MIN 1
#define PO_CACHE_TIMEOUT_MAX 3600
#define PO_MAX_ROWS_DEFAULT 1000000
#define PO_WATCH_INTERVAL_MAX 3600
#define PO_DEBOUNCE_MAX 3600

/* Plain data: it is handed from process to process as it is. */
struct po_config {
	char source[1024];
	char collector_socket[108]; /* as long as a socket's address may be */
	uint32_t cache_timeout; /* s */
	uint32_t max_rows;
	bool all_stacks;
	bool arguments;
	bool listener_ephemeral_udp;
	bool sandbox;
	char collector_allow[256]; /* names of groups, blanks between */
	char master[256]; /* AgentX address; not for the module */
	uint32_t watch_interval; /* s; 0: look only when polled */
	uint32_t debounce; /* s */
	uint32_t notify_rate; /* a minute; 0: no limit */
	char state_file[1024]; /* "": by default; "none" */
	uint32_t errors; /* lines that were wrong */
};

/* Takes the tokens back: nothing of this code may be called any more. */
void po_config_unregister(void);

void po_config_set_defaults(struct po_config *config);

/* The part of it that systems differ in: the master and the socket. */
void po_config_set_places(struct po_config *config);

/*
 * Makes Net-SNMP fill config and rules from its files of this type
 * ("portowner", "snmpd"), where each token has this prefix ("", "portOwner").
 * A bad value is logged with file, line and token, counted, and passed over.
 * Both must live as long as the library reads files.
 */
void po_config_register(const char *type, const char *prefix,
    struct po_config *config, struct po_rules *rules);

/* How to find the files. */
struct po_config_files {
	const char *extra; /* -c: read this one too; or NULL */
	bool without_defaults; /* -C */
};

/*
 * Tells Net-SNMP which files to read, and to keep no state of its own.  Before
 * init_snmp().
 */
void po_config_prepare(const struct po_config_files *files);

/*
 * Reads the configuration in a process of its own: whoever needs it without
 * being an SNMP agent stays free of Net-SNMP's state.  loud: what is wrong is
 * logged.  config->errors counts the lines that Net-SNMP itself calls wrong,
 * too.  Returns 0 or -errno.
 */
int po_config_read_apart(
    const struct po_config_files *files, bool loud, struct po_config *config);

/*
 * Where the agent's state is kept, or "" for nowhere: as configured, else in
 * folder by a name that the collector's socket gives, as two instances need
 * two files.  Returns 0 or -ENAMETOOLONG.
 */
int po_config_state_path(const struct po_config *config, const char *folder,
    char *path, size_t size);

/* The folder for a daemon of this user; NULL: there is none. */
const char *po_config_state_folder(char *buffer, size_t size);

#endif
