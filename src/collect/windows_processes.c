/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes by NtQuerySystemInformation, which tells everybody of all of them
 * when they began and what they are called; who they run as and where their
 * program is only those tell that the caller may open.
 */
#include <windows.h>

#include <winternl.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "collect/names.h"
#include "collect/windows_private.h"

#define TRIES 16
#define LIST_MAX (256u << 20) /* octets */
#define PATIENCE 3000 /* ms that one collection waits for names of users */
#define NAME 256 /* units of a command */
#define PATH 4096

#define TOO_SMALL ((NTSTATUS)0xc0000004) /* STATUS_INFO_LENGTH_MISMATCH */
#define WORDS_ARE_LONG (sizeof(void *) == 8)
#define NAME_OFFSET offsetof(SYSTEM_PROCESS_INFORMATION, ImageName)

/* As in windows_system_decode.c */
_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION, CreateTime) == 32, "start");
_Static_assert(NAME_OFFSET + offsetof(UNICODE_STRING, Length) == 56, "length");
_Static_assert(NAME_OFFSET + offsetof(UNICODE_STRING, Buffer) ==
		   (WORDS_ARE_LONG ? 64 : 60),
    "name");
_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION, UniqueProcessId) ==
		   (WORDS_ARE_LONG ? 80 : 68),
    "pid");
_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION,
		   InheritedFromUniqueProcessId) == (WORDS_ARE_LONG ? 88 : 72),
    "parent");

/* The names of the processes stand in buffer. */
struct windows_processes {
	size_t n, room;
	struct po_windows_process *at;
	uint8_t *buffer;
	ULONG size;
	struct po_names *users;
};

/* UTF-8 of one process. */
struct texts {
	char command[NAME * PO_WINDOWS_UTF8_UNIT];
	char executable[PATH * PO_WINDOWS_UTF8_UNIT];
	char service[PO_WINDOWS_SERVICES_SIZE];
};

struct windows_processes *
windows_processes_new(void)
{
	struct windows_processes *processes = calloc(1, sizeof(*processes));

	if (processes == NULL)
		return NULL;
	processes->users = po_names_new(PATIENCE);
	if (processes->users == NULL) {
		free(processes);
		return NULL;
	}
	return processes;
}

void
windows_processes_free(struct windows_processes *processes)
{
	po_names_free(processes->users);
	free(processes->at);
	free(processes->buffer);
	free(processes);
}

static int
compare(const void *left, const void *right)
{
	const uint32_t a = ((const struct po_windows_process *)left)->pid;
	const uint32_t b = ((const struct po_windows_process *)right)->pid;

	return (a > b) - (a < b);
}

static int
keep(void *context, const struct po_windows_process *process)
{
	struct windows_processes *processes = context;
	struct po_windows_process *grown;
	size_t room = processes->room;

	if (processes->n == room) {
		room = room == 0 ? 256 : 2 * room;
		grown = realloc(processes->at, room * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		processes->at = grown;
		processes->room = room;
	}
	processes->at[processes->n++] = *process;
	return 0;
}

/* The list may grow between being asked for its size and being read. */
static int
fetch(struct windows_processes *processes, ULONG *length)
{
	NTSTATUS status = TOO_SMALL;
	ULONG needed;
	int i;

	for (i = 0; i < TRIES && status == TOO_SMALL; i++) {
		needed = 0;
		status = NtQuerySystemInformation(SystemProcessInformation,
		    processes->buffer, processes->size, &needed);
		*length = needed;
		if (status != TOO_SMALL)
			break;
		if (needed > LIST_MAX)
			return -EFBIG;
		needed += needed / 4 + 65536;
		processes->size = 0;
		free(processes->buffer);
		processes->buffer = malloc(needed);
		if (processes->buffer == NULL)
			return -ENOMEM;
		processes->size = needed;
	}
	if (status == TOO_SMALL)
		return -EAGAIN;
	return status == 0 && *length <= processes->size ? 0 : -EIO;
}

int
windows_processes_list(struct windows_processes *processes)
{
	struct po_windows_buffer buffer = {.word = sizeof(void *)};
	ULONG length;
	int error;

	processes->n = 0;
	po_names_begin(processes->users);
	error = fetch(processes, &length);
	if (error != 0)
		return error;
	buffer.octets = processes->buffer;
	buffer.length = length;
	buffer.address = (uintptr_t)processes->buffer;
	error = po_windows_decode_processes(&buffer, keep, processes);
	if (error != 0)
		return error;
	qsort(processes->at, processes->n, sizeof(*processes->at), compare);
	return 0;
}

static void
to_utf8(const struct po_windows_text *text, char *out, size_t size,
    struct po_bytes *bytes)
{
	bytes->length = po_windows_utf8(text, out, size);
	if (bytes->length > 0)
		bytes->data = out;
}

/* Lent until the next call. */
static void
ask_user(
    struct windows_processes *processes, HANDLE process, struct po_bytes *user)
{
	DWORD size;
	union {
		TOKEN_USER user;
		uint8_t octets[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} token;
	HANDLE handle;

	if (!OpenProcessToken(process, TOKEN_QUERY, &handle))
		return;
	if (GetTokenInformation(
		handle, TokenUser, &token, sizeof(token), &size)) {
		user->data = po_names_lookup(processes->users,
		    token.user.User.Sid, GetLengthSid(token.user.User.Sid));
		user->length = user->data == NULL ? 0 : strlen(user->data);
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
	struct po_windows_text text = {.octets = (const uint8_t *)path};

	if (!QueryFullProcessImageNameW(process, 0, path, &size))
		return;
	text.units = size;
	to_utf8(&text, texts->executable, sizeof(texts->executable), bytes);
}

/* Who has ended meanwhile, or has left its number to another, is not asked. */
static void
ask(struct windows_processes *processes, struct po_process *process,
    struct texts *texts, uint32_t *hidden)
{
	HANDLE handle =
	    OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process->pid);

	if (handle == NULL) {
		*hidden += GetLastError() == ERROR_ACCESS_DENIED;
		return;
	}
	if (ask_start(handle) == process->start) {
		ask_user(processes, handle, &process->user);
		ask_executable(handle, texts, &process->executable);
	}
	CloseHandle(handle);
}

int
windows_processes_add(struct windows_processes *processes,
    const struct po_windows_services *services, uint32_t pid, uint64_t listed,
    struct po_builder *builder, uint32_t *hidden)
{
	const struct po_windows_process wanted = {.pid = pid};
	struct po_process process = {.pid = pid, .uid = PO_UID_UNKNOWN};
	const struct po_windows_process *found;
	struct texts texts;
	int error;

	if (po_builder_has_process(builder, pid, NULL))
		return 1;
	if (processes->n == 0)
		return 0;
	found = bsearch(&wanted, processes->at, processes->n,
	    sizeof(*processes->at), compare);
	/* Its number was another's when the sockets were listed. */
	if (found == NULL || found->start > listed)
		return 0;
	process.parent = found->parent;
	process.start = found->start;
	to_utf8(&found->name, texts.command, sizeof(texts.command),
	    &process.command);
	process.service.length =
	    po_windows_services_of(services, pid, texts.service);
	if (process.service.length > 0)
		process.service.data = texts.service;
	ask(processes, &process, &texts, hidden);
	error = po_builder_add_process(builder, &process);
	return error == 0 ? 1 : error;
}
