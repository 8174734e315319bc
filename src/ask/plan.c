/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From protocols and ports to ranges, sorted and merged.
 */
#include "ask/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Protocols that have ports. */
static const uint8_t with_ports[] = {PO_PROTOCOL_TCP, PO_PROTOCOL_UDP,
    PO_PROTOCOL_DCCP, PO_PROTOCOL_SCTP, PO_PROTOCOL_UDPLITE};

#define N_WITH_PORTS (sizeof(with_ports) / sizeof(with_ports[0]))

bool
po_ask_is_rare(uint8_t protocol)
{
	return protocol != PO_PROTOCOL_TCP && protocol != PO_PROTOCOL_UDP;
}

static bool
is_wanted(const struct po_ask_what *what, uint8_t protocol)
{
	return what->n_protocols == 0 ||
	       memchr(what->protocols, protocol, what->n_protocols) != NULL;
}

static void
add_range(struct po_ask_plan *plan, const struct po_ask_what *what,
    uint8_t protocol, uint16_t low, uint16_t high)
{
	if (is_wanted(what, protocol))
		plan->ranges[plan->n_ranges++] =
		    (struct po_ask_range){protocol, low, high};
}

static void
add_ports(struct po_ask_plan *plan, const struct po_ask_what *what,
    const struct po_ask_ports *ports)
{
	size_t i;

	if (ports->protocol != 0) {
		add_range(plan, what, ports->protocol, ports->low, ports->high);
		return;
	}
	for (i = 0; i < N_WITH_PORTS; i++)
		add_range(plan, what, with_ports[i], ports->low, ports->high);
}

static int
by_begin(const void *left, const void *right)
{
	const struct po_ask_range *a = left, *b = right;

	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	return a->low < b->low ? -1 : a->low > b->low;
}

static void
merge(struct po_ask_plan *plan)
{
	struct po_ask_range *ranges = plan->ranges, *last;
	size_t i, n = 0;

	if (plan->n_ranges > 0)
		qsort(ranges, plan->n_ranges, sizeof(*ranges), by_begin);
	for (i = 0; i < plan->n_ranges; i++) {
		last = n > 0 ? &ranges[n - 1] : NULL;
		if (last == NULL || last->protocol != ranges[i].protocol ||
		    ranges[i].low > (uint32_t)last->high + 1)
			ranges[n++] = ranges[i];
		else if (ranges[i].high > last->high)
			last->high = ranges[i].high;
	}
	plan->n_ranges = n;
}

static void
choose_tables(struct po_ask_plan *plan, unsigned int tables)
{
	if (tables & PO_ASK_OWNERS)
		plan->tables[plan->n_tables++] = &po_ask_owners;
	if (tables & PO_ASK_LISTENERS_WHOLE)
		plan->tables[plan->n_tables++] = &po_ask_listeners_whole;
	else if (tables & PO_ASK_LISTENERS)
		plan->tables[plan->n_tables++] = &po_ask_listeners;
	if (tables & PO_ASK_CONNECTIONS)
		plan->tables[plan->n_tables++] = &po_ask_connections;
}

int
po_ask_plan_make(struct po_ask_plan *plan, const struct po_ask_what *what)
{
	size_t i;

	*plan = (struct po_ask_plan){
	    .all_stacks = !what->by_stack,
	    .stack = what->by_stack ? what->stack : 0,
	    .everything = what->n_ports == 0 && what->n_protocols == 0,
	};
	choose_tables(plan, what->tables);
	if (plan->everything)
		return 0;
	plan->ranges = calloc(what->n_ports * N_WITH_PORTS + what->n_protocols,
	    sizeof(*plan->ranges));
	if (plan->ranges == NULL)
		return -ENOMEM;
	for (i = 0; i < what->n_ports; i++)
		add_ports(plan, what, &what->ports[i]);
	if (what->n_ports == 0)
		for (i = 0; i < what->n_protocols; i++)
			add_range(
			    plan, what, what->protocols[i], 0, UINT16_MAX);
	merge(plan);
	return 0;
}

void
po_ask_plan_free(struct po_ask_plan *plan)
{
	free(plan->ranges);
	plan->ranges = NULL;
	plan->n_ranges = 0;
}
