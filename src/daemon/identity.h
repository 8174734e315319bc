/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom the processes run as, and who may read the collector's socket.
 */
#ifndef PO_DAEMON_IDENTITY_H
#define PO_DAEMON_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PO_GROUPS_MAX 16

struct po_identity {
	bool change; /* this process may, and shall, become the following */
	uid_t uid;
	gid_t gid;
};

/*
 * user, group: -u and -g, or NULL: then portowner, or nobody where there is no
 * such user, which is logged.  Returns 0, or -errno after having said why.
 */
int po_identity_find(
    const char *user, const char *group, struct po_identity *identity);

/*
 * The groups that names (blanks between) names; those that do not exist are
 * passed over.  Returns how many.
 */
size_t po_identity_groups(const char *names, gid_t groups[PO_GROUPS_MAX]);

#endif
