/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services by the service manager, which leaves out those that the caller may
 * not ask about, and does not say so.
 */
#include <windows.h>

#include <winsvc.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "collect/windows_private.h"

#define BUFFER_SIZE (256u << 10) /* octets, the most that one call may write */
#define PARTS_MAX 64

#define WORDS_ARE_LONG (sizeof(void *) == 8)
#define STATUS offsetof(ENUM_SERVICE_STATUS_PROCESSW, ServiceStatusProcess)

/* As in windows_system_decode.c */
_Static_assert(
    sizeof(ENUM_SERVICE_STATUS_PROCESSW) == (WORDS_ARE_LONG ? 56 : 44),
    "service");
_Static_assert(
    offsetof(ENUM_SERVICE_STATUS_PROCESSW, lpServiceName) == 0, "name");
_Static_assert(STATUS + offsetof(SERVICE_STATUS_PROCESS, dwProcessId) ==
		   (WORDS_ARE_LONG ? 44 : 36),
    "pid");

static int
decode(struct windows_services *services, DWORD count)
{
	const struct po_windows_buffer buffer = {
	    .octets = services->buffer,
	    .length = BUFFER_SIZE,
	    .address = (uintptr_t)services->buffer,
	    .word = sizeof(void *),
	};
	uint32_t odd;
	int error = po_windows_decode_services(
	    &buffer, count, &odd, po_windows_services_add, &services->list);

	services->odd += odd;
	if (error == -EBADMSG) {
		services->error = ERROR_INVALID_DATA;
		return 0;
	}
	return error;
}

/* One call is enough but for thousands of services; it goes on where it was. */
static int
read_all(SC_HANDLE manager, struct windows_services *services)
{
	DWORD needed, count, before, place = 0;
	int parts, error = 0;

	services->error = ERROR_MORE_DATA;
	for (parts = 0; parts < PARTS_MAX && error == 0 &&
			services->error == ERROR_MORE_DATA;
	     parts++) {
		count = 0;
		before = place;
		services->error =
		    EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO,
			SERVICE_WIN32, SERVICE_ACTIVE, services->buffer,
			BUFFER_SIZE, &needed, &count, &place, NULL)
			? NO_ERROR
			: GetLastError();
		if (services->error == NO_ERROR ||
		    services->error == ERROR_MORE_DATA)
			error = decode(services, count);
		if (place == before)
			break;
	}
	return error;
}

int
windows_services_list(struct windows_services *services)
{
	SC_HANDLE manager;
	int error;

	po_windows_services_clear(&services->list);
	services->odd = 0;
	if (services->buffer == NULL)
		services->buffer = malloc(BUFFER_SIZE);
	if (services->buffer == NULL)
		return -ENOMEM;
	manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
	if (manager == NULL) {
		services->error = GetLastError();
		return 0;
	}
	error = read_all(manager, services);
	CloseServiceHandle(manager);
	po_windows_services_sort(&services->list);
	return error;
}

void
windows_services_free(struct windows_services *services)
{
	po_windows_services_free(&services->list);
	free(services->buffer);
}
