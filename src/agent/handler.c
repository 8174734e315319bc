/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From varbinds to views and back.
 *
 * A request that needs a fresher snapshot is put aside (Net-SNMP: delegated)
 * until the feed has one or the patience ends, while the event loop goes on.
 * Whatever belongs to one PDU is answered from one snapshot, which hangs on the
 * PDU's agent session.
 */
#include "agent/handler.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_registry.h>

#include "agent/config.h"
#include "agent/notice.h"
#include "model/clock.h"

#define EPOCH_KEY "portOwnerEpoch"
#define OLD_VALUE_KEY "portOwnerOldValue"
#define SCRATCH (512 << 10) /* more than Net-SNMP takes for an answer */

/* A set of requests that waits for the feed. */
struct pending {
	struct pending *next;
	netsnmp_delegated_cache *cache;
};

struct po_handler {
	struct po_feed *feed;
	struct po_watch *watch;
	netsnmp_handler_registration *registration;
	oid root[MAX_OID_LEN]; /* the module's */
	size_t root_length;
	struct pending *pending;
	unsigned int alarm; /* ends the patience; 0: none is set */
};

/* One pass over requests. */
struct pass {
	struct po_handler *handler;
	netsnmp_agent_request_info *info;
	struct po_status status;
	struct po_view_source source;
	bool all_visible; /* of a GETBULK: the manager may see every cell */
};

static void
release_epoch(void *epoch)
{
	po_epoch_release(epoch);
}

/* The snapshot that this PDU is answered from. */
static struct po_epoch *
epoch_of(struct po_handler *handler, netsnmp_agent_request_info *info)
{
	struct po_epoch *epoch = netsnmp_agent_get_list_data(info, EPOCH_KEY);

	if (epoch != NULL)
		return epoch;
	epoch = po_feed_hold(handler->feed);
	netsnmp_agent_add_list_data(
	    info, netsnmp_create_data_list(EPOCH_KEY, epoch, release_epoch));
	return epoch;
}

static uint64_t
unix_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
begin_pass(struct pass *pass, struct po_handler *handler,
    netsnmp_agent_request_info *info)
{
	const struct po_epoch *epoch = epoch_of(handler, info);

	pass->handler = handler;
	pass->info = info;
	po_feed_status(handler->feed, &pass->status);
	pass->source = (struct po_view_source){
	    .snapshot = &epoch->shared->snapshot,
	    .status = &pass->status,
	    .history = epoch->history,
	    .verdicts = epoch->verdicts,
	    .now = po_clock_us(),
	    .now_unix = unix_us(),
	};
	pass->all_visible =
	    info->mode == MODE_GETBULK &&
	    netsnmp_acm_check_subtree(info->asp->pdu,
		handler->registration->rootoid,
		handler->registration->rootoid_len) == VACM_SUCCESS;
}

/*
 * The part of a varbind's name below the module's root.  A name ahead of it
 * has length 0; false for one that is behind.
 */
static bool
relative_name(const struct po_handler *handler,
    const netsnmp_variable_list *varbind, uint32_t *name, size_t *length)
{
	const size_t root = handler->root_length;
	size_t common, i;

	common = varbind->name_length < root ? varbind->name_length : root;
	i = 0;
	while (i < common && varbind->name[i] == handler->root[i])
		i++;
	*length = 0;
	if (i < common)
		return varbind->name[i] < handler->root[i];
	/* AgentX gives sub-identifiers from 2^31 on with their sign extended. */
	for (i = root; i < varbind->name_length && *length < PO_NAME_MAX; i++)
		name[(*length)++] = (uint32_t)varbind->name[i];
	return true;
}

static void
set_name(const struct pass *pass, const struct po_place *place,
    netsnmp_variable_list *varbind)
{
	const struct po_handler *handler = pass->handler;
	uint32_t name[PO_NAME_MAX];
	oid full[MAX_OID_LEN];
	size_t length, i;

	length = po_view_name(&pass->source, place, name);
	memcpy(full, handler->root, handler->root_length * sizeof(oid));
	for (i = 0; i < length; i++)
		full[handler->root_length + i] = name[i];
	snmp_set_var_objid(varbind, full, handler->root_length + length);
}

static void
set_value(const struct pass *pass, const struct po_place *place,
    netsnmp_variable_list *varbind)
{
	static const u_char types[] = {
	    [PO_VALUE_INTEGER] = ASN_INTEGER,
	    [PO_VALUE_UNSIGNED] = ASN_UNSIGNED,
	    [PO_VALUE_COUNTER] = ASN_COUNTER,
	    [PO_VALUE_TICKS] = ASN_TIMETICKS,
	};
	struct po_value value;

	po_view_value(&pass->source, place, &value);
	if (value.type == PO_VALUE_TEXT)
		snmp_set_var_typed_value(
		    varbind, ASN_OCTET_STR, value.text, value.length);
	else
		snmp_set_var_typed_integer(
		    varbind, types[value.type], (long)value.number);
}

static void
answer_get(const struct pass *pass, netsnmp_request_info *request)
{
	struct po_place place;
	uint32_t name[PO_NAME_MAX];
	size_t length;
	enum po_found found;

	if (!relative_name(pass->handler, request->requestvb, name, &length))
		found = PO_NO_OBJECT;
	else
		found = po_view_get(&pass->source, name, length, &place);
	if (found == PO_FOUND)
		set_value(pass, &place, request->requestvb);
	else
		netsnmp_set_request_error(pass->info, request,
		    found == PO_NO_OBJECT ? SNMP_NOSUCHOBJECT
					  : SNMP_NOSUCHINSTANCE);
}

/* The cell after the varbind's name. */
static enum po_found
find_next(const struct pass *pass, const netsnmp_variable_list *varbind,
    struct po_place *place)
{
	uint32_t name[PO_NAME_MAX];
	size_t length;

	if (!relative_name(pass->handler, varbind, name, &length))
		return PO_NO_OBJECT;
	return po_view_next(&pass->source, name, length, place);
}

static void
set_cell(const struct pass *pass, const struct po_place *place,
    netsnmp_variable_list *varbind)
{
	set_name(pass, place, varbind);
	set_value(pass, place, varbind);
}

static void
answer_next(const struct pass *pass, netsnmp_variable_list *varbind)
{
	struct po_place place;

	if (find_next(pass, varbind, &place) == PO_FOUND)
		set_cell(pass, &place, varbind);
}

static bool
is_visible(const struct pass *pass, netsnmp_variable_list *varbind)
{
	return pass->all_visible ||
	       in_a_view(varbind->name, &varbind->name_length,
		   pass->info->asp->pdu, varbind->type) == 0;
}

/* Goes on to the next repetition; NULL: this was the last one. */
static netsnmp_variable_list *
repeat(netsnmp_request_info *request)
{
	netsnmp_variable_list *varbind = request->requestvb;
	netsnmp_variable_list *next = varbind->next_variable;

	if (request->repeat <= 0 || next == NULL)
		return NULL;
	request->repeat--;
	request->requestvb = next;
	return next;
}

/*
 * Answers all repetitions at once.  The agent checks the manager's rights of
 * the last varbind only, so those of the others are checked here, and what he
 * may not see is passed over.  Where the answer grows too big for him, the rest
 * is left to the agent, which then cuts it.
 */
static void
answer_bulk(const struct pass *pass, netsnmp_request_info *request)
{
	netsnmp_variable_list *varbind = request->requestvb, *last = varbind;
	const long room = pass->info->asp->pdu->msgMaxSize;
	struct po_place place;
	enum po_found found = find_next(pass, varbind, &place);
	long size = 0;

	for (; found == PO_FOUND && size <= room;
	     found = po_view_step(&pass->source, &place)) {
		set_cell(pass, &place, varbind);
		last = varbind;
		if (!is_visible(pass, varbind))
			continue;
		size += (long)(varbind->name_length + varbind->val_len);
		varbind = repeat(request);
		if (varbind == NULL)
			return;
	}
	/* The agent goes on behind the last name. */
	if (varbind != last)
		snmp_set_var_objid(varbind, last->name, last->name_length);
	varbind->type = found == PO_FOUND ? ASN_PRIV_RETRY : ASN_NULL;
}

static void
answer_requests(const struct pass *pass, netsnmp_request_info *requests)
{
	netsnmp_request_info *request;

	for (request = requests; request != NULL; request = request->next) {
		if (request->processed)
			continue;
		switch (pass->info->mode) {
		case MODE_GET:
			answer_get(pass, request);
			break;
		case MODE_GETNEXT:
			answer_next(pass, request->requestvb);
			break;
		case MODE_GETBULK:
			answer_bulk(pass, request);
			break;
		}
	}
}

static bool
need_rows(const struct po_handler *handler,
    const netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	const netsnmp_request_info *request;
	uint32_t name[PO_NAME_MAX];
	size_t length;

	for (request = requests; request != NULL; request = request->next) {
		if (!relative_name(handler, request->requestvb, name, &length))
			continue;
		if (po_view_needs_rows(name, length, info->mode != MODE_GET) ||
		    (info->mode == MODE_GETBULK && request->repeat > 0))
			return true;
	}
	return false;
}

/* Answers what was put aside, unless its asker has given up meanwhile. */
static void
resume(struct pending *pending, struct po_handler *handler)
{
	netsnmp_delegated_cache *cache;
	netsnmp_request_info *request;
	struct pass pass;

	cache = netsnmp_handler_check_cache(pending->cache);
	if (cache != NULL) {
		for (request = cache->requests; request != NULL;
		     request = request->next)
			request->delegated = 0;
		begin_pass(&pass, handler, cache->reqinfo);
		answer_requests(&pass, cache->requests);
	}
	netsnmp_free_delegated_cache(pending->cache);
	free(pending);
}

static void
resume_all(void *context)
{
	struct po_handler *handler = context;
	struct pending *pending = handler->pending, *next;

	handler->pending = NULL;
	if (handler->alarm != 0)
		snmp_alarm_unregister(handler->alarm);
	handler->alarm = 0;
	for (; pending != NULL; pending = next) {
		next = pending->next;
		resume(pending, handler);
	}
}

static void
end_patience(unsigned int alarm, void *context)
{
	struct po_handler *handler = context;

	(void)alarm;
	/* An alarm that does not repeat is gone when it calls. */
	handler->alarm = 0;
	resume_all(handler);
}

/* Puts requests aside for at most so many microseconds; false: no memory. */
static bool
delegate(struct po_handler *handler, netsnmp_mib_handler *mib,
    netsnmp_handler_registration *registration,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests,
    uint64_t patience)
{
	struct timeval wait = {0, (long)patience};
	struct pending *pending = calloc(1, sizeof(*pending));
	netsnmp_request_info *request;

	if (pending == NULL)
		return false;
	pending->cache = netsnmp_create_delegated_cache(
	    mib, registration, info, requests, NULL);
	if (pending->cache == NULL) {
		free(pending);
		return false;
	}
	pending->next = handler->pending;
	handler->pending = pending;
	if (handler->alarm == 0)
		handler->alarm =
		    snmp_alarm_register_hr(wait, 0, end_patience, handler);
	for (request = requests; request != NULL; request = request->next)
		request->delegated = 1;
	return true;
}

/* The writable objects, and no others. */
enum writable { NOT_WRITABLE = 0, CACHE_TIMEOUT = 2, NOTIFY_ENABLE = 18 };

static enum writable
writable_of(
    const struct po_handler *handler, const netsnmp_variable_list *varbind)
{
	uint32_t name[PO_NAME_MAX];
	size_t length;

	if (!relative_name(handler, varbind, name, &length) || length != 4 ||
	    name[0] != 1 || name[1] != 1 || name[3] != 0)
		return NOT_WRITABLE;
	return name[2] == CACHE_TIMEOUT	  ? CACHE_TIMEOUT
	       : name[2] == NOTIFY_ENABLE ? NOTIFY_ENABLE
					  : NOT_WRITABLE;
}

static int
check_range(
    const netsnmp_variable_list *varbind, u_char type, long low, long high)
{
	if (varbind->type != type)
		return SNMP_ERR_WRONGTYPE;
	if (*varbind->val.integer < low || *varbind->val.integer > high)
		return SNMP_ERR_WRONGVALUE;
	return SNMP_ERR_NOERROR;
}

static int
check_set(
    const struct po_handler *handler, const netsnmp_variable_list *varbind)
{
	switch (writable_of(handler, varbind)) {
	case CACHE_TIMEOUT:
		return check_range(varbind, ASN_UNSIGNED, PO_CACHE_TIMEOUT_MIN,
		    PO_CACHE_TIMEOUT_MAX);
	case NOTIFY_ENABLE: /* TruthValue */
		return check_range(varbind, ASN_INTEGER, 1, 2);
	default:
		return SNMP_ERR_NOTWRITABLE;
	}
}

static uint32_t
get_old(const struct po_handler *handler, enum writable object)
{
	if (object == CACHE_TIMEOUT)
		return po_feed_timeout(handler->feed);
	return po_notifier_enabled(po_watch_notifier(handler->watch)) ? 1 : 2;
}

static void
set_value_of(struct po_handler *handler, enum writable object, uint32_t value)
{
	if (object == CACHE_TIMEOUT)
		po_feed_set_timeout(handler->feed, value);
	else
		po_watch_set_notify(handler->watch, value == 1);
}

/* Sets, and remembers what was there before. */
static void
do_set(struct po_handler *handler, netsnmp_request_info *request)
{
	const enum writable object = writable_of(handler, request->requestvb);
	uint32_t *old = malloc(sizeof(*old));

	if (old == NULL) {
		netsnmp_request_set_error(
		    request, SNMP_ERR_RESOURCEUNAVAILABLE);
		return;
	}
	*old = get_old(handler, object);
	netsnmp_request_add_list_data(
	    request, netsnmp_create_data_list(OLD_VALUE_KEY, old, free));
	set_value_of(
	    handler, object, (uint32_t)*request->requestvb->val.integer);
}

static void
undo_set(struct po_handler *handler, netsnmp_request_info *request)
{
	const uint32_t *old =
	    netsnmp_request_get_list_data(request, OLD_VALUE_KEY);

	if (old != NULL)
		set_value_of(
		    handler, writable_of(handler, request->requestvb), *old);
}

static void
handle_set(struct po_handler *handler, netsnmp_agent_request_info *info,
    netsnmp_request_info *requests)
{
	netsnmp_request_info *request;
	int error;

	for (request = requests; request != NULL; request = request->next) {
		if (request->processed)
			continue;
		switch (info->mode) {
		case MODE_SET_RESERVE1:
			error = check_set(handler, request->requestvb);
			if (error != SNMP_ERR_NOERROR)
				netsnmp_request_set_error(request, error);
			break;
		case MODE_SET_ACTION:
			do_set(handler, request);
			break;
		case MODE_SET_UNDO:
			undo_set(handler, request);
			break;
		}
	}
}

static int
handle(netsnmp_mib_handler *mib, netsnmp_handler_registration *registration,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	struct po_handler *handler = registration->my_reg_void;
	uint64_t patience;
	struct pass pass;

	if (info->mode != MODE_GET && info->mode != MODE_GETNEXT &&
	    info->mode != MODE_GETBULK) {
		handle_set(handler, info, requests);
		return SNMP_ERR_NOERROR;
	}
	if (netsnmp_agent_get_list_data(info, EPOCH_KEY) == NULL &&
	    need_rows(handler, info, requests)) {
		patience = po_feed_refresh(handler->feed);
		if (patience != 0 && delegate(handler, mib, registration, info,
					 requests, patience))
			return SNMP_ERR_NOERROR;
	}
	begin_pass(&pass, handler, info);
	answer_requests(&pass, requests);
	return SNMP_ERR_NOERROR;
}

/*
 * What Net-SNMP takes for an answer of a hundred variables it gives back with
 * it, and glibc to the system, to fetch it again for the next one; unless it has
 * seen that pieces of this size come and go.  The process may be snmpd's: nothing
 * is said to malloc(3) that would keep it from learning more.
 */
static void
keep_scratch(void)
{
	/* Else a compiler would see that nobody needs it. */
	void *volatile piece = malloc(SCRATCH);

	free(piece);
}

struct po_handler *
po_handler_new(struct po_client *client, struct po_watch *watch)
{
	struct po_handler *handler = calloc(1, sizeof(*handler));

	if (handler == NULL) {
		po_client_free(client);
		return NULL;
	}
	keep_scratch();
	handler->root_length = po_notice_root(handler->root);
	handler->watch = watch;
	handler->feed = po_feed_new(client, watch, resume_all, handler);
	if (handler->feed == NULL) {
		free(handler);
		return NULL;
	}
	return handler;
}

int
po_handler_register(struct po_handler *handler, bool direct)
{
	oid objects[MAX_OID_LEN];
	int modes = HANDLER_CAN_RWRITE | (direct ? HANDLER_CAN_GETBULK : 0);

	memcpy(objects, handler->root, handler->root_length * sizeof(oid));
	objects[handler->root_length] = 1;
	handler->registration = netsnmp_create_handler_registration(
	    "portOwner", handle, objects, handler->root_length + 1, modes);
	if (handler->registration == NULL)
		return -1;
	handler->registration->my_reg_void = handler;
	if (netsnmp_register_handler(handler->registration) !=
	    MIB_REGISTERED_OK) {
		/* Net-SNMP has freed it. */
		handler->registration = NULL;
		return -1;
	}
	return 0;
}

void
po_handler_free(struct po_handler *handler)
{
	struct pending *pending;

	if (handler == NULL)
		return;
	if (handler->registration != NULL)
		netsnmp_unregister_handler(handler->registration);
	if (handler->alarm != 0)
		snmp_alarm_unregister(handler->alarm);
	while ((pending = handler->pending) != NULL) {
		handler->pending = pending->next;
		netsnmp_free_delegated_cache(pending->cache);
		free(pending);
	}
	po_feed_free(handler->feed);
	free(handler);
}

struct po_feed *
po_handler_feed(struct po_handler *handler)
{
	return handler->feed;
}
