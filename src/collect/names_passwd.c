/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of uids, by getpwuid_r(3).
 */
#include <pwd.h>
#include <string.h>

#include "collect/names.h"
#include "collect/names_private.h"

bool
po_names_ask(const struct po_name_key *key, char text[PO_NAME_SIZE], char *room)
{
	struct passwd entry, *found;
	uint32_t uid;

	memcpy(&uid, key->octets, sizeof(uid));
	if (getpwuid_r((uid_t)uid, &entry, room, PO_NAMES_ROOM, &found) != 0 ||
	    found == NULL || strlen(found->pw_name) >= PO_NAME_SIZE)
		return false;
	strcpy(text, found->pw_name);
	return true;
}

const char *
po_names_user(void *context, uint32_t uid)
{
	return po_names_lookup(context, &uid, sizeof(uid));
}
