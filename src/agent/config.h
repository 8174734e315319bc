/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: portowner.conf, or snmpd.conf for the module, read the
 * way Net-SNMP reads its files.
 */
#ifndef PO_AGENT_CONFIG_H
#define PO_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define PO_CACHE_TIMEOUT_MIN 1
#define PO_CACHE_TIMEOUT_MAX 3600
#define PO_MAX_ROWS_DEFAULT 1000000

#define PO_DEFAULT_MASTER "unix:/var/agentx/master"

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
};

/* Takes the tokens back: nothing of this code may be called any more. */
void po_config_unregister(void);

void po_config_set_defaults(struct po_config *config);

/*
 * Makes Net-SNMP fill config from its files of this type ("portowner",
 * "snmpd"), where each token has this prefix ("", "portOwner").  A bad value is
 * logged with file, line and token, and the value stays as it was.  config must
 * live as long as the library reads files.
 */
void po_config_register(
    const char *type, const char *prefix, struct po_config *config);

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
 * Reads the configuration in a process of its own and quietly: whoever needs
 * it without being an SNMP agent stays free of Net-SNMP's state.  Returns 0 or
 * -errno.
 */
int po_config_read_apart(
    const struct po_config_files *files, struct po_config *config);

#endif
