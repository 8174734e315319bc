/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MIB as one tree of names: written down cell by cell, it must be in order,
 * and every question about any name must be answered as a search through that
 * list answers it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "collection.h"
#include "mib/view.h"
#include "sealed.h"

struct name {
	uint32_t sub[PO_NAME_MAX];
	size_t length;
};

struct tree {
	struct sealed sealed;
	struct po_status status;
	struct po_listener_history *history;
	struct po_verdicts *verdicts;
	struct po_view_source source;
	struct name *names;
	size_t count;
};

static int
compare(const struct name *a, const struct name *b)
{
	size_t i;

	for (i = 0; i < a->length && i < b->length; i++)
		if (a->sub[i] != b->sub[i])
			return a->sub[i] < b->sub[i] ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

/* Every cell's name, without any search. */
static void
write_down(struct tree *tree)
{
	struct po_place place;
	struct name *name;
	size_t i, total = 0;
	uint32_t rows;

	for (i = 0; i < PO_VIEWS; i++)
		total += (size_t)po_views[i]->count(&tree->source) * 32;
	tree->names = calloc(total + 1, sizeof(*tree->names));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tree->names);
	for (i = 0; i < PO_VIEWS; i++) {
		place.view = po_views[i];
		rows = place.view->count(&tree->source);
		for (place.column = place.view->first_column;
		     place.column <= place.view->last_column; place.column++)
			for (place.row = 0; place.row < rows; place.row++) {
				name = &tree->names[tree->count++];
				name->length = po_view_name(
				    &tree->source, &place, name->sub);
			}
	}
}

static void
tree_make(struct tree *tree, uint64_t seed, size_t sockets)
{
	struct collection *collection = malloc(sizeof(*collection));
	struct po_builder *builder = sealed_builder(1000000);

	memset(tree, 0, sizeof(*tree));
	CU_ASSERT_PTR_NOT_NULL_FATAL(collection);
	if (sockets != 0) {
		collection_make(collection, seed, sockets);
		CU_ASSERT_EQUAL_FATAL(
		    collection_tell(&collection->input, builder), 0);
	}
	sealed_make(&tree->sealed, builder);
	po_builder_free(builder);
	free(collection);
	tree->status.source = "test";
	tree->history =
	    calloc(tree->sealed.s.n_listeners + 1, sizeof(*tree->history));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tree->history);
	tree->verdicts = calloc(1,
	    sizeof(*tree->verdicts) + sockets * sizeof(struct po_expectation));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tree->verdicts);
	tree->verdicts->count = (uint32_t)sockets;
	tree->source = (struct po_view_source){
	    .snapshot = &tree->sealed.s,
	    .status = &tree->status,
	    .history = tree->history,
	    .verdicts = tree->verdicts,
	    .now = 1,
	};
	write_down(tree);
}

static void
tree_free(struct tree *tree)
{
	sealed_free(&tree->sealed);
	free(tree->history);
	free(tree->verdicts);
	free(tree->names);
}

/* The place's name is the expected one. */
static bool
is_at(const struct tree *tree, const struct po_place *place,
    const struct name *expected)
{
	struct name name;

	name.length = po_view_name(&tree->source, place, name.sub);
	return compare(&name, expected) == 0;
}

/* Both questions about a name, against a search through the list. */
static bool
check_name(const struct tree *tree, const struct name *name)
{
	struct po_place place;
	enum po_found found;
	size_t low = 0, high = tree->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (compare(&tree->names[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	found = po_view_get(&tree->source, name->sub, name->length, &place);
	if (low < tree->count && compare(&tree->names[low], name) == 0) {
		if (found != PO_FOUND || !is_at(tree, &place, name))
			return false;
		low++;
	} else if (found == PO_FOUND) {
		return false;
	}
	found = po_view_next(&tree->source, name->sub, name->length, &place);
	if (low == tree->count)
		return found == PO_NO_OBJECT;
	return found == PO_FOUND && is_at(tree, &place, &tree->names[low]);
}

/* From each cell to the next one. */
static bool
check_steps(const struct tree *tree)
{
	struct po_place place;
	uint32_t none = 0;
	enum po_found found;
	size_t i = 0;

	found = po_view_next(&tree->source, &none, 0, &place);
	while (found == PO_FOUND && i < tree->count &&
	       is_at(tree, &place, &tree->names[i])) {
		found = po_view_step(&tree->source, &place);
		i++;
	}
	return found == PO_NO_OBJECT && i == tree->count;
}

/* Names near a cell's: cut, lengthened, one sub-identifier changed. */
static size_t
check_neighbours(const struct tree *tree, const struct name *cell)
{
	struct name name;
	size_t i, wrong = 0;

	for (i = 0; i <= cell->length; i++) {
		name = *cell;
		name.length = i;
		wrong += !check_name(tree, &name);
	}
	for (i = 0; i < cell->length; i++) {
		name = *cell;
		name.sub[i]++;
		wrong += !check_name(tree, &name);
		name.sub[i] = UINT32_MAX;
		wrong += !check_name(tree, &name);
		name = *cell;
		name.sub[i] -= name.sub[i] != 0;
		wrong += !check_name(tree, &name);
	}
	name = *cell;
	name.sub[name.length++] = 0;
	wrong += !check_name(tree, &name);
	while (name.length < PO_NAME_MAX)
		name.sub[name.length++] = UINT32_MAX;
	wrong += !check_name(tree, &name);
	return wrong;
}

static void
check_tree(const struct tree *tree, size_t step)
{
	struct po_value value;
	struct po_place place;
	size_t i, wrong = 0;

	for (i = 1; i < tree->count; i++)
		wrong += compare(&tree->names[i - 1], &tree->names[i]) >= 0;
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(check_steps(tree));
	for (i = 0; i < tree->count; i++) {
		wrong += !check_name(tree, &tree->names[i]);
		if (i % step == 0)
			wrong += check_neighbours(tree, &tree->names[i]);
		if (po_view_get(&tree->source, tree->names[i].sub,
			tree->names[i].length, &place) == PO_FOUND) {
			po_view_value(&tree->source, &place, &value);
			wrong +=
			    value.type == PO_VALUE_TEXT && value.length > 255;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_empty(void)
{
	struct tree tree;

	tree_make(&tree, 0, 0);
	/* The scalars alone. */
	CU_ASSERT_EQUAL(tree.count, 21);
	check_tree(&tree, 1);
	tree_free(&tree);
}

static void
test_small(void)
{
	struct tree tree;
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++) {
		tree_make(&tree, seed, (size_t)seed);
		CU_ASSERT_TRUE(tree.count > 21);
		check_tree(&tree, 1);
		tree_free(&tree);
	}
}

static void
test_large(void)
{
	struct tree tree;

	tree_make(&tree, 4711, 3000);
	CU_ASSERT_TRUE(tree.count > 10000);
	check_tree(&tree, 97);
	tree_free(&tree);
}

/* What must wait for fresh rows, and what must not (design, section 5). */
static void
test_freshness(void)
{
	static const struct {
		struct name name;
		bool next;
		bool needs_rows;
	} cases[] = {
	    {{{1, 1, 1, 0}, 4}, false, false}, /* generation */
	    {{{1, 1, 6, 0}, 4}, false, false}, /* source */
	    {{{1, 1, 7, 0}, 4}, false, true}, /* visibility */
	    {{{1, 1, 9, 0}, 4}, false, true}, /* rows */
	    {{{1, 1, 13, 0}, 4}, false, true}, /* changes */
	    {{{1, 1, 16, 0}, 4}, false, false}, /* discontinuity */
	    {{{1}, 1}, true, false}, /* the first is generation */
	    {{{1, 1}, 2}, true, false},
	    {{{1, 1, 1}, 3}, true, false},
	    {{{1, 1, 1, 0}, 4}, true, false},
	    {{{1, 1, 5, 0}, 4}, true, false}, /* source */
	    {{{1, 1, 6}, 3}, true, false}, /* source, too */
	    {{{1, 1, 6, 0}, 4}, true, true}, /* visibility */
	    {{{1, 1, 15, 0}, 4}, true, false}, /* discontinuity */
	    {{{1, 1, 17, 0}, 4}, false, true}, /* violations */
	    {{{1, 1, 18, 0}, 4}, false, false}, /* notifyEnable */
	    {{{1, 1, 21, 0}, 4}, false, false}, /* lost */
	    {{{1, 1, 16, 0}, 4}, true, true}, /* violations */
	    {{{1, 1, 17, 0}, 4}, true, false}, /* notifyEnable */
	    {{{1, 1, 21, 0}, 4}, true, true}, /* the first row */
	    {{{1, 5, 1, 3, 1}, 5}, false, true},
	    {{{1, 2}, 2}, true, true},
	    {{{1, 2, 1, 7, 0, 6}, 6}, false, true},
	    {{{1, 4}, 2}, true, true},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (po_view_needs_rows(cases[i].name.sub, cases[i].name.length,
			cases[i].next) != cases[i].needs_rows) {
			printf("case %zu\n", i);
			CU_FAIL("wrong freshness");
		}
}

int
main(void)
{
	CU_TestInfo tests[] = {
	    {"no rows", test_empty},
	    {"small snapshots", test_small},
	    {"a large snapshot", test_large},
	    {"what waits for fresh rows", test_freshness},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("views", tests);
}
