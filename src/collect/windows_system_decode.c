/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of a fixed size whose texts follow somewhere after them.
 */
#include "collect/windows_system_decode.h"

#include <errno.h>
#include <stdbool.h>

#include "collect/octets.h"
#include "collect/windows_wire.h"

#define NO_CHARACTER 0xfffd

const struct po_windows_service_layout po_windows_service_layouts[] = {
    {.word = 4, .size = 44, .name = 0, .pid = 36},
    {.word = 8, .size = 56, .name = 0, .pid = 44},
};

const struct po_windows_process_layout po_windows_process_layouts[] = {
    {.word = 4,
	.size = 76,
	.start = 32,
	.name_length = 56,
	.name = 60,
	.pid = 68,
	.parent = 72},
    {.word = 8,
	.size = 96,
	.start = 32,
	.name_length = 56,
	.name = 64,
	.pid = 80,
	.parent = 88},
};

static uint64_t
take_word(const struct po_windows_buffer *buffer, size_t at)
{
	return buffer->word == 8 ? po_octets_le64(buffer->octets + at)
				 : po_octets_le32(buffer->octets + at);
}

/* Text up to the 0 that ends it, which has to be in the buffer too. */
static bool
take_text(const struct po_windows_buffer *buffer, uint64_t pointer,
    struct po_windows_text *text)
{
	const uint64_t at = pointer - buffer->address;
	size_t left;

	if (pointer < buffer->address || at > buffer->length)
		return false;
	text->octets = buffer->octets + at;
	left = (buffer->length - (size_t)at) / 2;
	for (text->units = 0; text->units < left; text->units++)
		if (po_octets_le16(text->octets + 2 * text->units) == 0)
			return true;
	return false;
}

int
po_windows_decode_services(const struct po_windows_buffer *buffer, size_t count,
    uint32_t *odd,
    int (*visit)(void *context, const struct po_windows_service *service),
    void *context)
{
	const struct po_windows_service_layout *layout =
	    &po_windows_service_layouts[buffer->word == 8];
	struct po_windows_service service;
	size_t i, at = 0;
	int error = 0;

	*odd = 0;
	if (count > buffer->length / layout->size)
		return -EBADMSG;
	for (i = 0; i < count && error == 0; i++, at += layout->size) {
		service.pid = po_octets_le32(buffer->octets + at + layout->pid);
		if (take_text(buffer, take_word(buffer, at + layout->name),
			&service.name))
			error = visit(context, &service);
		else
			++*odd;
	}
	return error;
}

static void
take_name(const struct po_windows_buffer *buffer, uint64_t pointer,
    size_t octets, struct po_windows_text *name)
{
	const uint64_t at = pointer - buffer->address;

	name->octets = NULL;
	name->units = 0;
	if (octets < 2 || pointer < buffer->address || at > buffer->length ||
	    octets > buffer->length - (size_t)at)
		return;
	name->octets = buffer->octets + at;
	name->units = octets / 2;
}

/* False: it has no number of a process. */
static bool
take_process(const struct po_windows_buffer *buffer, size_t at,
    const struct po_windows_process_layout *layout,
    struct po_windows_process *process)
{
	const uint64_t pid = take_word(buffer, at + layout->pid);
	const uint64_t parent = take_word(buffer, at + layout->parent);

	process->pid = (uint32_t)pid;
	process->parent = parent <= UINT32_MAX ? (uint32_t)parent : 0;
	process->start = po_octets_le64(buffer->octets + at + layout->start);
	take_name(buffer, take_word(buffer, at + layout->name),
	    po_octets_le16(buffer->octets + at + layout->name_length),
	    &process->name);
	return pid <= UINT32_MAX;
}

int
po_windows_decode_processes(const struct po_windows_buffer *buffer,
    int (*visit)(void *context, const struct po_windows_process *process),
    void *context)
{
	const struct po_windows_process_layout *layout =
	    &po_windows_process_layouts[buffer->word == 8];
	struct po_windows_process process;
	size_t left = buffer->length;
	uint32_t next;
	int error = 0;

	do {
		if (left < layout->size)
			return -EBADMSG;
		if (take_process(
			buffer, buffer->length - left, layout, &process))
			error = visit(context, &process);
		next = po_octets_le32(buffer->octets + buffer->length - left);
		if (next != 0 && (next < layout->size || next > left))
			return error != 0 ? error : -EBADMSG;
		left -= next;
	} while (next != 0 && error == 0);
	return error;
}

/* The character that begins at unit *at, which moves behind it. */
static uint32_t
take_character(const struct po_windows_text *text, size_t *at)
{
	const uint8_t *octets = text->octets + 2 * *at;
	const uint32_t first = po_octets_le16(octets);
	uint32_t second;

	++*at;
	if (first < 0xd800 || first > 0xdfff)
		return first;
	if (first > 0xdbff || *at == text->units)
		return NO_CHARACTER;
	second = po_octets_le16(octets + 2);
	if (second < 0xdc00 || second > 0xdfff)
		return NO_CHARACTER;
	++*at;
	return 0x10000 + ((first & 0x3ff) << 10 | (second & 0x3ff));
}

static size_t
put_character(uint32_t code, char out[4])
{
	size_t length = code < 0x80	 ? 1
			: code < 0x800	 ? 2
			: code < 0x10000 ? 3
					 : 4;
	size_t i;

	if (length == 1) {
		out[0] = (char)code;
		return 1;
	}
	for (i = length - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(0xf00u >> length | code);
	return length;
}

size_t
po_windows_utf8(const struct po_windows_text *text, char *out, size_t size)
{
	size_t at = 0, used = 0, length;
	char character[4];

	while (at < text->units) {
		length = put_character(take_character(text, &at), character);
		if (length > size - used)
			break;
		memcpy(out + used, character, length);
		used += length;
	}
	return used;
}
