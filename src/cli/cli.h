/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line tool, along the flow of its data: arguments, a source that
 * gives a snapshot, rows of the snapshot, those of them that are wanted, and
 * their output as table or JSON; or rules, and what the snapshot says of them.
 * All but main() is a library.
 */
#ifndef PO_CLI_CLI_H
#define PO_CLI_CLI_H

#include "ask/ask.h"
#include "model/rule.h"
#include "model/snapshot.h"
#include "model/text.h"

/* The program's exit status. */
enum cli_status {
	CLI_FOUND = 0,
	CLI_NOTHING = 1,
	CLI_ERROR = 2,
	CLI_UNKNOWN = 3, /* of a check, which ends like a Nagios plugin */
};

/* Room for any message. */
#define CLI_ERROR_SIZE 512

/* The whole program; returns an enum cli_status. */
int po_cli_main(int argc, char **argv);

/*
 * Output: buffered, unformatted, to a descriptor.  The first error is kept and
 * ends all writing; whoever produces much looks at it now and then.
 */
struct cli_out {
	int fd;
	int error; /* 0 or -errno */
	size_t used;
	char buffer[65536];
};

void cli_out_begin(struct cli_out *out, int fd);
void cli_out_write(struct cli_out *out, const char *data, size_t length);
/* So many octets of the buffer, to be filled; NULL: they do not fit. */
char *cli_out_room(struct cli_out *out, size_t length);
void cli_out_text(struct cli_out *out, const char *text);
void cli_out_number(struct cli_out *out, uint64_t number);
void cli_out_spaces(struct cli_out *out, size_t count);
/* Writes what is left.  Returns the first error there was, or 0. */
int cli_out_flush(struct cli_out *out);

/* A line of the output: one owner of one endpoint, or of one pair of them. */
enum cli_kind { CLI_LISTENING, CLI_BOUND, CLI_CONNECTED };

struct cli_row {
	enum cli_kind kind;
	uint8_t state; /* enum po_state, of a connected one */
	uint16_t remote_port; /* likewise */
	uint32_t count; /* sockets */
	const struct po_endpoint *local;
	const struct po_address *remote; /* NULL: not connected */
	const struct po_process_record *process;
};

/* Goes through a snapshot; the members are rows.c's own. */
struct cli_rows {
	const struct po_snapshot *snapshot;
	uint32_t owner;
	uint32_t listener;
	uint32_t connection;
	enum cli_kind next; /* of the owner at hand */
};

/*
 * Rows come in MIB order: endpoint by endpoint, those without a remote end
 * first.  They point into the snapshot.  next: false at the end.
 */
void cli_rows_begin(struct cli_rows *rows, const struct po_snapshot *snapshot);
bool cli_rows_next(struct cli_rows *rows, struct cli_row *row);

/* "LISTEN", "BOUND", "ESTABLISHED", ...; NULL if it is not known. */
const char *cli_row_state(const struct cli_row *row);

/* Local ports; protocol 0: of every protocol that has ports. */
struct cli_ports {
	uint16_t low;
	uint16_t high;
	uint8_t protocol;
};

/* Which rows are wanted.  Zeroed: what listens, and bound UDP sockets. */
struct cli_selection {
	bool all;
	bool connections;
	bool tcp;
	bool udp; /* and UDP-Lite */
	bool ipv4;
	bool ipv6;
	bool by_pid;
	bool by_user;
	bool by_uid; /* user is a number: the name or the uid may match */
	bool by_stack;
	uint32_t pid;
	uint32_t uid;
	uint32_t stack;
	char user[PO_TEXT_MAX + 1]; /* as a snapshot has it */
	size_t user_length;
	struct cli_ports *ports; /* any of these, if n_ports is not 0 */
	size_t n_ports;
};

bool cli_selection_has(const struct cli_selection *selection,
    const struct po_snapshot *snapshot, const struct cli_row *row);

/* cli_rows_next(), passing over what is not wanted. */
bool cli_rows_next_wanted(struct cli_rows *rows,
    const struct cli_selection *selection, struct cli_row *row);

/* Arguments, as they came. */
struct cli_words {
	const char **items;
	size_t count;
};

/* What the arguments ask for. */
enum cli_action { CLI_ACTION_RUN, CLI_ACTION_HELP, CLI_ACTION_VERSION };

struct cli_options {
	enum cli_action action;
	bool show; /* rows are wanted, even where a snapshot is recorded */
	bool json;
	bool verbose;
	bool own_stack; /* do not collect the others */
	bool check; /* rules against what listens, instead of rows */
	bool suggest; /* rules for what listens */
	const char *source;
	const char *record; /* NULL: do not */
	const char *config; /* the rules are there; NULL: where they are */
	bool remote; /* hosts are asked; short options are Net-SNMP's first */
	bool several; /* each row says of which host it is */
	struct cli_words hosts;
	struct cli_words snmp; /* options of Net-SNMP's tools */
	char *hosts_text; /* the file of hosts, which they point into */
	struct cli_selection selection;
};

/*
 * Parses arguments, which getopt_long(3) reorders.  Returns 0, or -EINVAL or
 * -ENOMEM with a sentence in error.  cli_options_free() is due in any case.
 */
int cli_options_parse(int argc, char **argv, struct cli_options *options,
    char *error, size_t error_size);
void cli_options_free(struct cli_options *options);

/* Whether hosts are to be asked, whatever else the arguments are. */
bool cli_options_ask_hosts(int argc, char **argv);

extern const char cli_help[];

/*
 * Where snapshots come from; so far always a collector of this process.  A
 * snapshot lives until the next one is collected or the source is closed.
 */
struct cli_source;

int cli_source_open(const struct cli_options *options,
    struct cli_source **source, char *error, size_t error_size);
int cli_source_collect(struct cli_source *source, struct po_snapshot *snapshot,
    char *error, size_t error_size);
/* Published text, for JSON's "source" and for messages. */
const char *cli_source_name(const struct cli_source *source);
/* Who collected: for -v. */
const char *cli_source_origin(const struct cli_source *source);
void cli_source_close(struct cli_source *source);

/*
 * Shows what the hosts answer; returns the exit status.  hosts.c asks them;
 * hosts_none.c, of a program without Net-SNMP, says that it cannot.
 */
int cli_hosts_run(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules);

/*
 * Appends the hosts of a file, one a line, "-" being the standard input; *text
 * is what they point into, and the caller's.  Returns 0 or a negative errno.
 */
int cli_hosts_read(const char *path, struct cli_words *hosts, char **text,
    char *error, size_t error_size);
/* Returns 0 or -ENOMEM. */
int cli_words_add(struct cli_words *words, const char *word);

/* Says so in error; returns -ENOMEM. */
int cli_out_of_memory(char *error, size_t error_size);

/* "portowner: ..." on stderr. */
void cli_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * Does with a snapshot what the options say.  source: for JSON; origin: who
 * collected, for -v.  Returns the exit status.
 */
int cli_use_snapshot(struct cli_out *out, const struct cli_options *options,
    const struct po_rules *rules, const struct po_snapshot *snapshot,
    const char *source, const char *origin);
/* Why there is no snapshot to be used; returns the exit status. */
int cli_give_up(
    struct cli_out *out, const struct cli_options *options, const char *error);
/* Writes what is left of the output; returns status, or an error's. */
int cli_finish_output(struct cli_out *out, int status);

/* "TEXT (HINT)"; returns the length. */
#define CLI_GAP_SIZE (2 * PO_TEXT_MAX + 4)
size_t cli_gap_format(const struct po_snapshot *snapshot,
    const struct po_gap_record *gap, char out[CLI_GAP_SIZE]);

/*
 * Reads the rules of a file, or of Net-SNMP's files for portownerd.  Returns 0;
 * or -EINVAL with file, line and token in error, also if there is no rule.
 * po_rules_clear() is due in any case.
 */
int cli_rules_read(
    const char *file, struct po_rules *rules, char *error, size_t error_size);

/* Writes what the snapshot says of the rules; returns a plugin's status. */
int cli_check(struct cli_out *out, const struct po_rules *rules,
    const struct po_snapshot *snapshot);
/* Writes that nobody knows, and why. */
void cli_check_fails(struct cli_out *out, const char *why);

/* Writes rules for what listens; returns how many listeners there were. */
size_t cli_suggest(struct cli_out *out, const struct po_snapshot *snapshot);

/* What is known of the place where a table is shown. */
struct cli_terminal {
	bool is_terminal;
	bool utf8; /* the locale's text is UTF-8 */
	size_t columns; /* 0: not known, or no terminal: nothing is cut */
};

struct cli_terminal cli_terminal_of(int fd);

/*
 * Both write the wanted rows and return how many there were; what goes wrong
 * in writing is out's error.
 */
size_t cli_table_write(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_selection *selection, const struct cli_terminal *terminal);
size_t cli_json_write(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_selection *selection, const char *source);

/*
 * The same for one of several hosts, whose name is published text.  The table's
 * widths grow with what comes; zeroed, it begins.  The object has no newline
 * behind it, and no host if that is NULL.
 */
struct cli_hosts_table {
	size_t width[16];
	bool begun;
};

size_t cli_table_write_host(struct cli_out *out,
    const struct po_snapshot *snapshot, const struct cli_selection *selection,
    const struct cli_terminal *terminal, struct cli_hosts_table *hosts,
    const char *host);
size_t cli_json_write_host(struct cli_out *out,
    const struct po_snapshot *snapshot, const struct cli_selection *selection,
    const char *source, const char *host);
/* Of a host that gave no answer. */
void cli_json_write_failure(
    struct cli_out *out, const char *host, const char *error);

#endif
