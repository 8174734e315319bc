# SPDX-License-Identifier: BSD-2-Clause
"""What every part of the benchmark needs: where the programs are, what a
command or a running process costs, the load of sockets."""
import contextlib
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from programs import (BUILD, PORTOWNER, PORTOWNERD,         # noqa: E402
                      Fed, read)

SOURCES = ["auto", "bpf", "bpf-files", "diag", "proc"]
SECONDS = 180       # the longest that one command may take


def tool(name):
    """A program of the benchmark's own."""
    return os.path.join(BUILD, "tests", "bench", name)


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def absent(reason):
    """What stands in the results for what could not be measured."""
    return {"absent": str(reason).strip().splitlines()[-1][:200]
            if str(reason).strip() else "it failed without a word"}


class Absent(Exception):
    """It cannot be measured here; its text says why."""


def cost(command, seconds=SECONDS, **options):
    """Runs a command to its end: CPU and wall time in seconds, peak RSS."""
    with tempfile.NamedTemporaryFile("r") as report:
        done = subprocess.run(
            [tool("run"), report.name, *command], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=seconds,
            **{"stdout": subprocess.DEVNULL, **options})
        found = json.load(report) if done.returncode == 0 else None
    if not found or found["status"] != 0:
        raise Absent(done.stderr.decode(errors="replace") or
                     "status %s" % (found or {}).get("status"))
    return {"cpu": found["user"] + found["system"], "user": found["user"],
            "system": found["system"], "wall": found["wall"],
            "rss_kib": found["rss_kib"]}


def output(command, seconds=SECONDS):
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=seconds, text=True, errors="replace")
    if done.returncode != 0:
        raise Absent(done.stderr or "status %d" % done.returncode)
    return done.stdout


def cpu_of(pids):
    """CPU seconds that processes have used; exact to the nanosecond."""
    total = 0
    for pid in pids:
        folder = "/proc/%d/task" % pid
        for task in os.listdir(folder):
            total += int(read("%s/%s/schedstat" % (folder, task)).split()[0])
    return total / 1e9


def wake_ups(pids):
    """How often processes were put to sleep so far: each time but the first
    something had woken them."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                             read("/proc/%d/status" % pid), re.M)[1])
               for pid in pids)


def peak_rss_kib(pid):
    return int(re.search(r"^VmHWM:\s+(\d+)", read("/proc/%d/status" % pid),
                         re.M)[1])


def summary(samples):
    """Medians of what was measured several times, how often, and the
    extremes of the CPU time."""
    found = {key: statistics.median(s[key] for s in samples)
             for key in samples[0]}
    found["n"] = len(samples)
    if "cpu" in found:
        found["cpu_min"] = min(s["cpu"] for s in samples)
        found["cpu_max"] = max(s["cpu"] for s in samples)
    if "rss_kib" in found:
        found["rss_kib"] = max(s["rss_kib"] for s in samples)
    return found


def exponent(points):
    """The slope of a line through (n, cost) on logarithmic scales."""
    xs = [math.log(n) for n, _ in points]
    ys = [math.log(y) for _, y in points]
    x, y = statistics.mean(xs), statistics.mean(ys)
    return (sum((a - x) * (b - y) for a, b in zip(xs, ys)) /
            sum((a - x) ** 2 for a in xs))


class Load(Fed):
    """The load of sockets, until it is stopped; its counts."""

    def __init__(self, *arguments):
        super().__init__(None)
        self.arguments = arguments
        self.counts = {}
        self.owners = []

    def start(self):
        self.spawn([tool("load"), *self.arguments], stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if not words or words[0] != "ready":
            raise Absent("the load of sockets failed")
        pairs = dict(word.split("=") for word in words[1:])
        self.owners = [int(pid) for pid in
                       pairs.pop("owners", "").split(",") if pid]
        self.counts = {key: int(value) for key, value in pairs.items()}


def prepare_namespace():
    """The loopback interface, and every port of it for the load; what other
    network namespaces mounts keep is hidden from whoever looks for them."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["umount", "--all", "--types", "nsfs"], check=True)
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as f:
        f.write("1024 65535")


_sources = {}


def why_no_source(source):
    """None if portowner can collect with a source, else why it cannot."""
    if source not in _sources:
        try:
            with tempfile.TemporaryDirectory() as work:
                output([PORTOWNER, "--source", source, "--record",
                        os.path.join(work, "snapshot")])
            _sources[source] = None
        except Absent as e:
            _sources[source] = str(e).strip()
    return _sources[source]


def available_sources():
    return [source for source in SOURCES if why_no_source(source) is None]


def knows_token(token):
    """Whether portownerd has a configuration token: an older one has not."""
    with open(PORTOWNERD, "rb") as f:
        if f.read(2) == b"#!":      # libtool's wrapper
            real = os.path.join(BUILD, ".libs", "portownerd")
            with contextlib.closing(open(real, "rb")) as g:
                return token.encode() in g.read()
        f.seek(0)
        return token.encode() in f.read()
