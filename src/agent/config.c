/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tokens of portowner.conf(5).
 */
#include "agent/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/notify.h"

/*
 * Net-SNMP calls a token's handler without any context, so the place to fill
 * has to be known here.
 */
static struct po_config *filled;
static struct po_rules *filled_rules;
static const char *filled_type;
static const char *filled_prefix;

/* The tokens; collector: the module collects nothing by itself. */
static const struct {
	const char *name;
	const char *help;
	bool collector;
} tokens[] = {
    {"source", "auto|NAME|replay:FILE", true},
    {"stacks", "own|all", true},
    {"maxRows", "number", true},
    {"arguments", "yes|no", true},
    {"listenerEphemeralUdp", "yes|no", true},
    {"collectorAllow", "group...", true},
    {"sandbox", "yes|no", true},
    {"collectorSocket", "path", false},
    {"cacheTimeout", "seconds", false},
    {"watchInterval", "seconds", false},
    {"debounce", "seconds", false},
    {"notifyRate", "number", false},
    {"stateFile", "path|none", false},
    {"expect", "PROTOCOL ADDRESS:PORT COMMAND [USER] [stack WHICH]", false},
    {"allow", "PROTOCOL ADDRESS:PORT [COMMAND [USER]] [stack WHICH]", false},
    {"strict", "yes|no", false},
};

#define N_TOKENS (sizeof(tokens) / sizeof(tokens[0]))

void
po_config_set_defaults(struct po_config *config)
{
	memset(config, 0, sizeof(*config));
	strcpy(config->source, "auto");
	config->cache_timeout = 30;
	config->max_rows = PO_MAX_ROWS_DEFAULT;
	config->all_stacks = true;
	config->sandbox = true;
	config->watch_interval = 10;
	config->debounce = 5;
	config->notify_rate = PO_NOTIFY_RATE_DEFAULT;
	strcpy(config->collector_allow, "portowner");
	po_config_set_places(config);
}

/* "file: line 3: Error: cacheTimeout 0: must be a number from 1 to 3600" */
static void
complain(const char *token, const char *value, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), "%s %s: %s", token, value, what);
	netsnmp_config_error("%s", text);
	filled->errors++;
}

static bool
parse_number(const char *token, const char *value, uint32_t low, uint32_t high,
    uint32_t *number)
{
	char what[64], *end;
	unsigned long parsed;

	errno = 0;
	parsed = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 ||
	    parsed < low || parsed > high) {
		snprintf(what, sizeof(what), "must be a number from %lu to %lu",
		    (unsigned long)low, (unsigned long)high);
		complain(token, value, what);
		return false;
	}
	*number = (uint32_t)parsed;
	return true;
}

static void
parse_choice(const char *token, const char *value, const char *yes,
    const char *no, bool *choice)
{
	char what[64];

	if (strcasecmp(value, yes) == 0) {
		*choice = true;
	} else if (strcasecmp(value, no) == 0) {
		*choice = false;
	} else {
		snprintf(what, sizeof(what), "must be %s or %s", yes, no);
		complain(token, value, what);
	}
}

static void
parse_text(const char *token, const char *value, char *text, size_t size)
{
	if (value[0] == '\0')
		complain(token, value, "needs a value");
	else if (strlen(value) >= size)
		complain(token, value, "is too long");
	else
		strcpy(text, value);
}

/* Whether the build has this source: PO_SOURCES names them, blanks between. */
static bool
is_source(const char *value)
{
	const char *at = PO_SOURCES " auto";
	const size_t length = strlen(value);

	if (strncmp(value, "replay:", 7) == 0)
		return value[7] != '\0';
	for (; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (length > 0 && strncmp(at, value, length) == 0 &&
		    (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

static void
parse_source(const char *token, const char *value)
{
	if (is_source(value))
		parse_text(
		    token, value, filled->source, sizeof(filled->source));
	else
		complain(token, value,
		    "must be one of auto, " PO_SOURCES " or replay:FILE");
}

static void
parse_rule(const char *token, const char *value, bool expected)
{
	char error[PO_RULE_ERROR_SIZE];

	if (po_rules_add(filled_rules, expected, value, error) != 0)
		complain(token, value, error);
}

/* What the agent does with snapshots; false: it is another token. */
static bool
parse_watching(const char *token, const char *name, const char *value)
{
	if (strcasecmp(name, "watchInterval") == 0)
		parse_number(token, value, 0, PO_WATCH_INTERVAL_MAX,
		    &filled->watch_interval);
	else if (strcasecmp(name, "debounce") == 0)
		parse_number(
		    token, value, 0, PO_DEBOUNCE_MAX, &filled->debounce);
	else if (strcasecmp(name, "notifyRate") == 0)
		parse_number(
		    token, value, 0, PO_NOTIFY_RATE_MAX, &filled->notify_rate);
	else if (strcasecmp(name, "stateFile") == 0)
		parse_text(token, value, filled->state_file,
		    sizeof(filled->state_file));
	else if (strcasecmp(name, "expect") == 0)
		parse_rule(token, value, true);
	else if (strcasecmp(name, "allow") == 0)
		parse_rule(token, value, false);
	else if (strcasecmp(name, "strict") == 0)
		parse_choice(token, value, "yes", "no", &filled_rules->strict);
	else
		return false;
	return true;
}

/* Called for each line with one of the tokens below. */
static void
parse_line(const char *token, char *line)
{
	const char *name = token + strlen(filled_prefix);
	char *end = line + strlen(line);

	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	if (parse_watching(token, name, line))
		return;
	if (strcasecmp(name, "source") == 0)
		parse_source(token, line);
	else if (strcasecmp(name, "collectorSocket") == 0)
		parse_text(token, line, filled->collector_socket,
		    sizeof(filled->collector_socket));
	else if (strcasecmp(name, "cacheTimeout") == 0)
		parse_number(token, line, PO_CACHE_TIMEOUT_MIN,
		    PO_CACHE_TIMEOUT_MAX, &filled->cache_timeout);
	else if (strcasecmp(name, "maxRows") == 0)
		parse_number(
		    token, line, 1, UINT32_MAX / 256, &filled->max_rows);
	else if (strcasecmp(name, "stacks") == 0)
		parse_choice(token, line, "all", "own", &filled->all_stacks);
	else if (strcasecmp(name, "arguments") == 0)
		parse_choice(token, line, "yes", "no", &filled->arguments);
	else if (strcasecmp(name, "listenerEphemeralUdp") == 0)
		parse_choice(
		    token, line, "yes", "no", &filled->listener_ephemeral_udp);
	else if (strcasecmp(name, "sandbox") == 0)
		parse_choice(token, line, "yes", "no", &filled->sandbox);
	else if (strcasecmp(name, "collectorAllow") == 0)
		parse_text(token, line, filled->collector_allow,
		    sizeof(filled->collector_allow));
}

/* The token's name in the files, or false if the module has none of it. */
static bool
token_name(size_t i, char name[64])
{
	if (filled_prefix[0] != '\0' && tokens[i].collector)
		return false;
	snprintf(name, 64, "%s%s", filled_prefix, tokens[i].name);
	return true;
}

void
po_config_register(const char *type, const char *prefix,
    struct po_config *config, struct po_rules *rules)
{
	char name[64];
	size_t i;

	filled = config;
	filled_rules = rules;
	filled_type = type;
	filled_prefix = prefix;
	for (i = 0; i < N_TOKENS; i++)
		if (token_name(i, name))
			register_config_handler(
			    type, name, parse_line, NULL, tokens[i].help);
}

void
po_config_unregister(void)
{
	char name[64];
	size_t i;

	for (i = 0; i < N_TOKENS; i++)
		if (token_name(i, name))
			unregister_config_handler(filled_type, name);
}

void
po_config_prepare(const struct po_config_files *files)
{
	/* The daemon needs no MIB file, and writes none of Net-SNMP's. */
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	if (files->without_defaults)
		netsnmp_ds_set_boolean(
		    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	if (files->extra != NULL)
		netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID,
		    NETSNMP_DS_LIB_OPTIONALCONFIG, files->extra);
}

int
po_config_state_path(
    const struct po_config *config, const char *folder, char *path, size_t size)
{
	struct po_config defaults;
	size_t i, used;
	int length;

	path[0] = '\0';
	if (strcmp(config->state_file, "none") == 0 ||
	    (config->state_file[0] == '\0' && folder == NULL))
		return 0;
	if (config->state_file[0] != '\0') {
		length = snprintf(path, size, "%s", config->state_file);
		return (size_t)length < size ? 0 : -ENAMETOOLONG;
	}
	po_config_set_defaults(&defaults);
	length = snprintf(path, size, "%s/state", folder);
	if (length < 0 || (size_t)length >= size)
		return -ENAMETOOLONG;
	used = (size_t)length;
	if (strcmp(config->collector_socket, defaults.collector_socket) == 0)
		return 0;
	for (i = 0; config->collector_socket[i] != '\0' && used < size; i++)
		path[used++] =
		    isalnum((unsigned char)config->collector_socket[i])
			? config->collector_socket[i]
			: '-';
	if (used == size)
		return -ENAMETOOLONG;
	path[used] = '\0';
	return 0;
}
