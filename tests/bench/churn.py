# SPDX-License-Identifier: BSD-2-Clause
"""Short-lived connections whose owners live on: how many of the rows of an
answer lack the owner that they had all the time.

The local address of such a socket tells its owner (load.h).  What waits in an
accept queue has no descriptor yet and so no owner: it has no inode either, by
which ss tells it, and portowner says "(no process)" of it."""
import re
import shutil

from broker import Collector, Reader
from programs import PORTOWNER, folder, program
from tools import SOURCES, Absent, Load, absent, output, say, why_no_source

ROUNDS = 10
OURS = re.compile(r"127\.200\.(\d+)\.\d+:\d+$")


class Count:
    def __init__(self, load):
        self.owners = load.owners
        self.expected = load.counts["sockets"]
        self.answers = []

    def add(self, rows):
        """rows: (local address, pid or None, could have an owner)"""
        owned = lost = wrong = nobody = 0
        for local, pid, living in rows:
            found = OURS.match(local)
            if not found:
                continue
            if pid is None:
                lost += living
                nobody += not living
            elif pid == self.owners[int(found[1]) - 1]:
                owned += 1
            else:
                wrong += 1
        self.answers.append((owned, lost, wrong, nobody))

    def result(self):
        owned, lost, wrong, nobody = map(sum, zip(*self.answers))
        if owned + lost == 0:
            return absent("it showed no row of the load")
        return {"n": len(self.answers), "owned": owned, "lost": lost,
                "wrong": wrong, "accept_queue": nobody,
                "rows_per_answer": (owned + lost) / len(self.answers),
                "share_lost": lost / (owned + lost),
                # neither with an owner nor without; below 0: a dump is not
                # a moment, and shows some that followed each other
                "share_not_shown": 1 - (owned + lost + nobody) / (
                    self.expected * len(self.answers))}


def ss_rows():
    for line in output([program("ss"), "-tunapeH"]).splitlines():
        fields = line.split()
        pid = re.search(r"pid=(\d+)", line)
        inode = re.search(r"\bino:(\d+)", line)
        yield (fields[4], int(pid[1]) if pid else None,
               bool(inode and int(inode[1])))


def our_rows(source):
    text = output([PORTOWNER, "-a", "--source", source])
    for line in text.splitlines()[1:]:
        found = re.search(r" (\d+|-) +(?:tcp|udp) +(\S+) ", line)
        if found:
            yield (found[2], None if found[1] == "-" else int(found[1]),
                   "(no process)" not in line)


class Resident:
    def __init__(self, source):
        self.work = folder()
        self.daemon = Collector(self.work, ["source " + source])
        self.daemon.__enter__()

    def rows(self):
        with Reader(self.daemon.socket_path, 60) as reader:
            reader.fetch()
        return our_rows("socket:" + self.daemon.socket_path)

    def stop(self):
        self.daemon.stop()
        shutil.rmtree(self.work)


def part():
    results, residents = {}, []
    with Load("--churn") as load:
        ways = {}
        if program("ss"):
            ways["ss -tunap"] = ss_rows
        else:
            results["ss -tunap"] = absent("it is not installed")
        for source in SOURCES:
            name = "resident refresh, " + source
            if why_no_source(source):
                results["portowner -a, " + source] = results[name] = absent(
                    why_no_source(source))
                continue
            ways["portowner -a, " + source] = (
                lambda source=source: our_rows(source))
            residents.append(Resident(source))
            ways[name] = residents[-1].rows
        counts = {name: Count(load) for name in ways}
        try:
            for turn in range(ROUNDS):
                say("   round %d of %d" % (turn + 1, ROUNDS))
                for name, rows in ways.items():
                    counts[name].add(rows())
        except Absent as e:
            results["failed"] = absent(e)
        finally:
            for resident in residents:
                resident.stop()
    results.update((name, count.result() if count.answers else
                    absent("it was not measured"))
                   for name, count in counts.items())
    return results
