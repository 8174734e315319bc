/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector process: collects when a reader wants a snapshot fresher than
 * the one at hand, and hands it out.
 */
#ifndef PO_BROKER_SERVER_H
#define PO_BROKER_SERVER_H

#include <sys/types.h>

#include "collect/collector.h"

/* Readers at a time, and how many of one ordinary user. */
#define PO_READERS_MAX 64
#define PO_READERS_OF_USER 16

struct po_server_options {
	struct po_collect_options collect;
	int listener; /* a listening stream socket, non-blocking */
	int control; /* the server ends when this closes; -1: never */
	/* Members of these groups may read, besides root and the own user. */
	const gid_t *groups;
	size_t n_groups;
	/*
	 * Called once the source is open: gives up what is not needed any
	 * more.  Returns 0, or -errno after having said why.
	 */
	int (*confine)(void *context);
	void *context;
	/* Seconds after which a collection that hangs ends the process. */
	unsigned int patience;
	/* One sentence for the log; priority as in syslog(3). */
	void (*log)(int priority, const char *sentence);
};

/*
 * A listening socket at path that its owner, a group, and, with open, everybody
 * may connect to (the server looks at who they are).  group (gid_t)-1: the
 * process's own.  Makes the folder if need be.  Returns the descriptor, or
 * -errno: -EADDRINUSE if another process listens there.
 */
int po_server_listen(const char *path, gid_t group, bool open);

/* Serves until control closes.  Returns 0 or -errno. */
int po_server_run(const struct po_server_options *options);

#endif
