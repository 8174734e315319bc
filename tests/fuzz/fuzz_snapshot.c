/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images from elsewhere.  The input is taken for an image, and then for a list
 * of changes to a sound one: two octets of place, one of value, each.
 */
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "model/builder.h"
#include "touch.h"

static void
open_image(const void *image, size_t size)
{
	struct po_snapshot s;
	const char *why = NULL;
	bool clean = true;

	if (po_snapshot_open(image, size, &s, &why) != 0) {
		FUZZ_CHECK(why != NULL);
		return;
	}
	touch_snapshot(&s, &clean);
	FUZZ_CHECK(clean);
}

static void
add_socket(struct po_builder *builder, uint8_t protocol, uint8_t last,
    bool connected, uint64_t handle)
{
	struct po_socket socket = {.handle = handle, .uid = 33};

	socket.local.protocol = protocol;
	socket.local.port = 80;
	socket.local.address.type = PO_ADDRESS_IPV4;
	socket.local.address.bytes[0] = 127;
	socket.local.address.bytes[3] = last;
	if (connected) {
		socket.connected = true;
		socket.remote.type = PO_ADDRESS_IPV6Z;
		socket.remote.zone = 2;
		socket.remote.bytes[0] = 0xfe;
		socket.remote_port = 99;
		socket.state = PO_STATE_ESTABLISHED;
	} else if (protocol == PO_PROTOCOL_TCP) {
		socket.state = PO_STATE_LISTEN;
	}
	FUZZ_CHECK(po_builder_add_socket(builder, &socket) == 0);
}

/* Built once, kept to the end. */
static const void *
sound_image(size_t *size)
{
	static const struct po_builder_options options = {.max_rows = 100};
	static const struct po_seal seal = {.source = "fuzz"};
	static void *image;
	static size_t image_size;
	struct po_process process = {.pid = 20, .parent = 1, .uid = 33};
	struct po_builder *builder;

	if (image == NULL) {
		builder = po_builder_new(&options);
		FUZZ_CHECK(builder != NULL);
		add_socket(builder, PO_PROTOCOL_TCP, 1, false, 11);
		add_socket(builder, PO_PROTOCOL_TCP, 1, true, 12);
		add_socket(builder, PO_PROTOCOL_TCP, 2, true, 13);
		add_socket(builder, PO_PROTOCOL_UDP, 1, false, 0);
		process.command.data = "httpd";
		process.command.length = 5;
		FUZZ_CHECK(po_builder_add_process(builder, &process) == 0);
		FUZZ_CHECK(po_builder_add_owner(builder, 11, 20) == 0);
		FUZZ_CHECK(po_builder_add_owner(builder, 12, 20) == 0);
		FUZZ_CHECK(po_builder_add_owner(builder, 12, 21) == 0);
		FUZZ_CHECK(po_builder_add_gap(
			       builder, PO_GAP_RACE, 1, "race", "again") == 0);
		FUZZ_CHECK(
		    po_builder_seal(builder, &seal, &image, &image_size) == 0);
		po_builder_free(builder);
	}
	*size = image_size;
	return image;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *sound;
	size_t sound_size, at, i;
	uint8_t *copy;

	sound = sound_image(&sound_size);
	copy = malloc(size + sound_size);
	FUZZ_CHECK(copy != NULL);
	memcpy(copy, data, size);
	copy = realloc(copy, size > 0 ? size : 1);
	FUZZ_CHECK(copy != NULL);
	open_image(copy, size);
	free(copy);

	copy = malloc(sound_size);
	FUZZ_CHECK(copy != NULL);
	memcpy(copy, sound, sound_size);
	for (i = 0; i + 3 <= size; i += 3) {
		at = (size_t)data[i] << 8 | data[i + 1];
		copy[at % sound_size] = data[i + 2];
	}
	open_image(copy, sound_size);
	free(copy);
	return 0;
}
