/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *     portowner-state TAB 1
 *     boot TAB NAME
 *     notify TAB 0|1
 *     changes TAB COUNT TAB WHEN TAB SCOPE TAB CUT
 *     listener TAB STACK PROTOCOL PORT TYPE OCTETS ZONE SINCE CHANGES RESTARTS
 *         PID SEEN COMMAND USER SERVICE
 *     expectation TAB SINCE MET TOLD TEXT
 *     sum TAB FNV-1A
 */
#include "model/past.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/order.h"

#define VERSION 1
#define FIELDS_MAX 15
#define SUM_LINE 21 /* "sum", a tab, 16 digits, a newline */

struct text {
	char *data;
	size_t used;
	size_t size;
	bool failed;
};

static void append(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* No line is longer than this: three texts of 255 octets and numbers. */
#define LINE_MAX_SIZE 1280

static void
append(struct text *text, const char *format, ...)
{
	va_list arguments;
	char *data;
	int length;

	if (!text->failed && text->size - text->used < LINE_MAX_SIZE) {
		data = realloc(text->data, 2 * text->size + LINE_MAX_SIZE);
		text->failed = data == NULL;
		if (data != NULL) {
			text->data = data;
			text->size = 2 * text->size + LINE_MAX_SIZE;
		}
	}
	if (text->failed)
		return;
	va_start(arguments, format);
	length = vsnprintf(text->data + text->used, text->size - text->used,
	    format, arguments);
	va_end(arguments);
	text->failed = length < 0 || (size_t)length >= text->size - text->used;
	if (!text->failed)
		text->used += (size_t)length;
}

/* Fowler, Noll and Vo's hash 1a, of 64 bits. */
static uint64_t
sum_of(const char *text, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
	return sum;
}

static void
write_listener(struct text *text, const struct po_history_record *record)
{
	const struct po_endpoint *e = &record->endpoint;
	const struct po_holder *holder = &record->holder;
	char octets[33] = "-";
	size_t i;

	for (i = 0; i < po_address_length(e->address.type); i++)
		snprintf(octets + 2 * i, 3, "%02x", e->address.bytes[i]);
	append(text,
	    "listener\t%" PRIu32 "\t%u\t%u\t%u\t%s\t%" PRIu32 "\t%" PRIu64
	    "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%d\t%s\t%s\t%s\n",
	    e->stack, e->protocol, e->port, e->address.type, octets,
	    e->address.zone, record->since, record->owner_changes,
	    record->restarts, holder->pid, holder->command != NULL,
	    holder->command == NULL ? "" : holder->command,
	    holder->command == NULL ? "" : holder->user,
	    holder->command == NULL ? "" : holder->service);
}

int
po_past_write(const struct po_past *past, char **out, size_t *length)
{
	struct po_expectation_record expectation;
	struct po_history_record listener;
	struct po_history_totals totals;
	struct text text = {NULL, 0, 0, false};
	size_t i;

	po_history_sum(past->history, &totals);
	append(&text, "portowner-state\t%d\nboot\t%s\nnotify\t%d\n", VERSION,
	    past->boot, past->notify);
	append(&text, "changes\t%" PRIu32 "\t%" PRIu64 "\t%" PRIu32 "\t%d\n",
	    totals.changes, totals.changed_at, totals.scope, totals.cut);
	for (i = 0; i < po_history_count(past->history); i++) {
		po_history_record(past->history, i, &listener);
		write_listener(&text, &listener);
	}
	for (i = 0; i < po_expectations_count(past->expectations); i++)
		if (po_expectations_record(past->expectations, i, &expectation))
			append(&text, "expectation\t%" PRIu64 "\t%d\t%d\t%s\n",
			    expectation.since, expectation.met,
			    expectation.told_failed, expectation.text);
	append(&text, "sum\t%016" PRIx64 "\n",
	    text.failed ? 0 : sum_of(text.data, text.used));
	if (text.failed) {
		free(text.data);
		return -ENOMEM;
	}
	*out = text.data;
	*length = text.used;
	return 0;
}

/* A line of the file, cut into fields. */
struct line {
	const char *at; /* the rest of the file */
	const char *end;
	struct {
		const char *text;
		size_t length;
	} fields[FIELDS_MAX];
	size_t count;
};

/* False: there is none, it does not end, or has too many fields. */
static bool
next_line(struct line *line)
{
	const char *end, *tab;

	line->count = 0;
	if (line->at == line->end)
		return false;
	end = memchr(line->at, '\n', (size_t)(line->end - line->at));
	if (end == NULL)
		return false;
	for (;;) {
		if (line->count == FIELDS_MAX)
			return false;
		tab = memchr(line->at, '\t', (size_t)(end - line->at));
		if (tab == NULL)
			tab = end;
		line->fields[line->count].text = line->at;
		line->fields[line->count++].length = (size_t)(tab - line->at);
		line->at = tab + 1;
		if (tab == end)
			return true;
	}
}

static bool
is_line(const struct line *line, const char *name, size_t fields)
{
	return line->count == fields &&
	       line->fields[0].length == strlen(name) &&
	       memcmp(line->fields[0].text, name, strlen(name)) == 0;
}

/* Digits only, and not more than max. */
static bool
number(const struct line *line, size_t field, uint64_t max, uint64_t *value)
{
	const char *text = line->fields[field].text;
	size_t i, length = line->fields[field].length;

	*value = 0;
	if (length == 0 || length > 19)
		return false;
	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (uint64_t)(text[i] - '0');
	}
	return *value <= max;
}

static bool
copy_text(const struct line *line, size_t field, char out[PO_TEXT_MAX + 1])
{
	const size_t length = line->fields[field].length;

	if (!po_text_is_clean(line->fields[field].text, length) ||
	    memchr(line->fields[field].text, '\0', length) != NULL)
		return false;
	memcpy(out, line->fields[field].text, length);
	out[length] = '\0';
	return true;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_octets(const struct line *line, size_t field, struct po_address *address)
{
	const size_t octets = po_address_length(address->type);
	const char *text = line->fields[field].text;
	int high, low;
	size_t i;

	if (octets == 0)
		return line->fields[field].length == 1 && text[0] == '-';
	if (line->fields[field].length != 2 * octets)
		return false;
	for (i = 0; i < octets; i++) {
		high = digit(text[2 * i]);
		low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		address->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
read_endpoint(const struct line *line, struct po_endpoint *endpoint)
{
	uint64_t stack, protocol, port, type, zone;

	if (!number(line, 1, UINT32_MAX, &stack) ||
	    !number(line, 2, UINT8_MAX, &protocol) ||
	    !number(line, 3, UINT16_MAX, &port) ||
	    !number(line, 4, PO_ADDRESS_IPV6Z, &type) ||
	    !number(line, 6, UINT32_MAX, &zone))
		return false;
	*endpoint = (struct po_endpoint){
	    .stack = (uint32_t)stack,
	    .protocol = (uint8_t)protocol,
	    .port = (uint16_t)port,
	    .address = {.type = (uint8_t)type, .zone = (uint32_t)zone},
	};
	return read_octets(line, 5, &endpoint->address);
}

/* Returns 0, -EBADMSG or -ENOMEM. */
static int
read_listener(const struct line *line, uint64_t now, struct po_history *history)
{
	char command[PO_TEXT_MAX + 1], user[PO_TEXT_MAX + 1],
	    service[PO_TEXT_MAX + 1];
	struct po_history_record record;
	uint64_t since, changes, restarts, pid, seen;
	int error;

	if (!read_endpoint(line, &record.endpoint) ||
	    !number(line, 7, now, &since) ||
	    !number(line, 8, UINT32_MAX, &changes) ||
	    !number(line, 9, UINT32_MAX, &restarts) ||
	    !number(line, 10, UINT32_MAX, &pid) ||
	    !number(line, 11, 1, &seen) || !copy_text(line, 12, command) ||
	    !copy_text(line, 13, user) || !copy_text(line, 14, service))
		return -EBADMSG;
	record.since = since;
	record.owner_changes = (uint32_t)changes;
	record.restarts = (uint32_t)restarts;
	record.holder = (struct po_holder){.pid = (uint32_t)pid};
	if (seen != 0) {
		record.holder.command = command;
		record.holder.user = user;
		record.holder.service = service;
	}
	error = po_history_restore(history, &record);
	return error == -EINVAL ? -EBADMSG : error;
}

static int
read_expectation(
    const struct line *line, uint64_t now, struct po_expectations *expectations)
{
	struct po_expectation_record record;
	char text[PO_TEXT_MAX + 1];
	uint64_t since, met, told;

	if (!number(line, 1, now, &since) || !number(line, 2, 1, &met) ||
	    !number(line, 3, 1, &told) || !copy_text(line, 4, text))
		return -EBADMSG;
	record.text = text;
	record.since = since;
	record.met = met != 0;
	record.told_failed = told != 0;
	po_expectations_restore(expectations, &record);
	return 0;
}

static int
read_changes(const struct line *line, uint64_t now, struct po_history *history)
{
	struct po_history_totals totals = {.due = 0};
	uint64_t changes, scope, cut;

	if (!number(line, 1, UINT32_MAX, &changes) ||
	    !number(line, 2, now, &totals.changed_at) ||
	    !number(line, 3, UINT32_MAX, &scope) || !number(line, 4, 1, &cut))
		return -EBADMSG;
	totals.changes = (uint32_t)changes;
	totals.scope = (uint32_t)scope;
	totals.cut = cut != 0;
	po_history_restore_totals(history, &totals);
	return 0;
}

/* What depends on the boot. */
static int
read_facts(struct po_past *past, struct line *line, uint64_t now)
{
	int error = 0;

	while (error == 0 && line->at != line->end) {
		if (!next_line(line))
			error = -EBADMSG;
		else if (is_line(line, "changes", 5))
			error = read_changes(line, now, past->history);
		else if (is_line(line, "listener", 15))
			error = read_listener(line, now, past->history);
		else if (is_line(line, "expectation", 5))
			error = read_expectation(line, now, past->expectations);
		else
			error = -EBADMSG;
	}
	return error;
}

static bool
is_whole(const char *text, size_t length)
{
	char line[SUM_LINE + 1];

	if (length < SUM_LINE)
		return false;
	snprintf(line, sizeof(line), "sum\t%016" PRIx64 "\n",
	    sum_of(text, length - SUM_LINE));
	return memcmp(text + length - SUM_LINE, line, SUM_LINE) == 0;
}

int
po_past_read(struct po_past *past, const char *text, size_t length,
    uint64_t now, bool *same, const char **why)
{
	struct line line = {.at = text};
	uint64_t notify, version;
	int error;

	*same = false;
	*why = "it is cut off or damaged";
	if (!is_whole(text, length))
		return -EBADMSG;
	line.end = text + length - SUM_LINE;
	*why = "it is no state of this version";
	if (!next_line(&line) || !is_line(&line, "portowner-state", 2) ||
	    !number(&line, 1, VERSION, &version) || version != VERSION)
		return -EBADMSG;
	*why = "a line makes no sense";
	if (!next_line(&line) || !is_line(&line, "boot", 2))
		return -EBADMSG;
	*same =
	    line.fields[1].length == strlen(past->boot) &&
	    memcmp(line.fields[1].text, past->boot, line.fields[1].length) == 0;
	if (!next_line(&line) || !is_line(&line, "notify", 2) ||
	    !number(&line, 1, 1, &notify))
		return -EBADMSG;
	if (*same) {
		error = read_facts(past, &line, now);
		if (error != 0)
			return error;
	}
	past->notify = notify != 0;
	return 0;
}
