/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows as JSON lines.  The command is the process's name byte by byte, each
 * byte as the code point of the same number: encode it as ISO 8859-1 to have
 * the bytes back, whatever they are.  How it must be shown is the reader's
 * business.
 */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

#define COMMAND_SIZE 16

/* Text of an address as the product prints it, without quotes. */
static void
address_text(
    const struct sockaddr_storage *ss, bool dual, char *text, size_t size)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const uint8_t *bytes;
	size_t n;

	if (ss->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, text, (socklen_t)size);
		return;
	}
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		bytes = in6->sin6_addr.s6_addr;
		inet_ntop(AF_INET, bytes + 12, text, (socklen_t)size);
		return;
	}
	if (dual && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)) {
		snprintf(text, size, "*");
		return;
	}
	inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
	n = strlen(text);
	if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
		snprintf(text + n, size - n, "%%%u", in6->sin6_scope_id);
}

static unsigned
port_number(const struct sockaddr_storage *ss)
{
	/* sin_port and sin6_port are in the same place */
	return ntohs(((const struct sockaddr_in *)ss)->sin_port);
}

static void
endpoint_json(
    FILE *f, const char *name, const struct sockaddr_storage *ss, bool dual)
{
	char text[INET6_ADDRSTRLEN + 16];

	if (ss->ss_family == 0) {
		fprintf(f, ",\"%s_address\":null,\"%s_port\":null", name, name);
		return;
	}
	address_text(ss, dual, text, sizeof(text));
	fprintf(f, ",\"%s_address\":\"%s\",\"%s_port\":%u", name, text, name,
	    port_number(ss));
}

static void
command_json(FILE *f, pid_t pid)
{
	char command[COMMAND_SIZE + 1] = "";
	const unsigned char *p;

	if (pid != 0)
		prctl(PR_GET_NAME, command);
	fprintf(f, ",\"command\":\"");
	for (p = (const unsigned char *)command; *p != '\0'; p++) {
		if (*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
			fputc(*p, f);
		else
			fprintf(f, "\\u%04x", *p);
	}
	fprintf(f, "\"");
}

void
row_print(struct actor *a, const struct row *row)
{
	char line[2048];
	FILE *f;
	long n;

	f = fmemopen(line, sizeof(line), "w");
	if (f == NULL)
		actor_fail(a, "fmemopen");
	fprintf(f, "{\"kind\":\"%s\",\"stack\":%llu,\"protocol\":\"%s\"",
	    a->kind, (unsigned long long)row->stack, row->protocol);
	endpoint_json(f, "local", &row->local, row->dual_stack);
	endpoint_json(f, "remote", &row->remote, false);
	fprintf(f, ",\"state\":\"%s\",\"pid\":%ld,\"count\":%u,\"inode\":%llu",
	    row->state, (long)row->pid, row->count,
	    (unsigned long long)row->inode);
	if (row->uid == SCENE_UID_UNKNOWN)
		fprintf(f, ",\"uid\":null");
	else
		fprintf(f, ",\"uid\":%ld", row->uid);
	command_json(f, row->pid);
	if (a->extra != NULL)
		fprintf(f, ",%s", a->extra);
	if (row->extra != NULL)
		fprintf(f, ",%s", row->extra);
	fprintf(f, "}\n");
	n = ftell(f);
	if (fclose(f) != 0 || n <= 0 || n >= (long)sizeof(line))
		actor_fail(a, "a row is too long");
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		actor_fail(a, "stdout");
}

static const char *
protocol_name(struct actor *a, int fd)
{
	socklen_t size = sizeof(int);
	int protocol, type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == -1)
		actor_fail(a, "getsockopt");
	if (type == SOCK_RAW)
		return "raw";
	switch (protocol) {
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_UDPLITE:
		return "udplite";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_DCCP:
		return "dccp";
	default: /* TCP, MPTCP */
		return "tcp";
	}
}

static bool
takes_both_families(int fd, const struct row *row)
{
	socklen_t size = sizeof(int);
	int v6only = 0;

	if (row->local.ss_family != AF_INET6 ||
	    strcmp(row->protocol, "raw") == 0)
		return false;
	getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &size);
	return !v6only;
}

/* The row of a socket that this process holds once. */
void
row_of_socket(struct actor *a, struct row *row, int fd, const char *state)
{
	socklen_t size = sizeof(row->remote);
	struct stat st;

	if (fstat(fd, &st) == -1)
		actor_fail(a, "fstat");
	memset(row, 0, sizeof(*row));
	row->inode = st.st_ino;
	row->stack = a->stack;
	row->protocol = protocol_name(a, fd);
	socket_name(a, fd, &row->local);
	if (getpeername(fd, (struct sockaddr *)&row->remote, &size) == -1) {
		if (errno != ENOTCONN)
			actor_fail(a, "getpeername");
		row->remote.ss_family = 0;
	}
	row->dual_stack = takes_both_families(fd, row);
	row->state = state;
	row->pid = getpid();
	row->uid = (long)geteuid();
	row->count = 1;
}

void
expect(struct actor *a, int fd, const char *state)
{
	expect_times(a, fd, state, 1);
}

/* This process holds count such sockets. */
void
expect_times(struct actor *a, int fd, const char *state, unsigned count)
{
	struct row row;

	row_of_socket(a, &row, fd, state);
	row.count = count;
	row_print(a, &row);
}

/* Another process, of the same name and user, holds it (too). */
void
expect_owner(struct actor *a, int fd, const char *state, pid_t pid)
{
	struct row row;

	row_of_socket(a, &row, fd, state);
	row.pid = pid;
	row_print(a, &row);
}

/* No process holds it; its creator is known. */
void
expect_nobody(struct actor *a, int fd, const char *state)
{
	expect_owner(a, fd, state, 0);
}

/* The other end of a connection, which no process holds. */
void
expect_far_end(struct actor *a, int fd, const char *state)
{
	struct row near, far;

	row_of_socket(a, &near, fd, state);
	far = near;
	far.local = near.remote;
	far.remote = near.local;
	far.pid = 0;
	far.inode = 0; /* none before it is accepted */
	far.uid = SCENE_UID_UNKNOWN;
	row_print(a, &far);
}
