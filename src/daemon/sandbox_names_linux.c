/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library loads the modules of its name service when it first needs
 * them, which is after the filter forbids to map code.  So they are loaded
 * before, by the file names that nsswitch.conf(5) promises: libnss_X.so.2 for
 * the service X.  The library then finds them loaded.
 *
 * Loading does not look up anything: a directory server that does not answer
 * cannot block here, as it would with a look-up of some unlikely uid.  A module
 * that is not there fails now as it would have failed later.  With musl there
 * are no modules.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sandbox_linux.h"

#define SETTINGS "/etc/nsswitch.conf"
#define WHITE " \t\r\n"

/* Never unloaded: what it holds is for the rest of the process's life. */
static void
load_module(const char *service)
{
	char file[80];
	size_t i;

	/* "[NOTFOUND=return]" and the like are no services. */
	for (i = 0; service[i] != '\0'; i++)
		if (!isalnum((unsigned char)service[i]) && service[i] != '_')
			return;
	if (i == 0 || i > 40)
		return;
	snprintf(file, sizeof(file), "libnss_%s.so.2", service);
	dlopen(file, RTLD_LAZY | RTLD_LOCAL);
}

static bool
is_needed(const char *database, enum po_sandbox_role role)
{
	return strcmp(database, "passwd") == 0 ||
	       strcmp(database, "group") == 0 ||
	       (role == PO_SANDBOX_STANDALONE &&
		   strcmp(database, "hosts") == 0);
}

static void
load_line(char *line, enum po_sandbox_role role)
{
	char *rest, *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, ":" WHITE, &rest);
	if (word == NULL || !is_needed(word, role))
		return;
	while ((word = strtok_r(NULL, ":" WHITE, &rest)) != NULL)
		load_module(word);
}

void
linux_names_load(enum po_sandbox_role role)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	/* They look up names of users, and of the hosts that traps go to. */
	if (role != PO_SANDBOX_COLLECTOR && role != PO_SANDBOX_STANDALONE)
		return;
	/* What the library takes where the file says nothing. */
	load_module("files");
	if (role == PO_SANDBOX_STANDALONE)
		load_module("dns");
	file = fopen(SETTINGS, "re");
	if (file == NULL)
		return;
	while (getline(&line, &size, file) > 0)
		load_line(line, role);
	free(line);
	fclose(file);
}
