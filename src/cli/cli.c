/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program from its arguments to its exit status, and everything it says
 * on stderr.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "collect/replay.h"

void
cli_complain(const char *format, ...)
{
	va_list arguments;

	fputs("portowner: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/*
 * A standard descriptor that is closed would be given to the next file that is
 * opened.  What takes its place cannot be used in its direction.
 */
static void
reserve_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* Whoever reads the output may stop early; that is no error. */
int
cli_finish_output(struct cli_out *out, int status)
{
	int error = cli_out_flush(out);

	if (error == 0 || error == -EPIPE)
		return status;
	cli_complain("standard output: %s", strerror(-error));
	return CLI_ERROR;
}

static int
show_text(struct cli_out *out, enum cli_action action)
{
	cli_out_text(out, action == CLI_ACTION_HELP
			      ? cli_help
			      : "portowner " PACKAGE_VERSION "\n");
	return cli_finish_output(out, CLI_FOUND);
}

static int
show_rows(struct cli_out *out, const struct cli_options *options,
    const struct po_snapshot *snapshot, const char *source)
{
	struct cli_terminal terminal = cli_terminal_of(out->fd);
	size_t count;

	count = options->json
		    ? cli_json_write(out, snapshot, &options->selection, source)
		    : cli_table_write(
			  out, snapshot, &options->selection, &terminal);
	return cli_finish_output(out, count > 0 ? CLI_FOUND : CLI_NOTHING);
}

size_t
cli_gap_format(const struct po_snapshot *snapshot,
    const struct po_gap_record *gap, char out[CLI_GAP_SIZE])
{
	const char *text, *hint;
	size_t length;

	text = po_snapshot_text(snapshot, gap->text, &length);
	hint = po_snapshot_text(snapshot, gap->hint, &length);
	return (size_t)snprintf(
	    out, CLI_GAP_SIZE, length > 0 ? "%s (%s)" : "%s", text, hint);
}

static void
tell_gaps(const struct po_snapshot *snapshot)
{
	char text[CLI_GAP_SIZE];
	uint32_t i;

	for (i = 0; i < snapshot->n_gaps; i++) {
		cli_gap_format(snapshot, &snapshot->gaps[i], text);
		cli_complain("%s", text);
	}
}

static void
tell_source(
    const struct po_snapshot *snapshot, const char *source, const char *origin)
{
	const struct po_snapshot_header *header = snapshot->header;

	cli_complain(
	    "source %s, collected by %s in %llu.%03u ms, visibility %s", source,
	    origin, (unsigned long long)(header->collect_us / 1000),
	    (unsigned int)(header->collect_us % 1000),
	    header->partial ? "partial" : "full");
}

static int
record(const struct cli_options *options, const struct po_snapshot *snapshot)
{
	const struct po_snapshot_header *header = snapshot->header;
	char error[CLI_ERROR_SIZE];

	if (po_replay_write(options->record, header, (size_t)header->size,
		error, sizeof(error)) != 0) {
		cli_complain("%s", error);
		return CLI_ERROR;
	}
	if (options->verbose)
		cli_complain("%s: a snapshot of %llu octets was written",
		    options->record, (unsigned long long)header->size);
	return CLI_FOUND;
}

/* Rules instead of rows: read before anything is collected. */
static int
use_rules(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules, const struct po_snapshot *snapshot)
{
	size_t count;

	if (options->check)
		return cli_finish_output(out, cli_check(out, rules, snapshot));
	count = cli_suggest(out, snapshot);
	return cli_finish_output(out, count > 0 ? CLI_FOUND : CLI_NOTHING);
}

/* What is to be done with a snapshot. */
int
cli_use_snapshot(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules, const struct po_snapshot *snapshot,
    const char *source, const char *origin)
{
	int status = CLI_FOUND;

	if (options->check || options->suggest)
		status = use_rules(out, options, rules, snapshot);
	if (options->record != NULL)
		status = record(options, snapshot);
	if (status == CLI_FOUND && options->show)
		status = show_rows(out, options, snapshot, source);
	tell_gaps(snapshot);
	if (options->verbose)
		tell_source(snapshot, source, origin);
	return status;
}

/* A check says on its output why it cannot be made, as plugins do. */
int
cli_give_up(
    struct cli_out *out, const struct cli_options *options, const char *error)
{
	if (options->check) {
		cli_check_fails(out, error);
		return cli_finish_output(out, CLI_UNKNOWN);
	}
	cli_complain("%s", error);
	return CLI_ERROR;
}

static int
show_own(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules)
{
	struct cli_source *source = NULL;
	struct po_snapshot snapshot;
	char error[CLI_ERROR_SIZE];
	int status;

	if (cli_source_open(options, &source, error, sizeof(error)) != 0 ||
	    cli_source_collect(source, &snapshot, error, sizeof(error)) != 0) {
		status = cli_give_up(out, options, error);
	} else {
		/* Another source had to take over. */
		if (error[0] != '\0')
			cli_complain("%s", error);
		status = cli_use_snapshot(out, options, rules, &snapshot,
		    cli_source_name(source), cli_source_origin(source));
	}
	cli_source_close(source);
	return status;
}

static int
run(struct cli_out *out, const struct cli_options *options)
{
	struct po_rules rules = {.items = NULL};
	char error[CLI_ERROR_SIZE];
	int status;

	if (options->check &&
	    cli_rules_read(options->config, &rules, error, sizeof(error)) != 0)
		status = cli_give_up(out, options, error);
	else if (options->remote)
		status = cli_hosts_run(out, options, &rules);
	else
		status = show_own(out, options, &rules);
	po_rules_clear(&rules);
	return status;
}

int
po_cli_main(int argc, char **argv)
{
	struct cli_options options;
	char error[CLI_ERROR_SIZE];
	struct cli_out out;
	int status;

	reserve_descriptors();
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	cli_out_begin(&out, STDOUT_FILENO);
	if (cli_options_parse(argc, argv, &options, error, sizeof(error)) !=
	    0) {
		cli_complain("%s; see portowner -h", error);
		status = options.check ? CLI_UNKNOWN : CLI_ERROR;
	} else if (options.action != CLI_ACTION_RUN) {
		status = show_text(&out, options.action);
	} else {
		status = run(&out, &options);
	}
	cli_options_free(&options);
	return status;
}
