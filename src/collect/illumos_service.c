/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMF writes its name into the contract of the processes that it starts, and
 * every user may read it there.
 */
#include "collect/illumos_service.h"

#include <fcntl.h>
#include <libcontract.h>
#include <stdio.h>
#include <string.h>
#include <sys/contract/process.h>
#include <unistd.h>

#define PREFIX "svc:/"

void
illumos_service(ctid_t contract, char *name, size_t size)
{
	char path[64], *service;
	ct_stathdl_t status;
	int fd;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/system/contract/process/%ld/status",
	    (long)contract);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (ct_status_read(fd, CTD_FIXED, &status) == 0) {
		if (ct_pr_status_get_svc_fmri(status, &service) == 0 &&
		    strncmp(service, PREFIX, strlen(PREFIX)) == 0)
			snprintf(name, size, "%s", service + strlen(PREFIX));
		ct_status_free(status);
	}
	close(fd);
}
