/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Most services have a process of their own, and some share one.
 */
#include "collect/windows_services.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MORE ",..."

void
po_windows_services_clear(struct po_windows_services *services)
{
	while (services->n > 0)
		free(services->at[--services->n].name);
}

void
po_windows_services_free(struct po_windows_services *services)
{
	po_windows_services_clear(services);
	free(services->at);
	services->at = NULL;
	services->room = 0;
}

static int
make_room(struct po_windows_services *services)
{
	const size_t room = services->room == 0 ? 128 : 2 * services->room;
	struct po_windows_service_entry *grown;

	if (services->n < services->room)
		return 0;
	grown = realloc(services->at, room * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	services->at = grown;
	services->room = room;
	return 0;
}

int
po_windows_services_add(void *context, const struct po_windows_service *service)
{
	struct po_windows_services *services = context;
	char name[PO_WINDOWS_SERVICE_SIZE];
	size_t length;
	char *kept;

	if (service->pid == 0)
		return 0;
	length = po_windows_utf8(&service->name, name, sizeof(name));
	kept = malloc(length + 1);
	if (kept == NULL || make_room(services) != 0) {
		free(kept);
		return -ENOMEM;
	}
	memcpy(kept, name, length);
	kept[length] = '\0';
	services->at[services->n++] =
	    (struct po_windows_service_entry){service->pid, kept};
	return 0;
}

static int
compare(const void *left, const void *right)
{
	const struct po_windows_service_entry *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* A list that is read in parts may name a service twice. */
void
po_windows_services_sort(struct po_windows_services *services)
{
	struct po_windows_service_entry *at = services->at;
	size_t i, n = 0;

	if (services->n < 2)
		return;
	qsort(at, services->n, sizeof(*at), compare);
	for (i = 0; i < services->n; i++)
		if (n > 0 && compare(&at[n - 1], &at[i]) == 0)
			free(at[i].name);
		else
			at[n++] = at[i];
	services->n = n;
}

/* The first entry of pid or of what comes after it. */
static size_t
find(const struct po_windows_services *services, uint32_t pid)
{
	size_t low = 0, high = services->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (services->at[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
po_windows_services_of(const struct po_windows_services *services, uint32_t pid,
    char out[PO_WINDOWS_SERVICES_SIZE])
{
	size_t at, used = 0, length, needed;
	bool last;

	for (at = find(services, pid);
	     at < services->n && services->at[at].pid == pid; at++) {
		length = strlen(services->at[at].name);
		last = at + 1 == services->n || services->at[at + 1].pid != pid;
		needed = used + 1 + length + (last ? 0 : strlen(MORE));
		if (used != 0 && needed > PO_TEXT_MAX) {
			memcpy(out + used, MORE, strlen(MORE));
			return used + strlen(MORE);
		}
		if (used != 0)
			out[used++] = ',';
		memcpy(out + used, services->at[at].name, length);
		used += length;
	}
	return used;
}
