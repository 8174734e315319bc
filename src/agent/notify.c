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

#include "mib/cell.h"
#include "model/clock.h"

#define MINUTE 60000000 /* us */
#define WINDOW 16 /* notifications that the master has not confirmed */
#define AGAIN 2 /* s until what was refused is tried again */
#define TRIALS 5
#define AGENTX_NOTIFY 12 /* RFC 2741, h.type */
#define AGENTX_NOT_OPEN 257 /* res.error */
#define PATIENCE 1000 /* s; a master that is gone is noticed otherwise */
#define TEXTS 5

/* The notifications' numbers below portOwnerNotifications. */
enum kind {
	APPEARED = 1,
	GONE,
	OWNER_CHANGED,
	EXPECTATION_FAILED,
	EXPECTATION_MET,
	SUMMARY,
};

/* Objects of portOwnerAgent that only notifications have, and columns. */
enum object {
	HELD_BACK = 20,
	SUMMARY_HELD_BACK = 22,
	OLD_PID = 23,
	OLD_COMMAND = 24,
	OLD_USER = 25,
};

enum column {
	LISTENER_ENDPOINT = 6,
	LISTENER_PID = 7,
	LISTENER_COMMAND = 8,
	LISTENER_USER = 9,
	LISTENER_SERVICE = 11,
	EXPECTATION_TEXT = 2,
	EXPECTATION_STATUS = 3,
	EXPECTATION_MESSAGE = 4,
};

/*
 * One that waits.  texts: command, user, service, old command and old user; or
 * text and message.
 */
struct note {
	struct note *next;
	enum kind kind;
	struct po_endpoint endpoint;
	uint32_t pid;
	uint32_t old_pid;
	uint32_t number; /* row, or how many were held back */
	int request; /* at the master; 0: not sent */
	unsigned int trials;
	const char *texts[TEXTS]; /* in strings */
	char strings[];
};

struct po_notifier {
	oid root[MAX_OID_LEN];
	size_t root_length;
	bool by_master;
	bool enabled;
	netsnmp_session *master;
	struct note *first;
	struct note **last;
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

size_t
po_notify_root(oid root[MAX_OID_LEN])
{
	const char *text = PO_OID_ROOT;
	size_t length = 0;
	char *end;

	/* Checked by configure: numbers with dots between. */
	while (length < MAX_OID_LEN - PO_NAME_MAX) {
		root[length++] = strtoul(text, &end, 10);
		if (*end != '.')
			break;
		text = end + 1;
	}
	return length;
}

struct po_notifier *
po_notifier_new(bool by_master)
{
	struct po_notifier *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->root_length = po_notify_root(n->root);
	n->by_master = by_master;
	n->enabled = true;
	n->last = &n->first;
	alive = n;
	return n;
}

static void
drop_first(struct po_notifier *n)
{
	struct note *note = n->first;

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

/* The varbinds of a notification as they grow. */
struct varbinds {
	const struct po_notifier *notifier;
	netsnmp_variable_list *list;
	uint32_t index[PO_KEY_MAX];
	size_t index_length;
};

static size_t
name_of(const struct varbinds *v, uint32_t table, uint32_t column, oid *name)
{
	size_t length = v->notifier->root_length, i;

	memcpy(name, v->notifier->root, length * sizeof(oid));
	name[length++] = 1;
	name[length++] = table;
	/* A scalar has no entry. */
	if (table != 1)
		name[length++] = 1;
	name[length++] = column;
	if (table == 1)
		name[length++] = 0;
	else
		for (i = 0; i < v->index_length; i++)
			name[length++] = v->index[i];
	return length;
}

static void
add_text(struct varbinds *v, uint32_t table, uint32_t column, const char *text)
{
	oid name[MAX_OID_LEN];
	size_t length = name_of(v, table, column, name);

	snmp_varlist_add_variable(
	    &v->list, name, length, ASN_OCTET_STR, text, strlen(text));
}

static void
add_number(struct varbinds *v, uint32_t table, uint32_t column, u_char type,
    uint32_t number)
{
	oid name[MAX_OID_LEN];
	size_t length = name_of(v, table, column, name);
	const long value = (long)number;

	snmp_varlist_add_variable(
	    &v->list, name, length, type, &value, sizeof(value));
}

/* snmpTrapOID.0: which one it is. */
static void
add_kind(struct varbinds *v, enum kind kind)
{
	static const oid trap[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
	oid value[MAX_OID_LEN];
	size_t length = v->notifier->root_length;

	memcpy(value, v->notifier->root, length * sizeof(oid));
	value[length++] = 0;
	value[length++] = (oid)kind;
	snmp_varlist_add_variable(&v->list, trap, OID_LENGTH(trap),
	    ASN_OBJECT_ID, value, length * sizeof(oid));
}

static void
add_listener(struct varbinds *v, const struct note *note)
{
	char endpoint[PO_ENDPOINT_TEXT_SIZE];

	v->index_length = po_key_endpoint(v->index, 0, &note->endpoint);
	po_endpoint_format(&note->endpoint, endpoint);
	add_text(v, 3, LISTENER_ENDPOINT, endpoint);
	add_number(v, 3, LISTENER_PID, ASN_UNSIGNED, note->pid);
	add_text(v, 3, LISTENER_COMMAND, note->texts[0]);
	add_text(v, 3, LISTENER_USER, note->texts[1]);
	add_text(v, 3, LISTENER_SERVICE, note->texts[2]);
	if (note->kind != OWNER_CHANGED)
		return;
	add_number(v, 1, OLD_PID, ASN_UNSIGNED, note->old_pid);
	add_text(v, 1, OLD_COMMAND, note->texts[3]);
	add_text(v, 1, OLD_USER, note->texts[4]);
}

static netsnmp_variable_list *
build(const struct po_notifier *n, const struct note *note)
{
	struct varbinds v = {.notifier = n};

	add_kind(&v, note->kind);
	switch (note->kind) {
	case SUMMARY:
		add_number(
		    &v, 1, SUMMARY_HELD_BACK, ASN_UNSIGNED, note->number);
		add_number(&v, 1, HELD_BACK, ASN_COUNTER, n->held_back);
		break;
	case EXPECTATION_FAILED:
	case EXPECTATION_MET:
		v.index[0] = note->number + 1;
		v.index_length = 1;
		add_text(&v, 5, EXPECTATION_TEXT, note->texts[0]);
		add_number(&v, 5, EXPECTATION_STATUS, ASN_INTEGER,
		    note->kind == EXPECTATION_MET ? 1 : 2);
		add_text(&v, 5, EXPECTATION_MESSAGE, note->texts[1]);
		break;
	default:
		add_listener(&v, note);
	}
	return v.list;
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
take_out(struct po_notifier *n, struct note **place)
{
	struct note *note = *place;

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
	struct note **place;

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
send_to_master(struct po_notifier *n, struct note *note)
{
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_NOTIFY);

	if (pdu == NULL)
		return false;
	pdu->version = n->master->version;
	pdu->sessid = n->master->sessid;
	pdu->flags |= UCD_MSG_FLAG_EXPECT_RESPONSE | UCD_MSG_FLAG_PDU_TIMEOUT;
	pdu->time = PATIENCE;
	pdu->variables = build(n, note);
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
	struct note *note;

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
		varbinds = build(n, n->first);
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
	struct note *note;

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
	struct note **place = &n->first;

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

/* Copies texts (NULL: empty) and appends a note; NULL: no memory. */
static struct note *
add_note(struct po_notifier *n, enum kind kind, const char *const *texts,
    size_t count)
{
	size_t size = 1, i, length;
	struct note *note;
	char *at;

	for (i = 0; i < count; i++)
		size += texts[i] == NULL ? 1 : strlen(texts[i]) + 1;
	note = calloc(1, sizeof(*note) + size);
	if (note == NULL) {
		n->lost++;
		return NULL;
	}
	at = note->strings;
	for (i = 0; i < count; i++) {
		length = texts[i] == NULL ? 0 : strlen(texts[i]);
		note->texts[i] =
		    memcpy(at, texts[i] == NULL ? "" : texts[i], length + 1);
		at += length + 1;
	}
	if (n->count == PO_NOTIFY_QUEUE)
		shorten(n);
	note->kind = kind;
	*n->last = note;
	n->last = &note->next;
	n->count++;
	return note;
}

static void
send_summary(unsigned int alarm, void *context)
{
	struct po_notifier *n = context;
	struct note *note;

	(void)alarm;
	n->summary_alarm = 0;
	if (n->held == 0)
		return;
	note = add_note(n, SUMMARY, NULL, 0);
	if (note == NULL)
		return;
	note->number = n->held;
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
	struct note **place = &n->first;

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
po_notifier_change(struct po_notifier *n, const struct po_change *change)
{
	static const enum kind kinds[] = {
	    [PO_CHANGE_APPEARED] = APPEARED,
	    [PO_CHANGE_GONE] = GONE,
	    [PO_CHANGE_OWNER] = OWNER_CHANGED,
	};
	const char *const texts[TEXTS] = {
	    change->holder.command,
	    change->holder.user,
	    change->holder.service,
	    change->before.command,
	    change->before.user,
	};
	struct note *note;

	if (!may_go(n))
		return;
	note = add_note(n, kinds[change->kind], texts, TEXTS);
	if (note == NULL)
		return;
	note->endpoint = change->endpoint;
	note->pid = change->holder.pid;
	note->old_pid = change->before.pid;
	pump(n);
}

void
po_notifier_expectation(struct po_notifier *n, uint32_t row,
    const struct po_expectation *expectation)
{
	const char *const texts[] = {expectation->text, expectation->message};
	struct note *note;

	if (!may_go(n))
		return;
	note = add_note(n,
	    expectation->met ? EXPECTATION_MET : EXPECTATION_FAILED, texts, 2);
	if (note == NULL)
		return;
	note->number = row;
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
