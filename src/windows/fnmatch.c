/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One asterisk at a time is remembered: what follows the last one is tried
 * further and further to the right, so that no pattern takes long.
 */
#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Whether octet is in the set whose bracket is at *pattern, which moves behind
 * it.  A bracket that nothing closes stands for itself.
 */
static bool
is_in_set(const char **pattern, uint8_t octet)
{
	const char *at = *pattern + 1, *end;
	bool negated = *at == '!', found = false;
	uint8_t low, high;

	if (negated)
		at++;
	end = *at == '\0' ? NULL : strchr(at + 1, ']');
	if (end == NULL) {
		++*pattern;
		return octet == '[';
	}
	while (at < end) {
		low = high = (uint8_t)*at++;
		if (at[0] == '-' && at + 1 < end) {
			high = (uint8_t)at[1];
			at += 2;
		}
		found = found || (octet >= low && octet <= high);
	}
	*pattern = end + 1;
	return found != negated;
}

static const char *
next_character(const char *text)
{
	do
		text++;
	while (((uint8_t)*text & 0xc0) == 0x80);
	return text;
}

/* One character of text against one element; both move if it matches. */
static bool
match_one(const char **pattern, const char **text)
{
	const char *after = *pattern + 1;
	bool matches = **pattern == **text;

	if (**pattern == '?') {
		*pattern = after;
		*text = next_character(*text);
		return true;
	}
	if (**pattern == '[') {
		after = *pattern;
		matches = is_in_set(&after, (uint8_t) * *text);
	}
	if (!matches)
		return false;
	*pattern = after;
	++*text;
	return true;
}

int
fnmatch(const char *pattern, const char *text, int flags)
{
	const char *star = NULL, *resume = NULL;

	(void)flags;
	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (!match_one(&pattern, &text)) {
			if (star == NULL)
				return FNM_NOMATCH;
			pattern = star;
			text = resume = next_character(resume);
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0' ? 0 : FNM_NOMATCH;
}
