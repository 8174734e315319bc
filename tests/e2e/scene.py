# SPDX-License-Identifier: BSD-2-Clause
"""The scene (tests/live/scene.c): how it is started, and which rows its
sockets must make in each answer of the product."""
import glob
import json
import os
import pwd
import subprocess
from collections import defaultdict

import mib
from programs import BUILD, TOP, Fed, process_stat

SOURCES = os.path.join(TOP, "tests", "live")
TRANSIENT = ["tcp-time-wait", "tcp-orphan"]


def build(work):
    """The program as the build made it, else compiled here."""
    built = os.path.join(BUILD, "tests", "live", "scene")
    if os.path.exists(built):
        return built
    made = os.path.join(work, "scene")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE",
                    "-pthread", "-Wall", "-Wextra", "-Werror", "-o", made,
                    *sorted(glob.glob(SOURCES + "/scene*.c"))], check=True)
    return made


def user_name(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


class Row(dict):
    """A row that the scene expects; its members as attributes."""

    __getattr__ = dict.__getitem__

    @property
    def local(self):
        return (self.stack, self.protocol, self.local_address,
                self.local_port)

    @property
    def remote(self):
        """The far end in the form of local, or None."""
        return self.remote_address and (
            self.stack, self.protocol, self.remote_address, self.remote_port)

    @property
    def user(self):
        return None if self.uid is None else user_name(self.uid)

    @property
    def user_is_checked(self):
        """Of a connection that no process has yet, or has any more, kernels
        differ in what they tell; nobody knows whose TIME_WAIT was."""
        return self.uid is not None or self.state == "TIME_WAIT"

    @property
    def command_octets(self):
        return self.command.encode("latin-1")


def escaped(octets):
    """Text as the MIB describes it: UTF-8 without what could confuse."""
    out = ""
    for char in octets.decode("utf-8", "surrogateescape"):
        raw = char.encode("utf-8", "surrogateescape")
        if char in "\n\t\\":
            out += {"\n": "\\n", "\t": "\\t", "\\": "\\\\"}[char]
        elif char.isprintable() or char == "\ufeff":
            out += char
        else:
            out += "".join("\\x%02x" % octet for octet in raw)
    return out


class Scene(Fed):
    def __init__(self, work, program, *options, prefix=()):
        super().__init__(work)
        self.command = [*prefix, program, *options]
        self.executable = os.path.realpath(program)
        self.rows = []
        self.skipped = {}

    def start(self):
        self.spawn(self.command, stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line == "READY\n":
                break
            row = Row(json.loads(line))
            if "skipped" in row:
                self.skipped[row.kind] = row.skipped
            else:
                self.rows.append(row)
        else:
            raise AssertionError("the scene failed: status %s" % self.stop())
        self.pids = {row.pid for row in self.rows} - {0}
        self.endpoints = {row.local for row in self.rows}

    def of_kind(self, *kinds):
        return [row for row in self.rows if row.kind in kinds]


def kernel():
    return tuple(map(int, os.uname().release.split("-")[0].split(".")[:2]))


class View:
    """The scene as one source can see it.  What a source cannot tell is made
    the same on both sides: /proc/net has no zones, and does not tell [::]
    from the wildcard of both families.  A confined collector may not enter a
    namespace to read its /proc/net; another process's it may."""

    def __init__(self, scene, source, confined=False):
        self.source = source
        self.pids = scene.pids
        closed = confined and source == "proc"
        self.blind = {row.stack for row in scene.rows
                      if (row.get("bpf_only") and "bpf" not in source) or
                      (row.get("without_process") and closed)}
        self.rows = [self.plain_row(row) for row in scene.rows
                     if self.can_see(row)]
        self.endpoints = {row.local for row in self.rows}

    def can_see(self, row):
        if row.stack in self.blind:
            return False
        if self.source == "proc":
            return row.get("in_proc", True)
        since = tuple(map(int, row.get("diag_since", "0.0").split(".")))
        return kernel() >= since

    def plain(self, address):
        if self.source != "proc" or address is None:
            return address
        return address.partition("%")[0].replace("*", "::")

    def plain_row(self, row):
        return Row(row, local_address=self.plain(row.local_address),
                   remote_address=self.plain(row.remote_address))

    def is_ours(self, local, remote, pid):
        """Whether a row of an answer is one of the scene's: held by one of
        its processes, or by nobody and between its endpoints."""
        if local[0] in self.blind:
            return False
        if pid != 0:
            return pid in self.pids
        return local in self.endpoints and (
            remote is None or remote in self.endpoints)

    # What the command line must show.

    def sockets(self):
        """{key: values} of the rows in JSON."""
        return {(row.local, row.remote, row.state, row.pid): self.socket(row)
                for row in self.rows}

    def socket(self, row):
        values = {"count": row.count, "command":
                  escaped(row.command_octets) if row.pid else None}
        if row.user_is_checked:
            values.update(user=row.user, uid=row.uid)
        return values

    def sockets_of(self, answer):
        found = {}
        for s in map(Row, answer):
            s = self.plain_row(s)
            if not self.is_ours(s.local, s.remote, s.pid):
                continue
            key = (s.local, s.remote, s.state, s.pid)
            assert key not in found, key
            found[key] = {name: s[name]
                          for name in ("count", "user", "uid", "command")}
        return found

    # What the tables must show.  Text is "" where the JSON has null.

    def texts(self, row):
        texts = {"command": escaped(row.command_octets) if row.pid else ""}
        if row.user_is_checked:
            texts.update(user=row.user or "", uid=(
                mib.UNKNOWN if row.uid is None else row.uid))
        return texts

    def owners(self):
        groups = defaultdict(list)
        for row in self.rows:
            groups[row.local + (row.pid,)].append(row)
        return {owner_index(key): self.owner(key, rows)
                for key, rows in groups.items()}

    def owner(self, key, rows):
        connected = sum(row.count for row in rows if row.remote)
        total = sum(row.count for row in rows)
        listening = any(row.state == "LISTEN" for row in rows)
        use = (mib.CONNECTED if connected == total else
               mib.BOTH if connected else
               mib.LISTENING if listening else mib.BOUND)
        known = [row for row in rows if row.uid is not None]
        return dict(self.texts((known or rows)[0]), use=use, sockets=total,
                    connected=connected, arguments="",
                    endpoint=self.endpoint(key[0], key[1], key[2:4]))

    def endpoint(self, stack, protocol, local, remote=None):
        text = protocol + " " + mib.endpoint_text(*local)
        if remote:
            text += "->" + mib.endpoint_text(*remote)
        return text + (" stack %d" % stack if stack else "")

    def connections(self):
        return {
            owner_index(row.local + (row.remote_port, row.remote_address,
                                     row.pid)):
            dict(self.texts(row), state=mib.STATES[row.state],
                 endpoint=self.endpoint(row.stack, row.protocol,
                                        row.local[2:], row.remote[2:]))
            for row in self.rows if row.remote}

    def listeners(self, ephemeral_udp):
        groups = defaultdict(list)
        for row in self.rows:
            if row.state == "LISTEN" or (
                    ephemeral_udp and row.state == "BOUND" and
                    row.protocol in ("udp", "udplite")):
                groups[row.local].append(row)
        ends = self.local_ends_of_connections()
        return {owner_index(key): self.listener(key, rows, groups, ends)
                for key, rows in groups.items()}

    def listener(self, key, rows, groups, ends):
        owners = {row.pid for row in rows} - {0}
        primary = eldest(owners)
        row, = [row for row in rows if row.pid == primary][:1]
        each = {row.inode: row for row in rows}.values()
        return dict(
            self.texts(row), pid=primary, owners=len(owners),
            sockets=sum(row.count for row in each), owner_changes=0,
            endpoint=self.endpoint(key[0], key[1], key[2:4]),
            connections=sum(self.taker(end, groups) == key for end in ends),
            transport=key[1], address_text=key[2], port=key[3],
            **self.queue(rows))

    def queue(self, rows):
        row = rows[0]
        if row.state != "LISTEN":
            return {"queue_length": 0, "queue_limit": 0}
        known = {"queue_length": row.get("queue_length", 0)}
        if self.source == "proc":
            known["queue_limit"] = mib.UNKNOWN
        elif "queue_limit" in row:
            known["queue_limit"] = row.queue_limit
        return known

    def taker(self, local, listeners):
        """The most specific listener that takes connections at this end."""
        stack, protocol, address, port = local
        family = "::" if ":" in address else "0.0.0.0"
        for candidate in (address, family, self.plain("*")):
            if (stack, protocol, candidate, port) in listeners:
                return stack, protocol, candidate, port
        return None

    def local_ends_of_connections(self):
        pairs = {(row.local, row.remote) for row in self.rows if row.remote}
        return [local for local, remote in pairs]


def owner_index(key):
    """(stack, protocol, address, port, ...) in the order of an index."""
    stack, protocol, address, port, *rest = key
    return (stack, mib.PROTOCOLS[protocol], port, address, *rest)


def eldest(owners):
    """The process from which all the others descend; 0 for nobody."""
    if not owners:
        return 0
    first, = [pid for pid in owners
              if all(descends(other, pid) for other in owners)]
    return first


def descends(pid, ancestor):
    while pid > 1 and pid != ancestor:
        pid = process_stat(pid)[1]
    return pid == ancestor


def assert_same(expected, found):
    lines = differences(expected, found)
    assert not lines, "%d differences:\n%s" % (
        len(lines), "\n".join(lines[:20]))


def differences(expected, found):
    """Lines that say what is missing, too much or not the same; only the
    values that are expected are compared."""
    lines = ["missing: %s %s" % (key, expected[key])
             for key in expected.keys() - found.keys()]
    lines += ["not expected: %s %s" % (key, found[key])
              for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        lines += ["%s: %s is %r, not %r" % (key, name, found[key][name], value)
                  for name, value in expected[key].items()
                  if found[key][name] != value]
    return sorted(lines)
