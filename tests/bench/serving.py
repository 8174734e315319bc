# SPDX-License-Identifier: BSD-2-Clause
"""What the agent costs: walks of the table of owners in the three ways to
serve it, single requests while the collector is busy, memory, and nothing at
all while nobody asks."""
import contextlib
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import time

import mib
from broker import Collector, Daemon, ModuleSnmpd, Reader
from oneshot import walk
from programs import Snmpd, folder, free_port, program, read, wait_until
from tools import (Absent, absent, cpu_of, knows_token, output, peak_rss_kib,
                   say, summary, tool, wake_ups)

ALL = ["." + ".".join(map(str, mib.OWNERS.entry + (number,)))
       for number in mib.OWNERS.columns]
ONE_BY_ONE = ALL[:2]        # the others cost the same
OWN_CONNECTIONS = [".1.3.6.1.2.1.6.19.1.%d" % n for n in (7, 8)]
BULK_LIMIT = 100            # variables in an answer: snmpd's own default
STILL = 3600                # seconds: one snapshot for all walks
RATE, LATENCY_SECONDS = 200, 20
IDLE_SECONDS = 10
PERF_HZ = 499
HANDLER = r"^\s*[0-9a-f]+ (handle|resume_all|answer_requests)$"


def quiet(*tokens):
    return [*tokens] + (["watchInterval 0"] if knows_token("watchInterval")
                        else [])


class Standalone(Daemon):
    def __init__(self, work, conf):
        self.port = free_port()
        super().__init__(work, None, [*conf, "rocommunity public 127.0.0.1"],
                         standalone="udp:127.0.0.1:%d" % self.port)


@contextlib.contextmanager
def folders(count):
    made = [folder() for _ in range(count)]
    try:
        yield made
    finally:
        for path in made:
            shutil.rmtree(path)


@contextlib.contextmanager
def attached(conf):
    """A snmpd and a portownerd that serves through it."""
    with folders(2) as (own, other), Snmpd(other) as snmpd, Daemon(
            own, snmpd.master, conf) as daemon:
        wait_until(lambda: "serves" in read(daemon.log_path), "the service",
                   30)
        wait_until(lambda: has_rows(snmpd.port), "rows", 30)
        yield snmpd, daemon


def first_row(port):
    """The name of the first owner, or None while there are no rows."""
    done = subprocess.run(
        [program("snmpgetnext"), "-v2c", "-c", "public", "-On", "-Oq", "-m",
         "", "-t", "10", "-r", "0", "udp:127.0.0.1:%d" % port, ALL[0]],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    name = done.stdout.partition(" ")[0]
    return name if name.startswith(ALL[0] + ".") else None


def has_rows(port):
    return first_row(port) is not None


# Walks

def walked(port, columns, side_by_side, pids, times):
    """Medians of some walks, once the rows are there."""
    samples = []
    for _ in range(times):
        before = cpu_of(pids)
        if side_by_side:
            found = walk(port, columns, BULK_LIMIT // len(columns))
        else:
            found = add([walk(port, [column], BULK_LIMIT)
                         for column in columns])
        found["cpu"] = cpu_of(pids) - before
        if not found["varbinds"]:
            raise Absent("a walk found nothing")
        found["per_second"] = found["varbinds"] / found["wall"]
        found["per_cpu_second"] = found["varbinds"] / found["cpu"]
        samples.append(found)
    return summary(samples)


def add(parts):
    return {key: sum(part[key] for part in parts) for key in parts[0]}


def both_ways(name, port, pids, times, results):
    say("   walks: " + name)
    walk(port, ALL[:1], BULK_LIMIT)
    results[name + ", one column at a time"] = walked(
        port, ONE_BY_ONE, False, pids, times)
    results[name + ", all columns side by side"] = walked(
        port, ALL, True, pids, times)


def through_agentx(results, times):
    with attached(quiet("cacheTimeout %d" % STILL)) as (snmpd, daemon):
        pids = [snmpd.pid, daemon.agent()]
        both_ways("AgentX", snmpd.port, pids, times, results)
        results["AgentX, handler's share of the subagent's CPU"] = (
            handler_share(daemon.agent(), snmpd.port))
        say("   walks: snmpd's own tcpConnectionTable")
        results["snmpd's own tcpConnectionTable, cold"] = walked(
            snmpd.port, OWN_CONNECTIONS, True, [snmpd.pid], 1)
        results["snmpd's own tcpConnectionTable"] = walked(
            snmpd.port, OWN_CONNECTIONS, True, [snmpd.pid], times)


def through_module(results, times):
    conf = quiet("cacheTimeout %d" % STILL)
    with folders(2) as (own, other), Collector(own, conf) as daemon:
        with ModuleSnmpd(other, daemon.socket_path, user=None,
                         timeout=STILL) as snmpd:
            wait_until(lambda: has_rows(snmpd.port), "rows", 30)
            both_ways("module", snmpd.port, [snmpd.pid], times, results)


def through_standalone(results, times):
    with folders(1) as (own,), Standalone(
            own, quiet("cacheTimeout %d" % STILL)) as daemon:
        wait_until(lambda: has_rows(daemon.port), "rows", 30)
        both_ways("standalone", daemon.port, [daemon.agent()], times, results)


def walks(scene):
    results = {"columns": len(ALL)}
    times = 1 if scene == "S3" else 3
    for name, way, n in (("AgentX", through_agentx, times),
                         ("module", through_module, 3),
                         ("standalone", through_standalone, 3)):
        try:
            way(results, n)
        except (Absent, AssertionError, OSError) as e:
            results[name] = absent(e)
    return results


def handler_share(pid, port):
    """The share of samples of the subagent in which the project's handler,
    or something that it called, was running."""
    with folders(1) as (work,):
        data = os.path.join(work, "perf.data")
        try:
            perf = subprocess.Popen(
                ["perf", "record", "-q", "-F", str(PERF_HZ), "--call-graph",
                 "dwarf,16384", "-p", str(pid), "-o", data],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        except OSError as e:
            return absent(e)
        time.sleep(1)
        walk(port, ALL[:5], BULK_LIMIT // 5)
        perf.send_signal(2)
        perf.communicate()
        try:
            stacks = output(["perf", "script", "-i", data, "-F", "ip,sym"])
        except Absent as e:
            return absent(e)
    samples = [s for s in stacks.split("\n\n") if s.strip()]
    inside = [s for s in samples
              if re.search(HANDLER, s, re.M)]
    if len(samples) < 100:
        return absent("perf took %d samples only" % len(samples))
    return {"share": len(inside) / len(samples), "samples": len(samples)}


# One request at a time

def refresh_forever(path):
    with Reader(path, 120) as reader:
        while True:
            reader.fetch()


@contextlib.contextmanager
def refreshing(path):
    """Refreshes follow each other without a pause."""
    process = multiprocessing.Process(target=refresh_forever, args=(path,))
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def one_latency(conf):
    with attached(conf) as (snmpd, daemon):
        name = first_row(snmpd.port)
        generations = {}
        with refreshing(daemon.socket_path):
            time.sleep(1)
            with Reader(daemon.socket_path, 60) as reader:
                generations[0] = reader.fetch().generation
                # Somebody has asked before: the cache has not run out.
                first_row(snmpd.port)
                found = json.loads(output(
                    [tool("latency"), "udp:127.0.0.1:%d" % snmpd.port,
                     "public", str(RATE), str(LATENCY_SECONDS), name]))
                generations[1] = reader.fetch().generation
        found["refreshes"] = generations[1] - generations[0] - 1
        return found


def latency():
    """Through AgentX, at a fixed rate, counted from when each was due."""
    results = {}
    for name, timeout in (("the agent takes a new snapshot each second", 1),
                          ("the agent's snapshot is young enough", STILL)):
        say("   latency: " + name)
        try:
            results[name] = one_latency(quiet("cacheTimeout %d" % timeout))
        except (Absent, AssertionError, OSError,
                subprocess.CalledProcessError) as e:
            results[name] = absent(e)
    return results


def memory():
    """Peak memory of collector and agent, after refreshes and walks."""
    with attached(quiet("cacheTimeout 1")) as (snmpd, daemon):
        with Reader(daemon.socket_path, 60) as reader:
            for _ in range(5):
                reader.fetch()
        time.sleep(1.1)
        walk(snmpd.port, ALL, BULK_LIMIT // len(ALL))
        found = {"collector_kib": peak_rss_kib(daemon.collector()),
                 "agent_kib": peak_rss_kib(daemon.agent())}
        found["rss_kib"] = found["collector_kib"] + found["agent_kib"]
        return found


def idle():
    """Processes of portownerd while nobody asks anything."""
    with attached(quiet("cacheTimeout 1")) as (_, daemon):
        pids = {"collector": daemon.collector(), "agent": daemon.agent(),
                "supervisor": daemon.pid}
        time.sleep(3)
        before = {k: (cpu_of([p]), wake_ups([p])) for k, p in pids.items()}
        time.sleep(IDLE_SECONDS)
        after = {k: (cpu_of([p]), wake_ups([p])) for k, p in pids.items()}
    return {"seconds": IDLE_SECONDS, "watchInterval": (
        0 if knows_token("watchInterval") else None),
        **{k: {"cpu": after[k][0] - before[k][0],
               "wake_ups": after[k][1] - before[k][1]} for k in pids}}
