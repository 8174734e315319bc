/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes by Toolhelp32, which shows all of them to everybody; who they run
 * as and what they run only those tell that the caller may open.
 */
#include <windows.h>

#include <tlhelp32.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/windows_private.h"

#define NAME 256 /* of an account, and of its domain */
#define PATH 4096

struct process {
	uint32_t pid, parent;
	WCHAR name[MAX_PATH];
};

struct windows_processes {
	size_t n, room;
	struct process *at;
};

/* UTF-8 of one process. */
struct texts {
	char command[MAX_PATH * 3 + 1];
	char user[2 * NAME * 3 + 2];
	char executable[PATH * 3 + 1];
	char service[PO_WINDOWS_SERVICES_SIZE];
};

static int
compare(const void *left, const void *right)
{
	const uint32_t a = ((const struct process *)left)->pid;
	const uint32_t b = ((const struct process *)right)->pid;

	return (a > b) - (a < b);
}

static int
keep(struct windows_processes *processes, const PROCESSENTRY32W *entry)
{
	struct process *grown, *process;
	size_t room = processes->room;

	if (processes->n == room) {
		room = room == 0 ? 256 : 2 * room;
		grown = realloc(processes->at, room * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		processes->at = grown;
		processes->room = room;
	}
	process = &processes->at[processes->n++];
	process->pid = entry->th32ProcessID;
	process->parent = entry->th32ParentProcessID;
	memcpy(process->name, entry->szExeFile, sizeof(process->name));
	process->name[MAX_PATH - 1] = 0;
	return 0;
}

int
windows_processes_list(struct windows_processes **processes)
{
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
	HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	struct windows_processes *new;
	int error = 0;
	BOOL more;

	if (list == INVALID_HANDLE_VALUE)
		return -EIO;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		error = -ENOMEM;
	for (more = Process32FirstW(list, &entry); more && error == 0;
	     more = Process32NextW(list, &entry))
		error = keep(new, &entry);
	CloseHandle(list);
	if (error != 0) {
		windows_processes_free(new);
		return error;
	}
	qsort(new->at, new->n, sizeof(*new->at), compare);
	*processes = new;
	return 0;
}

void
windows_processes_free(struct windows_processes *processes)
{
	if (processes == NULL)
		return;
	free(processes->at);
	free(processes);
}

static void
to_utf8(const WCHAR *text, char *out, size_t size, struct po_bytes *bytes)
{
	int length = WideCharToMultiByte(
	    CP_UTF8, 0, text, -1, out, (int)size, NULL, NULL);

	if (length <= 1)
		return;
	bytes->data = out;
	bytes->length = (size_t)length - 1;
}

/* "DOMAIN\NAME" of a token's user. */
static void
ask_user(HANDLE process, struct texts *texts, struct po_bytes *user)
{
	WCHAR name[NAME], text[2 * NAME];
	DWORD name_size = NAME, domain_size = NAME, size;
	union {
		TOKEN_USER user;
		uint8_t octets[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} token;
	SID_NAME_USE use;
	HANDLE handle;

	if (!OpenProcessToken(process, TOKEN_QUERY, &handle))
		return;
	if (GetTokenInformation(
		handle, TokenUser, &token, sizeof(token), &size) &&
	    LookupAccountSidW(NULL, token.user.User.Sid, name, &name_size, text,
		&domain_size, &use)) {
		text[domain_size] = L'\\';
		memcpy(text + domain_size + 1, name,
		    (name_size + 1) * sizeof(*name));
		to_utf8(text, texts->user, sizeof(texts->user), user);
	}
	CloseHandle(handle);
}

/* FILETIME; 0: not known. */
static uint64_t
ask_start(HANDLE process)
{
	FILETIME start, end, kernel, user;

	if (!GetProcessTimes(process, &start, &end, &kernel, &user))
		return 0;
	return (uint64_t)start.dwHighDateTime << 32 | start.dwLowDateTime;
}

static void
ask_executable(HANDLE process, struct texts *texts, struct po_bytes *bytes)
{
	WCHAR path[PATH];
	DWORD size = PATH;

	if (QueryFullProcessImageNameW(process, 0, path, &size))
		to_utf8(
		    path, texts->executable, sizeof(texts->executable), bytes);
}

int
windows_processes_add(struct windows_processes *processes,
    const struct po_windows_services *services, uint32_t pid, uint64_t listed,
    struct po_builder *builder, uint32_t *hidden)
{
	const struct process wanted = {.pid = pid};
	struct po_process process = {.pid = pid, .uid = PO_UID_UNKNOWN};
	const struct process *found;
	struct texts texts;
	HANDLE handle;
	int error;

	if (po_builder_has_process(builder, pid, NULL))
		return 1;
	if (processes->n == 0)
		return 0;
	found = bsearch(&wanted, processes->at, processes->n,
	    sizeof(*processes->at), compare);
	if (found == NULL)
		return 0;
	process.parent = found->parent;
	process.service.length =
	    po_windows_services_of(services, pid, texts.service);
	if (process.service.length > 0)
		process.service.data = texts.service;
	to_utf8(found->name, texts.command, sizeof(texts.command),
	    &process.command);
	handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
	if (handle != NULL) {
		process.start = ask_start(handle);
		ask_user(handle, &texts, &process.user);
		ask_executable(handle, &texts, &process.executable);
		CloseHandle(handle);
	} else {
		++*hidden;
	}
	/* Its number was another's when the sockets were listed. */
	if (process.start > listed)
		return 0;
	error = po_builder_add_process(builder, &process);
	return error == 0 ? 1 : error;
}
