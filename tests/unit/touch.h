/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Follows everything in a snapshot that po_snapshot_open() let through: every
 * record, index and string.  A sanitizer notices what leaves the image.
 */
#ifndef PO_TESTS_TOUCH_H
#define PO_TESTS_TOUCH_H

#include "model/snapshot.h"
#include "model/text.h"

static inline uint64_t
touch_octets(const void *at, size_t length)
{
	const unsigned char *octets = at;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < length; i++)
		sum = sum * 31 + octets[i];
	return sum;
}

/* *clean becomes false if the text may not be published. */
static inline uint64_t
touch_string(const struct po_snapshot *s, po_string string, bool *clean)
{
	size_t length;
	const char *text = po_snapshot_text(s, string, &length);

	if (!po_text_is_clean(text, length) || text[length] != '\0')
		*clean = false;
	return touch_octets(text, length + 1);
}

static inline uint64_t
touch_process(const struct po_snapshot *s, uint32_t process, bool *clean)
{
	const struct po_process_record *p = &s->processes[process];

	return touch_octets(p, sizeof(*p)) +
	       touch_string(s, p->command, clean) +
	       touch_string(s, p->user, clean) +
	       touch_string(s, p->service, clean) +
	       touch_string(s, p->executable, clean) +
	       touch_string(s, p->arguments, clean);
}

static inline uint64_t
touch_endpoint(const struct po_snapshot *s, uint32_t endpoint)
{
	char text[PO_ENDPOINT_TEXT_SIZE];
	size_t length = po_endpoint_format(&s->endpoints[endpoint], text);

	return touch_octets(text, length + 1);
}

/* Returns a sum of everything, so that nothing is optimised away. */
static inline uint64_t
touch_snapshot(const struct po_snapshot *s, bool *clean)
{
	uint64_t sum = touch_string(s, s->header->source, clean);
	char text[PO_ADDRESS_TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < s->n_endpoints; i++)
		sum += touch_endpoint(s, i);
	for (i = 0; i < s->n_owners; i++)
		sum += touch_endpoint(s, s->owners[i].endpoint) +
		       touch_process(s, s->owners[i].process, clean) +
		       s->owners[i].sockets;
	for (i = 0; i < s->n_listeners; i++)
		sum += touch_endpoint(s, s->listeners[i].endpoint) +
		       touch_process(s, s->listeners[i].process, clean) +
		       s->listeners[i].queue_limit;
	for (i = 0; i < s->n_connections; i++)
		sum += touch_endpoint(s, s->connections[i].endpoint) +
		       touch_process(s, s->connections[i].process, clean) +
		       po_address_format(&s->connections[i].remote, text) +
		       s->connections[i].state;
	for (i = 0; i < s->n_processes; i++)
		sum += touch_process(s, i, clean);
	for (i = 0; i < s->n_gaps; i++)
		sum += touch_string(s, s->gaps[i].text, clean) +
		       touch_string(s, s->gaps[i].hint, clean);
	return sum;
}

#endif
