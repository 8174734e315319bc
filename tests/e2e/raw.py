# SPDX-License-Identifier: BSD-2-Clause
"""A manager that makes its messages by itself (RFC 3416, RFC 3412, RFC 3414
without authentication): it sees each message as it came, at once, and can ask
what Net-SNMP's tools cannot."""
import socket
import time

import mib
from snmp import END, NO_INSTANCE, NO_OBJECT, Varbind

GET, NEXT, RESPONSE, BULK, REPORT = 0xa0, 0xa1, 0xa2, 0xa5, 0xa8
SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TYPES = {0x02: mib.INTEGER, 0x04: mib.STRING, 0x41: mib.COUNTER,
         0x42: mib.UNSIGNED, 0x43: mib.TICKS, 0x80: NO_OBJECT,
         0x81: NO_INSTANCE, 0x82: END, 0x05: "NULL", 0x06: "OID",
         0x40: "IpAddress", 0x44: "Opaque", 0x46: "Counter64"}
NUMBERS = {0x02, 0x41, 0x42, 0x43, 0x46}


class NoAnswer(Exception):
    """Nothing came in time."""


# Basic Encoding Rules, as far as SNMP uses them.

def tlv(tag, data):
    size = len(data)
    if size < 128:
        return bytes([tag, size]) + data
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + data


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big",
                                    signed=True))


def octets(data):
    return tlv(0x04, data)


def sequence(*parts):
    return tlv(0x30, b"".join(parts))


def object_name(oid):
    data = bytes([oid[0] * 40 + oid[1]])
    for number in oid[2:]:
        part = bytes([number & 127])
        while number > 127:
            number >>= 7
            part = bytes([number & 127 | 128]) + part
        data += part
    return tlv(0x06, data)


def take(data, at=0):
    """(tag, content, where the next begins)"""
    tag, size = data[at], data[at + 1]
    at += 2
    if size & 128:
        count = size & 127
        size = int.from_bytes(data[at:at + count], "big")
        at += count
    assert at + size <= len(data), "cut off"
    return tag, data[at:at + size], at + size


def items(data):
    at, found = 0, []
    while at < len(data):
        tag, content, at = take(data, at)
        found.append((tag, content))
    return found


def number(content):
    return int.from_bytes(content, "big", signed=True)


def name(content):
    first = min(content[0] // 40, 2)
    oid, value = [first, content[0] - first * 40], 0
    for octet in content[1:]:
        value = value << 7 | octet & 127
        if not octet & 128:
            oid.append(value)
            value = 0
    return tuple(oid)


def varbind(content):
    (_, oid), (tag, value) = items(content)
    if tag in NUMBERS:
        value = number(value) & 0xffffffffffffffff
    elif tag != 0x04:
        value = None
    return Varbind(name(oid), TYPES[tag], value)


class Answer:
    def __init__(self, pdu, size):
        self.kind, content = pdu
        parts = items(content)
        self.id, self.error, self.error_index = [
            number(part) for _, part in parts[:3]]
        self.varbinds = [varbind(part) for _, part in items(parts[3][1])]
        self.size = size        # of the whole message, octets


class RawManager:
    """Version 2c; every answer must come within some seconds, at once."""

    def __init__(self, port, community="public", seconds=3.0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.community = community.encode()
        self.seconds = seconds
        self.id = 0

    def close(self):
        self.socket.close()

    def message(self, pdu):
        return sequence(integer(1), octets(self.community), pdu)

    def pdu_of(self, data):
        return items(take(data)[1])[2]

    def pdu(self, kind, oids, first=0, second=0):
        self.id += 1
        return tlv(kind, integer(self.id) + integer(first) +
                   integer(second) + sequence(*(
                       sequence(object_name(oid), tlv(0x05, b""))
                       for oid in oids)))

    def send(self, kind, oids, first=0, second=0):
        self.socket.send(self.message(self.pdu(kind, oids, first, second)))
        return self.id

    def receive(self, wanted):
        deadline = time.monotonic() + self.seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NoAnswer(wanted)
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except socket.timeout:
                raise NoAnswer(wanted) from None
            answer = Answer(self.pdu_of(data), len(data))
            if answer.id == wanted or answer.kind == REPORT:
                return answer

    def ask(self, kind, oids, first=0, second=0):
        return self.receive(self.send(kind, oids, first, second))

    def get(self, *oids):
        answer = self.ask(GET, oids)
        assert answer.error == 0, answer.error
        return [varbind.value for varbind in answer.varbinds]

    def value(self, scalar):
        return self.get(scalar.oid)[0]

    def next(self, oid):
        return self.ask(NEXT, [oid]).varbinds[0]

    def bulk(self, oids, repetitions, single=0):
        answer = self.ask(BULK, oids, single, repetitions)
        assert answer.error == 0, answer.error
        return answer.varbinds

    def walk(self, root, repetitions=50):
        """All below root; strictly in order."""
        found, last = [], root
        while True:
            for each in self.bulk([last], repetitions):
                if each.type == END or each.oid[:len(root)] != root:
                    return found
                assert each.oid > last, (last, each.oid)
                found.append(each)
                last = each.oid


class RawManager3(RawManager):
    """Version 3, noAuthNoPriv, with a message size of its own."""

    def __init__(self, port, user, size=65507, seconds=3.0):
        super().__init__(port, seconds=seconds)
        self.user, self.size_max = user.encode(), size
        self.engine, self.boots, self.time = b"", 0, 0
        assert self.ask(GET, []).kind == REPORT     # makes the agent known
        assert self.engine

    def message(self, pdu):
        security = sequence(
            octets(self.engine), integer(self.boots), integer(self.time),
            octets(self.user if self.engine else b""), octets(b""),
            octets(b""))
        return sequence(
            integer(3), sequence(integer(self.id), integer(self.size_max),
                                 octets(b"\4"), integer(3)),
            octets(security), sequence(octets(self.engine), octets(b""), pdu))

    def pdu_of(self, data):
        parts = items(take(data)[1])
        engine, boots, clock, *_ = items(take(parts[2][1])[1])
        self.engine = engine[1]
        self.boots, self.time = number(boots[1]), number(clock[1])
        return items(parts[3][1])[2]
