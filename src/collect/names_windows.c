/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of SIDs, "DOMAIN\\name" in UTF-8.  Windows may have to ask a domain's
 * controller.  There are no uids.
 */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "collect/names.h"
#include "collect/names_private.h"
#include "collect/windows_system_decode.h"

#define UNITS 1024 /* of an account's name, and of its domain's */

_Static_assert(PO_NAME_KEY_MAX >= SECURITY_MAX_SID_SIZE, "SID");

static size_t
append(char *text, size_t used, const WCHAR *name, DWORD units)
{
	const struct po_windows_text wide = {(const uint8_t *)name, units};

	return used +
	       po_windows_utf8(&wide, text + used, PO_NAME_SIZE - 1 - used);
}

bool
po_names_ask(const struct po_name_key *key, char text[PO_NAME_SIZE], char *room)
{
	WCHAR *name = (WCHAR *)room, *domain = name + UNITS;
	DWORD name_units = UNITS, domain_units = UNITS;
	_Alignas(SID) uint8_t sid[PO_NAME_KEY_MAX];
	SID_NAME_USE use;
	size_t used;

	memcpy(sid, key->octets, sizeof(sid));
	if (!LookupAccountSidW(NULL, (PSID)sid, name, &name_units, domain,
		&domain_units, &use))
		return false;
	used = append(text, 0, domain, domain_units);
	used = append(text, used, L"\\", 1);
	used = append(text, used, name, name_units);
	text[used] = '\0';
	return true;
}

const char *
po_names_user(void *context, uint32_t uid)
{
	(void)context;
	(void)uid;
	return NULL;
}
