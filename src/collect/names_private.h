/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What names are asked by, and of whom, which differs between systems.
 */
#ifndef PO_COLLECT_NAMES_PRIVATE_H
#define PO_COLLECT_NAMES_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define PO_NAME_KEY_MAX 68 /* of a SID */
#define PO_NAME_SIZE 256 /* of a name with its NUL */
#define PO_NAMES_MAX 1024 /* remembered, at most half of it */
#else
#define PO_NAME_KEY_MAX 4
#define PO_NAME_SIZE 64
#define PO_NAMES_MAX 4096
#endif

#define PO_NAMES_ROOM 65536 /* octets to ask with */

struct po_name_key {
	uint8_t length;
	uint8_t octets[PO_NAME_KEY_MAX];
};

/*
 * Asks the system, however long that takes; room has PO_NAMES_ROOM octets and
 * is aligned for anything.  False: there is no name, or none that fits.
 */
bool po_names_ask(
    const struct po_name_key *key, char text[PO_NAME_SIZE], char *room);

#endif
