/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A notification leaves the queue when the master has confirmed it (RFC 2741,
 * agentx-Notify-PDU): what a master that ended took with it is sent again.
 * Net-SNMP's own way, send_v2trap(), would not tell.
 */
#include "agent/notify.h"

#include <stdlib.h>
#include <string.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/notice.h"
#include "model/clock.h"

#define MINUTE 60000000 /* us */
#define WINDOW 16 /* notifications that the master has not confirmed */
#define AGAIN 2 /* s until what was refused is tried again */
#define TRIALS 5
#define AGENTX_NOTIFY 12 /* RFC 2741, h.type */
#define AGENTX_NOT_OPEN 257 /* res.error */
#define PATIENCE 1000 /* s; a master that is gone is noticed otherwise */

struct po_notifier {
	bool by_master;
	bool enabled;
	netsnmp_session *master;
	struct po_notice *first;
	struct po_notice **last;
	unsigned int count;
	unsigned int alarm; /* to send what waits; 0: not set */
	uint64_t *times; /* us: of the last rate notifications, a ring */
	uint32_t rate;
	uint32_t next; /* in times */
	uint32_t held; /* for the summary */
	unsigned int summary_alarm;
	uint32_t sent;
	uint32_t held_back;
	uint32_t lost;
};

/*
 * The library may call back after all has ended: for whom, only this can tell.
 */
static struct po_notifier *alive;

struct po_notifier *
po_notifier_new(bool by_master)
{
	struct po_notifier *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->by_master = by_master;
	n->enabled = true;
	n->last = &n->first;
	alive = n;
	return n;
}

static void
drop_first(struct po_notifier *n)
{
	struct po_notice *note = n->first;

	n->first = note->next;
	if (n->first == NULL)
		n->last = &n->first;
	n->count--;
	free(note);
}

static void
cancel(unsigned int *alarm)
{
	if (*alarm != 0)
		snmp_alarm_unregister(*alarm);
	*alarm = 0;
}

void
po_notifier_free(struct po_notifier *n)
{
	if (n == NULL)
		return;
	alive = NULL;
	cancel(&n->alarm);
	cancel(&n->summary_alarm);
	while (n->first != NULL)
		drop_first(n);
	free(n->times);
	free(n);
}

static void pump(struct po_notifier *n);

static void
pump_later(unsigned int alarm, void *context)
{
	struct po_notifier *n = context;

	(void)alarm;
	n->alarm = 0;
	pump(n);
}

static void
plan_pump(struct po_notifier *n, struct timeval when)
{
	if (n->alarm == 0)
		n->alarm = snmp_alarm_register_hr(when, 0, pump_later, n);
}

/* Takes the note that place points to out of the queue. */
static void
take_out(struct po_notifier *n, struct po_notice **place)
{
	struct po_notice *note = *place;

	*place = note->next;
	if (n->last == &note->next)
		n->last = place;
	n->count--;
	free(note);
}

/* The master has answered, or it will not. */
static int
hear(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
    void *context)
{
	const struct timeval again = {AGAIN, 0};
	struct po_notifier *n = context;
	struct po_notice **place;

	if (n != alive || session != n->master)
		return 1;
	for (place = &n->first; *place != NULL; place = &(*place)->next)
		if ((*place)->request == request)
			break;
	if (*place == NULL)
		return 1;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
	    pdu->errstat == AGENTX_NOT_OPEN) {
		(*place)->request = 0;
		plan_pump(n, again);
		return 1;
	}
	if (pdu->errstat == 0) {
		n->sent++;
	} else {
		n->lost++;
		snmp_log(LOG_ERR,
		    "portowner: the master refused a notification: error "
		    "%ld\n",
		    pdu->errstat);
	}
	take_out(n, place);
	pump(n);
	return 1;
}

/* Returns false if it has to be tried again. */
static bool
send_to_master(struct po_notifier *n, struct po_notice *note)
{
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_NOTIFY);

	if (pdu == NULL)
		return false;
	pdu->version = n->master->version;
	pdu->sessid = n->master->sessid;
	pdu->flags |= UCD_MSG_FLAG_EXPECT_RESPONSE | UCD_MSG_FLAG_PDU_TIMEOUT;
	pdu->time = PATIENCE;
	pdu->variables = po_notice_build(note);
	note->request = snmp_async_send(n->master, pdu, hear, n);
	if (note->request != 0)
		return true;
	snmp_free_pdu(pdu);
	return ++note->trials == TRIALS;
}

static void
pump_to_master(struct po_notifier *n)
{
	const struct timeval again = {AGAIN, 0};
	unsigned int unconfirmed = 0;
	struct po_notice *note;

	for (note = n->first; note != NULL && unconfirmed < WINDOW;
	     note = note->next) {
		if (note->request == 0 && !send_to_master(n, note)) {
			plan_pump(n, again);
			return;
		}
		unconfirmed++;
	}
	/* Tried often enough: nobody will ever take it. */
	while (n->first != NULL && n->first->request == 0 &&
	       n->first->trials == TRIALS) {
		snmp_log(LOG_ERR, "portowner: a notification cannot be sent\n");
		n->lost++;
		drop_first(n);
	}
}

static void
pump_to_sinks(struct po_notifier *n)
{
	netsnmp_variable_list *varbinds;

	while (n->first != NULL) {
		varbinds = po_notice_build(n->first);
		send_v2trap(varbinds);
		snmp_free_varbind(varbinds);
		n->sent++;
		drop_first(n);
	}
}

/* Sends what can be sent. */
static void
pump(struct po_notifier *n)
{
	if (!n->by_master)
		pump_to_sinks(n);
	else if (n->master != NULL)
		pump_to_master(n);
}

void
po_notifier_set_master(struct po_notifier *n, netsnmp_session *session)
{
	const struct timeval soon = {0, 100000};
	struct po_notice *note;

	n->master = session;
	for (note = n->first; note != NULL; note = note->next)
		note->request = 0;
	/* The library has not finished yet what it does with the session. */
	if (session != NULL)
		plan_pump(n, soon);
}

/* Makes room: the oldest goes that is not on its way. */
static void
shorten(struct po_notifier *n)
{
	struct po_notice **place = &n->first;

	while (*place != NULL && (*place)->request != 0)
		place = &(*place)->next;
	if (*place == NULL)
		return;
	if (n->lost++ == 0)
		snmp_log(LOG_WARNING,
		    "portowner: more than %d notifications wait for the "
		    "master: the oldest are dropped "
		    "(portOwnerNotificationsLost)\n",
		    PO_NOTIFY_QUEUE);
	take_out(n, place);
}

/* notice: taken over; NULL: there was no memory for it. */
static void
append(struct po_notifier *n, struct po_notice *notice)
{
	if (notice == NULL) {
		n->lost++;
		return;
	}
	if (n->count == PO_NOTIFY_QUEUE)
		shorten(n);
	*n->last = notice;
	n->last = &notice->next;
	n->count++;
}

static void
send_summary(unsigned int alarm, void *context)
{
	struct po_notifier *n = context;

	(void)alarm;
	n->summary_alarm = 0;
	if (n->held == 0)
		return;
	append(n, po_notice_of_summary(n->held, n->held_back));
	n->held = 0;
	if (n->rate != 0) {
		n->times[n->next] = po_clock_us();
		n->next = (n->next + 1) % n->rate;
	}
	pump(n);
}

/* Whether one more may go now; if not, it is counted for the summary. */
static bool
may_go(struct po_notifier *n)
{
	const uint64_t now = po_clock_us();
	uint64_t oldest, wait;
	struct timeval when;

	if (!n->enabled)
		return false;
	if (n->rate == 0)
		return true;
	oldest = n->times[n->next];
	if (n->held == 0 && (oldest == 0 || now - oldest >= MINUTE)) {
		n->times[n->next] = now;
		n->next = (n->next + 1) % n->rate;
		return true;
	}
	n->held++;
	n->held_back++;
	if (n->summary_alarm != 0)
		return false;
	snmp_log(LOG_WARNING,
	    "portowner: more than %lu notifications in a minute: the others "
	    "are held back (notifyRate)\n",
	    (unsigned long)n->rate);
	wait = now - oldest < MINUTE ? MINUTE - (now - oldest) : 0;
	when.tv_sec = (time_t)(wait / 1000000);
	when.tv_usec = (suseconds_t)(wait % 1000000) + 1;
	n->summary_alarm = snmp_alarm_register_hr(when, 0, send_summary, n);
	return false;
}

void
po_notifier_set_rate(struct po_notifier *n, uint32_t rate)
{
	uint64_t *times;

	if (rate == n->rate && (n->times != NULL || rate == 0))
		return;
	times = calloc((size_t)rate + 1, sizeof(*times));
	if (times == NULL)
		return;
	free(n->times);
	n->times = times;
	n->rate = rate;
	n->next = 0;
}

bool
po_notifier_enabled(const struct po_notifier *n)
{
	return n->enabled;
}

void
po_notifier_enable(struct po_notifier *n, bool enabled)
{
	struct po_notice **place = &n->first;

	n->enabled = enabled;
	if (enabled)
		return;
	cancel(&n->summary_alarm);
	n->held = 0;
	while (*place != NULL) {
		if ((*place)->request == 0)
			take_out(n, place);
		else
			place = &(*place)->next;
	}
}

void
po_notifier_add(struct po_notifier *n, struct po_notice *notice)
{
	if (!may_go(n)) {
		free(notice);
		return;
	}
	append(n, notice);
	pump(n);
}

void
po_notifier_status(const struct po_notifier *n, struct po_status *status)
{
	status->notify = n->enabled;
	status->notifications = n->sent;
	status->held_back = n->held_back;
	status->lost = n->lost;
}
