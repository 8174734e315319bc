# SPDX-License-Identifier: BSD-2-Clause
"""Notifications: a snmptrapd that receives them, and what they say; and
processes with listeners to be told of."""
import os
import re
import socket
import subprocess
from collections import namedtuple

import mib
from programs import (Service, free_port, program, read, snmp_environment,
                      wait_until, write)

HERE = os.path.dirname(os.path.abspath(__file__))
TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
NOTIFICATIONS = mib.ROOT + (0,)
ENGINE = "0x8000000001020304"
USER, AUTH, PRIV = "watcher", "a long passphrase", "another passphrase"
V3 = ("-v 3 -u %s -l authPriv -a SHA -A \"%s\" -x AES -X \"%s\"" %
      (USER, AUTH, PRIV))

Note = namedtuple("Note", "kind values protocol")
Change = namedtuple("Change", "kind command user old_command old_user")

LINE = re.compile(r"\.([0-9.]+) = (?:([A-Za-z0-9-]+): )?(.*)")
# strings as octets in one line, whatever a process is called
OUTPUT = ["-On", "-Oe", "-Ot", "-OU", "-Ox", "--hexOutputLength=0"]
COLUMNS = {table.column(name): name for table, names in (
    (mib.LISTENER_TABLE, ("endpoint", "pid", "command", "user", "service")),
    (mib.EXPECTATION_TABLE, ("text", "status", "message"))) for name in names}
SCALARS = {mib.OLD_PID.oid: "old_pid", mib.OLD_COMMAND.oid: "old_command",
           mib.OLD_USER.oid: "old_user",
           mib.SUMMARY_HELD_BACK.oid: "held_back",
           mib.NOTIFICATIONS_HELD_BACK.oid: "all_held_back"}


def parse_value(kind, text):
    if kind == "Hex-STRING":
        return bytes.fromhex(text).decode()
    if text == '""':
        return ""
    if kind == "OID":
        return tuple(map(int, text.strip(".").split(".")))
    return int(text)


class Receiver(Service):
    """A snmptrapd with everything that it ever received."""

    def __init__(self, work, name, conf=(), transport="udp"):
        super().__init__(work)
        self.port = free_port(socket.SOCK_STREAM if transport == "tcp" else
                              socket.SOCK_DGRAM)
        self.address = "%s:127.0.0.1:%d" % (transport, self.port)
        self.log_path = os.path.join(work, name + ".log")
        self.conf = write(os.path.join(work, name + ".conf"), "\n".join(
            ["disableAuthorization yes", *conf, ""]))

    def start(self):
        env = snmp_environment(self.work)
        env["SNMP_PERSISTENT_DIR"] = self.log_path + ".d"
        os.makedirs(env["SNMP_PERSISTENT_DIR"], exist_ok=True)
        self.spawn([program("snmptrapd"), "-f", "-n", "-C", "-c", self.conf,
                    *OUTPUT, "-F", "NOTE\t%P\t%v\\n", "-Lf", self.log_path,
                    self.address], env=env)
        wait_until(self.is_up, "snmptrapd listens")

    def is_up(self):
        assert self.is_running(), "snmptrapd ended:\n" + read(self.log_path)
        return "NET-SNMP version" in read(self.log_path)

    def notes(self):
        """Those of the product, in the order of their arrival."""
        found = []
        # the last line may still be being written
        for line in read(self.log_path).split("\n")[:-1]:
            if not line.startswith("NOTE\t"):
                continue
            _, protocol, *varbinds = line.split("\t")
            note = self.parse(protocol, varbinds)
            if note:
                found.append(note)
        return found

    @staticmethod
    def parse(protocol, varbinds):
        values, kind = {}, None
        for varbind in varbinds:
            match = LINE.fullmatch(varbind)
            assert match, varbind
            oid = tuple(map(int, match[1].split(".")))
            value = parse_value(match[2], match[3])
            if oid == TRAP_OID:
                if value[:len(NOTIFICATIONS)] != NOTIFICATIONS:
                    return None
                kind = value[-1]
            elif oid in SCALARS:
                values[SCALARS[oid]] = value
            else:
                for column, name in COLUMNS.items():
                    if oid[:len(column)] == column:
                        values[name] = value
                        values["index"] = oid[len(column):]
        return Note(kind, values, protocol)

    def of(self, *kinds):
        return [note for note in self.notes() if note.kind in kinds]

    def changes(self, endpoint):
        """What was told of a listener, one after the other."""
        return [Change(note.kind, v["command"], v["user"],
                       v.get("old_command"), v.get("old_user"))
                for note in self.notes() for v in [note.values]
                if v.get("endpoint") == endpoint]


def receivers(work):
    """For traps, informs and SNMPv3, and the lines that send to them."""
    user = "createUser -e %s %s SHA \"%s\" AES \"%s\"" % (
        ENGINE, USER, AUTH, PRIV)
    trap, inform = Receiver(work, "trap"), Receiver(work, "inform")
    secure = Receiver(work, "secure", [user])
    lines = ["engineID " + ENGINE,
             "trap2sink %s public" % trap.address,
             "informsink %s public" % inform.address,
             "trapsess -e %s %s %s" % (ENGINE, V3, secure.address)]
    return [trap, inform, secure], lines


def build_holder(work):
    path = os.path.join(work, "holder")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE",
                    "-Wall", "-Wextra", "-Werror", "-O1", "-o", path,
                    os.path.join(HERE, "holder.c")], check=True)
    return path


class Holder:
    """A process that holds a listener from start() to stop()."""

    def __init__(self, holder, protocol, address, port):
        self.place = [protocol, address, str(port)]
        self.holder = holder
        self.endpoint = "%s %s:%d" % (protocol, address, port)
        self.process = None

    def start(self, name="holder", uid=0, count=None):
        more = [] if count is None else [str(count)]
        self.process = subprocess.Popen(
            [self.holder, name, str(uid), *self.place, *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()


def addresses():
    """Of the loopback net, and of this test run alone."""
    pid = os.getpid()
    return "127.%d.%d." % (pid // 250 % 250 + 1, pid % 250 + 1)
