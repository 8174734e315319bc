/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_port_owner: a plugin for Nagios, Icinga and their kin.  One line that
 * says how it is with performance data, more lines with all that is wrong, and
 * an exit status; all but main() is a library.
 */
#ifndef PO_PLUGIN_PLUGIN_H
#define PO_PLUGIN_PLUGIN_H

#include <stdio.h>

#include "ask/ask.h"
#include "model/rule.h"

/* The exit status; the plugins' guidelines. */
enum plugin_state {
	PLUGIN_OK = 0,
	PLUGIN_WARNING = 1,
	PLUGIN_CRITICAL = 2,
	PLUGIN_UNKNOWN = 3,
};

/*
 * A range of the guidelines: it alarms outside low..high, or, if inverted,
 * inside.  text: as it was said; NULL: there is none.
 */
struct plugin_range {
	const char *text;
	bool inverted;
	bool has_low;
	bool has_high;
	uint32_t low;
	uint32_t high;
};

/* "10", "10:", "~:10", "10:20", "@10:20".  Returns 0 or -EINVAL. */
int plugin_range_parse(const char *text, struct plugin_range *range);
bool plugin_range_alarms(const struct plugin_range *range, uint64_t value);

/* What is measured of each listener. */
enum plugin_metric {
	PLUGIN_OWNERS,
	PLUGIN_CONNECTIONS,
	PLUGIN_QUEUE,
	PLUGIN_METRICS
};

extern const char *const plugin_metric_names[PLUGIN_METRICS];

#define PLUGIN_WORDS_MAX 32

struct plugin_options {
	enum { PLUGIN_RUN, PLUGIN_HELP, PLUGIN_VERSION } action;
	const char *host;
	const char *port;
	uint32_t seconds; /* for everything */
	bool violations; /* the agent's own verdict */
	bool accept_partial;
	struct po_rules rules;
	struct plugin_range warning[PLUGIN_METRICS];
	struct plugin_range critical[PLUGIN_METRICS];
	const char *words[PLUGIN_WORDS_MAX]; /* for Net-SNMP */
	size_t n_words;
	char timeout[32]; /* a word among them */
};

/*
 * Parses arguments.  Returns 0, or -EINVAL or -ENOMEM with a sentence.
 * plugin_options_free() is due in any case.
 */
int plugin_options_parse(int argc, char **argv, struct plugin_options *options,
    char *error, size_t error_size);
void plugin_options_free(struct plugin_options *options);

extern const char plugin_help[];

/*
 * The report: lines in the order of their gravity, then performance data.  What
 * others chose is escaped on its way in.
 */
struct plugin_report {
	enum plugin_state state;
	char *lines; /* of the states above OK, in order of what was found */
	size_t n_lines; /* octets */
	unsigned int count[PLUGIN_UNKNOWN + 1]; /* lines of each state */
	char *data;
	size_t n_data;
	bool failed; /* no memory */
};

/* A line and its state; the graver one counts. */
void plugin_report_line(struct plugin_report *report, enum plugin_state state,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
/* 'label'=value;warning;critical;0 */
void plugin_report_data(struct plugin_report *report, const char *label,
    uint64_t value, const struct plugin_range *warning,
    const struct plugin_range *critical);
/* summary: what is said if nothing is wrong.  Returns the state. */
int plugin_report_write(
    struct plugin_report *report, const char *summary, FILE *out);
void plugin_report_free(struct plugin_report *report);

/*
 * Text with all that means something to shells, monitoring systems and browsers
 * escaped: \xHH.  Returns the length.
 */
#define PLUGIN_TEXT_SIZE (4 * PO_ASK_ERROR_SIZE)
size_t plugin_escape(char out[PLUGIN_TEXT_SIZE], const char *text);

/* Fills the report with what an answer says. */
void plugin_judge(struct plugin_report *report,
    const struct plugin_options *options, const struct po_ask_answer *answer,
    char *summary, size_t summary_size);

/* The whole program; returns an enum plugin_state. */
int po_plugin_main(int argc, char **argv);

#endif
