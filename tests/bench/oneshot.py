# SPDX-License-Identifier: BSD-2-Clause
"""Everybody's answer to the same question, in turns: the programs that are
started for it and end, and a collector that stays."""
import contextlib
import json
import os
import random
import shutil
import sys
import time

from broker import Collector, Reader
from programs import PORTOWNER, Snmpd, folder, program
from tools import (SOURCES, Absent, absent, cost, cpu_of, output,
                   peak_rss_kib, say, summary, tool, why_no_source)

ROUNDS = {"S1": 9, "S2": 7, "S3": 5}
REFRESHES = {"S1": 20, "S2": 10, "S3": 5}     # of a collector, in each round
# RFC 4022 and RFC 4113: the process of each connection, listener, endpoint
OWN_TABLES = [".1.3.6.1.2.1.6.19.1.8", ".1.3.6.1.2.1.6.20.1.4",
              ".1.3.6.1.2.1.7.7.1.8"]
PSUTIL = "import psutil; print(len(psutil.net_connections('inet')))"
# ss -tunlp answers a smaller question, and is no peer of the others.
PEERS = ["ss -tunap", "netstat -tunap", "lsof -nP -i",
         "psutil net_connections", "snmpd's own tables"]


class Command:
    """A program that answers and ends."""

    def __init__(self, name, command, rows):
        self.name = name
        self.command = command
        self.count_rows = rows

    def start(self):
        if not self.command[0]:
            raise Absent("it is not installed")

    def rows(self):
        return self.count_rows(output(self.command))

    def measure(self):
        return cost(self.command)

    def stop(self):
        pass


class OurCommand(Command):
    def __init__(self, source):
        super().__init__(
            "portowner -a, " + source,
            [PORTOWNER, "-a", "--source", source], lines_but(1))
        self.source = source

    def start(self):
        if why_no_source(self.source):
            raise Absent(why_no_source(self.source))


class OwnTables:
    """A snmpd as root that has answered nothing before; what the walk of
    its own tables costs it, its start not counted."""

    name = "snmpd's own tables"

    def start(self):
        if not program("snmpd"):
            raise Absent("snmpd is not installed")

    def walked(self):
        work = folder()
        try:
            with Snmpd(work) as snmpd:
                before = cpu_of([snmpd.pid])
                found = walk(snmpd.port, OWN_TABLES, 50)
                return {"cpu": cpu_of([snmpd.pid]) - before,
                        "wall": found["wall"],
                        "rss_kib": peak_rss_kib(snmpd.pid)}, found
        finally:
            shutil.rmtree(work)

    def rows(self):
        return self.walked()[1]["varbinds"]

    def measure(self):
        return self.walked()[0]

    def stop(self):
        pass


class Resident:
    """A collector that refreshes its snapshot again and again."""

    def __init__(self, source, refreshes):
        self.name = "resident refresh, " + source
        self.source = source
        self.refreshes = refreshes
        self.work = self.daemon = None

    def start(self):
        if why_no_source(self.source):
            raise Absent(why_no_source(self.source))
        self.work = folder()
        self.daemon = Collector(self.work, ["source " + self.source])
        self.daemon.__enter__()
        self.refresh(2)

    def refresh(self, count):
        """CPU of the collector and of its supervisor, in seconds, and the
        time that the reader waited."""
        pids = [self.daemon.pid, self.daemon.collector()]
        with Reader(self.daemon.socket_path, 120) as reader:
            before, wall = cpu_of(pids), 0
            for _ in range(count):
                began = time.monotonic()
                reader.fetch()
                wall += time.monotonic() - began
            return cpu_of(pids) - before, wall

    def rows(self):
        listing = output([PORTOWNER, "-a", "--source",
                          "socket:" + self.daemon.socket_path])
        return lines_but(1)(listing)

    def source_in_use(self):
        return json.loads(output(
            [PORTOWNER, "--json", "-a", "--source",
             "socket:" + self.daemon.socket_path]))["source"]

    def measure(self):
        for pid in (self.daemon.pid, self.daemon.collector()):
            go_where_we_are(pid)
        cpu, wall = self.refresh(self.refreshes)
        return {"cpu": cpu / self.refreshes, "wall": wall / self.refreshes,
                "rss_kib": peak_rss_kib(self.daemon.collector())}

    def stop(self):
        if self.daemon:
            self.daemon.stop()
            shutil.rmtree(self.work)


def lines_but(header):
    return lambda text: text.count("\n") - header


def walk(port, columns, repetitions, address="udp:127.0.0.1:%d"):
    return json.loads(output([tool("walk"), address % port, "public",
                              str(repetitions), *columns]))


def python_with_psutil():
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            output([python, "-c", "import psutil"])
            return python
        except (Absent, OSError):
            pass
    return None


def peers():
    return [
        Command("ss -tunap", [program("ss"), "-tunap"], lines_but(1)),
        Command("ss -tunlp", [program("ss"), "-tunlp"], lines_but(1)),
        Command("netstat -tunap", [program("netstat"), "-tunap"],
                lines_but(2)),
        Command("lsof -nP -i", [program("lsof"), "-nP", "-i"],
                lines_but(1)),
        Command("psutil net_connections",
                [python_with_psutil(), "-c", PSUTIL], int),
        OwnTables()]


def started(entries, results):
    """Those that can be measured, after one turn that is not: it warms up,
    and counts rows."""
    for entry in entries:
        try:
            entry.start()
            results[entry.name] = {"rows": entry.rows()}
            if isinstance(entry, Resident):
                results[entry.name]["source"] = entry.source_in_use()
        except (Absent, AssertionError, OSError) as e:
            results[entry.name] = absent(e)
            say("   absent: %s: %s" % (entry.name,
                                       results[entry.name]["absent"]))
            entry.stop()
            continue
        yield entry


def go_where_we_are(pid):
    """All threads of a process, to the CPUs that this one may use."""
    for task in os.listdir("/proc/%d/task" % pid):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(task), os.sched_getaffinity(0))


@contextlib.contextmanager
def on_one_cpu(turn):
    """Each in turn; whatever is started meanwhile runs there, too."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(all_of_them)[turn % len(all_of_them)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def measure(entries, rounds):
    """All of them in turns, so that what else happens on the machine strikes
    everybody alike: on one CPU in each round, for a virtual one may be half as
    fast again as the other for a while; and in another order each time, for
    what one leaves behind in caches and free memory costs the next one."""
    results = {}
    present = list(started(entries, results))
    shuffler = random.Random(len(present))
    samples = {entry.name: [] for entry in present}
    try:
        for turn in range(rounds):
            say("   round %d of %d" % (turn + 1, rounds))
            with on_one_cpu(turn):
                for entry in shuffler.sample(present, len(present)):
                    samples[entry.name].append(entry.measure())
    finally:
        for entry in present:
            entry.stop()
    for name, found in samples.items():
        results[name].update(summary(found))
    return results


def part(scene, wanted, rounds=None):
    """wanted: "oneshot", "resident" or both."""
    entries = []
    if "oneshot" in wanted:
        entries += peers() + [OurCommand(s) for s in SOURCES]
    if "resident" in wanted:
        entries += [Resident(s, REFRESHES[scene]) for s in SOURCES]
    return measure(entries, rounds or ROUNDS[scene])
