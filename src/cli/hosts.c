/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts that are asked over SNMP: what has to be asked, and their answers, one
 * after the other as they come.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "model/clock.h"

/* Whoever is quick is not worth a line. */
#define PROGRESS_AFTER 500000 /* us */

/* From the rows that are wanted to what an agent can be asked for. */
struct question {
	struct po_ask_what what;
	uint8_t protocols[3];
	struct po_ask_ports *ports;
};

static void
choose_protocols(
    struct question *question, const struct cli_selection *selection)
{
	uint8_t *at = question->protocols;

	if (selection->tcp)
		*at++ = PO_PROTOCOL_TCP;
	if (selection->udp) {
		*at++ = PO_PROTOCOL_UDP;
		*at++ = PO_PROTOCOL_UDPLITE;
	}
	question->what.protocols = question->protocols;
	question->what.n_protocols = (size_t)(at - question->protocols);
}

/* Whoever asks for a UDP port asks for UDP-Lite's, too. */
static int
choose_ports(struct question *question, const struct cli_selection *selection)
{
	const struct cli_ports *ports = selection->ports;
	struct po_ask_ports *at;
	size_t i;

	if (selection->n_ports == 0)
		return 0;
	question->ports =
	    calloc(2 * selection->n_ports, sizeof(*question->ports));
	if (question->ports == NULL)
		return -ENOMEM;
	at = question->ports;
	for (i = 0; i < selection->n_ports; i++) {
		*at++ = (struct po_ask_ports){
		    ports[i].low, ports[i].high, ports[i].protocol};
		if (ports[i].protocol != PO_PROTOCOL_UDP)
			continue;
		*at = at[-1];
		at++->protocol = PO_PROTOCOL_UDPLITE;
	}
	question->what.ports = question->ports;
	question->what.n_ports = (size_t)(at - question->ports);
	return 0;
}

static int
make_question(struct question *question, const struct cli_options *options)
{
	const struct cli_selection *selection = &options->selection;
	struct po_ask_what *what = &question->what;

	*question = (struct question){.ports = NULL};
	if (options->check || options->suggest) {
		what->tables = PO_ASK_LISTENERS_WHOLE;
	} else if (options->record != NULL) {
		what->tables =
		    PO_ASK_OWNERS | PO_ASK_LISTENERS_WHOLE | PO_ASK_CONNECTIONS;
	} else {
		what->tables = PO_ASK_OWNERS | PO_ASK_LISTENERS;
		if (selection->all || selection->connections)
			what->tables |= PO_ASK_CONNECTIONS;
	}
	/* What is recorded is not narrowed but by --stack own. */
	if (selection->by_stack &&
	    (options->own_stack || options->record == NULL)) {
		what->by_stack = true;
		what->stack = selection->stack;
	}
	if (options->record != NULL)
		return 0;
	choose_protocols(question, selection);
	return choose_ports(question, selection);
}

/* Answers as they come. */
struct answers {
	struct cli_out *out;
	const struct cli_options *options;
	const struct po_rules *rules;
	struct cli_terminal terminal;
	struct cli_hosts_table table;
	struct cli_words failures; /* host, error, ...; the errors are owned */
	size_t n_shown; /* JSON objects */
	uint64_t begun; /* us */
	bool shows_progress; /* there is a line of it */
	bool progress; /* stderr is a terminal */
	int status;
};

static void
clear_progress(struct answers *answers)
{
	if (answers->shows_progress)
		fputs("\r\033[K", stderr);
	answers->shows_progress = false;
}

static void
take_progress(void *context, size_t done, size_t hosts, uint64_t rows)
{
	struct answers *answers = context;

	if (!answers->progress || done == hosts ||
	    po_clock_us() - answers->begun < PROGRESS_AFTER)
		return;
	clear_progress(answers);
	if (hosts == 1)
		fprintf(stderr, "%llu rows", (unsigned long long)rows);
	else
		fprintf(stderr, "%lu of %lu hosts, %llu rows",
		    (unsigned long)done, (unsigned long)hosts,
		    (unsigned long long)rows);
	answers->shows_progress = true;
}

/* The worse of two exit statuses, but something found is not nothing. */
static void
note_status(struct answers *answers, int status)
{
	if (status == CLI_ERROR || answers->status == CLI_ERROR)
		answers->status = CLI_ERROR;
	else if (status == CLI_FOUND)
		answers->status = CLI_FOUND;
}

static void
separate(struct answers *answers)
{
	cli_out_text(
	    answers->out, answers->n_shown++ == 0 ? "{\"hosts\":[\n" : ",\n");
}

static void
show_of_several(struct answers *answers, const char *host,
    const struct po_snapshot *snapshot, const struct po_ask_facts *facts)
{
	const struct cli_selection *selection = &answers->options->selection;
	char text[CLI_GAP_SIZE];
	size_t count;
	uint32_t i;

	if (answers->options->json) {
		separate(answers);
		count = cli_json_write_host(
		    answers->out, snapshot, selection, facts->source, host);
	} else {
		count = cli_table_write_host(answers->out, snapshot, selection,
		    &answers->terminal, &answers->table, host);
	}
	cli_out_flush(answers->out);
	note_status(answers, count > 0 ? CLI_FOUND : CLI_NOTHING);
	for (i = 0; i < snapshot->n_gaps; i++) {
		cli_gap_format(snapshot, &snapshot->gaps[i], text);
		cli_complain("%s: %s", host, text);
	}
}

static void
take_failure(struct answers *answers, const char *host, const char *error)
{
	char *copy = strdup(error);

	if (answers->options->several && answers->options->json) {
		separate(answers);
		cli_json_write_failure(answers->out, host, error);
	}
	if (copy == NULL || cli_words_add(&answers->failures, host) != 0 ||
	    cli_words_add(&answers->failures, copy) != 0)
		cli_complain("%s: %s", host, error);
	note_status(answers, CLI_ERROR);
}

static void
take_answer(void *context, struct po_ask_answer *answer)
{
	struct answers *answers = context;
	const struct cli_options *options = answers->options;
	char host[PO_TEXT_MAX + 1];
	struct po_snapshot snapshot;
	const char *why = "no rows";

	clear_progress(answers);
	po_text_clean(host, answer->host, strlen(answer->host));
	if (answer->error[0] != '\0') {
		take_failure(answers, answer->host, answer->error);
		return;
	}
	if (answer->image == NULL || po_snapshot_open(answer->image,
					 answer->size, &snapshot, &why) != 0) {
		take_failure(answers, answer->host, why);
		return;
	}
	if (options->verbose)
		cli_complain("%s: %lu rows by %lu requests%s", host,
		    (unsigned long)answer->facts.rows,
		    (unsigned long)answer->facts.requests,
		    answer->facts.attempts > 1
			? "; the tables changed meanwhile, and were read again"
			: "");
	if (options->several)
		show_of_several(answers, host, &snapshot, &answer->facts);
	else
		answers->status = cli_use_snapshot(answers->out, options,
		    answers->rules, &snapshot, answer->facts.source, host);
}

/* Whoever gave no answer comes last. */
static void
tell_failures(struct answers *answers)
{
	const struct cli_words *failures = &answers->failures;
	char host[PO_TEXT_MAX + 1], text[CLI_ERROR_SIZE + PO_TEXT_MAX];
	size_t i;

	for (i = 0; i + 1 < failures->count; i += 2) {
		po_text_clean(
		    host, failures->items[i], strlen(failures->items[i]));
		snprintf(
		    text, sizeof(text), "%s: %s", host, failures->items[i + 1]);
		if (answers->options->several)
			cli_complain("%s", text);
		else
			answers->status =
			    cli_give_up(answers->out, answers->options, text);
		free((void *)(uintptr_t)failures->items[i + 1]);
	}
	free(failures->items);
}

int
cli_hosts_run(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules)
{
	struct answers answers = {
	    .out = out,
	    .options = options,
	    .rules = rules,
	    .terminal = cli_terminal_of(out->fd),
	    .begun = po_clock_us(),
	    .progress = isatty(STDERR_FILENO),
	    .status = CLI_NOTHING,
	};
	struct question question;
	const struct po_ask_options ask = {
	    .words = options->snmp.items,
	    .n_words = options->snmp.count,
	    .what = &question.what,
	    .answered = take_answer,
	    .progress = take_progress,
	    .context = &answers,
	};
	int error = make_question(&question, options);

	if (error == 0)
		error = po_ask_hosts(
		    &ask, options->hosts.items, options->hosts.count);
	clear_progress(&answers);
	if (error != 0) {
		cli_complain("hosts cannot be asked: %s", strerror(-error));
		answers.status = CLI_ERROR;
	}
	if (options->several && options->json)
		cli_out_text(
		    out, answers.n_shown == 0 ? "{\"hosts\":[]}\n" : "\n]}\n");
	tell_failures(&answers);
	free(question.ports);
	return cli_finish_output(out, answers.status);
}
