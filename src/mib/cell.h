/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables' views share: indices of endpoints and values of cells.
 */
#ifndef PO_MIB_CELL_H
#define PO_MIB_CELL_H

#include "mib/view.h"

/* Appends an InetAddress: type, length, octets.  Returns the new length. */
size_t po_key_address(
    uint32_t *key, size_t length, const struct po_address *address);

/* Appends stack, protocol, port and address. */
size_t po_key_endpoint(
    uint32_t *key, size_t length, const struct po_endpoint *endpoint);

void po_cell_number(
    struct po_value *value, enum po_value_type type, uint32_t number);

/* Microseconds as TimeTicks, which stop at their highest value. */
void po_cell_ticks(struct po_value *value, uint64_t us);

void po_cell_string(struct po_value *value, const struct po_snapshot *snapshot,
    po_string string);

/* text must live as long as the value, for example in its buffer. */
void po_cell_text(struct po_value *value, const char *text, size_t length);

#endif
