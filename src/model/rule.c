/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns are those of fnmatch(3) without escapes: published text has
 * backslashes of its own, so that [*] stands for an asterisk.
 */
#include "model/rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/order.h"

#define WORDS_MAX 6
#define WORD_SIZE (PO_TEXT_MAX + 1)

struct word {
	char text[WORD_SIZE];
	bool quoted; /* in a part: it is no keyword */
};

/* A line taken apart. */
struct line {
	struct word words[WORDS_MAX];
	size_t count;
	char *error;
};

static int fail(const struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(const struct line *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line->error, PO_RULE_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Takes one word from *at, which is not blank.  False: it is too long, or a
 * quote is open.
 */
static bool
take_word(const char **at, struct word *word)
{
	const char *p = *at;
	char quote = '\0';
	size_t used = 0;

	word->quoted = *p == '"' || *p == '\'';
	if (word->quoted)
		quote = *p++;
	while (*p != '\0' && (quote != '\0' ? *p != quote : !is_blank(*p))) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (used == WORD_SIZE - 1)
			return false;
		word->text[used++] = *p++;
	}
	word->text[used] = '\0';
	if (quote != '\0' && *p++ != quote)
		return false;
	*at = p;
	return true;
}

static int
take_words(struct line *line, const char *at)
{
	for (;;) {
		while (is_blank(*at))
			at++;
		if (*at == '\0')
			return 0;
		/* Who means a comment would get a rule that nobody meets. */
		if (*at == '#')
			return fail(line,
			    "has a word that begins with #: a comment stands "
			    "on a line of its own, a name in quotes");
		if (line->count == WORDS_MAX)
			return fail(line, "has too many words");
		if (!take_word(&at, &line->words[line->count++]))
			return fail(line,
			    "has a word of more than %d octets, or a quote "
			    "that does not end",
			    PO_TEXT_MAX);
	}
}

static int
parse_protocol(const struct line *line, const char *text, struct po_rule *rule)
{
	int number;

	if (strcmp(text, "*") == 0 && !rule->expected)
		return 0;
	number = po_protocol_number(text);
	if (number < 0 || number == PO_PROTOCOL_RAW)
		return fail(line,
		    "\"%.32s\" is no protocol with listeners: tcp, udp, sctp, "
		    "dccp, udplite%s",
		    text, rule->expected ? "" : " or *");
	rule->protocol = (uint8_t)number;
	return 0;
}

static int
parse_ports(const struct line *line, const char *text, struct po_rule *rule)
{
	size_t digits = strcspn(text, "-");
	size_t rest = text[digits] == '-' ? digits + 1 : 0;
	uint32_t low, high;

	if (strcmp(text, "*") == 0 && !rule->expected) {
		rule->high = UINT16_MAX;
		return 0;
	}
	if (!po_text_number(text, digits, UINT16_MAX, &low) ||
	    !po_text_number(
		text + rest, strlen(text + rest), UINT16_MAX, &high))
		return fail(line,
		    "\"%.32s\" is no port: a number up to 65535, LOW-HIGH%s",
		    text, rule->expected ? "" : " or *");
	if (low > high)
		return fail(line,
		    "\"%.32s\" is no range: it ends before it begins", text);
	rule->low = (uint16_t)low;
	rule->high = (uint16_t)high;
	return 0;
}

/* As a snapshot has it: IPv4-mapped addresses are IPv4. */
static void
unmap(struct po_rule *rule)
{
	static const uint8_t mapped[12] = {
	    [10] = 0xff,
	    [11] = 0xff,
	};
	struct po_address *address = &rule->address;
	uint8_t octets[4];

	if (rule->prefix < 96 ||
	    memcmp(address->bytes, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(octets, address->bytes + 12, sizeof(octets));
	memset(address->bytes, 0, sizeof(address->bytes));
	memcpy(address->bytes, octets, sizeof(octets));
	address->type = PO_ADDRESS_IPV4;
	rule->prefix = (uint8_t)(rule->prefix - 96);
}

/* Whether a and b have the same first bits. */
static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	const unsigned int whole = bits / 8;
	const uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	return memcmp(a, b, whole) == 0 &&
	       (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

/* No bit is set behind the prefix. */
static bool
is_network(const struct po_rule *rule)
{
	struct po_address address = rule->address;
	const size_t octets = po_address_length(address.type);
	unsigned int bit;

	for (bit = rule->prefix; bit < octets * 8; bit++)
		if ((address.bytes[bit / 8] & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

/* text: the address without brackets, with its /PREFIX or %ZONE. */
static int
parse_address(
    const struct line *line, const char *text, bool v6, struct po_rule *rule)
{
	struct po_address *address = &rule->address;
	const size_t bits = v6 ? 128 : 32, length = strcspn(text, "/%");
	const char *rest = text + length + 1;
	uint32_t number = (uint32_t)bits;
	char copy[INET6_ADDRSTRLEN];

	if (length >= sizeof(copy))
		return fail(line, "\"%.64s\" is no address", text);
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (inet_pton(v6 ? AF_INET6 : AF_INET, copy, address->bytes) != 1)
		return fail(line, "\"%.64s\" is no address", text);
	address->type = v6 ? PO_ADDRESS_IPV6 : PO_ADDRESS_IPV4;
	rule->any_zone = true;
	if (text[length] == '%') {
		rule->any_zone = false;
		if (!v6 || !po_text_number(
			       rest, strlen(rest), UINT32_MAX, &address->zone))
			return fail(
			    line, "\"%.64s\": a zone is a number", text);
	} else if (text[length] == '/' && !po_text_number(rest, strlen(rest),
					      (uint32_t)bits, &number)) {
		return fail(line, "\"%.64s\": a prefix is a number up to %u",
		    text, (unsigned int)bits);
	}
	rule->prefix = (uint8_t)number;
	if (!is_network(rule))
		return fail(line,
		    "\"%.64s\" is no network: it has bits behind the prefix",
		    text);
	if (v6)
		unmap(rule);
	return 0;
}

/* ADDRESS:PORT, where an IPv6 address stands in brackets. */
static int
parse_endpoint(const struct line *line, char *text, struct po_rule *rule)
{
	char *colon = strrchr(text, ':');
	size_t length;
	int error;

	if (colon == NULL)
		return fail(line,
		    "\"%.64s\" is no ADDRESS:PORT, such as *:80, 10.0.0.0/8:80 "
		    "or [::1]:80",
		    text);
	*colon = '\0';
	length = strlen(text);
	if (strcmp(text, "*") == 0) {
		rule->any_address = true;
		error = 0;
	} else if (length > 1 && text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		error = parse_address(line, text + 1, true, rule);
	} else if (strchr(text, ':') != NULL) {
		error = fail(line,
		    "\"%.64s\": an IPv6 address stands in brackets", text);
	} else {
		error = parse_address(line, text, false, rule);
	}
	return error == 0 ? parse_ports(line, colon + 1, rule) : error;
}

/* The last two words, if they are "stack WHICH" behind need others. */
static int
parse_stack(struct line *line, size_t need, struct po_rule *rule)
{
	const struct word *word;
	const char *which;

	if (line->count < need + 2)
		return 0;
	word = &line->words[line->count - 2];
	if (word->quoted || strcmp(word->text, "stack") != 0)
		return 0;
	which = line->words[line->count - 1].text;
	line->count -= 2;
	if (strcmp(which, "*") == 0)
		rule->stacks = PO_STACKS_ALL;
	else if (strcmp(which, "others") == 0)
		rule->stacks = PO_STACKS_OTHERS;
	else if (!po_text_number(
		     which, strlen(which), UINT32_MAX, &rule->stack))
		return fail(line,
		    "stack \"%.32s\": must be a number, others or *", which);
	return 0;
}

/* A pattern of its own memory. */
static int
parse_pattern(const struct line *line, size_t i, char **pattern)
{
	if (i >= line->count)
		return 0;
	*pattern = strdup(line->words[i].text);
	return *pattern == NULL ? -ENOMEM : 0;
}

static int
parse_line(struct line *line, struct po_rule *rule)
{
	const size_t need = rule->expected ? 3 : 2;
	int error;

	if (line->count < need)
		return fail(line, "needs %s",
		    rule->expected ? "PROTOCOL ADDRESS:PORT COMMAND"
				   : "PROTOCOL ADDRESS:PORT");
	error = parse_stack(line, need, rule);
	if (error == 0 && line->count > 4)
		error =
		    fail(line, "has too many words behind the user \"%.32s\"",
			line->words[3].text);
	if (error == 0)
		error = parse_protocol(line, line->words[0].text, rule);
	if (error == 0)
		error = parse_endpoint(line, line->words[1].text, rule);
	if (error == 0)
		error = parse_pattern(line, 2, &rule->command);
	if (error == 0)
		error = parse_pattern(line, 3, &rule->user);
	return error;
}

static void
free_rule(struct po_rule *rule)
{
	free(rule->command);
	free(rule->user);
}

static int
append(struct po_rules *rules, const struct po_rule *rule)
{
	struct po_rule *items = rules->items;

	/* Room for 2, 4, 8, ... */
	if ((rules->count & (rules->count - 1)) == 0) {
		items =
		    realloc(items, (rules->count == 0 ? 1 : 2 * rules->count) *
				       sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		rules->items = items;
	}
	items[rules->count++] = *rule;
	rules->expected += rule->expected;
	return 0;
}

/* The line without blanks at its ends, and with those of one kind between. */
static void
publish(const char *line, char text[PO_TEXT_MAX + 1])
{
	char copy[PO_TEXT_MAX + 4]; /* a character longer than what is shown */
	size_t length, i;

	while (is_blank(*line))
		line++;
	length = strlen(line);
	while (length > 0 && is_blank(line[length - 1]))
		length--;
	for (i = 0; i < length && i < sizeof(copy); i++)
		copy[i] = line[i] == '\t' ? ' ' : line[i];
	po_text_clean(text, copy, i);
}

int
po_rules_add(struct po_rules *rules, bool expected, const char *line,
    char error[PO_RULE_ERROR_SIZE])
{
	struct po_rule rule = {.expected = expected};
	struct line parsed = {.error = error};
	int result;

	error[0] = '\0';
	publish(line, rule.text);
	result = rules->count < PO_RULES_MAX
		     ? take_words(&parsed, line)
		     : fail(&parsed, "is one of more than %d", PO_RULES_MAX);
	if (result == 0)
		result = parse_line(&parsed, &rule);
	if (result == 0)
		result = append(rules, &rule);
	if (result == -ENOMEM)
		snprintf(error, PO_RULE_ERROR_SIZE, "needs more memory");
	if (result != 0)
		free_rule(&rule);
	return result;
}

void
po_rules_clear(struct po_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		free_rule(&rules->items[i]);
	free(rules->items);
	memset(rules, 0, sizeof(*rules));
}

static bool
covers_address(const struct po_rule *rule, const struct po_address *address)
{
	const size_t octets = po_address_length(address->type);

	if (rule->any_address)
		return true;
	return octets == po_address_length(rule->address.type) &&
	       same_bits(rule->address.bytes, address->bytes, rule->prefix) &&
	       (rule->any_zone || rule->address.zone == address->zone);
}

bool
po_rule_covers(const struct po_rule *rule, const struct po_endpoint *endpoint)
{
	if (rule->protocol != 0 && rule->protocol != endpoint->protocol)
		return false;
	if (endpoint->port < rule->low || endpoint->port > rule->high)
		return false;
	if (rule->stacks == PO_STACKS_ONE && endpoint->stack != rule->stack)
		return false;
	if (rule->stacks == PO_STACKS_OTHERS && endpoint->stack == 0)
		return false;
	return covers_address(rule, &endpoint->address);
}

static bool
is_any(const char *pattern)
{
	return pattern == NULL || strcmp(pattern, "*") == 0;
}

bool
po_rule_takes_anybody(const struct po_rule *rule)
{
	return is_any(rule->command) && is_any(rule->user);
}

static bool
matches(const char *pattern, const struct po_snapshot *snapshot, po_string text)
{
	size_t length;

	return is_any(pattern) ||
	       fnmatch(pattern, po_snapshot_text(snapshot, text, &length),
		   FNM_NOESCAPE) == 0;
}

bool
po_rule_wants(const struct po_rule *rule, const struct po_snapshot *snapshot,
    const struct po_process_record *process)
{
	return matches(rule->command, snapshot, process->command) &&
	       matches(rule->user, snapshot, process->user);
}

/* Appends text as one word that matches itself alone; false: no room. */
static bool
format_word(const char *text, char *out, size_t size, size_t *used)
{
	const char *from = text;
	size_t at = *used;

	if (size - at < 4 * strlen(text) + 4)
		return false;
	out[at++] = ' ';
	/* Nothing but plain letters needs no quotes. */
	if (*text != '\0' && *text != '#' &&
	    text[strcspn(text, " \t\"'\\*?[")] == '\0' &&
	    strcmp(text, "stack") != 0) {
		strcpy(out + at, text);
		*used = at + strlen(text);
		return true;
	}
	out[at++] = '"';
	for (; *from != '\0'; from++) {
		const bool special = strchr("*?[", *from) != NULL;

		if (special)
			out[at++] = '[';
		if (*from == '"' || *from == '\\')
			out[at++] = '\\';
		out[at++] = *from;
		if (special)
			out[at++] = ']';
	}
	out[at++] = '"';
	out[at] = '\0';
	*used = at;
	return true;
}

size_t
po_rule_format(const struct po_endpoint *endpoint, const char *command,
    const char *user, char *out, size_t size)
{
	char name[16], address[PO_ADDRESS_TEXT_SIZE + 8];
	size_t used;
	int length;

	po_address_port_format(&endpoint->address, endpoint->port, address);
	length = snprintf(out, size, "%s %s",
	    po_protocol_name(endpoint->protocol, name), address);
	if (length < 0 || (size_t)length >= size)
		return 0;
	used = (size_t)length;
	if (!format_word(command, out, size, &used))
		return 0;
	/* A user whom nobody could name is not asked for. */
	if (*user != '\0' && !format_word(user, out, size, &used))
		return 0;
	return used;
}
