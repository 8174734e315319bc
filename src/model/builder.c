/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The builder's intake: rows are copied into growing arrays and found again
 * through open hashes, so that each row costs O(1) whatever order they come in.
 */
#include "model/builder_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/order.h"
#include "model/text.h"

#define SOON 16 /* slots ahead */

/*
 * The first table of handles.  The larger one is no more memory for whoever has
 * large pages, and the sockets after it grow where they are.
 */
#define HANDLES 256
#define HANDLES_AT_ONCE 65536

int
array_reserve(struct array *array, size_t capacity, size_t size)
{
	void *items;

	if (capacity <= array->capacity)
		return 0;
	items = realloc(array->items, capacity * size);
	if (items == NULL)
		return -ENOMEM;
	array->items = items;
	array->capacity = capacity;
	return 0;
}

void *
array_next(struct array *array, size_t size)
{
	size_t capacity = array->capacity == 0 ? 64 : array->capacity * 2;

	if (array->count == array->capacity &&
	    array_reserve(array, capacity, size) != 0)
		return NULL;
	return (char *)array->items + array->count * size;
}

/* Spreads consecutive numbers and aligned addresses over all bits. */
static size_t
hash_number(uint64_t number)
{
	number *= 0x9e3779b97f4a7c15u;
	return (size_t)(number ^ number >> 32);
}

static size_t
hash_text(const char *text, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash_number(sum);
}

/* Makes room for one more; hash_of tells the hash of what slot value means. */
static int
index_reserve(struct index *index, const struct po_builder *builder,
    size_t (*hash_of)(const struct po_builder *, uint32_t))
{
	size_t size, i, at;
	uint32_t *slots;

	if (index->count * 2 < index->size)
		return 0;
	size = index->size == 0 ? 256 : index->size * 2;
	slots = calloc(size, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	for (i = 0; i < index->size; i++) {
		if (index->slots[i] == 0)
			continue;
		at = hash_of(builder, index->slots[i] - 1) & (size - 1);
		while (slots[at] != 0)
			at = (at + 1) & (size - 1);
		slots[at] = index->slots[i];
	}
	free(index->slots);
	index->slots = slots;
	index->size = size;
	return 0;
}

/* value: below NOTHING. */
static void
index_insert(struct index *index, size_t hash, uint32_t value)
{
	size_t at = hash & (index->size - 1);

	while (index->slots[at] != 0)
		at = (at + 1) & (index->size - 1);
	index->slots[at] = value + 1;
	index->count++;
}

static void
index_clear(struct index *index)
{
	if (index->size != 0)
		memset(index->slots, 0, index->size * sizeof(*index->slots));
	index->count = 0;
}

/*
 * Handles are numbers in a row, or addresses in a row.  What follows each other
 * stays together: a process opens its sockets one after the other, and then
 * they lie in the same cache lines.
 */
static size_t
hash_handle(uint64_t handle)
{
	return (size_t)(handle ^ handle >> 9);
}

static size_t
hash_of_process(const struct po_builder *builder, uint32_t at)
{
	return hash_number(process_at(builder, at)->pid);
}

static size_t
hash_of_string(const struct po_builder *builder, uint32_t at)
{
	const char *string = (const char *)builder->strings.items + at;

	return hash_text(string + 1, (unsigned char)string[0]);
}

/* The slot that has the handle, or the free one where it belongs. */
static struct handle_slot *
find_handle_slot(const struct handle_index *index, uint64_t handle)
{
	size_t at = hash_handle(handle) & (index->size - 1);

	while (index->slots[at].at != 0 && index->slots[at].handle != handle)
		at = (at + 1) & (index->size - 1);
	return &index->slots[at];
}

/* NULL: no socket has it. */
static struct handle_slot *
find_handle(const struct po_builder *builder, uint64_t handle)
{
	const struct handle_index *index = &builder->by_handle;
	struct handle_slot *slot;

	if (index->size == 0 || handle == 0)
		return NULL;
	slot = find_handle_slot(index, handle);
	return slot->at == 0 ? NULL : slot;
}

static int
handle_reserve(struct handle_index *index, size_t first)
{
	struct handle_index larger = {.count = index->count};
	size_t i;

	if (index->count * 2 < index->size)
		return 0;
	larger.size = index->size == 0 ? first : index->size * 4;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return -ENOMEM;
	for (i = 0; i < index->size; i++)
		if (index->slots[i].at != 0)
			*find_handle_slot(&larger, index->slots[i].handle) =
			    index->slots[i];
	free(index->slots);
	*index = larger;
	return 0;
}

/* Notes that the socket at this index is the first one with its handle. */
static int
insert_handle(struct po_builder *builder, uint64_t handle, uint32_t at)
{
	struct handle_index *index = &builder->by_handle;

	if (handle_reserve(
		index, builder->options.once ? HANDLES_AT_ONCE : HANDLES) != 0)
		return -ENOMEM;
	*find_handle_slot(index, handle) = (struct handle_slot){
	    .handle = handle, .at = at + 1, .holds = NOTHING};
	index->count++;
	return 0;
}

uint32_t
find_process(const struct po_builder *builder, uint32_t pid)
{
	const struct index *index = &builder->by_pid;
	size_t at;

	if (index->size == 0)
		return NOTHING;
	at = hash_number(pid) & (index->size - 1);
	for (; index->slots[at] != 0; at = (at + 1) & (index->size - 1))
		if (process_at(builder, index->slots[at] - 1)->pid == pid)
			return index->slots[at] - 1;
	return NOTHING;
}

struct po_builder *
po_builder_new(const struct po_builder_options *options)
{
	struct po_builder *builder = calloc(1, sizeof(*builder));

	if (builder != NULL)
		builder->options = *options;
	return builder;
}

void
po_builder_free(struct po_builder *builder)
{
	size_t i;

	if (builder == NULL)
		return;
	free(builder->sockets.items);
	free(builder->holds.items);
	free(builder->processes.items);
	free(builder->gaps.items);
	free(builder->strings.items);
	free(builder->order.items);
	for (i = 0; i < PO_SECTION_STRINGS; i++)
		free(builder->sections[i].items);
	free(builder->by_handle.slots);
	free(builder->by_pid.slots);
	free(builder->by_text.slots);
	free(builder);
}

void
po_builder_reset(struct po_builder *builder)
{
	builder->sockets.count = 0;
	builder->holds.count = 0;
	builder->processes.count = 0;
	builder->gaps.count = 0;
	builder->strings.count = 0;
	if (builder->by_handle.size != 0)
		memset(builder->by_handle.slots, 0,
		    builder->by_handle.size *
			sizeof(*builder->by_handle.slots));
	builder->by_handle.count = 0;
	index_clear(&builder->by_pid);
	index_clear(&builder->by_text);
	builder->overflow = 0;
	builder->ephemeral_low = builder->ephemeral_high = 0;
}

/*
 * Gives an address the one form in which it is compared and published: mapped
 * IPv4 becomes IPv4, octets and zones that do not belong to it become 0.
 */
static void
normalise(struct po_address *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct po_address out = {.type = address->type};

	if ((address->type == PO_ADDRESS_IPV6 ||
		address->type == PO_ADDRESS_IPV6Z) &&
	    memcmp(address->bytes, mapped, sizeof(mapped)) == 0) {
		out.type = PO_ADDRESS_IPV4;
		memcpy(out.bytes, address->bytes + sizeof(mapped), 4);
	} else {
		memcpy(out.bytes, address->bytes,
		    po_address_length(address->type));
		if (address->type == PO_ADDRESS_IPV4Z ||
		    address->type == PO_ADDRESS_IPV6Z)
			out.zone = address->zone;
	}
	*address = out;
}

static void
fill_socket(struct socket_entry *entry, const struct po_socket *socket)
{
	memset(entry, 0, sizeof(*entry));
	entry->row = *socket;
	entry->row.local.reserved = 0;
	entry->holds = NOTHING;
	normalise(&entry->row.local.address);
	if (socket->connected) {
		normalise(&entry->row.remote);
	} else {
		memset(&entry->row.remote, 0, sizeof(entry->row.remote));
		entry->row.remote_port = 0;
	}
}

int
po_builder_add_socket(
    struct po_builder *builder, const struct po_socket *socket)
{
	uint32_t at = (uint32_t)builder->sockets.count;
	struct socket_entry *entry;
	struct handle_slot *known;

	if (at >= SOCKETS_MAX) {
		builder->overflow++;
		return 0;
	}
	entry = array_next(&builder->sockets, sizeof(*entry));
	if (entry == NULL)
		return -ENOMEM;
	fill_socket(entry, socket);
	known = find_handle(builder, socket->handle);
	if (known != NULL)
		known->several = true;
	entry->head = known == NULL ? at : (uint32_t)known->at - 1;
	if (known == NULL && socket->handle != 0 &&
	    insert_handle(builder, socket->handle, at) != 0)
		return -ENOMEM;
	builder->sockets.count++;
	return 0;
}

void
po_builder_expect(const struct po_builder *builder, uint64_t handle)
{
	const struct handle_index *index = &builder->by_handle;

	if (index->size != 0)
		__builtin_prefetch(
		    &index->slots[hash_handle(handle) & (index->size - 1)]);
}

bool
po_builder_has_handle(const struct po_builder *builder, uint64_t handle)
{
	return find_handle(builder, handle) != NULL;
}

int
po_builder_add_owner(struct po_builder *builder, uint64_t handle, uint32_t pid)
{
	struct handle_slot *slot = find_handle(builder, handle);
	struct hold *hold;

	if (slot == NULL || pid == 0 || pid > INT32_MAX)
		return 0;
	/* A process is told of all at once: a second time follows the first. */
	if (slot->holds != NOTHING && hold_at(builder, slot->holds)->pid == pid)
		return 0;
	if (builder->holds.count >= HOLDS_MAX) {
		builder->overflow++;
		return 0;
	}
	hold = array_next(&builder->holds, sizeof(*hold));
	if (hold == NULL)
		return -ENOMEM;
	hold->pid = pid;
	hold->next = slot->holds;
	slot->holds = (uint32_t)builder->holds.count++;
	slot->dropped = false;
	return 0;
}

static bool
is_orphan(const struct handle_slot *slot)
{
	return slot->at != 0 && slot->holds == NOTHING && !slot->dropped;
}

void
po_builder_each_orphan(const struct po_builder *builder,
    void (*visit)(void *context, const struct po_socket *socket), void *context)
{
	const struct handle_index *index = &builder->by_handle;
	size_t i;

	for (i = 0; i < index->size; i++)
		if (is_orphan(&index->slots[i]))
			visit(context,
			    &socket_at(builder, index->slots[i].at - 1)->row);
}

static void
count_one(void *context, const struct po_socket *socket)
{
	(void)socket;
	++*(size_t *)context;
}

size_t
po_builder_count_orphans(const struct po_builder *builder)
{
	size_t count = 0;

	po_builder_each_orphan(builder, count_one, &count);
	return count;
}

void
po_builder_begin_confirm(struct po_builder *builder)
{
	size_t i;

	for (i = 0; i < builder->by_handle.size; i++)
		builder->by_handle.slots[i].confirmed = false;
}

void
po_builder_confirm(struct po_builder *builder, uint64_t handle)
{
	struct handle_slot *slot = find_handle(builder, handle);

	if (slot != NULL)
		slot->confirmed = true;
}

size_t
po_builder_drop_unconfirmed(struct po_builder *builder)
{
	struct handle_slot *slot;
	size_t i, count = 0;

	for (i = 0; i < builder->by_handle.size; i++) {
		slot = &builder->by_handle.slots[i];
		if (!is_orphan(slot) || slot->confirmed)
			continue;
		slot->dropped = true;
		count++;
	}
	return count;
}

/* Sockets lie in another order; one that comes soon is asked for already. */
static void
prefetch_socket(const struct po_builder *builder, size_t i)
{
	const struct handle_index *index = &builder->by_handle;

	if (i < index->size && index->slots[i].at != 0)
		__builtin_prefetch(
		    &socket_at(builder, index->slots[i].at - 1)->holds, 1);
}

/* They are large, and their memory is what the tables to come take. */
static void
forget_handles(struct handle_index *index)
{
	free(index->slots);
	*index = (struct handle_index){.size = 0};
}

void
settle_handles(struct po_builder *builder)
{
	const struct handle_slot *slot;
	struct socket_entry *entry;
	size_t i;

	for (i = 0; i < builder->by_handle.size; i++) {
		prefetch_socket(builder, i + SOON);
		slot = &builder->by_handle.slots[i];
		if (slot->at == 0)
			continue;
		entry = socket_at(builder, slot->at - 1);
		entry->holds = slot->holds;
		entry->dropped = slot->dropped;
	}
	if (builder->options.once)
		forget_handles(&builder->by_handle);
}

static bool
is_wildcard(const struct po_address *address)
{
	static const uint8_t any[16];

	return address->type == PO_ADDRESS_IPV6 &&
	       memcmp(address->bytes, any, sizeof(any)) == 0;
}

/* Behind all sockets of the handle: they come after the head, if there are. */
static size_t
end_of_chain(const struct po_builder *builder, const struct handle_slot *slot)
{
	return slot->several ? builder->sockets.count : slot->at;
}

void
po_builder_widen(struct po_builder *builder, uint64_t handle)
{
	const struct handle_slot *slot = find_handle(builder, handle);
	struct socket_entry *entry;
	uint32_t head;
	size_t i;

	if (slot == NULL)
		return;
	head = (uint32_t)slot->at - 1;
	for (i = head; i < end_of_chain(builder, slot); i++) {
		entry = socket_at(builder, i);
		if (entry->head == head && !entry->row.connected &&
		    is_wildcard(&entry->row.local.address))
			memset(&entry->row.local.address, 0,
			    sizeof(entry->row.local.address));
	}
}

static void
set_zone(struct po_address *address, uint32_t zone)
{
	/* fe80::/10 */
	if (address->type != PO_ADDRESS_IPV6 || address->bytes[0] != 0xfe ||
	    (address->bytes[1] & 0xc0) != 0x80)
		return;
	address->type = PO_ADDRESS_IPV6Z;
	address->zone = zone;
}

void
po_builder_set_zone(struct po_builder *builder, uint64_t handle, uint32_t zone)
{
	const struct handle_slot *slot = find_handle(builder, handle);
	struct socket_entry *entry;
	uint32_t head;
	size_t i;

	if (slot == NULL)
		return;
	head = (uint32_t)slot->at - 1;
	for (i = head; i < end_of_chain(builder, slot); i++) {
		entry = socket_at(builder, i);
		if (entry->head != head)
			continue;
		set_zone(&entry->row.local.address, zone);
		set_zone(&entry->row.remote, zone);
	}
}

/* Appends a string to the pool: its length, its octets, and a 0. */
static int
push_string(
    struct array *pool, const char *text, size_t length, po_string *string)
{
	const size_t end = pool->count + length + 3;
	char *octet;

	if (end > pool->capacity &&
	    array_reserve(pool, end < 512 ? 1024 : 2 * end, 1) != 0)
		return -ENOMEM;
	/* Offset 0 means unknown, so the pool begins with an unused octet. */
	octet = pool->items;
	if (pool->count == 0)
		octet[pool->count++] = '\0';
	octet += pool->count;
	*string = (po_string)pool->count;
	*octet++ = (char)length;
	memcpy(octet, text, length);
	octet[length] = '\0';
	pool->count += length + 2;
	return 0;
}

int
add_text(struct po_builder *builder, const char *text, size_t length,
    po_string *string)
{
	const struct index *index = &builder->by_text;
	const char *found;
	size_t hash, at;

	*string = 0;
	if (builder->strings.count > STRINGS_MAX)
		return 0;
	if (index_reserve(&builder->by_text, builder, hash_of_string) != 0)
		return -ENOMEM;
	hash = hash_text(text, length);
	at = hash & (index->size - 1);
	for (; index->slots[at] != 0; at = (at + 1) & (index->size - 1)) {
		found =
		    (const char *)builder->strings.items + index->slots[at] - 1;
		if ((unsigned char)found[0] == length &&
		    memcmp(found + 1, text, length) == 0) {
			*string = index->slots[at] - 1;
			return 0;
		}
	}
	if (push_string(&builder->strings, text, length, string) != 0)
		return -ENOMEM;
	index_insert(&builder->by_text, hash, *string);
	return 0;
}

int
add_string(struct po_builder *builder, struct po_bytes bytes, po_string *string)
{
	char text[PO_TEXT_MAX + 1];
	size_t length;

	*string = 0;
	if (bytes.data == NULL)
		return 0;
	length = po_text_clean(text, bytes.data, bytes.length);
	return add_text(builder, text, length, string);
}

int
add_bare_process(struct po_builder *builder, uint32_t pid, uint32_t *at)
{
	struct process_entry *entry;

	if (index_reserve(&builder->by_pid, builder, hash_of_process) != 0)
		return -ENOMEM;
	entry = array_next(&builder->processes, sizeof(*entry));
	if (entry == NULL)
		return -ENOMEM;
	memset(entry, 0, sizeof(*entry));
	entry->pid = pid;
	entry->uid = PO_UID_UNKNOWN;
	entry->record = NOTHING;
	entry->group = NOTHING;
	*at = (uint32_t)builder->processes.count++;
	index_insert(&builder->by_pid, hash_number(pid), *at);
	return 0;
}

int
po_builder_add_process(
    struct po_builder *builder, const struct po_process *process)
{
	struct process_entry *entry;
	uint32_t at = find_process(builder, process->pid);

	if (process->pid == 0 || process->pid > INT32_MAX)
		return 0;
	if (at == NOTHING && add_bare_process(builder, process->pid, &at) != 0)
		return -ENOMEM;
	entry = process_at(builder, at);
	entry->parent = process->parent;
	entry->start = process->start;
	entry->uid = process->uid;
	if (add_string(builder, process->command, &entry->command) != 0 ||
	    add_string(builder, process->user, &entry->user) != 0 ||
	    add_string(builder, process->service, &entry->service) != 0 ||
	    add_string(builder, process->executable, &entry->executable) != 0 ||
	    add_string(builder, process->arguments, &entry->arguments) != 0)
		return -ENOMEM;
	return 0;
}

bool
po_builder_has_process(
    const struct po_builder *builder, uint32_t pid, uint64_t *start)
{
	uint32_t at = find_process(builder, pid);

	if (at != NOTHING && start != NULL)
		*start = process_at(builder, at)->start;
	return at != NOTHING;
}

void
po_builder_set_ephemeral(
    struct po_builder *builder, uint16_t low, uint16_t high)
{
	builder->ephemeral_low = low;
	builder->ephemeral_high = high;
}

int
po_builder_add_gap(struct po_builder *builder, enum po_gap_kind kind,
    uint32_t count, const char *text, const char *hint)
{
	struct po_bytes bytes = {text, strlen(text)}, more = {hint, 0};
	struct gap_entry *gap = array_next(&builder->gaps, sizeof(*gap));

	if (gap == NULL)
		return -ENOMEM;
	more.length = hint == NULL ? 0 : strlen(hint);
	gap->kind = kind;
	gap->count = count;
	if (add_string(builder, bytes, &gap->text) != 0 ||
	    add_string(builder, more, &gap->hint) != 0)
		return -ENOMEM;
	builder->gaps.count++;
	return 0;
}
