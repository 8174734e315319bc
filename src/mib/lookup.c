/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a name to a cell and back.  Names are compared as SNMP compares them:
 * sub-identifier by sub-identifier, a prefix before what it is a prefix of.
 */
#include <string.h>

#include "mib/view.h"

const struct po_view *const po_views[PO_VIEWS] = {
    &po_view_agent,
    &po_view_owner,
    &po_view_listener,
    &po_view_connection,
    &po_view_expectation,
};

static int
compare(const uint32_t *a, size_t a_length, const uint32_t *b, size_t b_length)
{
	const size_t shorter = a_length < b_length ? a_length : b_length;
	size_t i;

	for (i = 0; i < shorter; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return a_length == b_length ? 0 : a_length < b_length ? -1 : 1;
}

/*
 * The first row whose index is not less than key, or, with after, greater.
 */
static uint32_t
find_row(const struct po_view_source *source, const struct po_view *view,
    const uint32_t *key, size_t length, bool after)
{
	uint32_t low = 0, high = view->count(source), middle;
	uint32_t candidate[PO_KEY_MAX];
	size_t size;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		size = view->key(source, middle, candidate);
		order = compare(candidate, size, key, length);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The view that the name lies in, or NULL. */
static const struct po_view *
find_view(const uint32_t *name, size_t length)
{
	size_t i;

	for (i = 0; i < PO_VIEWS; i++)
		if (length >= po_views[i]->prefix_length &&
		    memcmp(name, po_views[i]->prefix,
			po_views[i]->prefix_length * sizeof(*name)) == 0)
			return po_views[i];
	return NULL;
}

enum po_found
po_view_get(const struct po_view_source *source, const uint32_t *name,
    size_t length, struct po_place *place)
{
	const struct po_view *view = find_view(name, length);
	uint32_t key[PO_KEY_MAX];
	size_t at, size;

	if (view == NULL || length == view->prefix_length)
		return PO_NO_OBJECT;
	at = view->prefix_length;
	place->view = view;
	place->column = name[at++];
	if (place->column < view->first_column ||
	    place->column > view->last_column)
		return PO_NO_OBJECT;
	place->row = find_row(source, view, name + at, length - at, false);
	if (place->row == view->count(source))
		return PO_NO_INSTANCE;
	size = view->key(source, place->row, key);
	return compare(key, size, name + at, length - at) == 0 ? PO_FOUND
							       : PO_NO_INSTANCE;
}

/* The first cell of the view after name; false if there is none. */
static bool
next_in_view(const struct po_view_source *source, const struct po_view *view,
    const uint32_t *name, size_t length, struct po_place *place)
{
	const size_t prefix = view->prefix_length;
	const uint32_t rows = view->count(source);
	int order;

	if (rows == 0)
		return false;
	place->view = view;
	place->row = 0;
	place->column = view->first_column;
	order = compare(
	    name, length < prefix ? length : prefix, view->prefix, prefix);
	if (order > 0)
		return false;
	if (order < 0 || length == prefix || name[prefix] < place->column)
		return true;
	place->column = name[prefix];
	if (place->column > view->last_column)
		return false;
	place->row = find_row(
	    source, view, name + prefix + 1, length - prefix - 1, true);
	if (place->row < rows)
		return true;
	place->row = 0;
	return place->column++ < view->last_column;
}

enum po_found
po_view_next(const struct po_view_source *source, const uint32_t *name,
    size_t length, struct po_place *place)
{
	size_t i;

	for (i = 0; i < PO_VIEWS; i++)
		if (next_in_view(source, po_views[i], name, length, place))
			return PO_FOUND;
	return PO_NO_OBJECT;
}

enum po_found
po_view_step(const struct po_view_source *source, struct po_place *place)
{
	size_t i = 0;

	if (++place->row < place->view->count(source))
		return PO_FOUND;
	place->row = 0;
	if (place->column++ < place->view->last_column)
		return PO_FOUND;
	while (po_views[i++] != place->view)
		;
	while (i < PO_VIEWS && po_views[i]->count(source) == 0)
		i++;
	if (i == PO_VIEWS)
		return PO_NO_OBJECT;
	place->view = po_views[i];
	place->column = place->view->first_column;
	return PO_FOUND;
}

size_t
po_view_name(const struct po_view_source *source, const struct po_place *place,
    uint32_t name[PO_NAME_MAX])
{
	size_t length = place->view->prefix_length;

	memcpy(name, place->view->prefix, length * sizeof(*name));
	name[length++] = place->column;
	return length + place->view->key(source, place->row, name + length);
}

void
po_view_value(const struct po_view_source *source, const struct po_place *place,
    struct po_value *value)
{
	place->view->cell(source, place->row, place->column, value);
}

bool
po_view_needs_rows(const uint32_t *name, size_t length, bool next)
{
	const struct po_view *view = &po_view_agent;
	const size_t at = view->prefix_length;
	const uint32_t zero = 0;
	uint32_t column;

	if (compare(name, length < at ? length : at, view->prefix, at) < 0)
		column = view->first_column;
	else if (find_view(name, length) != view)
		return true;
	else if (length == at || name[at] < view->first_column)
		column = view->first_column;
	else
		column = name[at];
	if (next && length > at && column == name[at] &&
	    compare(name + at + 1, length - at - 1, &zero, 1) >= 0)
		column++;
	return column > view->last_column ||
	       (view->at_once & 1u << column) == 0;
}
