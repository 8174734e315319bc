/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users and groups by their names.
 */
#include "daemon/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#define DEFAULT_USER "portowner"
#define LAST_USER "nobody"

static const struct passwd *
find_user(const char *user)
{
	const struct passwd *entry;

	entry = getpwnam(user == NULL ? DEFAULT_USER : user);
	if (entry != NULL || user != NULL)
		return entry;
	snmp_log(LOG_WARNING,
	    "portownerd: there is no user " DEFAULT_USER "; running as "
	    "" LAST_USER " (create the user, or give -u)\n");
	return getpwnam(LAST_USER);
}

int
po_identity_find(
    const char *user, const char *group, struct po_identity *identity)
{
	const struct passwd *entry;
	const struct group *other;

	memset(identity, 0, sizeof(*identity));
	if (geteuid() != 0) {
		identity->uid = geteuid();
		identity->gid = getegid();
		if (user == NULL && group == NULL)
			return 0;
		snmp_log(LOG_ERR, "portownerd: -u and -g are for root\n");
		return -EPERM;
	}
	entry = find_user(user);
	if (entry == NULL) {
		snmp_log(LOG_ERR, "portownerd: there is no user %s\n",
		    user == NULL ? LAST_USER : user);
		return -ENOENT;
	}
	identity->change = true;
	identity->uid = entry->pw_uid;
	identity->gid = entry->pw_gid;
	if (group == NULL)
		return 0;
	other = getgrnam(group);
	if (other == NULL) {
		snmp_log(LOG_ERR, "portownerd: there is no group %s\n", group);
		return -ENOENT;
	}
	identity->gid = other->gr_gid;
	return 0;
}

size_t
po_identity_groups(const char *names, gid_t groups[PO_GROUPS_MAX])
{
	const struct group *entry;
	char copy[256], *name, *rest = NULL;
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", names);
	for (name = strtok_r(copy, " \t,", &rest);
	     name != NULL && count < PO_GROUPS_MAX;
	     name = strtok_r(NULL, " \t,", &rest)) {
		entry = getgrnam(name);
		if (entry != NULL)
			groups[count++] = entry->gr_gid;
	}
	return count;
}
