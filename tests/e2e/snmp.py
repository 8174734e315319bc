# SPDX-License-Identifier: BSD-2-Clause
"""A manager: Net-SNMP's own tools, told to print everything as numbers, and
what they print taken apart."""
import os
import re
import subprocess
from collections import namedtuple

import mib
from programs import COMMUNITY, program, snmp_environment, wait_until

# No names, numbers for enumerations and ticks, octets in hexadecimal.
PLAIN = ["-On", "-Oe", "-Ot", "-Ox", "-OU"]
NO_INSTANCE = "noSuchInstance"
NO_OBJECT = "noSuchObject"
END = "endOfMibView"
EXCEPTIONS = {
    "No Such Instance currently exists at this OID": NO_INSTANCE,
    "No Such Object available on this agent at this OID": NO_OBJECT,
    "No more variables left in this MIB View "
    "(It is past the end of the MIB tree)": END,
}

Varbind = namedtuple("Varbind", "oid type value")


class SnmpError(Exception):
    """The tool ended with an error; its text is what it said."""


def dotted(oid):
    return "." + ".".join(map(str, oid))


def parse_value(text):
    """(type, value) of what stands behind the equals sign."""
    text = text.strip()
    if text in EXCEPTIONS:
        return EXCEPTIONS[text], None
    if text == '""':
        return mib.STRING, b""
    if text.isdigit():
        return mib.TICKS, int(text)     # -Ot leaves the type out
    kind, _, value = text.partition(": ")
    if kind == "Hex-STRING":
        return mib.STRING, bytes.fromhex(value)
    if kind in (mib.INTEGER, mib.UNSIGNED, mib.COUNTER):
        return kind, int(value)
    return kind, value


def parse(output):
    """A tool's output as varbinds; long strings go over several lines."""
    pieces = re.split(r"^\.([0-9.]+) = ", output, flags=re.M)
    assert pieces[0] == "", output[:500]
    return [Varbind(tuple(map(int, oid.split("."))), *parse_value(text))
            for oid, text in zip(pieces[1::2], pieces[2::2])]


def before_the_end(varbinds):
    """The tools print the end of the whole MIB as a row of the walk."""
    return varbinds[:-1] if varbinds and varbinds[-1].type == END else varbinds


class Manager:
    def __init__(self, work, port, community=COMMUNITY):
        self.target = "udp:127.0.0.1:%d" % port
        self.community = community
        self.env = dict(os.environ, LC_ALL="C", **snmp_environment(work))

    def run(self, tool, *arguments, seconds=60):
        path = program(tool)
        assert path, tool + " is missing"
        return subprocess.run(
            [path, "-v2c", "-c", self.community, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env=self.env, timeout=seconds)

    def ask(self, tool, oids, *options, timeout=10):
        done = self.run(tool, *PLAIN, "-t", str(timeout), "-r", "0",
                        *options, self.target, *map(dotted, oids))
        if done.returncode != 0:
            raise SnmpError(done.stderr.strip() + done.stdout.strip())
        return parse(done.stdout)

    def get_all(self, oids, **options):
        """GETs as large as the tool's command line allows."""
        varbinds = []
        for i in range(0, len(oids), 60):
            varbinds += self.ask("snmpget", oids[i:i + 60], **options)
        return varbinds

    def get(self, oid, **options):
        return self.ask("snmpget", [oid], **options)[0]

    def value(self, scalar, **options):
        """The value of a scalar, which must have the type it is given."""
        varbind = self.get(scalar.oid, **options)
        assert varbind.type == scalar.type, varbind
        return varbind.value

    def is_served(self):
        """Whether the product's objects are answered: False too while nobody
        answers at all."""
        try:
            varbind = self.get(mib.GENERATION.oid, timeout=1)
        except SnmpError:
            return False
        return varbind.type == mib.COUNTER

    def await_service(self, seconds=10):
        wait_until(self.is_served, "the tables are answered", seconds)

    def next(self, oid):
        return self.ask("snmpgetnext", [oid])[0]

    def bulk(self, oid, repetitions):
        return self.ask("snmpbulkget", [oid], "-Cn0",
                        "-Cr%d" % repetitions)

    def walk(self, oid):
        return before_the_end(self.ask("snmpwalk", [oid], "-CI"))

    def bulkwalk(self, oid, repetitions):
        return before_the_end(self.ask("snmpbulkwalk", [oid],
                                       "-Cr%d" % repetitions))

    def set(self, oid, kind, value):
        """None, or the name of the error that the agent answers."""
        done = self.run("snmpset", *PLAIN, "-t", "10", "-r", "0",
                        self.target, dotted(oid), kind, value)
        if done.returncode == 0:
            return None
        reason = re.search(r"^Reason: (\w+)", done.stderr, re.M)
        assert reason, done.stderr
        return reason.group(1)

    def rows(self, table, repetitions=50):
        """{index: {name of the column: value}} of a whole table; every cell
        must have its column's type."""
        rows = {}
        for varbind in self.bulkwalk(table.oid, repetitions):
            column, index = table.split(varbind.oid)
            name, kind = table.columns[column]
            assert varbind.type == kind, varbind
            value = varbind.value
            rows.setdefault(index, {})[name] = (
                value.decode("utf-8") if kind == mib.STRING and
                name not in mib.BINARY else value)
        return rows
