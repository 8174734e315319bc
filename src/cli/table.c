/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text table.  Rows are gone through twice, first for the widths of the
 * columns.  Only a terminal has a width of its own: there the columns whose
 * text others choose give way, and what was cut ends with "+".
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli/cli.h"

enum column {
	COLUMN_HOST,
	COLUMN_STACK,
	COLUMN_USER,
	COLUMN_COMMAND,
	COLUMN_PID,
	COLUMN_PROTO,
	COLUMN_LOCAL,
	COLUMN_REMOTE,
	COLUMN_STATE,
	COLUMN_SERVICE,
	COLUMNS
};

static const char *const titles[COLUMNS] = {"HOST", "STACK", "USER", "COMMAND",
    "PID", "PROTO", "LOCAL", "REMOTE", "STATE", "SERVICE"};

/* Columns that may be cut keep this much. */
#define WIDTH_MIN 8

struct cell {
	const char *text;
	size_t length; /* octets */
	size_t width; /* columns; as many as octets if all is ASCII */
};

/* A row's cells, and room for those that are made up here. */
struct cells {
	struct cell at[COLUMNS];
	char stack[PO_NUMBER_SIZE];
	char pid[PO_NUMBER_SIZE];
	char protocol[16];
	char local[PO_ADDRESS_TEXT_SIZE + 8];
	char remote[PO_ADDRESS_TEXT_SIZE + 8];
};

struct table {
	struct cli_out *out;
	const struct po_snapshot *snapshot;
	const struct cli_selection *selection;
	const struct cli_terminal *terminal;
	const char *host; /* published text; NULL: the only one */
	size_t width[COLUMNS];
	size_t place[COLUMNS]; /* where they begin */
	enum column first; /* no column ahead of it is shown */
};

_Static_assert(
    COLUMNS <= sizeof(((struct cli_hosts_table *)0)->width) / sizeof(size_t),
    "room for all columns");

/*
 * One character of published text: its octets, and the columns it takes.
 * Where the locale cannot tell, every character takes one.
 */
static size_t
next_character(
    const struct table *table, const char *text, size_t left, size_t *width)
{
	unsigned char first = (unsigned char)text[0];
	mbstate_t state = {0};
	wchar_t character;
	size_t length;
	int columns;

	*width = 1;
	if (first < 0x80)
		return 1;
	length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	length = length < left ? length : left;
	if (table->terminal->utf8 &&
	    mbrtowc(&character, text, length, &state) == length) {
		columns = wcwidth(character);
		*width = columns < 0 ? 1 : (size_t)columns;
	}
	return length;
}

static size_t
width_of(const struct table *table, const char *text, size_t length)
{
	size_t at = 0, width, sum = 0;

	while (at < length && (unsigned char)text[at] < 0x80)
		at++;
	for (sum = at; at < length; sum += width)
		at += next_character(table, text + at, length - at, &width);
	return sum;
}

/* Of ASCII text. */
static struct cell
ascii_cell(const char *text, size_t length)
{
	return (struct cell){text, length, length};
}

static struct cell
constant(const char *text)
{
	return ascii_cell(text, strlen(text));
}

/* Never empty, so that every line has the same number of fields. */
static struct cell
text_cell(const struct table *table, po_string string)
{
	struct cell cell;

	if (string == 0)
		return constant("-");
	cell.text = po_snapshot_text(table->snapshot, string, &cell.length);
	cell.width = width_of(table, cell.text, cell.length);
	return cell.length == 0 ? constant("\"\"") : cell;
}

static struct cell
host_cell(const struct table *table)
{
	const char *host = table->host != NULL ? table->host : "";
	size_t length = strlen(host);

	return (struct cell){host, length, width_of(table, host, length)};
}

static struct cell
number_cell(char out[PO_NUMBER_SIZE], uint32_t number)
{
	return ascii_cell(out, po_number_format(number, out));
}

static struct cell
address_cell(char out[PO_ADDRESS_TEXT_SIZE + 8],
    const struct po_address *address, uint16_t port)
{
	return ascii_cell(out, po_address_port_format(address, port, out));
}

static struct cell
command_cell(const struct table *table, const struct po_process_record *process)
{
	switch (process->kind) {
	case PO_OWNER_NONE:
		return constant("(no process)");
	case PO_OWNER_HIDDEN:
		return constant("(hidden)");
	case PO_OWNER_UNSEEN:
		return constant("(not seen)");
	default:
		return text_cell(table, process->command);
	}
}

static void
fill_cells(
    struct cells *cells, const struct table *table, const struct cli_row *row)
{
	const struct po_process_record *process = row->process;
	const char *state = cli_row_state(row);
	struct cell *at = cells->at;

	at[COLUMN_HOST] = host_cell(table);
	at[COLUMN_STACK] = number_cell(cells->stack, row->local->stack);
	at[COLUMN_USER] = text_cell(table, process->user);
	at[COLUMN_COMMAND] = command_cell(table, process);
	at[COLUMN_PID] = process->pid == 0
			     ? constant("-")
			     : number_cell(cells->pid, process->pid);
	at[COLUMN_PROTO] =
	    constant(po_protocol_name(row->local->protocol, cells->protocol));
	at[COLUMN_LOCAL] =
	    address_cell(cells->local, &row->local->address, row->local->port);
	at[COLUMN_REMOTE] = constant("-");
	if (row->remote != NULL)
		at[COLUMN_REMOTE] =
		    address_cell(cells->remote, row->remote, row->remote_port);
	at[COLUMN_STATE] = constant(state != NULL ? state : "-");
	at[COLUMN_SERVICE] = text_cell(table, process->service);
}

/* Finds each column's width; returns the number of rows. */
static size_t
measure(struct table *table)
{
	struct cli_rows rows;
	struct cli_row row;
	struct cells cells;
	size_t count = 0, i;

	for (i = 0; i < COLUMNS; i++)
		if (table->width[i] < strlen(titles[i]))
			table->width[i] = strlen(titles[i]);
	cli_rows_begin(&rows, table->snapshot);
	while (cli_rows_next_wanted(&rows, table->selection, &row)) {
		count++;
		if (row.local->stack != 0 && table->first > COLUMN_STACK)
			table->first = COLUMN_STACK;
		fill_cells(&cells, table, &row);
		for (i = 0; i < COLUMNS; i++)
			if (cells.at[i].width > table->width[i])
				table->width[i] = cells.at[i].width;
	}
	return count;
}

/* Takes from the wider of the two until the line fits or both are narrow. */
static void
fit(struct table *table)
{
	size_t *command = &table->width[COLUMN_COMMAND];
	size_t *service = &table->width[COLUMN_SERVICE];
	size_t *wider, total = COLUMNS - 1 - table->first, i;

	if (table->terminal->columns == 0)
		return;
	for (i = table->first; i < COLUMNS; i++)
		total += table->width[i];
	for (; total > table->terminal->columns; total--) {
		wider = *service >= *command ? service : command;
		if (*wider <= WIDTH_MIN)
			break;
		(*wider)--;
	}
}

/* The columns follow each other with a space in between. */
static void
place(struct table *table)
{
	size_t at = 0, i;

	for (i = table->first; i < COLUMNS; i++) {
		table->place[i] = at;
		at += table->width[i] + 1;
	}
}

/* A terminal that does not take UTF-8 might take its octets for commands. */
static void
write_character(const struct table *table, const char *text, size_t length)
{
	if (length > 1 && table->terminal->is_terminal &&
	    !table->terminal->utf8)
		cli_out_write(table->out, "?", 1);
	else
		cli_out_write(table->out, text, length);
}

/* Writes what fits into limit columns; returns how many it took. */
static size_t
write_cut(const struct table *table, const struct cell *cell, size_t limit)
{
	size_t at = 0, used = 0, length, width;

	while (at < cell->length) {
		length = next_character(
		    table, cell->text + at, cell->length - at, &width);
		if (used + width > limit)
			break;
		write_character(table, cell->text + at, length);
		at += length;
		used += width;
	}
	return used;
}

/* Whether the terminal can be given the cell's octets as they are. */
static bool
is_plain(const struct table *table, const struct cell *cell)
{
	size_t i;

	if (!table->terminal->is_terminal || table->terminal->utf8)
		return true;
	for (i = 0; i < cell->length; i++)
		if ((unsigned char)cell->text[i] >= 0x80)
			return false;
	return true;
}

static void
write_cell(
    const struct table *table, enum column column, const struct cell *cell)
{
	size_t limit = table->width[column], width = cell->width;

	if (column == COLUMN_PID)
		cli_out_spaces(table->out, limit - width);
	if (width > limit) {
		width = write_cut(table, cell, limit - 1) + 1;
		cli_out_write(table->out, "+", 1);
	} else if (is_plain(table, cell)) {
		cli_out_write(table->out, cell->text, cell->length);
	} else {
		write_cut(table, cell, limit);
	}
	if (column == COLUMN_SERVICE)
		cli_out_write(table->out, "\n", 1);
	else if (column == COLUMN_PID)
		cli_out_write(table->out, " ", 1);
	else
		cli_out_spaces(table->out, limit - width + 1);
}

/* Whether all is ASCII, as it mostly is, and nothing is cut. */
static bool
is_simple(const struct table *table, const struct cell *cells)
{
	size_t i;

	for (i = table->first; i < COLUMNS; i++)
		if (cells[i].width != cells[i].length ||
		    cells[i].width > table->width[i])
			return false;
	return true;
}

/* Puts the cells where they belong in a line of spaces; false: no room. */
static bool
write_simple(const struct table *table, const struct cell *cells)
{
	const size_t blank = table->place[COLUMN_SERVICE];
	const size_t length = blank + cells[COLUMN_SERVICE].length;
	char *line = cli_out_room(table->out, length + 1), *at;
	size_t i;

	if (line == NULL)
		return false;
	memset(line, ' ', blank);
	for (i = table->first; i < COLUMNS; i++) {
		at = line + table->place[i];
		if (i == COLUMN_PID)
			at += table->width[i] - cells[i].length;
		memcpy(at, cells[i].text, cells[i].length);
	}
	line[length] = '\n';
	return true;
}

static void
write_line(const struct table *table, const struct cell *cells)
{
	enum column column;

	if (is_simple(table, cells) && write_simple(table, cells))
		return;
	for (column = table->first; column < COLUMNS; column++)
		write_cell(table, column, &cells[column]);
}

static void
write_titles(const struct table *table)
{
	struct cell cells[COLUMNS];
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		cells[i] = constant(titles[i]);
	write_line(table, cells);
}

static void
write_rows(const struct table *table)
{
	struct cli_rows rows;
	struct cli_row row;
	struct cells cells;

	cli_rows_begin(&rows, table->snapshot);
	while (table->out->error == 0 &&
	       cli_rows_next_wanted(&rows, table->selection, &row)) {
		fill_cells(&cells, table, &row);
		write_line(table, cells.at);
	}
}

size_t
cli_table_write(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_selection *selection, const struct cli_terminal *terminal)
{
	struct table table = {
	    .out = out,
	    .snapshot = snapshot,
	    .selection = selection,
	    .terminal = terminal,
	    .first = COLUMN_USER,
	};
	size_t count;

	count = measure(&table);
	if (count == 0)
		return 0;
	fit(&table);
	place(&table);
	write_titles(&table);
	write_rows(&table);
	return count;
}

/* The column of the stacks is always there: nobody knows what comes. */
size_t
cli_table_write_host(struct cli_out *out, const struct po_snapshot *snapshot,
    const struct cli_selection *selection, const struct cli_terminal *terminal,
    struct cli_hosts_table *hosts, const char *host)
{
	struct table table = {
	    .out = out,
	    .snapshot = snapshot,
	    .selection = selection,
	    .terminal = terminal,
	    .host = host,
	    .first = COLUMN_HOST,
	};
	size_t count;

	memcpy(table.width, hosts->width, sizeof(table.width));
	count = measure(&table);
	if (count == 0)
		return 0;
	memcpy(hosts->width, table.width, sizeof(table.width));
	fit(&table);
	place(&table);
	if (!hosts->begun)
		write_titles(&table);
	hosts->begun = true;
	write_rows(&table);
	return count;
}
