/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jails: which there are, and the lists of those that have a network stack of
 * their own (vnet(9)).
 */
#ifndef PO_COLLECT_FREEBSD_JAIL_H
#define PO_COLLECT_FREEBSD_JAIL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct freebsd_jail {
	uint32_t id;
	bool own_stack;
	char name[256];
};

/* The jail after last (0: the first).  0; -ENOENT: none; or -errno. */
int freebsd_jail_next(uint32_t last, struct freebsd_jail *jail);

/* A process inside of a jail that reads lists there. */
struct freebsd_reader {
	uint32_t jail;
	int error; /* for good */
	bool replaced; /* the child, after it was lost */
	uint64_t *patience; /* us that may be waited for all readers */
	int fd;
	pid_t pid;
};

/*
 * Starts it; freebsd_reader_close() ends it, whatever this returned, which is 0
 * or -errno: -EPERM where only root may.
 */
int freebsd_reader_open(
    struct freebsd_reader *reader, uint32_t jail, uint64_t *patience);
void freebsd_reader_close(struct freebsd_reader *reader);

/*
 * What sysctlbyname(3) says there, see po_freebsd_source.  -ETIMEDOUT if the
 * jail's administrator stopped it.
 */
int freebsd_reader_get(struct freebsd_reader *reader, const char *name,
    void *buffer, size_t *size);

#endif
