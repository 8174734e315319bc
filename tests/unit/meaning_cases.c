/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes 10, 11 and 12 are there, with uid 1000 that has a name; 13's uid
 * 4242 has none and stands for itself.
 */
#include "meaning.h"

#define TCP PO_PROTOCOL_TCP
#define UDP PO_PROTOCOL_UDP
#define RAW PO_PROTOCOL_RAW

const struct meaning_case meaning_cases[] = {
    {"a wildcard of IPv4", MEANING_LIMIT | MEANING_QUEUE,
	{{TCP, .local = "0.0.0.0", .port = 80, .state = MEANING_LISTENING,
	    .queue = 3, .limit = 128, .handle = 5, .holders = {10}}},
	"own tcp 0.0.0.0:80 10 listen=1\n"
	"listen tcp 0.0.0.0:80 10 1 3/128\n"},
    {"a queue without limit", MEANING_QUEUE,
	{{TCP, .local = "192.0.2.1", .port = 80, .state = MEANING_LISTENING,
	    .queue = 2, .limit = PO_QUEUE_UNKNOWN, .handle = 5,
	    .holders = {10}}},
	"own tcp 192.0.2.1:80 10 listen=1\n"
	"listen tcp 192.0.2.1:80 10 1 2/?\n"},
    {"a wildcard of IPv6 alone", MEANING_DUAL,
	{{TCP, .ipv6 = true, .v6only = true, .local = "::", .port = 80,
	    .state = MEANING_LISTENING, .limit = PO_QUEUE_UNKNOWN, .handle = 5,
	    .holders = {10}}},
	"own tcp [::]:80 10 listen=1\n"
	"listen tcp [::]:80 10 1 0/?\n"},
    {"a wildcard of both families", MEANING_DUAL,
	{{TCP, .ipv6 = true, .local = "::", .port = 80,
	    .state = MEANING_LISTENING, .limit = PO_QUEUE_UNKNOWN, .handle = 5,
	    .holders = {10}}},
	"own tcp *:80 10 listen=1\n"
	"listen tcp *:80 10 1 0/?\n"},
    {"a wildcard of both families, of UDP", MEANING_DUAL,
	{{UDP, .ipv6 = true, .local = "::", .port = 53, .handle = 5,
	    .holders = {10}}},
	"own udp *:53 10 bound=1\n"
	"listen udp *:53 10 1 0/0\n"},
    {"an IPv6 socket at one address", 0,
	{{TCP, .ipv6 = true, .local = "2001:db8::1", .port = 80,
	    .state = MEANING_LISTENING, .limit = PO_QUEUE_UNKNOWN, .handle = 5,
	    .holders = {10}}},
	"own tcp [2001:db8::1]:80 10 listen=1\n"
	"listen tcp [2001:db8::1]:80 10 1 0/?\n"},
    {"an IPv4 connection on a socket of both", 0,
	{{TCP, .ipv6 = true, .local = "192.0.2.1", .port = 80,
	    .remote = "192.0.2.2", .remote_port = 4000,
	    .state = MEANING_ESTABLISHED, .handle = 5, .holders = {10}}},
	"own tcp 192.0.2.1:80 10 connected=1\n"
	"connect tcp 192.0.2.1:80 192.0.2.2:4000 10 5\n"},
    {"a link-local address", MEANING_ZONE,
	{{TCP, .ipv6 = true, .local = "fe80::1", .zone = 3, .port = 80,
	    .state = MEANING_LISTENING, .limit = PO_QUEUE_UNKNOWN, .handle = 5,
	    .holders = {10}}},
	"own tcp [fe80::1%3]:80 10 listen=1\n"
	"listen tcp [fe80::1%3]:80 10 1 0/?\n"},
    {"a connection between link-local addresses", MEANING_ZONE,
	{{TCP, .ipv6 = true, .local = "fe80::1", .zone = 3, .port = 80,
	    .remote = "fe80::2", .remote_port = 4000,
	    .state = MEANING_ESTABLISHED, .handle = 5, .holders = {10}}},
	"own tcp [fe80::1%3]:80 10 connected=1\n"
	"connect tcp [fe80::1%3]:80 [fe80::2%3]:4000 10 5\n"},
    {"a socket that two processes hold", MEANING_SHARED,
	{{TCP, .local = "192.0.2.1", .port = 80, .state = MEANING_LISTENING,
	    .limit = PO_QUEUE_UNKNOWN, .handle = 5, .holders = {11, 10}}},
	"own tcp 192.0.2.1:80 10 listen=1\n"
	"own tcp 192.0.2.1:80 11 listen=1\n"
	"listen tcp 192.0.2.1:80 10 2 0/?\n"},
    {"two sockets at one endpoint", 0,
	{{TCP, .local = "192.0.2.1", .port = 80, .state = MEANING_LISTENING,
	     .limit = PO_QUEUE_UNKNOWN, .handle = 5, .holders = {10}},
	    {TCP, .local = "192.0.2.1", .port = 80, .state = MEANING_LISTENING,
		.limit = PO_QUEUE_UNKNOWN, .handle = 6, .holders = {12}}},
	"own tcp 192.0.2.1:80 10 listen=1\n"
	"own tcp 192.0.2.1:80 12 listen=1\n"
	"listen tcp 192.0.2.1:80 10 2 0/?\n"},
    {"TIME_WAIT is nobody's", MEANING_STATES,
	{{TCP, .local = "192.0.2.1", .port = 80, .remote = "192.0.2.2",
	    .remote_port = 4000, .state = MEANING_TIME_WAIT}},
	"own tcp 192.0.2.1:80 none connected=1\n"
	"connect tcp 192.0.2.1:80 192.0.2.2:4000 none 11\n"},
    {"SYN_RECEIVED is nobody's", MEANING_STATES,
	{{TCP, .local = "192.0.2.1", .port = 80, .remote = "192.0.2.2",
	    .remote_port = 4000, .state = MEANING_SYN_RECEIVED}},
	"own tcp 192.0.2.1:80 none connected=1\n"
	"connect tcp 192.0.2.1:80 192.0.2.2:4000 none 4\n"},
    {"a socket in no descriptor table", MEANING_STATES,
	{{TCP, .local = "192.0.2.1", .port = 80, .remote = "192.0.2.2",
	    .remote_port = 4000, .state = MEANING_ESTABLISHED, .handle = 5,
	    .uid = 1000}},
	"own tcp 192.0.2.1:80 unseen connected=1\n"
	"connect tcp 192.0.2.1:80 192.0.2.2:4000 unseen 5\n"},
    {"bound and not listening", MEANING_BOUND_TCP,
	{{TCP, .local = "192.0.2.1", .port = 80, .handle = 5, .holders = {10}}},
	"own tcp 192.0.2.1:80 10 bound=1\n"},
    {"not bound at all", 0,
	{{UDP, .local = "0.0.0.0", .handle = 5, .holders = {10}}}, ""},
    {"UDP with and without a peer", MEANING_REMOTE_UDP,
	{{UDP, .local = "192.0.2.1", .port = 53, .handle = 5, .holders = {10}},
	    {UDP, .local = "192.0.2.1", .port = 53, .remote = "192.0.2.2",
		.remote_port = 4000, .state = MEANING_ESTABLISHED, .handle = 6,
		.holders = {10}}},
	"own udp 192.0.2.1:53 10 bound=1 connected=1\n"
	"listen udp 192.0.2.1:53 10 1 0/0\n"
	"connect udp 192.0.2.1:53 192.0.2.2:4000 10 5\n"},
    {"a raw socket has its protocol for a port", MEANING_RAW,
	{{RAW, .local = "0.0.0.0", .port = 89, .handle = 5, .holders = {10}}},
	"own raw 0.0.0.0:89 10 bound=1\n"},
    {"a user without a name", 0,
	{{TCP, .local = "192.0.2.1", .port = 80, .state = MEANING_LISTENING,
	    .limit = PO_QUEUE_UNKNOWN, .handle = 5, .holders = {13}}},
	"own tcp 192.0.2.1:80 13 listen=1 user=4242 uid=4242\n"
	"listen tcp 192.0.2.1:80 13 1 0/?\n"},
    {NULL, 0, {{0}}, NULL},
};
