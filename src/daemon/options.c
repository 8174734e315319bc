/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options as Net-SNMP's own programs have them.
 */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/* -L takes its argument from the next word where it needs one ("-Lf FILE"). */
static int
set_log(char *argument, int argc, char **argv)
{
	if (snmp_log_options(argument, argc, argv) < 0) {
		fprintf(stderr, "portownerd: -L %s: no such log\n", argument);
		return 2;
	}
	return -1;
}

static int
misuse(const char *what, const char *word)
{
	fprintf(stderr, "portownerd: %s%s%s; try portownerd --help\n", what,
	    word == NULL ? "" : ": ", word == NULL ? "" : word);
	return 2;
}

int
po_daemon_parse(int argc, char **argv, struct po_daemon_options *options)
{
	static const struct option names[] = {
	    {"master", required_argument, NULL, 'x'},
	    {"standalone", required_argument, NULL, 'S'},
	    {"collector", no_argument, NULL, 'K'},
	    {"user", required_argument, NULL, 'u'},
	    {"group", required_argument, NULL, 'g'},
	    {"config", required_argument, NULL, 'c'},
	    {"pin-bpf", no_argument, NULL, 'P'},
	    {"profile-refresh", required_argument, NULL, 'R'},
	    {"foreground", no_argument, NULL, 'f'},
	    {"pid-file", required_argument, NULL, 'p'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int option, status;

	memset(options, 0, sizeof(*options));
	while ((option = getopt_long(
		    argc, argv, "x:u:g:c:CfL:p:Vh", names, NULL)) != -1) {
		switch (option) {
		case 'x':
			options->master = optarg;
			break;
		case 'S':
			options->standalone = optarg;
			break;
		case 'K':
			options->collector_only = true;
			break;
		case 'P':
			options->pin = true;
			break;
		case 'R':
			options->refreshes = atoi(optarg);
			if (options->refreshes < 1)
				return misuse(
				    "--profile-refresh wants a number", optarg);
			break;
		case 'u':
			options->user = optarg;
			break;
		case 'g':
			options->group = optarg;
			break;
		case 'c':
			options->files.extra = optarg;
			break;
		case 'C':
			options->files.without_defaults = true;
			break;
		case 'f':
			options->foreground = true;
			break;
		case 'L':
			status = set_log(optarg, argc, argv);
			if (status >= 0)
				return status;
			options->logged = true;
			if (optarg[0] == 'e' || optarg[0] == 'o')
				options->log_to_terminal = true;
			break;
		case 'p':
			options->pid_file = optarg;
			break;
		case 'V':
			printf("portownerd %s (Net-SNMP %s)\n",
			    PORTOWNER_VERSION, netsnmp_get_version());
			return 0;
		case 'h':
			po_daemon_usage(stdout);
			return 0;
		default:
			return misuse("wrong usage", NULL);
		}
	}
	if (optind < argc)
		return misuse("unexpected argument", argv[optind]);
	if ((options->master != NULL) + (options->standalone != NULL) +
		options->collector_only >
	    1)
		return misuse(
		    "-x, --standalone and --collector exclude each other",
		    NULL);
	if (options->files.extra != NULL &&
	    access(options->files.extra, R_OK) != 0) {
		fprintf(stderr, "portownerd: %s: %s\n", options->files.extra,
		    strerror(errno));
		return 1;
	}
	return -1;
}
