/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The output.  A "|" begins performance data, a ";" separates in Nagios's
 * command file, quotes belong to labels, "$" to macros, and "<" to browsers.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

/* No more is kept; Nagios itself takes less. */
#define OUTPUT_MAX 65536
#define SUMMARY_MAX 400

size_t
plugin_escape(char out[PLUGIN_TEXT_SIZE], const char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;
	unsigned char c;

	for (; *text != '\0' && used + 5 < PLUGIN_TEXT_SIZE; text++) {
		c = (unsigned char)*text;
		if (c >= 0x20 && c != 0x7f && strchr("|;'\"<>&$`", c) == NULL) {
			out[used++] = (char)c;
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = digits[c >> 4];
		out[used++] = digits[c & 15];
	}
	out[used] = '\0';
	return used;
}

/* False: there is no room, or no memory. */
static bool
append(struct plugin_report *report, char **text, size_t *used,
    const char *more, size_t length)
{
	char *grown;

	if (*used + length > OUTPUT_MAX)
		return false;
	grown = realloc(*text, *used + length + 1);
	if (grown == NULL) {
		report->failed = true;
		return false;
	}
	*text = grown;
	memcpy(grown + *used, more, length);
	*used += length;
	grown[*used] = '\0';
	return true;
}

/* CRITICAL is graver than UNKNOWN, since what is seen is seen. */
static int
gravity(enum plugin_state state)
{
	return state == PLUGIN_UNKNOWN	  ? 2
	       : state == PLUGIN_CRITICAL ? 3
					  : (int)state;
}

void
plugin_report_line(struct plugin_report *report, enum plugin_state state,
    const char *format, ...)
{
	char text[PLUGIN_TEXT_SIZE];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length >= sizeof(text))
		length = sizeof(text) - 1;
	report->count[state]++;
	if (gravity(state) > gravity(report->state))
		report->state = state;
	if (append(
		report, &report->lines, &report->n_lines, text, (size_t)length))
		append(report, &report->lines, &report->n_lines, "\n", 1);
}

void
plugin_report_data(struct plugin_report *report, const char *label,
    uint64_t value, const struct plugin_range *warning,
    const struct plugin_range *critical)
{
	char text[512];
	int length;

	length = snprintf(text, sizeof(text), "%s'%s'=%llu;%s;%s;0",
	    report->n_data > 0 ? " " : "", label, (unsigned long long)value,
	    warning != NULL && warning->text != NULL ? warning->text : "",
	    critical != NULL && critical->text != NULL ? critical->text : "");
	if (length > 0 && (size_t)length < sizeof(text))
		append(report, &report->data, &report->n_data, text,
		    (size_t)length);
}

/* The first line: how many lines there are, and the first of them. */
static void
write_summary(
    const struct plugin_report *report, const char *summary, FILE *out)
{
	size_t length, i;
	unsigned int lines = 0;

	for (i = 0; i <= PLUGIN_UNKNOWN; i++)
		lines += report->count[i];
	if (lines == 0) {
		fputs(summary, out);
		return;
	}
	length = strcspn(report->lines != NULL ? report->lines : "", "\n");
	if (length > SUMMARY_MAX)
		length = SUMMARY_MAX;
	/* Between characters. */
	while (length > 0 && (report->lines[length] & 0xc0) == 0x80)
		length--;
	fwrite(report->lines, 1, length, out);
	if (lines > 1)
		fprintf(out, " (and %u more)", lines - 1);
}

int
plugin_report_write(
    struct plugin_report *report, const char *summary, FILE *out)
{
	static const char *const names[] = {
	    "OK", "WARNING", "CRITICAL", "UNKNOWN"};

	if (report->failed && report->state == PLUGIN_OK)
		report->state = PLUGIN_UNKNOWN;
	fprintf(out, "PORTOWNER %s - ", names[report->state]);
	if (report->failed && report->n_lines == 0)
		fputs("out of memory", out);
	else
		write_summary(report, summary, out);
	if (report->n_data > 0)
		fprintf(out, " | %s", report->data);
	fputs("\n", out);
	if (report->n_lines > 0)
		fputs(report->lines, out);
	fflush(out);
	return ferror(out) ? PLUGIN_UNKNOWN : (int)report->state;
}

void
plugin_report_free(struct plugin_report *report)
{
	free(report->lines);
	free(report->data);
}
