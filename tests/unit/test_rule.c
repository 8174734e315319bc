/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The administrator's words: what they cover, whom they want, and what is said
 * of those that make no sense.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "listeners.h"
#include "model/judge.h"

static struct po_rules
rules_of(bool expected, const char *line)
{
	struct po_rules rules = {.items = NULL};
	char error[PO_RULE_ERROR_SIZE];

	if (po_rules_add(&rules, expected, line, error) != 0)
		printf("%s: %s\n", line, error);
	CU_ASSERT_EQUAL_FATAL(rules.count, 1);
	return rules;
}

static bool
covers(const char *line, uint8_t protocol, const char *address, uint16_t port,
    uint32_t zone, uint32_t stack)
{
	struct po_endpoint endpoint = {
	    .stack = stack,
	    .port = port,
	    .protocol = protocol,
	    .address = unit_address(address, zone),
	};
	struct po_rules rules = rules_of(false, line);
	bool result = po_rule_covers(&rules.items[0], &endpoint);

	po_rules_clear(&rules);
	return result;
}

/* What is shown of a line has one kind of blanks. */
static void
test_text(void)
{
	struct po_rules rules = rules_of(true, "\ttcp\t*:80 \t\"a b\"\r");
	char line[600];

	CU_ASSERT_STRING_EQUAL(rules.items[0].text, "tcp *:80  \"a b\"");
	CU_ASSERT_STRING_EQUAL(rules.items[0].command, "a b");
	po_rules_clear(&rules);
	/* A long one is cut between two characters. */
	strcpy(line, "tcp *:80 ");
	memset(line + 9, 'x', 245);
	strcpy(line + 9 + 245, "\xc3\xa4");
	rules = rules_of(true, line);
	CU_ASSERT_EQUAL(strlen(rules.items[0].text), 254);
	CU_ASSERT_EQUAL(memcmp(rules.items[0].text, line, 254), 0);
	po_rules_clear(&rules);
}

static void
test_addresses(void)
{
	static const struct {
		const char *pattern;
		const char *address;
		bool covered;
	} cases[] = {
	    {"*", "*", true},
	    {"*", "0.0.0.0", true},
	    {"*", "::", true},
	    {"*", "192.0.2.1", true},
	    {"*", "2001:db8::1", true},
	    {"0.0.0.0", "0.0.0.0", true},
	    {"0.0.0.0", "*", false},
	    {"0.0.0.0", "::", false},
	    {"0.0.0.0", "127.0.0.1", false},
	    {"[::]", "::", true},
	    {"[::]", "*", false},
	    {"[::]", "0.0.0.0", false},
	    {"0.0.0.0/0", "127.0.0.1", true},
	    {"0.0.0.0/0", "0.0.0.0", true},
	    {"0.0.0.0/0", "::1", false},
	    {"0.0.0.0/0", "*", false},
	    {"[::]/0", NULL, false},
	    {"[::/0]", "2001:db8::1", true},
	    {"[::/0]", "192.0.2.1", false},
	    {"10.0.0.0/8", "10.255.0.1", true},
	    {"10.0.0.0/8", "11.0.0.0", false},
	    {"192.0.2.128/25", "192.0.2.129", true},
	    {"192.0.2.128/25", "192.0.2.127", false},
	    {"192.0.2.1/32", "192.0.2.1", true},
	    {"192.0.2.1/32", "192.0.2.0", false},
	    {"[2001:db8::/33]", "2001:db8:7fff::1", true},
	    {"[2001:db8::/33]", "2001:db8:8000::1", false},
	    {"[::ffff:192.0.2.1]", "192.0.2.1", true},
	    {"[::ffff:10.0.0.0/104]", "10.1.2.3", true},
	    {"[::ffff:10.0.0.0/104]", "11.1.2.3", false},
	};
	char line[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].address == NULL)
			continue;
		sprintf(line, "tcp %s:80", cases[i].pattern);
		if (covers(line, PO_PROTOCOL_TCP, cases[i].address, 80, 0, 0) !=
		    cases[i].covered) {
			printf("%s %s\n", line, cases[i].address);
			CU_FAIL("wrong cover");
		}
	}
	CU_ASSERT_TRUE(
	    covers("tcp [fe80::1]:80", PO_PROTOCOL_TCP, "fe80::1", 80, 2, 0));
	CU_ASSERT_TRUE(
	    covers("tcp [fe80::1%2]:80", PO_PROTOCOL_TCP, "fe80::1", 80, 2, 0));
	CU_ASSERT_FALSE(
	    covers("tcp [fe80::1%3]:80", PO_PROTOCOL_TCP, "fe80::1", 80, 2, 0));
}

static void
test_ports_and_stacks(void)
{
	CU_ASSERT_TRUE(covers("tcp *:80", PO_PROTOCOL_TCP, "*", 80, 0, 0));
	CU_ASSERT_FALSE(covers("tcp *:80", PO_PROTOCOL_TCP, "*", 81, 0, 0));
	CU_ASSERT_FALSE(covers("tcp *:80", PO_PROTOCOL_UDP, "*", 80, 0, 0));
	CU_ASSERT_TRUE(covers("* *:80", PO_PROTOCOL_UDP, "*", 80, 0, 0));
	CU_ASSERT_TRUE(covers("tcp *:*", PO_PROTOCOL_TCP, "*", 65535, 0, 0));
	CU_ASSERT_TRUE(
	    covers("tcp *:8000-8100", PO_PROTOCOL_TCP, "*", 8000, 0, 0));
	CU_ASSERT_TRUE(
	    covers("tcp *:8000-8100", PO_PROTOCOL_TCP, "*", 8100, 0, 0));
	CU_ASSERT_FALSE(
	    covers("tcp *:8000-8100", PO_PROTOCOL_TCP, "*", 8101, 0, 0));
	CU_ASSERT_FALSE(
	    covers("tcp *:8000-8100", PO_PROTOCOL_TCP, "*", 7999, 0, 0));
	CU_ASSERT_FALSE(covers("tcp *:80", PO_PROTOCOL_TCP, "*", 80, 0, 7));
	CU_ASSERT_TRUE(
	    covers("tcp *:80 stack 7", PO_PROTOCOL_TCP, "*", 80, 0, 7));
	CU_ASSERT_FALSE(
	    covers("tcp *:80 stack 7", PO_PROTOCOL_TCP, "*", 80, 0, 0));
	CU_ASSERT_TRUE(
	    covers("tcp *:80 stack *", PO_PROTOCOL_TCP, "*", 80, 0, 7));
	CU_ASSERT_TRUE(
	    covers("tcp *:80 stack *", PO_PROTOCOL_TCP, "*", 80, 0, 0));
	CU_ASSERT_TRUE(covers(
	    "tcp *:80 x y stack others", PO_PROTOCOL_TCP, "*", 80, 0, 7));
	CU_ASSERT_FALSE(covers(
	    "tcp *:80 x y stack others", PO_PROTOCOL_TCP, "*", 80, 0, 0));
}

/* Whether the rule wants a process of this name, of user user7. */
static bool
wants(bool expected, const char *line, const char *command)
{
	const struct listener listener = {
	    .port = 80, .pid = 1, .command = command, .uid = 7};
	struct po_rules rules = rules_of(expected, line);
	struct sealed sealed;
	bool result;

	listeners_make(&sealed, &listener, 1, 1, false, 10);
	result = po_rule_wants(&rules.items[0], &sealed.s,
	    &sealed.s.processes[sealed.s.listeners[0].process]);
	sealed_free(&sealed);
	po_rules_clear(&rules);
	return result;
}

static void
test_owners(void)
{
	CU_ASSERT_TRUE(wants(false, "tcp *:80", "nginx"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 nginx", "nginx"));
	CU_ASSERT_FALSE(wants(true, "tcp *:80 nginx", "nginx2"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 nginx*", "nginx2"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 ngin[xy]?", "nginx2"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 nginx user7", "nginx"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 * user?", "nginx"));
	CU_ASSERT_FALSE(wants(true, "tcp *:80 nginx root", "nginx"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 \"my server\"", "my server"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 my\\ server", "my server"));
	CU_ASSERT_TRUE(
	    wants(true, "tcp *:80 'my server'  user7 ", "my server"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 stack user7", "stack"));
	CU_ASSERT_TRUE(wants(true, "tcp *:80 \"stack\" user7", "stack"));
	/* Published text has backslashes of its own. */
	CU_ASSERT_TRUE(wants(true, "tcp *:80 a\\\\nb", "a\nb"));
	CU_ASSERT_FALSE(wants(true, "tcp *:80 \"\"", "nginx"));
}

static void
test_errors(void)
{
	static const struct {
		const char *line;
		bool expected;
		const char *word; /* is in the message */
	} cases[] = {
	    {"", true, "PROTOCOL"},
	    {"tcp", false, "PROTOCOL"},
	    {"tcp *:80", true, "COMMAND"},
	    {"tcp 80 nginx", true, "ADDRESS:PORT"},
	    {"tcp :80 nginx", true, "address"},
	    {"tcp *: nginx", true, "port"},
	    {"tcp *:65536 nginx", true, "port"},
	    {"tcp *:http nginx", true, "port"},
	    {"tcp *:* nginx", true, "port"},
	    {"tcp *:90-80 nginx", true, "range"},
	    {"tcp *:80- nginx", true, "port"},
	    {"tcp ::1:80 nginx", true, "brackets"},
	    {"tcp [::1:80 nginx", true, "brackets"},
	    {"tcp [127.0.0.1]:80 nginx", true, "address"},
	    {"tcp 127.0.0:80 nginx", true, "address"},
	    {"tcp 10.0.0.1/8:80 nginx", true, "network"},
	    {"tcp 10.0.0.0/33:80 nginx", true, "prefix"},
	    {"tcp [::/129]:80 nginx", true, "prefix"},
	    {"tcp [::]/0:80 nginx", true, "brackets"},
	    {"tcp [fe80::1%eth0]:80 nginx", true, "zone"},
	    {"tcp 10.0.0.1%1:80 nginx", true, "zone"},
	    {"* *:80 nginx", true, "protocol"},
	    {"raw *:80 nginx", true, "protocol"},
	    {"icmp *:80", false, "protocol"},
	    {"tcp *:80 nginx root more", true, "root"},
	    {"tcp *:80 nginx stack", true, NULL},
	    {"tcp *:80 nginx stack own", true, "stack"},
	    {"tcp *:80 a b stack 1 2", true, "words"},
	    {"tcp *:80 \"nginx", true, "quote"},
	    {"tcp *:80 #web", false, "comment"},
	    {"tcp *:80 nginx # web", true, "comment"},
	    {"tcp *:80 \"#web\" \\#root", true, NULL},
	};
	struct po_rules rules = {.items = NULL};
	char error[PO_RULE_ERROR_SIZE], line[1024];
	int result;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		result = po_rules_add(
		    &rules, cases[i].expected, cases[i].line, error);
		if (cases[i].word == NULL) {
			CU_ASSERT_EQUAL(result, 0);
			continue;
		}
		CU_ASSERT_EQUAL(result, -EINVAL);
		if (strstr(error, cases[i].word) == NULL) {
			printf("%s: %s\n", cases[i].line, error);
			CU_FAIL("an error that does not help");
		}
	}
	CU_ASSERT_EQUAL(rules.count, 2);
	strcpy(line, "tcp *:80 ");
	memset(line + 9, 'x', 256);
	line[9 + 256] = '\0';
	CU_ASSERT_EQUAL(po_rules_add(&rules, true, line, error), -EINVAL);
	line[9 + 255] = '\0';
	CU_ASSERT_EQUAL(po_rules_add(&rules, true, line, error), 0);
	for (i = rules.count; i < PO_RULES_MAX; i++)
		CU_ASSERT_EQUAL(
		    po_rules_add(&rules, false, "tcp *:80", error), 0);
	CU_ASSERT_EQUAL(
	    po_rules_add(&rules, false, "tcp *:80", error), -EINVAL);
	po_rules_clear(&rules);
}

/* What is written for a listener wants just that one. */
static void
test_format(void)
{
	static const char *const names[] = {"nginx", "my server", "a*b?[c]",
	    "quo\"te'", "back\\slash", "new\nline", "stack", "\xc3\xa4", "#",
	    "[", "]", "!x", "#x"};
	static const char *const addresses[] = {
	    "*", "0.0.0.0", "::", "::1", "192.0.2.1"};
	char line[2048], other[PO_TEXT_MAX + 1], error[PO_RULE_ERROR_SIZE];
	struct po_rules rules = {.items = NULL};
	const struct po_process_record *owner;
	struct listener listener;
	struct sealed sealed;
	size_t i, j, length;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (j = 0; j < sizeof(addresses) / sizeof(addresses[0]); j++) {
			listener = (struct listener){.port = 80,
			    .pid = 1,
			    .command = names[i],
			    .address = addresses[j]};
			listeners_make(&sealed, &listener, 1, 1, false, 10);
			owner =
			    &sealed.s.processes[sealed.s.listeners[0].process];
			CU_ASSERT_TRUE(po_rule_format(&sealed.s.endpoints[0],
					   po_snapshot_text(&sealed.s,
					       owner->command, &length),
					   po_snapshot_text(
					       &sealed.s, owner->user, &length),
					   line, sizeof(line)) > 0);
			CU_ASSERT_EQUAL(
			    po_rules_add(&rules, true, line, error), 0);
			CU_ASSERT_TRUE(po_rule_covers(
			    &rules.items[0], &sealed.s.endpoints[0]));
			CU_ASSERT_TRUE(
			    po_rule_wants(&rules.items[0], &sealed.s, owner));
			sealed_free(&sealed);
			po_rules_clear(&rules);
		}
		/* And nobody whose name is a little different. */
		strcpy(other, names[i]);
		other[strlen(other) - 1] ^= 1;
		listener.command = other;
		listeners_make(&sealed, &listener, 1, 1, false, 10);
		owner = &sealed.s.processes[sealed.s.listeners[0].process];
		CU_ASSERT_EQUAL(po_rules_add(&rules, true, line, error), 0);
		CU_ASSERT_FALSE(
		    po_rule_wants(&rules.items[0], &sealed.s, owner));
		sealed_free(&sealed);
		po_rules_clear(&rules);
	}
	CU_ASSERT_EQUAL(po_rule_format(&(struct po_endpoint){.protocol = 6},
			    "command", "user", line, 20),
	    0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"text", test_text},
	    {"addresses", test_addresses},
	    {"ports and stacks", test_ports_and_stacks},
	    {"owners", test_owners},
	    {"lines that are wrong", test_errors},
	    {"lines for what is there", test_format},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("rule", tests);
}
