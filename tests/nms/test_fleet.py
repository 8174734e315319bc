# SPDX-License-Identifier: BSD-2-Clause
"""Two hundred agents, each replaying the snapshot of a host of its own, scraped
by Prometheus; what one asks of a fleet has the answers that the hosts give."""
import contextlib
import ipaddress
import json
import os
import random
import subprocess
import sys
import time

import pytest

import prom
from programs import (PORTOWNER, PORTOWNERD, Service, program, read,
                      session_members, snmp_environment, wait_until,
                      write)

HOSTS = int(os.environ.get("PORTOWNER_FLEET", "200"))
INTERVAL = 15
DAY = 86400
HERE = os.path.dirname(os.path.abspath(__file__))
QUESTIONS = {q["name"]: q["query"] for q in prom.load("questions.yml")}
ADDRESSES = ["10.0.0.1/8", "fd00::1/64"]

pytestmark = pytest.mark.skipif(
    not all(map(program, ["prometheus", "prometheus-snmp-exporter"])),
    reason="no prometheus or prometheus-snmp-exporter")


class Host:
    """What listens there: {(address, port): command}, now and yesterday."""

    def __init__(self, number, dice):
        self.number = number
        self.target = "127.1.%d.%d:1161" % (number // 250, number % 250 + 1)
        self.now = {("*", 22): "sshd"}
        for _ in range(dice.randrange(3, 12)):
            self.now["0.0.0.0", dice.randrange(1024, 6000)] = dice.choice(
                ["nginx", "java", "node", "python3"])
        if number % 3 == 0:
            self.now["127.0.0.1", 6379] = "redis-server"
        if number % 7 == 1:
            self.now["::1", 6379] = "redis-server"
        if number % 29 == 2:        # whoever asks wants to hear of these
            self.now.pop(("127.0.0.1", 6379), None)
            self.now["0.0.0.0", 6379] = "redis-server"
        if number % 53 == 3:
            self.now["10.0.0.1", 6379] = "redis-server"
        if number % 61 == 4:
            self.now["fd00::1", 6379] = "valkey-server"
        if number % 37 == 5:
            self.now["*", 22] = "dropbear"
        if number % 67 == 6:
            del self.now["*", 22]
        self.then = dict(self.now)
        if number % 19 == 7:
            self.now["0.0.0.0", 4444] = "nc"
        if number % 23 == 8:
            self.now["*", 22] = "evil"
        if number % 31 == 9:
            self.then["0.0.0.0", 8443] = "java"
        self.watched_then = number % 41 != 7
        if not self.watched_then:
            self.then = {}

    def endpoint(self, key):
        address, port = key
        return "tcp %s:%d" % ("[%s]" % address if ":" in address else address,
                              port)

    def named(self, listeners):
        return {(self.target, self.endpoint(key)) for key in listeners}


@pytest.fixture(scope="module")
def hosts():
    dice = random.Random(6)
    return [Host(number, dice) for number in range(HOSTS)]


class Agents(Service):
    """One portownerd for each host; they are one session."""

    def __init__(self, work, hosts):
        super().__init__(work)
        self.hosts = hosts

    def file(self, host, name):
        return os.path.join(self.work, "%d.%s" % (host.number, name))

    def record(self):
        for address in ADDRESSES:
            subprocess.run(["ip", "address", "add", address, "dev", "lo",
                            *(["nodad"] if ":" in address else [])],
                           check=True)
        wanted = [[self.file(host, "snap"),
                   [[name, *key] for key, name in host.now.items()]]
                  for host in self.hosts]
        subprocess.run([sys.executable, os.path.join(HERE, "recorder.py"),
                        PORTOWNER], input=json.dumps(wanted), text=True,
                       check=True, timeout=600)

    def configure(self, host):
        return write(self.file(host, "conf"), "\n".join([
            "collectorSocket " + self.file(host, "sock"), "stateFile none",
            "source replay:" + self.file(host, "snap"),
            "rocommunity public 127.0.0.1", ""]))

    def start(self):
        lines = ["'%s' -f -C -c '%s' -p '%s' -Lf '%s' --standalone udp:%s "
                 "2>'%s' &" % (PORTOWNERD, self.configure(host),
                             self.file(host, "pid"), self.file(host, "log"),
                             host.target, self.file(host, "err"))
                 for host in self.hosts]
        script = write(os.path.join(self.work, "agents.sh"),
                       "\n".join([*lines, "wait", ""]))
        self.spawn(["sh", script], env=snmp_environment(self.work))
        wait_until(self.all_up, "all agents are up", 90)

    def all_up(self):
        return all(os.path.exists(self.file(host, "pid"))
                   for host in self.hosts)

    def processes(self):
        return [pid for pid in session_members(self.pid) if pid != self.pid]

    def cost(self):
        """(seconds of CPU, MiB of memory, shared pages divided) of all."""
        ticks = memory = 0
        for pid in self.processes():
            stat = read("/proc/%d/stat" % pid).rpartition(")")[2].split()
            ticks += int(stat[11]) + int(stat[12])
            for line in read("/proc/%d/smaps_rollup" % pid).splitlines():
                if line.startswith("Pss:"):
                    memory += int(line.split()[1])
        return ticks / os.sysconf("SC_CLK_TCK"), memory / 1024


def write_yesterday(path, data, hosts):
    """What Prometheus would have kept since then."""
    now = int(time.time())
    times = range(now - DAY - 1200, now - DAY + 1200, 60)
    lines = ["# TYPE portOwnerListeners gauge"]
    for host in hosts:
        if host.watched_then:
            lines += ['portOwnerListeners{job="portowner",instance="%s"} %d %d'
                      % (host.target, len(host.then), t) for t in times]
    lines.append("# TYPE portowner:listener gauge")
    for host in hosts:
        for key, name in host.then.items():
            labels = {"instance": host.target, "endpoint": host.endpoint(key),
                      "transport": "tcp", "address": key[0],
                      "port": str(key[1]), "stack": "0", "command": name,
                      "user": "root", "site": "all"}
            text = ",".join('%s="%s"' % pair for pair in labels.items())
            lines += ["portowner:listener{%s} 1 %d" % (text, t) for t in times]
    write(path, "\n".join([*lines, "# EOF", ""]))
    done = prom.promtool("tsdb", "create-blocks-from", "openmetrics", path,
                         data)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def fleet(hosts, module_work, record_testsuite_property):
    work = module_work
    with contextlib.ExitStack() as stack:
        agents = Agents(work, hosts)
        begun = time.monotonic()
        agents.record()
        recorded = time.monotonic()
        stack.enter_context(agents)
        started = time.monotonic()
        exporter = stack.enter_context(prom.Exporter(
            work, os.path.join(prom.SHIPPED, "snmp_0.22.yml")))
        prometheus = prom.Prometheus(
            work, exporter, {"all": [host.target for host in hosts]},
            "%ds" % INTERVAL)
        write_yesterday(os.path.join(work, "yesterday"), prometheus.data,
                        hosts)
        stack.enter_context(prometheus)
        count = len(hosts)
        wait_until(lambda: prometheus.query(
            "count(count by (instance)(portowner:listener))") ==
            [({}, count)] and prometheus.query("count(portOwnerListeners)") ==
            [({}, count)], "all hosts are scraped", 6 * INTERVAL)
        before, begin = agents.cost()[0], time.monotonic()
        wait_until(lambda: time.monotonic() > begin + 2 * INTERVAL,
                   "two rounds", 3 * INTERVAL)
        after, memory = agents.cost()
        slowest = prometheus.query("max(scrape_duration_seconds)")[0][1]
        text = ("%d agents: recorded in %.0f s, up in %.0f s; %.0f MiB, "
                "%.2f CPU when scraped twice in %d s; slowest scrape %.3f s"
                % (count, recorded - begun, started - recorded, memory,
                   (after - before) / (time.monotonic() - begin), INTERVAL,
                   slowest))
        record_testsuite_property("fleet", text)
        print(text)
        yield prometheus


def asked(fleet, name):
    return {(labels["instance"], labels["endpoint"])
            for labels, _ in fleet.query(QUESTIONS[name])}


def instances(fleet, name):
    return {labels["instance"] for labels, _ in fleet.query(QUESTIONS[name])}


def await_answer(ask, fleet, name, expected):
    """On a busy machine, a host may be late for a round or two."""
    def difference():
        return ask(fleet, name) ^ expected

    try:
        wait_until(lambda: not difference(), name, 4 * INTERVAL)
    except AssertionError as error:
        raise AssertionError("%s: %s" % (error, difference())) from None


def owners(fleet, query):
    return {(labels["instance"], labels["endpoint"], labels.get("command"))
            for labels, _ in fleet.query(query)}


def test_every_listener_of_every_host(fleet, hosts):
    await_answer(owners, fleet, "portowner:listener", {
        (host.target, host.endpoint(key), name)
        for host in hosts for key, name in host.now.items()})
    wait_until(lambda: fleet.query("sum(up)") == [({}, 2 * len(hosts))],
               "all are up", 4 * INTERVAL)


def test_labels_are_few(fleet):
    """Names of processes and users are on one metric and what is made of it."""
    named = {labels["__name__"] for labels, _ in fleet.query(
        'group by (__name__) ({command!=""} or {user!=""} or {service!=""})')}
    assert named == {"portOwnerListenerPid", "portowner:listener",
                     "portowner:listener:hosts"} | (
                         {"ALERTS", "ALERTS_FOR_STATE"} & named)
    raw = fleet.query('group by (__name__) ({portOwnerListenerEndpoint!=""})')
    assert raw == []


def test_redis_beyond_loopback(fleet, hosts):
    expected = set()
    for host in hosts:
        expected |= host.named(
            key for key in host.now if key[1] == 6379 and
            (key[0] == "*" or not ipaddress.ip_address(key[0]).is_loopback))
    assert len(expected) >= 3
    await_answer(asked, fleet, "exposed", expected)


def test_hosts_where_sshd_is_not_the_owner_of_22(fleet, hosts):
    expected = {host.target for host in hosts
                if host.now.get(("*", 22)) != "sshd"}
    others = {host.target for host in hosts
              if host.now.get(("*", 22), "sshd") != "sshd"}
    assert 1 <= len(others) < len(expected)
    await_answer(instances, fleet, "no-sshd", expected)
    await_answer(instances, fleet, "other-sshd", others)


def test_what_appeared_since_yesterday(fleet, hosts):
    expected = set()
    for host in hosts:
        if host.watched_then:
            expected |= host.named(set(host.now) - set(host.then))
    assert expected
    await_answer(asked, fleet, "appeared", expected)


def test_what_went_since_yesterday(fleet, hosts):
    expected = set()
    for host in hosts:
        expected |= host.named(set(host.then) - set(host.now))
    assert expected
    await_answer(asked, fleet, "gone", expected)


def test_other_owners_than_yesterday(fleet, hosts):
    expected = set()
    for host in hosts:
        expected |= host.named(key for key, name in host.now.items()
                               if host.then.get(key, name) != name)
    assert expected
    await_answer(asked, fleet, "other-owner", expected)


def test_what_is_rare(fleet, hosts):
    kinds = {}
    for host in hosts:
        for key, name in host.now.items():
            kinds.setdefault((key[1], name), set()).add(host.target)
    expected = set()
    for host in hosts:
        expected |= host.named(key for key, name in host.now.items()
                               if len(kinds[key[1], name]) == 1)
    assert expected
    await_answer(asked, fleet, "rare", expected)


def test_nobody_is_silent(fleet):
    await_answer(instances, fleet, "silent", set())


def test_every_question_is_asked(fleet):
    text = read(__file__)
    assert [name for name in QUESTIONS if '"%s"' % name not in text] == []
