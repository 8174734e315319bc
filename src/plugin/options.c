/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The letters are those of check_snmp, as far as it has them: who knows one
 * plugin knows the other.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "model/text.h"
#include "plugin/plugin.h"

#define SECONDS 10 /* check_snmp's timeout */
#define SECONDS_MAX 3600
#define RETRIES_MAX 5
#define RETRIES 2

enum {
	OPTION_AUTHPROTO = 256,
	OPTION_STRICT,
	OPTION_VIOLATIONS,
	OPTION_ACCEPT_PARTIAL,
	OPTION_WARNING, /* and the metrics */
	OPTION_CRITICAL = OPTION_WARNING + PLUGIN_METRICS,
};

static const char letters[] = ":H:p:P:C:L:U:A:x:X:N:t:r:e:a:sVh";

static const struct option names[] = {
    {"hostname", required_argument, NULL, 'H'},
    {"port", required_argument, NULL, 'p'},
    {"protocol", required_argument, NULL, 'P'},
    {"community", required_argument, NULL, 'C'},
    {"seclevel", required_argument, NULL, 'L'},
    {"secname", required_argument, NULL, 'U'},
    {"authproto", required_argument, NULL, OPTION_AUTHPROTO},
    {"authpasswd", required_argument, NULL, 'A'},
    {"privproto", required_argument, NULL, 'x'},
    {"privpasswd", required_argument, NULL, 'X'},
    {"context", required_argument, NULL, 'N'},
    {"timeout", required_argument, NULL, 't'},
    {"retries", required_argument, NULL, 'r'},
    {"expect", required_argument, NULL, 'e'},
    {"allow", required_argument, NULL, 'a'},
    {"strict", no_argument, NULL, 's'},
    {"violations", no_argument, NULL, OPTION_VIOLATIONS},
    {"accept-partial", no_argument, NULL, OPTION_ACCEPT_PARTIAL},
    {"warning-owners", required_argument, NULL, OPTION_WARNING + PLUGIN_OWNERS},
    {"warning-connections", required_argument, NULL,
	OPTION_WARNING + PLUGIN_CONNECTIONS},
    {"warning-queue", required_argument, NULL, OPTION_WARNING + PLUGIN_QUEUE},
    {"critical-owners", required_argument, NULL,
	OPTION_CRITICAL + PLUGIN_OWNERS},
    {"critical-connections", required_argument, NULL,
	OPTION_CRITICAL + PLUGIN_CONNECTIONS},
    {"critical-queue", required_argument, NULL, OPTION_CRITICAL + PLUGIN_QUEUE},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *const plugin_metric_names[PLUGIN_METRICS] = {
    [PLUGIN_OWNERS] = "owners",
    [PLUGIN_CONNECTIONS] = "connections",
    [PLUGIN_QUEUE] = "queue",
};

const char plugin_help[] =
    "Usage: check_port_owner -H HOST [OPTION]...\n"
    "Check which process owns which port of a host, by PORT-OWNER-MIB.\n"
    "\n"
    "What is checked:\n"
    "  -e, --expect RULE        must be there: PROTOCOL ADDRESS:PORT COMMAND\n"
    "                           [USER], as in portowner.conf(5)\n"
    "  -a, --allow RULE         may be there: PROTOCOL ADDRESS:PORT\n"
    "                           [COMMAND [USER]]\n"
    "  -s, --strict             what no rule covers is unexpected\n"
    "      --violations         the agent's own verdict, by its\n"
    "                           portowner.conf: one GET\n"
    "      --warning-owners RANGE, --warning-connections RANGE,\n"
    "      --warning-queue RANGE, --critical-...\n"
    "                           of each listener that a rule covers, or of\n"
    "                           each one if there is no rule\n"
    "      --accept-partial     no UNKNOWN only because the agent does not\n"
    "                           see every process\n"
    "\n"
    "Whom to ask, and how:\n"
    "  -H, --hostname HOST      -p, --port PORT\n"
    "  -P, --protocol 1|2c|3    -C, --community COMMUNITY\n"
    "  -L, --seclevel LEVEL     -U, --secname USER\n"
    "      --authproto PROTO    -A, --authpasswd PASSPHRASE\n"
    "  -x, --privproto PROTO    -X, --privpasswd PASSPHRASE\n"
    "  -N, --context CONTEXT    -r, --retries NUMBER (2)\n"
    "  -t, --timeout SECONDS    for everything (10)\n"
    "Net-SNMP's snmp.conf says what is not said here.\n"
    "\n"
    "Ends with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n"
    "\n"
    "Examples:\n"
    "  check_port_owner -H web1 -P 2c -C public -e \"tcp *:443 nginx\"\n"
    "  check_port_owner -H web1 -P 2c -C public --strict \\\n"
    "      -e \"tcp *:22 sshd root\" -a \"tcp 127.0.0.0/8:*\"\n"
    "  check_port_owner -H web1 -P 2c -C public --violations\n";

static int fail(char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(char *error, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static void
add_words(struct plugin_options *options, const char *option, const char *value)
{
	if (options->n_words + 2 > PLUGIN_WORDS_MAX)
		return;
	options->words[options->n_words++] = option;
	options->words[options->n_words++] = value;
}

static int
add_rule(struct plugin_options *options, bool expected, const char *line,
    char *error, size_t error_size)
{
	char why[PO_RULE_ERROR_SIZE];
	int result = po_rules_add(&options->rules, expected, line, why);

	if (result != 0)
		fail(error, error_size, "option -%c: the rule %s",
		    expected ? 'e' : 'a', why);
	return result;
}

static int
parse_range(struct plugin_options *options, int option, const char *text,
    char *error, size_t error_size)
{
	const bool critical = option >= OPTION_CRITICAL;
	const int metric =
	    option - (critical ? OPTION_CRITICAL : OPTION_WARNING);
	struct plugin_range *range =
	    critical ? &options->critical[metric] : &options->warning[metric];

	if (plugin_range_parse(text, range) == 0)
		return 0;
	return fail(error, error_size,
	    "option --%s-%s: \"%s\" is no range, such as 10, 5:10, 5:, ~:10 "
	    "or @5:10",
	    critical ? "critical" : "warning", plugin_metric_names[metric],
	    text);
}

static int
parse_count(char option, const char *text, uint32_t max, uint32_t *number,
    char *error, size_t error_size)
{
	if (po_text_number(text, strlen(text), max, number))
		return 0;
	return fail(error, error_size,
	    "option -%c: \"%s\" is no number up to %lu", option, text,
	    (unsigned long)max);
}

/* Options that go to Net-SNMP; NULL: it is another one. */
static const char *
snmp_word(int option)
{
	switch (option) {
	case 'P':
		return "-v";
	case 'C':
		return "-c";
	case 'L':
		return "-l";
	case 'U':
		return "-u";
	case OPTION_AUTHPROTO:
		return "-a";
	case 'A':
		return "-A";
	case 'x':
		return "-x";
	case 'X':
		return "-X";
	case 'N':
		return "-n";
	default:
		return NULL;
	}
}

static int
refuse(int option, const char *word, char *error, size_t error_size)
{
	if (option == ':')
		return fail(
		    error, error_size, "option %s needs an argument", word);
	if (optopt > 0 && optopt < OPTION_AUTHPROTO)
		return fail(
		    error, error_size, "option -%c is not known", optopt);
	return fail(error, error_size, "option %s is not known", word);
}

static int
parse_option(struct plugin_options *options, int option, const char *word,
    uint32_t *retries, char *error, size_t error_size)
{
	if (snmp_word(option) != NULL) {
		add_words(options, snmp_word(option), optarg);
		return 0;
	}
	if (option >= OPTION_WARNING)
		return parse_range(options, option, optarg, error, error_size);
	switch (option) {
	case 'H':
		options->host = optarg;
		return 0;
	case 'p':
		options->port = optarg;
		return 0;
	case 't':
		return parse_count('t', optarg, SECONDS_MAX, &options->seconds,
		    error, error_size);
	case 'r':
		return parse_count(
		    'r', optarg, RETRIES_MAX, retries, error, error_size);
	case 'e':
		return add_rule(options, true, optarg, error, error_size);
	case 'a':
		return add_rule(options, false, optarg, error, error_size);
	case 's':
		options->rules.strict = true;
		return 0;
	case OPTION_VIOLATIONS:
		options->violations = true;
		return 0;
	case OPTION_ACCEPT_PARTIAL:
		options->accept_partial = true;
		return 0;
	case 'V':
		options->action = PLUGIN_VERSION;
		return 0;
	case 'h':
		options->action = PLUGIN_HELP;
		return 0;
	default:
		return refuse(option, word, error, error_size);
	}
}

/* The time for everything, among the requests that may have to be repeated. */
static void
share_time(struct plugin_options *options, uint32_t retries)
{
	static const char *const numbers[] = {"0", "1", "2", "3", "4", "5"};
	unsigned long ms;

	ms = 1000ul * options->seconds / (retries + 1);
	/* A little earlier, so that it says what is wrong by itself. */
	ms -= ms / 10;
	snprintf(options->timeout, sizeof(options->timeout), "%lu.%03lu",
	    ms / 1000, ms % 1000);
	add_words(options, "-t", options->timeout);
	add_words(options, "-r", numbers[retries]);
}

int
plugin_options_parse(int argc, char **argv, struct plugin_options *options,
    char *error, size_t error_size)
{
	uint32_t retries = RETRIES;
	int option, result = 0;

	*options = (struct plugin_options){.seconds = SECONDS};
	optind = 0; /* begin anew, in every libc */
	opterr = 0;
	while (result == 0 && options->action == PLUGIN_RUN &&
	       (option = getopt_long(argc, argv, letters, names, NULL)) != -1)
		result = parse_option(options, option, argv[optind - 1],
		    &retries, error, error_size);
	if (result != 0 || options->action != PLUGIN_RUN)
		return result;
	if (optind < argc)
		return fail(error, error_size,
		    "\"%s\" is no option: a rule is one argument, in quotes",
		    argv[optind]);
	if (options->host == NULL || options->host[0] == '\0' ||
	    options->host[0] == '-')
		return fail(error, error_size, "option -H HOST is missing");
	if (options->seconds == 0)
		return fail(
		    error, error_size, "option -t: 0 seconds are too few");
	share_time(options, retries);
	return 0;
}

void
plugin_options_free(struct plugin_options *options)
{
	po_rules_clear(&options->rules);
}
