/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lists of a FreeBSD, byte by byte.
 */
#include "freebsd_fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/freebsd_wire.h"

static void
put(uint8_t *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

static int
get(void *context, enum po_freebsd_list which, uint32_t stack, void *buffer,
    size_t *size)
{
	struct fake *fake = context;
	struct fake_list *list = &fake->lists[which];

	(void)stack;
	if (list->absent)
		return -ENOENT;
	if (buffer == NULL) {
		*size = list->size;
		return 0;
	}
	list->reads++;
	if (fake->change != NULL)
		fake->change(fake, which);
	if (*size > fake->offered)
		fake->offered = *size;
	if (list->error != 0)
		return list->error;
	if (fake->too_small > 0 || *size < list->size) {
		fake->too_small -= fake->too_small > 0;
		memset(buffer, 0xff, *size);
		return -ENOMEM;
	}
	memcpy(buffer, list->octets, list->size);
	*size = list->size;
	return 0;
}

static const char *
name_jail(void *context, uint32_t jail)
{
	(void)context;
	return jail == 7 ? "www" : NULL;
}

static void
add_details(void *context, struct po_process *process)
{
	(void)context;
	process->executable = unit_bytes("/bin/fake");
}

void
fake_clear(struct fake *fake, enum po_freebsd_list which)
{
	struct fake_list *list = &fake->lists[which];

	memset(list->octets, 0, sizeof(list->octets));
	list->size = 0;
	if (which > PO_FREEBSD_RAW)
		return;
	list->size = 2 * (size_t)PO_XINPGEN_SIZE;
	put(list->octets, PO_XINPGEN_SIZE, 8);
	put(list->octets + PO_XINPGEN_SIZE, PO_XINPGEN_SIZE, 8);
}

struct fake *
fake_new(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fake);
	fake->source.get = get;
	fake->source.jail = name_jail;
	fake->source.details = add_details;
	fake->source.context = fake;
	for (i = 0; i < FAKE_LISTS; i++)
		fake_clear(fake, (enum po_freebsd_list)i);
	return fake;
}

void
fake_free(struct fake *fake)
{
	free(fake);
}

/* The tests of a build elsewhere are told where their files are. */
static size_t
read_file(const char *folder, const char *name, void *into, size_t size)
{
	const char *top = getenv("top_srcdir");
	char path[1024];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/fixtures/freebsd/%s/%s",
	    top == NULL ? "." : top, folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		printf("\n    %s: %s", path, strerror(errno));
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	length = fread(into, 1, size, file);
	CU_ASSERT_NOT_EQUAL_FATAL(feof(file), 0);
	fclose(file);
	return length;
}

struct fake *
fake_recorded(const char *folder)
{
	struct fake *fake = fake_new();
	char name[64];
	int i;

	for (i = 0; i < FAKE_LISTS; i++) {
		snprintf(name, sizeof(name), "%s.bin",
		    po_freebsd_name((enum po_freebsd_list)i));
		fake->lists[i].size = read_file(
		    folder, name, fake->lists[i].octets, FAKE_LIST_SIZE);
	}
	return fake;
}

void
fake_read_text(const char *folder, const char *name, char *text, size_t size)
{
	text[read_file(folder, name, text, size - 1)] = '\0';
}

/* As the kernel keeps it: IPv4 in the last octets, the zone inside. */
static void
put_address(uint8_t *at, const char *text, uint16_t zone)
{
	struct po_address address = unit_address(text, 0);

	if (address.type == PO_ADDRESS_IPV4)
		memcpy(at + 12, address.bytes, 4);
	else
		memcpy(at, address.bytes, 16);
	if (zone == 0)
		return;
	at[2] = (uint8_t)(zone >> 8);
	at[3] = (uint8_t)zone;
}

static void
put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
}

uint8_t *
fake_add_pcb(struct fake *fake, const struct fake_pcb *pcb)
{
	struct fake_list *list = &fake->lists[pcb->list];
	const bool tcp = pcb->list == PO_FREEBSD_TCP;
	const size_t size = tcp ? PO_XTCPCB_SIZE : PO_XINPCB_SIZE;
	const bool ipv4 = unit_address(pcb->local, 0).type == PO_ADDRESS_IPV4;
	uint8_t *record = list->octets + list->size - PO_XINPGEN_SIZE;
	uint8_t *at = tcp ? record + PO_XTCPCB_XINPCB : record;

	CU_ASSERT_FATAL(list->size + size <= FAKE_LIST_SIZE);
	memmove(record + size, record, PO_XINPGEN_SIZE);
	memset(record, 0, size);
	list->size += size;
	put(record, size, 8);
	/* The kernel has no PCB of a half-open connection, and no length. */
	if (!tcp || pcb->state != PO_TCPS_SYN_RECEIVED || pcb->handle != 0)
		put(at + PO_XINPCB_LENGTH, PO_XINPCB_SIZE, 8);
	if (tcp)
		put(record + PO_XTCPCB_STATE, pcb->state, 4);
	put(at + PO_XINPCB_SOCKET, pcb->handle, 8);
	put(at + PO_XINPCB_UID, pcb->uid, 4);
	put(at + PO_XINPCB_QUEUE, pcb->queue, 4);
	put(at + PO_XINPCB_LIMIT, pcb->limit, 4);
	if (tcp && pcb->state == PO_TCPS_LISTEN)
		put(at + PO_XINPCB_OPTIONS, PO_XINPCB_LISTENS, 2);
	put_port(at + PO_XINPCB_LOCAL_PORT, pcb->local_port);
	put_port(at + PO_XINPCB_FOREIGN_PORT, pcb->remote_port);
	put_address(at + PO_XINPCB_LOCAL, pcb->local, pcb->zone);
	if (pcb->remote != NULL)
		put_address(at + PO_XINPCB_FOREIGN, pcb->remote, pcb->zone);
	put(at + PO_XINPCB_GENERATION, pcb->generation, 8);
	at[PO_XINPCB_FAMILIES] = pcb->families;
	if (pcb->families == 0)
		at[PO_XINPCB_FAMILIES] =
		    ipv4 ? PO_INP_IPV4 : PO_INP_IPV6 | PO_INP_IPV6_SOCKET;
	/* A raw socket's port is its protocol. */
	if (pcb->list == PO_FREEBSD_RAW)
		at[PO_XINPCB_PROTOCOL] = (uint8_t)pcb->local_port;
	return at;
}

static uint8_t *
append(struct fake *fake, enum po_freebsd_list which, size_t size)
{
	struct fake_list *list = &fake->lists[which];
	uint8_t *at = list->octets + list->size;

	CU_ASSERT_FATAL(list->size + size <= FAKE_LIST_SIZE);
	memset(at, 0, size);
	list->size += size;
	return at;
}

void
fake_add_file(struct fake *fake, uint32_t pid, uint64_t handle)
{
	uint8_t *at = append(fake, PO_FREEBSD_FILES, PO_XFILE_SIZE);

	put(at + PO_XFILE_LENGTH, PO_XFILE_SIZE, 8);
	put(at + PO_XFILE_PID, pid, 4);
	put(at + PO_XFILE_TYPE, PO_XFILE_SOCKET, 2);
	put(at + PO_XFILE_DATA, handle, 8);
}

void
fake_add_process(
    struct fake *fake, uint32_t pid, uint64_t start, const char *command)
{
	uint8_t *at = append(fake, PO_FREEBSD_PROCESSES, PO_KINFO_PROC_SIZE);

	put(at + PO_KINFO_PROC_LENGTH, PO_KINFO_PROC_SIZE, 4);
	put(at + PO_KINFO_PROC_PID, pid, 4);
	put(at + PO_KINFO_PROC_UID, 1000, 4);
	put(at + PO_KINFO_PROC_PARENT, 1, 4);
	put(at + PO_KINFO_PROC_START, start, 8);
	memcpy(at + PO_KINFO_PROC_COMMAND, command, strlen(command));
}
