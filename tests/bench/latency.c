/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks for one object again and again, at a fixed rate whether or not earlier
 * requests were answered: one that waits makes those behind it late, and they
 * count, from the moment at which they should have been sent.
 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#define TIMEOUT 10 /* seconds */

struct asker {
	void *session;
	struct name name;
	double *sent; /* when the request of this number was due */
	double *took; /* seconds; negative: no answer */
	size_t n, next, done;
	double began, interval;
	size_t errors;
};

static struct asker asker;

static int
note_answer(int operation, netsnmp_session *session, int id,
    netsnmp_pdu *answer, void *magic)
{
	size_t number = (size_t)((double *)magic - asker.sent);

	(void)session;
	(void)id;
	asker.done++;
	asker.took[number] = clock_now() - asker.sent[number];
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
	    answer->errstat != SNMP_ERR_NOERROR || answer->variables == NULL ||
	    answer->variables->type >= SNMP_NOSUCHOBJECT)
		asker.errors++;
	return 1;
}

static int
send_one(struct asker *a)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);

	if (pdu == NULL ||
	    snmp_add_null_var(pdu, a->name.oid, a->name.len) == NULL)
		return -1;
	a->sent[a->next] = a->began + (double)a->next * a->interval;
	if (snmp_sess_async_send(
		a->session, pdu, note_answer, &a->sent[a->next]) == 0) {
		snmp_free_pdu(pdu);
		return -1;
	}
	a->next++;
	return 0;
}

/* Waits for answers, until the next request is due if there is one. */
static void
wait_for_answers(struct asker *a)
{
	double left = a->began + (double)a->next * a->interval - clock_now();
	struct timeval until;
	fd_set fds;
	int n = 0, block = 0;

	if (a->next == a->n)
		left = 0.05;
	if (left < 0)
		left = 0;
	until.tv_sec = (time_t)left;
	until.tv_usec = (suseconds_t)((left - (double)until.tv_sec) * 1e6);
	FD_ZERO(&fds);
	snmp_sess_select_info(a->session, &n, &fds, &until, &block);
	if (select(n, &fds, NULL, NULL, &until) > 0)
		snmp_sess_read(a->session, &fds);
	else
		snmp_sess_timeout(a->session);
}

static int
run(struct asker *a)
{
	a->began = clock_now();
	while (a->done < a->n) {
		while (
		    a->next < a->n &&
		    clock_now() >= a->began + (double)a->next * a->interval) {
			if (send_one(a) < 0) {
				fputs("latency: a request could not be sent\n",
				    stderr);
				return -1;
			}
		}
		wait_for_answers(a);
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
say(struct asker *a)
{
	qsort(a->took, a->n, sizeof(*a->took), compare);
	printf("{\"requests\": %zu, \"errors\": %zu, \"p50\": %.6f, "
	       "\"p99\": %.6f, \"max\": %.6f}\n",
	    a->n, a->errors, a->took[a->n / 2],
	    a->took[(a->n * 99 + 99) / 100 - 1], a->took[a->n - 1]);
}

int
main(int argc, char **argv)
{
	double rate, seconds;
	int err = -1;

	if (argc != 6 || parse_name(argv[5], &asker.name) < 0 ||
	    (rate = strtod(argv[3], NULL)) <= 0 ||
	    (seconds = strtod(argv[4], NULL)) <= 0) {
		fputs("usage: latency ADDRESS COMMUNITY PER-SECOND SECONDS "
		      "OBJECT\n",
		    stderr);
		return 2;
	}
	asker.n = (size_t)(rate * seconds) + 1;
	asker.interval = 1 / rate;
	asker.sent = calloc(asker.n, sizeof(*asker.sent));
	asker.took = calloc(asker.n, sizeof(*asker.took));
	if (asker.sent == NULL || asker.took == NULL)
		fputs("latency: out of memory\n", stderr);
	else
		asker.session = session_open(argv[1], argv[2], TIMEOUT);
	if (asker.session != NULL) {
		err = run(&asker);
		if (err == 0)
			say(&asker);
		snmp_sess_close(asker.session);
	}
	free(asker.sent);
	free(asker.took);
	return err < 0;
}
