/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges as in the Monitoring Plugins' development guidelines, of whole numbers.
 */
#include <errno.h>
#include <string.h>

#include "model/text.h"
#include "plugin/plugin.h"

int
plugin_range_parse(const char *text, struct plugin_range *range)
{
	const char *at = text + (text[0] == '@');
	const char *colon = strchr(at, ':'), *end = at + strlen(at);

	*range = (struct plugin_range){
	    .text = text,
	    .inverted = text[0] == '@',
	    .has_low = true,
	};
	if (colon != NULL) {
		if (colon == at + 1 && at[0] == '~')
			range->has_low = false;
		else if (!po_text_number(
			     at, (size_t)(colon - at), UINT32_MAX, &range->low))
			return -EINVAL;
		at = colon + 1;
	}
	range->has_high = at < end;
	if (range->has_high &&
	    !po_text_number(at, (size_t)(end - at), UINT32_MAX, &range->high))
		return -EINVAL;
	if (!range->has_high && colon == NULL)
		return -EINVAL;
	return range->has_low && range->has_high && range->low > range->high
		   ? -EINVAL
		   : 0;
}

bool
plugin_range_alarms(const struct plugin_range *range, uint64_t value)
{
	bool inside;

	if (range->text == NULL)
		return false;
	inside = (!range->has_low || value >= range->low) &&
		 (!range->has_high || value <= range->high);
	return inside == range->inverted;
}
