/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thousands of random sockets: every row of the snapshot against a reference
 * that was worked out without the builder's code, and in the MIB's order.
 */
#include "model/builder.h"

#include "collection.h"
#include "sealed.h"

static struct collection collection;

static bool
same_who(const struct sealed *d, uint32_t process, const struct ref_who *who)
{
	const struct po_process_record *p = &d->s.processes[process];

	return p->pid == who->pid && p->kind == who->kind && p->uid == who->uid;
}

/* Each returns how many rows are wrong. */
static unsigned
check_owners(const struct sealed *d, const struct reference *r)
{
	const struct ref_owner *expected;
	const struct po_owner *row;
	struct ref_oid oid, last = {.length = 0};
	unsigned wrong = 0;
	uint32_t i;

	CU_ASSERT_EQUAL_FATAL(d->s.n_owners, r->n_owners);
	for (i = 0; i < d->s.n_owners; i++) {
		row = &d->s.owners[i];
		expected = &r->owners[i];
		ref_owner_oid(&d->s, row, &oid);
		wrong += ref_oid_compare(&oid, &expected->oid) != 0 ||
			 ref_oid_compare(&last, &oid) >= 0 ||
			 !same_who(d, row->process, &expected->who) ||
			 row->sockets != expected->sockets ||
			 row->connected != expected->connected ||
			 row->listening != expected->listening;
		last = oid;
	}
	return wrong;
}

static unsigned
check_listeners(const struct sealed *d, const struct reference *r)
{
	const struct ref_listener *expected;
	const struct po_listener *row;
	struct ref_oid oid, last = {.length = 0};
	unsigned wrong = 0;
	uint32_t i;

	CU_ASSERT_EQUAL_FATAL(d->s.n_listeners, r->n_listeners);
	for (i = 0; i < d->s.n_listeners; i++) {
		row = &d->s.listeners[i];
		expected = &r->listeners[i];
		ref_listener_oid(&d->s, row, &oid);
		wrong += ref_oid_compare(&oid, &expected->oid) != 0 ||
			 ref_oid_compare(&last, &oid) >= 0 ||
			 !same_who(d, row->process, &expected->who) ||
			 row->owners != expected->owners ||
			 row->sockets != expected->sockets ||
			 row->connections != expected->connections ||
			 row->queue_length != expected->queue_length ||
			 row->queue_limit != expected->queue_limit;
		last = oid;
	}
	return wrong;
}

static unsigned
check_connections(const struct sealed *d, const struct reference *r)
{
	const struct ref_connection *expected;
	const struct po_connection *row;
	struct ref_oid oid, last = {.length = 0};
	unsigned wrong = 0;
	uint32_t i;

	CU_ASSERT_EQUAL_FATAL(d->s.n_connections, r->n_connections);
	for (i = 0; i < d->s.n_connections; i++) {
		row = &d->s.connections[i];
		expected = &r->connections[i];
		ref_connection_oid(&d->s, row, &oid);
		wrong += ref_oid_compare(&oid, &expected->oid) != 0 ||
			 ref_oid_compare(&last, &oid) >= 0 ||
			 !same_who(d, row->process, &expected->who) ||
			 row->sockets != expected->sockets ||
			 (expected->states & 1u << row->state) == 0;
		last = oid;
	}
	return wrong;
}

static void
check(const struct ref_input *input, struct po_builder *builder)
{
	struct reference reference;
	struct sealed d;

	po_builder_reset(builder);
	CU_ASSERT_EQUAL_FATAL(collection_tell(input, builder), 0);
	sealed_make(&d, builder);
	CU_ASSERT_TRUE_FATAL(reference_make(input, &reference));
	CU_ASSERT_EQUAL(check_owners(&d, &reference), 0);
	CU_ASSERT_EQUAL(check_listeners(&d, &reference), 0);
	CU_ASSERT_EQUAL(check_connections(&d, &reference), 0);
	CU_ASSERT_EQUAL(d.s.header->unowned, reference.unowned);
	CU_ASSERT_EQUAL(d.s.header->dropped, 0);
	reference_free(&reference);
	sealed_free(&d);
}

static struct po_builder *
builder_for(const struct ref_input *input, uint32_t max_rows, bool once)
{
	const struct po_builder_options options = {
	    .max_rows = max_rows,
	    .once = once,
	    .listener_ephemeral_udp = input->listener_ephemeral_udp,
	};
	struct po_builder *builder = po_builder_new(&options);

	CU_ASSERT_PTR_NOT_NULL_FATAL(builder);
	return builder;
}

static void
test_small(void)
{
	struct po_builder *builder;
	uint64_t seed;

	for (seed = 1; seed <= 300; seed++) {
		collection_make(&collection, seed, (size_t)(seed % 60));
		builder = builder_for(&collection.input, 1000000, false);
		check(&collection.input, builder);
		po_builder_free(builder);
	}
}

static void
test_large(void)
{
	struct po_builder *builder;
	uint64_t seed;

	for (seed = 1; seed <= 2; seed++) {
		collection_make(&collection, 1000 + seed, 2500);
		builder = builder_for(&collection.input, 1000000, false);
		check(&collection.input, builder);
		/* Again, after a reset. */
		check(&collection.input, builder);
		po_builder_free(builder);
	}
}

/* The order in which sockets come makes no difference. */
static void
test_order_of_intake(void)
{
	struct po_builder *builder;
	struct po_socket swapped;
	uint64_t seed = 9;
	uint32_t i, k;

	collection_make(&collection, 77, 1000);
	for (i = 999; i > 0; i--) {
		k = unit_below(&seed, i + 1);
		swapped = collection.sockets[i];
		collection.sockets[i] = collection.sockets[k];
		collection.sockets[k] = swapped;
	}
	builder = builder_for(&collection.input, 1000000, false);
	check(&collection.input, builder);
	po_builder_free(builder);
}

/* With a limit, the tables are the beginnings of those without. */
static void
test_limits(void)
{
	struct po_builder *builder;
	struct reference r;
	struct sealed d;
	uint32_t limit;
	size_t dropped;

	collection_make(&collection, 5, 300);
	CU_ASSERT_TRUE_FATAL(reference_make(&collection.input, &r));
	for (limit = 1; limit < 500; limit += 23) {
		builder = builder_for(&collection.input, limit, false);
		CU_ASSERT_EQUAL_FATAL(
		    collection_tell(&collection.input, builder), 0);
		sealed_make(&d, builder);
		dropped =
		    (r.n_owners > limit ? r.n_owners - limit : 0) +
		    (r.n_listeners > limit ? r.n_listeners - limit : 0) +
		    (r.n_connections > limit ? r.n_connections - limit : 0);
		CU_ASSERT_EQUAL(d.s.header->dropped, dropped);
		CU_ASSERT_EQUAL(d.s.header->unowned, r.unowned);
		r.n_owners = d.s.n_owners;
		r.n_listeners = d.s.n_listeners;
		CU_ASSERT_EQUAL(check_owners(&d, &r), 0);
		sealed_free(&d);
		po_builder_free(builder);
		reference_free(&r);
		CU_ASSERT_TRUE_FATAL(reference_make(&collection.input, &r));
	}
	reference_free(&r);
}

static bool
same(const void *a, size_t n, const void *b, size_t m, size_t size)
{
	return n == m && (n == 0 || memcmp(a, b, n * size) == 0);
}

#define SAME(a, b, rows)                                                       \
	same((a)->rows, (a)->n_##rows, (b)->rows, (b)->n_##rows,               \
	    sizeof(*(a)->rows))

static bool
same_rows(const struct po_snapshot *a, const struct po_snapshot *b)
{
	return memcmp(a->header, b->header, sizeof(*a->header)) == 0 &&
	       SAME(a, b, endpoints) && SAME(a, b, owners) &&
	       SAME(a, b, listeners) && SAME(a, b, connections) &&
	       SAME(a, b, processes) && SAME(a, b, gaps) && SAME(a, b, strings);
}

/* What lies in pieces is what the image of them has, as is one piece. */
static void
check_view(struct po_builder *builder)
{
	static const struct po_seal seal = {.source = "test"};
	struct po_snapshot view, opened;
	struct po_pieces pieces, one;
	void *image;

	CU_ASSERT_EQUAL_FATAL(
	    po_builder_seal_pieces(builder, &seal, &pieces), 0);
	po_pieces_view(&pieces, &view);
	image = po_pieces_join(&pieces);
	CU_ASSERT_EQUAL_FATAL(
	    po_snapshot_open(image, pieces.size, &opened, NULL), 0);
	CU_ASSERT_TRUE(same_rows(&view, &opened));
	one = (struct po_pieces){
	    .header = image, .count = 1, .size = pieces.size};
	one.items[0] = (struct po_bytes){image, pieces.size};
	po_pieces_view(&one, &view);
	CU_ASSERT_TRUE(same_rows(&view, &opened));
	free(image);
}

static void
test_view(void)
{
	struct po_builder *builder;
	uint64_t seed;

	for (seed = 1; seed <= 100; seed++) {
		collection_make(&collection, seed, (size_t)(seed * 5));
		builder =
		    builder_for(&collection.input, 1000000, seed % 2 == 0);
		CU_ASSERT_EQUAL_FATAL(
		    collection_tell(&collection.input, builder), 0);
		check_view(builder);
		/* A second collection is one like any other. */
		check(&collection.input, builder);
		po_builder_free(builder);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
	    {"small collections", test_small},
	    {"large collections", test_large},
	    {"the order of intake", test_order_of_intake},
	    {"limits", test_limits},
	    {"a view of the pieces", test_view},
	    CU_TEST_INFO_NULL,
	};

	return unit_main("builder, random", tests);
}
