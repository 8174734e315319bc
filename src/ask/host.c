/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Net-SNMP parses its own options and files, as it does for its own tools; it
 * reads no MIB.
 */
#include "ask/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "ask/walk.h"
#include "model/clock.h"

/* The largest message over UDP, which SNMPv3 tells the agent. */
#define MESSAGE_MAX 65507
#define PROGRESS_INTERVAL 200000 /* us */

static int
write_all(int fd, const void *data, size_t length)
{
	const char *at = data;
	ssize_t done;

	while (length > 0) {
		done = write(fd, at, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -EIO;
		at += done;
		length -= (size_t)done;
	}
	return 0;
}

static int
send_frame(
    int fd, enum po_ask_frame_type type, const void *payload, size_t length)
{
	const struct po_ask_frame frame = {.type = type, .length = length};

	if (write_all(fd, &frame, sizeof(frame)) != 0)
		return -EIO;
	return write_all(fd, payload, length);
}

/* Where progress goes, and when it was told the last time. */
struct progress {
	int fd;
	uint64_t told; /* us */
};

/* Nobody is interested any more when this cannot be written. */
static void
tell_progress(void *context, uint32_t rows)
{
	struct progress *progress = context;
	uint64_t now = po_clock_us();

	if (now - progress->told < PROGRESS_INTERVAL)
		return;
	progress->told = now;
	if (send_frame(
		progress->fd, PO_ASK_FRAME_PROGRESS, &rows, sizeof(rows)) != 0)
		_exit(1);
}

/* The arguments that Net-SNMP's parser wants. */
static char **
make_arguments(const struct po_ask_options *options, const char *host)
{
	char **arguments = calloc(options->n_words + 3, sizeof(*arguments));
	size_t i, n = 0;

	if (arguments == NULL)
		return NULL;
	arguments[n++] = strdup("portowner");
	for (i = 0; i < options->n_words; i++)
		arguments[n++] = strdup(options->words[i]);
	arguments[n++] = strdup(host);
	for (i = 0; i < n; i++)
		if (arguments[i] == NULL)
			return NULL;
	return arguments;
}

static int
tell_error(int fd, const char *error)
{
	send_frame(fd, PO_ASK_FRAME_ERROR, error, strlen(error));
	return 1;
}

static int
tell_no_session(int fd, netsnmp_session *session)
{
	int system_error, library_error;
	char *text = NULL;

	snmp_error(session, &system_error, &library_error, &text);
	if (library_error == SNMPERR_TIMEOUT)
		tell_error(fd, "no answer");
	else
		tell_error(fd, text != NULL ? text : "no session");
	free(text);
	return 1;
}

int
po_ask_host(const struct po_ask_options *options, const char *host, int fd)
{
	char **arguments = make_arguments(options, host);
	struct progress progress = {.fd = fd};
	struct po_ask_walk walk = {
	    .progress = tell_progress,
	    .context = &progress,
	};
	char error[PO_ASK_ERROR_SIZE];
	struct po_ask_facts facts;
	netsnmp_session session;
	void *image;
	size_t size;

	if (arguments == NULL)
		return tell_error(fd, "out of memory");
	setenv("MIBS", "", 1);
	/* It says why by itself. */
	if (netsnmp_parse_args((int)options->n_words + 2, arguments, &session,
		"", NULL, NETSNMP_PARSE_ARGS_NOLOGGING) < 0)
		return 1;
	session.rcvMsgMaxSize = MESSAGE_MAX;
	walk.session = snmp_sess_open(&session);
	if (walk.session == NULL)
		return tell_no_session(fd, &session);
	walk.version = session.version;
	if (po_ask_walk(&walk, options->what, &facts, &image, &size, error) !=
	    0)
		return tell_error(fd, error);
	if (send_frame(fd, PO_ASK_FRAME_FACTS, &facts, sizeof(facts)) != 0 ||
	    (image != NULL &&
		send_frame(fd, PO_ASK_FRAME_IMAGE, image, size) != 0))
		return 1;
	free(image);
	snmp_sess_close(walk.session);
	return 0;
}
