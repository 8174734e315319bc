/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plugin from its arguments to its exit status.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

/* What is asked for: the ports of the rules, if only they matter. */
struct question {
	struct po_ask_what what;
	struct po_ask_ports *ports;
};

static bool
is_narrow(const struct po_rules *rules)
{
	size_t i;

	if (rules->count == 0 || rules->strict)
		return false;
	for (i = 0; i < rules->count; i++)
		if (rules->items[i].low == 0 &&
		    rules->items[i].high == UINT16_MAX)
			return false;
	return true;
}

/* All rules speak of the agent's own stack. */
static bool
is_of_own_stack(const struct po_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (rules->items[i].stacks != PO_STACKS_ONE ||
		    rules->items[i].stack != 0)
			return false;
	return true;
}

static int
make_question(struct question *question, const struct plugin_options *options)
{
	const struct po_rules *rules = &options->rules;
	bool rows = rules->count > 0 || rules->strict || !options->violations;
	size_t i;

	*question = (struct question){
	    .what =
		{
		    .tables = rows ? PO_ASK_LISTENERS_WHOLE : 0,
		    .violations = options->violations,
		},
	};
	if (!is_narrow(rules))
		return 0;
	question->ports = calloc(rules->count, sizeof(*question->ports));
	if (question->ports == NULL)
		return -ENOMEM;
	for (i = 0; i < rules->count; i++)
		question->ports[i] = (struct po_ask_ports){
		    .low = rules->items[i].low,
		    .high = rules->items[i].high,
		    .protocol = rules->items[i].protocol,
		};
	question->what.ports = question->ports;
	question->what.n_ports = rules->count;
	question->what.by_stack = is_of_own_stack(rules);
	return 0;
}

struct conclusion {
	const struct plugin_options *options;
	struct plugin_report report;
	char summary[128];
};

static void
take_answer(void *context, struct po_ask_answer *answer)
{
	struct conclusion *conclusion = context;

	plugin_judge(&conclusion->report, conclusion->options, answer,
	    conclusion->summary, sizeof(conclusion->summary));
}

static int
run(const struct plugin_options *options)
{
	struct conclusion conclusion = {.options = options};
	struct question question;
	const struct po_ask_options ask = {
	    .words = options->words,
	    .n_words = options->n_words,
	    .what = &question.what,
	    .seconds = options->seconds,
	    .answered = take_answer,
	    .context = &conclusion,
	};
	char host[512];
	const char *hosts[] = {host};
	int state, error;

	snprintf(host, sizeof(host), "%s%s%s", options->host,
	    options->port != NULL ? ":" : "",
	    options->port != NULL ? options->port : "");
	error = make_question(&question, options);
	if (error == 0)
		error = po_ask_hosts(&ask, hosts, 1);
	if (error != 0)
		plugin_report_line(&conclusion.report, PLUGIN_UNKNOWN,
		    "the host cannot be asked: %s", strerror(-error));
	state =
	    plugin_report_write(&conclusion.report, conclusion.summary, stdout);
	plugin_report_free(&conclusion.report);
	free(question.ports);
	return state;
}

int
po_plugin_main(int argc, char **argv)
{
	struct plugin_options options;
	char error[PO_ASK_ERROR_SIZE], text[PLUGIN_TEXT_SIZE];
	int state = PLUGIN_UNKNOWN;

	signal(SIGPIPE, SIG_IGN);
	if (plugin_options_parse(argc, argv, &options, error, sizeof(error)) !=
	    0) {
		plugin_escape(text, error);
		printf(
		    "PORTOWNER UNKNOWN - %s; see check_port_owner -h\n", text);
	} else if (options.action == PLUGIN_HELP) {
		fputs(plugin_help, stdout);
	} else if (options.action == PLUGIN_VERSION) {
		puts("check_port_owner " PACKAGE_VERSION);
	} else {
		state = run(&options);
	}
	plugin_options_free(&options);
	return fflush(stdout) == 0 ? state : PLUGIN_UNKNOWN;
}
