# SPDX-License-Identifier: BSD-2-Clause
"""PORT-OWNER-MIB as numbers: where objects are, which types they have, and
how an index is taken apart.  Written from the module, not from the code."""
import ipaddress

ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 20559)
OBJECTS = ROOT + (1,)

INTEGER = "INTEGER"
UNSIGNED = "Gauge32"        # and Unsigned32, which has the same tag
COUNTER = "Counter32"
TICKS = "Timeticks"
STRING = "STRING"

PROTOCOLS = {"tcp": 6, "udp": 17, "dccp": 33, "sctp": 132, "udplite": 136,
             "raw": 255}
STATES = {"SYN_SENT": 3, "SYN_RECV": 4, "ESTABLISHED": 5, "FIN_WAIT1": 6,
          "FIN_WAIT2": 7, "CLOSE_WAIT": 8, "LAST_ACK": 9, "CLOSING": 10,
          "TIME_WAIT": 11}
BOUND, LISTENING, CONNECTED, BOTH = 1, 2, 3, 4
UNKNOWN = 4294967295        # a uid, the length of a queue


class Scalar:
    def __init__(self, number, type_):
        self.oid = OBJECTS + (1, number, 0)
        self.type = type_


SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)

GENERATION = Scalar(1, COUNTER)
CACHE_TIMEOUT = Scalar(2, UNSIGNED)
AGE = Scalar(3, TICKS)
COLLECT_TIME = Scalar(4, UNSIGNED)
COLLECT_ERRORS = Scalar(5, COUNTER)
SOURCE = Scalar(6, STRING)
VISIBILITY = Scalar(7, INTEGER)
UNOWNED = Scalar(8, UNSIGNED)
ROWS = Scalar(9, UNSIGNED)
LISTENERS = Scalar(10, UNSIGNED)
CONNECTIONS = Scalar(11, UNSIGNED)
DROPPED_ROWS = Scalar(12, UNSIGNED)
LISTENER_CHANGES = Scalar(13, COUNTER)
LAST_CHANGE = Scalar(14, TICKS)
CHANGE_AGE = Scalar(15, TICKS)
DISCONTINUITY = Scalar(16, TICKS)
VIOLATIONS = Scalar(17, UNSIGNED)
NOTIFY_ENABLE = Scalar(18, INTEGER)
NOTIFICATIONS_SENT = Scalar(19, COUNTER)
NOTIFICATIONS_HELD_BACK = Scalar(20, COUNTER)
NOTIFICATIONS_LOST = Scalar(21, COUNTER)
SCALARS = [GENERATION, CACHE_TIMEOUT, AGE, COLLECT_TIME, COLLECT_ERRORS,
           SOURCE, VISIBILITY, UNOWNED, ROWS, LISTENERS, CONNECTIONS,
           DROPPED_ROWS, LISTENER_CHANGES, LAST_CHANGE, CHANGE_AGE,
           DISCONTINUITY, VIOLATIONS, NOTIFY_ENABLE, NOTIFICATIONS_SENT,
           NOTIFICATIONS_HELD_BACK, NOTIFICATIONS_LOST]
# What only notifications carry.
SUMMARY_HELD_BACK = Scalar(22, UNSIGNED)
OLD_PID = Scalar(23, UNSIGNED)
OLD_COMMAND = Scalar(24, STRING)
OLD_USER = Scalar(25, STRING)
(APPEARED, GONE, OWNER_CHANGED, EXPECTATION_FAILED, EXPECTATION_MET,
 SUMMARY) = range(1, 7)
NO_EXPECTATION, EXPECTED, UNEXPECTED, WRONG_OWNER = 1, 2, 3, 4
MET, FAILED = 1, 2


class Table:
    """index: u for a number, a for a type and an address."""

    def __init__(self, name, number, index, columns):
        self.name = name
        self.oid = OBJECTS + (number,)
        self.entry = self.oid + (1,)
        self.index = index
        self.columns = columns      # number: (name, type)

    def column(self, name):
        number, = [n for n, c in self.columns.items() if c[0] == name]
        return self.entry + (number,)

    def split(self, oid):
        """(column, index) of an instance."""
        n = len(self.entry)
        assert oid[:n] == self.entry, oid
        return oid[n], decode_index(self.index, oid[n + 1:])


OWNERS = Table("portOwnerTable", 2, "uuuau", {
    7: ("command", STRING), 8: ("user", STRING), 9: ("uid", UNSIGNED),
    10: ("use", INTEGER), 11: ("sockets", UNSIGNED),
    12: ("connected", UNSIGNED), 13: ("endpoint", STRING),
    14: ("service", STRING), 15: ("executable", STRING),
    16: ("arguments", STRING)})
LISTENER_TABLE = Table("portOwnerListenerTable", 3, "uuua", {
    6: ("endpoint", STRING), 7: ("pid", UNSIGNED), 8: ("command", STRING),
    9: ("user", STRING), 10: ("uid", UNSIGNED), 11: ("service", STRING),
    12: ("owners", UNSIGNED), 13: ("sockets", UNSIGNED),
    14: ("connections", UNSIGNED), 15: ("queue_length", UNSIGNED),
    16: ("queue_limit", UNSIGNED), 17: ("age", TICKS),
    18: ("owner_changes", COUNTER), 19: ("transport", STRING),
    20: ("address_text", STRING), 21: ("port", UNSIGNED),
    22: ("verdict", INTEGER), 23: ("restarts", COUNTER)})
CONNECTION_TABLE = Table("portOwnerConnectionTable", 4, "uuuauau", {
    10: ("state", INTEGER), 11: ("command", STRING), 12: ("user", STRING),
    13: ("uid", UNSIGNED), 14: ("endpoint", STRING)})
EXPECTATION_TABLE = Table("portOwnerExpectationTable", 5, "u", {
    2: ("text", STRING), 3: ("status", INTEGER), 4: ("message", STRING),
    5: ("since", STRING)})
TABLES = [OWNERS, LISTENER_TABLE, CONNECTION_TABLE, EXPECTATION_TABLE]
# All expectations of these tests fail, and nothing else is a violation.
SIZE_OF_TABLE = {OWNERS.name: ROWS, LISTENER_TABLE.name: LISTENERS,
                 CONNECTION_TABLE.name: CONNECTIONS,
                 EXPECTATION_TABLE.name: VIOLATIONS}
BINARY = {"since"}          # no text


def address_index(text):
    """Type, length and octets of an address as a part of an index."""
    if text == "*":
        return (0, 0)
    address, _, zone = text.partition("%")
    octets = tuple(ipaddress.ip_address(address).packed)
    if zone:
        octets += tuple(int(zone).to_bytes(4, "big"))
    return ({4: 1, 16: 2, 20: 4}[len(octets)], len(octets)) + octets


def address_text(kind, octets):
    raw = bytes(octets)
    assert (kind, len(raw)) in ((0, 0), (1, 4), (2, 16), (4, 20)), (kind, raw)
    if kind == 0:
        return "*"
    text = str(ipaddress.ip_address(raw[:16]))
    return text + "%%%d" % int.from_bytes(raw[16:], "big") if kind == 4 else (
        text)


def decode_index(shape, subids):
    """The parts of an index; it must end where they end."""
    parts, rest = [], list(subids)
    for part in shape:
        if part == "u":
            parts.append(rest.pop(0))
            continue
        kind, length = rest.pop(0), rest.pop(0)
        parts.append(address_text(kind, rest[:length]))
        del rest[:length]
    assert not rest, subids
    return tuple(parts)


def encode_index(shape, parts):
    subids = ()
    for kind, part in zip(shape, parts):
        subids += (part,) if kind == "u" else address_index(part)
    return subids


def endpoint_text(address, port):
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)
