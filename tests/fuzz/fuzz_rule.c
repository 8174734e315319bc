/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever stands in portowner.conf gives a rule or a sentence; and whatever a
 * process calls itself, the line that is suggested for it is a rule.
 */
#include "model/rule.h"

#include <string.h>

#include "fuzz.h"

static void
check_line(const char *line)
{
	struct po_rules rules = {.items = NULL};
	char error[PO_RULE_ERROR_SIZE];
	struct po_endpoint endpoint = {.protocol = PO_PROTOCOL_TCP};
	int expected, result;

	for (expected = 0; expected < 2; expected++) {
		result = po_rules_add(&rules, expected != 0, line, error);
		FUZZ_CHECK((result == 0) == (error[0] == '\0'));
		FUZZ_CHECK(strlen(error) < sizeof(error));
	}
	for (result = 0; (size_t)result < rules.count; result++) {
		const struct po_rule *rule = &rules.items[result];

		FUZZ_CHECK(po_text_is_clean(rule->text, strlen(rule->text)));
		FUZZ_CHECK(rule->low <= rule->high);
		endpoint.port = rule->low;
		endpoint.address = rule->address;
		endpoint.stack =
		    rule->stacks == PO_STACKS_OTHERS ? 1 : rule->stack;
		endpoint.protocol = rule->protocol;
		FUZZ_CHECK(po_rule_covers(rule, &endpoint));
	}
	po_rules_clear(&rules);
}

static void
check_suggestion(const char *data, size_t size)
{
	const struct po_endpoint endpoint = {.protocol = PO_PROTOCOL_TCP};
	struct po_rules rules = {.items = NULL};
	char line[4096], name[PO_TEXT_MAX + 1], error[PO_RULE_ERROR_SIZE];

	po_text_clean(name, data, size);
	FUZZ_CHECK(
	    po_rule_format(&endpoint, name, name, line, sizeof(line)) > 0);
	/* A word that grows beyond what a line may have is refused. */
	if (po_rules_add(&rules, true, line, error) == 0) {
		FUZZ_CHECK(rules.items[0].stacks == PO_STACKS_ONE);
		FUZZ_CHECK((rules.items[0].user == NULL) == (*name == '\0'));
	}
	po_rules_clear(&rules);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);

	if (line == NULL)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	check_line(line);
	check_suggestion(line, size);
	free(line);
	return 0;
}
