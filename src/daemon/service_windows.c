/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service manager calls without any context: there is one service in a
 * process.
 */
#include <windows.h>

#include "daemon/service_windows.h"

#define GRACE 15000 /* ms to begin or to end, the manager is told */

static wchar_t name[] = L"portownerd";

static struct {
	const struct po_service *service;
	SERVICE_STATUS_HANDLE handle; /* NULL: this is no service */
} own;

static void
tell(DWORD state, DWORD status)
{
	const bool moves =
	    state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
	SERVICE_STATUS told = {
	    .dwServiceType = SERVICE_WIN32_OWN_PROCESS,
	    .dwCurrentState = state,
	    .dwControlsAccepted =
		state == SERVICE_RUNNING
		    ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN
		    : 0,
	    .dwWin32ExitCode =
		status == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR,
	    .dwServiceSpecificExitCode = status,
	    .dwWaitHint = moves ? GRACE : 0,
	};

	if (own.handle != NULL)
		SetServiceStatus(own.handle, &told);
}

static DWORD WINAPI
control(DWORD what, DWORD type, void *data, void *context)
{
	(void)type;
	(void)data;
	(void)context;
	switch (what) {
	case SERVICE_CONTROL_STOP:
	case SERVICE_CONTROL_SHUTDOWN:
		tell(SERVICE_STOP_PENDING, 0);
		own.service->stop();
		return NO_ERROR;
	case SERVICE_CONTROL_INTERROGATE:
		return NO_ERROR;
	default:
		return ERROR_CALL_NOT_IMPLEMENTED;
	}
}

static void WINAPI
serve(DWORD argc, wchar_t **argv)
{
	int status;

	(void)argc;
	(void)argv;
	own.handle = RegisterServiceCtrlHandlerExW(name, control, NULL);
	tell(SERVICE_START_PENDING, 0);
	status = own.service->run(own.service->context);
	tell(SERVICE_STOPPED, (DWORD)status);
}

void
po_service_ready(void)
{
	tell(SERVICE_RUNNING, 0);
}

bool
po_service_run(const struct po_service *service)
{
	const SERVICE_TABLE_ENTRYW services[] = {{name, serve}, {NULL, NULL}};

	own.service = service;
	return StartServiceCtrlDispatcherW(services);
}
