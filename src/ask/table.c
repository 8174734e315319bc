/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INDEX clauses and columns: mib/PORT-OWNER-MIB.txt.
 */
#include "ask/table.h"

#include <errno.h>
#include <string.h>

#include "model/order.h"
#include "model/text.h"

/* What of an index is not decoded yet. */
struct rest {
	const uint32_t *at;
	size_t left;
};

static bool
take_number(struct rest *rest, uint32_t max, uint32_t *number)
{
	if (rest->left == 0 || *rest->at > max)
		return false;
	*number = *rest->at++;
	rest->left--;
	return true;
}

/* Type, length and octets; a zone is the last four of them. */
static bool
take_address(struct rest *rest, struct po_address *address)
{
	uint32_t type, length, octet;
	size_t plain, i;

	memset(address, 0, sizeof(*address));
	if (!take_number(rest, PO_ADDRESS_IPV6Z, &type) ||
	    !take_number(rest, 20, &length))
		return false;
	address->type = (uint8_t)type;
	plain = po_address_length(address->type);
	if (length !=
	    plain +
		(type == PO_ADDRESS_IPV4Z || type == PO_ADDRESS_IPV6Z ? 4 : 0))
		return false;
	for (i = 0; i < length; i++) {
		if (!take_number(rest, UINT8_MAX, &octet))
			return false;
		if (i < plain)
			address->bytes[i] = (uint8_t)octet;
		else
			address->zone = address->zone << 8 | octet;
	}
	return true;
}

static bool
take_endpoint(struct rest *rest, struct po_endpoint *endpoint)
{
	uint32_t protocol, port;

	memset(endpoint, 0, sizeof(*endpoint));
	if (!take_number(rest, UINT32_MAX, &endpoint->stack) ||
	    !take_number(rest, UINT8_MAX, &protocol) ||
	    !take_number(rest, UINT16_MAX, &port))
		return false;
	endpoint->protocol = (uint8_t)protocol;
	endpoint->port = (uint16_t)port;
	return take_address(rest, &endpoint->address);
}

/* The tables do not tell empty text from none. */
static struct po_bytes
text_of(const struct po_ask_cell *cell)
{
	if (!cell->present || cell->text.length == 0)
		return (struct po_bytes){NULL, 0};
	return cell->text;
}

/* Of a process whose user is known, the command is known, too. */
static struct po_bytes
command_of(const struct po_ask_cell *command, const struct po_ask_cell *uid)
{
	if (command->present && command->text.length == 0 && uid->present &&
	    uid->number != PO_UID_UNKNOWN)
		return (struct po_bytes){"", 0};
	return text_of(command);
}

static uint32_t
number_of(const struct po_ask_cell *cell, uint32_t otherwise)
{
	return cell->present ? cell->number : otherwise;
}

static const uint32_t owner_columns[] = {7, 8, 9, 10, 11, 12, 14, 15};

static int
add_owner(struct po_compose *compose, const struct po_ask_row *row)
{
	const struct po_ask_cell *cells = row->cells;
	struct rest rest = {row->index, row->length};
	struct po_compose_owner owner = {
	    .use = (uint8_t)number_of(&cells[3], PO_USE_BOUND),
	    .sockets = number_of(&cells[4], 1),
	    .connected = number_of(&cells[5], 0),
	    .process =
		{
		    .uid = number_of(&cells[2], PO_UID_UNKNOWN),
		    .command = command_of(&cells[0], &cells[2]),
		    .user = text_of(&cells[1]),
		    .service = text_of(&cells[6]),
		    .executable = text_of(&cells[7]),
		},
	};

	if (!take_endpoint(&rest, &owner.local) ||
	    !take_number(&rest, INT32_MAX, &owner.process.pid) ||
	    rest.left != 0)
		return -EBADMSG;
	return po_compose_add_owner(compose, &owner);
}

bool
po_ask_owner_is_unclear(const struct po_ask_row *row)
{
	const uint32_t pid = row->index[row->length - 1];

	return number_of(&row->cells[3], PO_USE_BOTH) == PO_USE_BOTH ||
	       (pid == 0 &&
		   number_of(&row->cells[4], 1) > number_of(&row->cells[5], 0));
}

const struct po_ask_table po_ask_owners = {
    .name = "portOwnerTable",
    .number = 2,
    .columns = owner_columns,
    .n_columns = sizeof(owner_columns) / sizeof(owner_columns[0]),
    .n_texts = 4,
    .index_max = 60,
    .add = add_owner,
};

static const uint32_t listener_columns[] = {
    7, 10, 9, 8, 11, 12, 13, 14, 15, 16};

/* Of the short form, the first cells are there alone. */
#define SHORT_COLUMNS 3

static int
add_listener(struct po_compose *compose, const struct po_ask_row *row)
{
	const struct po_ask_cell *cells = row->cells;
	struct rest rest = {row->index, row->length};
	struct po_compose_listener listener = {
	    .owners = number_of(&cells[5], 0),
	    .sockets = number_of(&cells[6], 0),
	    .connections = number_of(&cells[7], 0),
	    .queue_length = number_of(&cells[8], PO_QUEUE_UNKNOWN),
	    .queue_limit = number_of(&cells[9], PO_QUEUE_UNKNOWN),
	    .process =
		{
		    .pid = number_of(&cells[0], 0),
		    .uid = number_of(&cells[1], PO_UID_UNKNOWN),
		    .user = text_of(&cells[2]),
		    .command = command_of(&cells[3], &cells[1]),
		    .service = text_of(&cells[4]),
		},
	};

	if (!take_endpoint(&rest, &listener.local) || rest.left != 0)
		return -EBADMSG;
	return po_compose_add_listener(compose, &listener);
}

const struct po_ask_table po_ask_listeners_whole = {
    .name = "portOwnerListenerTable",
    .number = 3,
    .columns = listener_columns,
    .n_columns = sizeof(listener_columns) / sizeof(listener_columns[0]),
    .n_texts = 3,
    .index_max = 55,
    .add = add_listener,
};

const struct po_ask_table po_ask_listeners = {
    .name = "portOwnerListenerTable",
    .number = 3,
    .columns = listener_columns,
    .n_columns = SHORT_COLUMNS,
    .n_texts = 1,
    .index_max = 55,
    .add = add_listener,
};

static const uint32_t connection_columns[] = {10, 13, 12, 11};

static int
add_connection(struct po_compose *compose, const struct po_ask_row *row)
{
	const struct po_ask_cell *cells = row->cells;
	struct rest rest = {row->index, row->length};
	struct po_compose_connection connection = {
	    .state = (uint8_t)number_of(&cells[0], PO_STATE_NONE),
	    .process =
		{
		    .uid = number_of(&cells[1], PO_UID_UNKNOWN),
		    .user = text_of(&cells[2]),
		    .command = command_of(&cells[3], &cells[1]),
		},
	};
	uint32_t port;

	if (!take_endpoint(&rest, &connection.local) ||
	    !take_number(&rest, UINT16_MAX, &port) ||
	    !take_address(&rest, &connection.remote) ||
	    !take_number(&rest, INT32_MAX, &connection.process.pid) ||
	    rest.left != 0)
		return -EBADMSG;
	connection.remote_port = (uint16_t)port;
	return po_compose_add_connection(compose, &connection);
}

const struct po_ask_table po_ask_connections = {
    .name = "portOwnerConnectionTable",
    .number = 4,
    .columns = connection_columns,
    .n_columns = sizeof(connection_columns) / sizeof(connection_columns[0]),
    .n_texts = 2,
    .index_max = 110,
    .add = add_connection,
};

/* BER: tags and lengths, the root of the module, and the longest values. */
#define NAME_SIZE 48
#define NUMBER_SIZE 7
#define TEXT_SIZE (PO_TEXT_MAX + 4)

size_t
po_ask_row_size(const struct po_ask_table *table)
{
	return table->n_columns * (NAME_SIZE + table->index_max) +
	       table->n_texts * TEXT_SIZE +
	       (table->n_columns - table->n_texts) * NUMBER_SIZE;
}
