/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process with a name, a user, and a listener, until its input ends:
 *
 *     holder NAME UID tcp|udp ADDRESS PORT
 *
 * or many listeners at once, on ports from PORT on of as many addresses from
 * ADDRESS on as that takes:
 *
 *     holder NAME UID tcp ADDRESS PORT COUNT
 *
 * Says "ready" when they are there.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS 1000 /* of an address */

static int
fail(const char *what)
{
	perror(what);
	return 1;
}

static int
hold(int type, const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, type, 0), on = 1;

	if (fd < 0)
		return fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return fail("bind");
	if (type == SOCK_STREAM && listen(fd, 1) != 0)
		return fail("listen");
	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int count = argc == 7 ? atoi(argv[6]) : 1, port, type, i;
	struct rlimit limit;
	uint32_t first;

	if (argc != 6 && argc != 7)
		return 2;
	type = strcmp(argv[3], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;
	port = atoi(argv[5]);
	first = ntohl(inet_addr(argv[4]));
	limit.rlim_cur = limit.rlim_max = (rlim_t)count + 64;
	if (count > 1 && setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fail("setrlimit");
	/* The name is there before the listener is. */
	prctl(PR_SET_NAME, argv[1]);
	if (atoi(argv[2]) != 0 &&
	    setresuid((uid_t)atoi(argv[2]), (uid_t)atoi(argv[2]),
		(uid_t)atoi(argv[2])) != 0)
		return fail("setresuid");
	for (i = 0; i < count; i++) {
		address.sin_addr.s_addr = htonl(first + (uint32_t)(i / PORTS));
		address.sin_port = htons((uint16_t)(port + i % PORTS));
		if (hold(type, &address) != 0)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
