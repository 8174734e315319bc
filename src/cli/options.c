/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: portowner(1) is its description.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum {
	OPTION_STACK = 256,
	OPTION_SOURCE,
	OPTION_RECORD,
	OPTION_JSON,
	OPTION_CHECK,
	OPTION_SUGGEST,
	OPTION_CONFIG,
	OPTION_HOST,
	OPTION_HOSTS,
};

static const char letters[] = ":actu46p:U:vVh";
/* Where hosts are asked, a letter of Net-SNMP's tools is theirs. */
static const char remote_letters[] = ":46p:U:Vh" PO_ASK_LETTERS;

static const struct option names[] = {
    {"all", no_argument, NULL, 'a'},
    {"connections", no_argument, NULL, 'c'},
    {"tcp", no_argument, NULL, 't'},
    {"udp", no_argument, NULL, 'u'},
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"pid", required_argument, NULL, 'p'},
    {"user", required_argument, NULL, 'U'},
    {"stack", required_argument, NULL, OPTION_STACK},
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"record", required_argument, NULL, OPTION_RECORD},
    {"json", no_argument, NULL, OPTION_JSON},
    {"host", required_argument, NULL, OPTION_HOST},
    {"hosts", required_argument, NULL, OPTION_HOSTS},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"suggest-expectations", no_argument, NULL, OPTION_SUGGEST},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char cli_help[] =
    "Usage: portowner [OPTION]... [PORT]...\n"
    "Show which process owns which port: listeners and bound UDP sockets,\n"
    "or whoever keeps a local PORT (443, :443, 8000-8100, https).\n"
    "\n"
    "Which sockets:\n"
    "  -a, --all              all of them, connections too\n"
    "  -c, --connections      connections only\n"
    "  -t, --tcp              TCP\n"
    "  -u, --udp              UDP and UDP-Lite\n"
    "  -4, --ipv4             IPv4, and wildcards of both families\n"
    "  -6, --ipv6             IPv6, and wildcards of both families\n"
    "  -p, --pid PID          of this process; 0: of no process\n"
    "  -U, --user USER        of this user, a name or a uid\n"
    "      --stack WHICH      all network stacks (default), own, or the one\n"
    "                         with this number, as column STACK has it\n"
    "\n"
    "Where from, and how:\n"
    "      --source SOURCE    auto (default), socket[:PATH], replay:FILE,\n"
    "                         or one of this build: " PO_SOURCES "\n"
    "      --host HOST[:PORT] ask that host by SNMP, or several; see below\n"
    "      --hosts FILE       ask those that the file names, one a line\n"
    "      --record FILE      write a snapshot for replay:FILE; rows are\n"
    "                         shown only if other options ask for them\n"
    "      --json             one JSON object instead of a table\n"
    "      --check            does what listens meet the expectations of\n"
    "                         portowner.conf?  Ends with 0 yes, 2 no,\n"
    "                         3 unknown, as a Nagios plugin\n"
    "      --config FILE      the expectations are in FILE\n"
    "      --suggest-expectations\n"
    "                         write expectations for what listens now\n"
    "  -v, --verbose          tell on stderr where the rows come from\n"
    "  -V, --version          print the version\n"
    "  -h, --help             print this help\n"
    "\n"
    "COMMAND says why there is no process: (no process) nobody can hold such\n"
    "a socket, as in TIME_WAIT; (hidden) you may not see who does; (not seen)\n"
    "all processes were visible, and none holds it.  Run as root to see all.\n"
    "\n"
    "With --host or --hosts the letters -v -c -l -u -a -A -x -X -n -t -r mean\n"
    "what they mean to snmpwalk, and each takes an argument; what they mean\n"
    "here is then said by the long options.  Net-SNMP's snmp.conf counts.\n"
    "\n"
    "Exit status: 0 something found, 1 nothing matches, 2 error.\n"
    "\n"
    "Examples:\n"
    "  portowner 443          who has port 443?\n"
    "  portowner -a ssh       the SSH server and its connections\n"
    "  portowner -u           everything that receives on UDP\n"
    "  portowner -c -U www-data   what is www-data connected to?\n"
    "  portowner --host web1 --host web2 -v 2c -c public --all 443\n"
    "  portowner --record now.snap; portowner --source replay:now.snap -a\n";

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

/* The caller has made room. */
static void
add_ports(struct cli_selection *selection, uint32_t low, uint32_t high,
    uint8_t protocol)
{
	selection->ports[selection->n_ports++] = (struct cli_ports){
	    .low = (uint16_t)low,
	    .high = (uint16_t)high,
	    .protocol = protocol,
	};
}

/* Every protocol has services of its own. */
static bool
add_service(struct cli_selection *selection, const char *name)
{
	static const uint8_t protocols[] = {PO_PROTOCOL_TCP, PO_PROTOCOL_UDP,
	    PO_PROTOCOL_SCTP, PO_PROTOCOL_DCCP};
	const struct servent *service;
	char buffer[16];
	bool found = false;
	uint32_t port;
	size_t i;

	for (i = 0; i < sizeof(protocols); i++) {
		service =
		    getservbyname(name, po_protocol_name(protocols[i], buffer));
		if (service == NULL)
			continue;
		port = ntohs((uint16_t)service->s_port);
		add_ports(selection, port, port, protocols[i]);
		found = true;
	}
	return found;
}

/* How many ranges one argument can add. */
#define PORTS_OF_ARGUMENT 4

static int
parse_ports(struct cli_selection *selection, const char *argument, char *error,
    size_t error_size)
{
	const char *text = argument[0] == ':' ? argument + 1 : argument;
	size_t digits = strspn(text, "0123456789"), rest;
	uint32_t low, high;

	if (text[0] == '\0')
		return fail(error, error_size,
		    "\"%s\" is no port: say a number, LOW-HIGH or a service",
		    argument);
	if (text[strspn(text, "0123456789-")] != '\0') {
		if (!add_service(selection, text))
			return fail(error, error_size,
			    "there is no service named \"%s\"", text);
		return 0;
	}
	rest = text[digits] == '-' ? digits + 1 : 0;
	if (!po_text_number(text, digits, UINT16_MAX, &low) ||
	    !po_text_number(
		text + rest, strlen(text + rest), UINT16_MAX, &high))
		return fail(error, error_size,
		    "\"%s\" is no port: ports are numbers from 0 to 65535",
		    argument);
	if (low > high)
		return fail(error, error_size,
		    "\"%s\" is no range: it ends before it begins", argument);
	add_ports(selection, low, high, 0);
	return 0;
}

static int
parse_all_ports(struct cli_selection *selection, char **arguments, size_t count,
    char *error, size_t error_size)
{
	int result = 0;
	size_t i;

	if (count == 0)
		return 0;
	selection->ports =
	    calloc(count * PORTS_OF_ARGUMENT, sizeof(*selection->ports));
	if (selection->ports == NULL) {
		fail(error, error_size, "out of memory");
		return -ENOMEM;
	}
	for (i = 0; i < count && result == 0; i++)
		result =
		    parse_ports(selection, arguments[i], error, error_size);
	return result;
}

static int
parse_pid(struct cli_selection *selection, const char *argument, char *error,
    size_t error_size)
{
	if (!po_text_number(
		argument, strlen(argument), INT32_MAX, &selection->pid))
		return fail(error, error_size,
		    "option -p: \"%s\" is no process id", argument);
	selection->by_pid = true;
	return 0;
}

static int
parse_user(struct cli_selection *selection, const char *argument, char *error,
    size_t error_size)
{
	size_t length = strlen(argument);

	if (length == 0)
		return fail(error, error_size,
		    "option -U: the name of the user is empty");
	selection->user_length =
	    po_text_clean(selection->user, argument, length);
	selection->by_user = true;
	selection->by_uid =
	    po_text_number(argument, length, UINT32_MAX, &selection->uid);
	return 0;
}

static int
parse_stack(struct cli_options *options, const char *argument, char *error,
    size_t error_size)
{
	struct cli_selection *selection = &options->selection;

	options->own_stack = strcmp(argument, "own") == 0;
	selection->by_stack = strcmp(argument, "all") != 0;
	selection->stack = 0;
	if (options->own_stack || !selection->by_stack)
		return 0;
	if (!po_text_number(
		argument, strlen(argument), UINT32_MAX, &selection->stack))
		return fail(error, error_size,
		    "option --stack: \"%s\" is neither own nor all nor a "
		    "number",
		    argument);
	return 0;
}

/* Options that say which rows are shown.  False: it is another option. */
static bool
parse_flag(struct cli_options *options, int option)
{
	struct cli_selection *selection = &options->selection;

	switch (option) {
	case 'a':
		selection->all = true;
		break;
	case 'c':
		selection->connections = true;
		break;
	case 't':
		selection->tcp = true;
		break;
	case 'u':
		selection->udp = true;
		break;
	case '4':
		selection->ipv4 = true;
		break;
	case '6':
		selection->ipv6 = true;
		break;
	case OPTION_JSON:
		options->json = true;
		break;
	default:
		return false;
	}
	options->show = true;
	return true;
}

static int
parse_source(struct cli_options *options, const char *argument, char *error,
    size_t error_size)
{
	if (argument[0] == '\0' || strcmp(argument, "replay:") == 0)
		return fail(error, error_size,
		    "option --source: \"%s\" names no source", argument);
	options->source = argument;
	return 0;
}

static const char *
long_name(int option)
{
	const struct option *name = names;

	while (name->name != NULL && name->val != option)
		name++;
	return name->name;
}

/* An option of Net-SNMP's tools as they take it; NULL: the letter is none. */
static const char *
snmp_word(int letter)
{
	static const char words[][3] = {
	    "-v", "-c", "-l", "-u", "-a", "-A", "-x", "-X", "-n", "-t", "-r"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i][1] == letter)
			return words[i];
	return NULL;
}

/*
 * What getopt_long() refuses: optopt is the letter or the long option's
 * value, or 0 for a word that is no long option.
 */
static int
refuse(const struct cli_options *options, int option, const char *word,
    char *error, size_t error_size)
{
	const char *name = long_name(optopt);

	if (options->remote && snmp_word(optopt) != NULL &&
	    strncmp(word, "--", 2) != 0)
		return fail(error, error_size,
		    "option -%c is Net-SNMP's with --host and needs an "
		    "argument",
		    optopt);
	if (optopt == 0)
		return fail(error, error_size,
		    "option %s is not known or not clear", word);
	if (name == NULL)
		return fail(
		    error, error_size, "option -%c is not known", optopt);
	return fail(error, error_size, "option --%s %s", name,
	    option == ':' ? "needs an argument" : "takes no argument");
}

static int
parse_option(struct cli_options *options, int option, const char *word,
    char *error, size_t error_size)
{
	if (parse_flag(options, option))
		return 0;
	switch (option) {
	case 'p':
		options->show = true;
		return parse_pid(
		    &options->selection, optarg, error, error_size);
	case 'U':
		options->show = true;
		return parse_user(
		    &options->selection, optarg, error, error_size);
	case OPTION_STACK:
		return parse_stack(options, optarg, error, error_size);
	case OPTION_SOURCE:
		return parse_source(options, optarg, error, error_size);
	case OPTION_RECORD:
		options->record = optarg;
		return 0;
	case OPTION_CHECK:
		options->check = true;
		return 0;
	case OPTION_SUGGEST:
		options->suggest = true;
		return 0;
	case OPTION_CONFIG:
		options->config = optarg;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'V':
		options->action = CLI_ACTION_VERSION;
		return 0;
	case 'h':
		options->action = CLI_ACTION_HELP;
		return 0;
	default:
		return refuse(options, option, word, error, error_size);
	}
}

/* Options about hosts that are asked.  *taken: it is one of them. */
static int
parse_host_option(struct cli_options *options, int option, bool is_long,
    bool *taken, char *error, size_t error_size)
{
	const char *word = is_long ? NULL : snmp_word(option);

	*taken = true;
	if (option == OPTION_HOSTS) {
		options->several = true;
		if (options->hosts_text != NULL)
			return fail(error, error_size,
			    "option --hosts can be given once");
		return cli_hosts_read(optarg, &options->hosts,
		    &options->hosts_text, error, error_size);
	}
	if (option == OPTION_HOST) {
		if (optarg[0] == '\0' || optarg[0] == '-')
			return fail(error, error_size,
			    "option --host: \"%s\" is no host", optarg);
		if (cli_words_add(&options->hosts, optarg) != 0)
			return cli_out_of_memory(error, error_size);
		return 0;
	}
	if (options->remote && word != NULL) {
		if (cli_words_add(&options->snmp, word) != 0 ||
		    cli_words_add(&options->snmp, optarg) != 0)
			return cli_out_of_memory(error, error_size);
		return 0;
	}
	*taken = false;
	return 0;
}

/* Letters mean something else where hosts are asked, so that comes first. */
bool
cli_options_ask_hosts(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], "--host", 6) == 0)
			return true;
	return false;
}

static int
parse_options(int argc, char **argv, struct cli_options *options, char *error,
    size_t error_size)
{
	int option, which, result = 0;
	bool taken;

	optind = 0; /* begin anew, in every libc */
	opterr = 0;
	while (result == 0 && options->action == CLI_ACTION_RUN) {
		which = -1;
		option = getopt_long(argc, argv,
		    options->remote ? remote_letters : letters, names, &which);
		if (option == -1)
			break;
		result = parse_host_option(
		    options, option, which >= 0, &taken, error, error_size);
		if (!taken)
			result = parse_option(options, option, argv[optind - 1],
			    error, error_size);
	}
	return result;
}

/* What does not go together. */
static int
check_options(
    struct cli_options *options, size_t ports, char *error, size_t error_size)
{
	options->several = options->several || options->hosts.count > 1;
	if (options->hosts.count > 0 && strcmp(options->source, "auto") != 0)
		return fail(error, error_size,
		    "option --source is for this host, --host for others");
	if (options->several &&
	    (options->record != NULL || options->check || options->suggest))
		return fail(error, error_size,
		    "option --%s goes with one --host at a time",
		    options->record != NULL ? "record"
		    : options->check	    ? "check"
					    : "suggest-expectations");
	if ((options->check || options->suggest) &&
	    (options->show || ports > 0 ||
		(options->check && options->suggest)))
		return fail(error, error_size,
		    "option --%s goes with --config, --source, --host, "
		    "--stack and -v only",
		    options->check ? "check" : "suggest-expectations");
	if (options->config != NULL && !options->check)
		return fail(
		    error, error_size, "option --config is for --check");
	return 0;
}

int
cli_options_parse(int argc, char **argv, struct cli_options *options,
    char *error, size_t error_size)
{
	size_t count;
	int result;

	*options = (struct cli_options){
	    .source = "auto",
	    .remote = cli_options_ask_hosts(argc, argv),
	};
	result = parse_options(argc, argv, options, error, error_size);
	if (result != 0 || options->action != CLI_ACTION_RUN)
		return result;
	count = (size_t)(argc - optind);
	result = check_options(options, count, error, error_size);
	if (result != 0 || options->check || options->suggest)
		return result;
	if (count > 0 || options->record == NULL)
		options->show = true;
	return parse_all_ports(
	    &options->selection, argv + optind, count, error, error_size);
}

void
cli_options_free(struct cli_options *options)
{
	free(options->selection.ports);
	options->selection.ports = NULL;
	options->selection.n_ports = 0;
	free(options->hosts.items);
	free(options->snmp.items);
	free(options->hosts_text);
}
