/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text as it is published: valid UTF-8 of at most 255 octets without control
 * characters.  Names of processes are whatever their users chose, so anything
 * else is escaped: \n \t \\ and \xHH octet by octet.
 */
#ifndef PO_MODEL_TEXT_H
#define PO_MODEL_TEXT_H

#include "model/row.h"

#define PO_TEXT_MAX 255

/* The longest endpoint text with its NUL. */
#define PO_ENDPOINT_TEXT_SIZE 96
#define PO_ADDRESS_TEXT_SIZE 64

/*
 * Writes length octets of in as published text with a NUL to out; what does
 * not fit is cut between characters.  Returns the length.
 */
size_t po_text_clean(char out[PO_TEXT_MAX + 1], const char *in, size_t length);

/* Whether length octets of text may be published as they are. */
bool po_text_is_clean(const char *text, size_t length);

/* In decimal, with a NUL; returns the length. */
#define PO_NUMBER_SIZE 11
size_t po_number_format(uint32_t number, char out[PO_NUMBER_SIZE]);

/* Length octets of text as a decimal number up to max; false: they are none. */
bool po_text_number(
    const char *text, size_t length, uint32_t max, uint32_t *number);

/* "tcp"; "proto-47" where there is no name.  buffer is used for the latter. */
const char *po_protocol_name(uint8_t protocol, char buffer[16]);

/* The number of a protocol's name, or -1. */
int po_protocol_number(const char *name);

/*
 * "192.0.2.1", "2001:db8::1", "fe80::1%2", "*" for a wildcard of both
 * families.  Returns the length.
 */
size_t po_address_format(
    const struct po_address *address, char out[PO_ADDRESS_TEXT_SIZE]);

/* "192.0.2.1:80", "[::]:80", "*:80". */
size_t po_address_port_format(const struct po_address *address, uint16_t port,
    char out[PO_ADDRESS_TEXT_SIZE + 8]);

/* "tcp 192.0.2.1:80", "tcp *:80 stack 4026532177". */
size_t po_endpoint_format(
    const struct po_endpoint *endpoint, char out[PO_ENDPOINT_TEXT_SIZE]);

#endif
