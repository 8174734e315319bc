# SPDX-License-Identifier: BSD-2-Clause
"""Notifications against what really happened: at random, through restarts of
snmpd, in a flood, and over restarts of the agent."""
import contextlib
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

import mib
from broker import MODULE, Collector, Daemon, ModuleSnmpd
from programs import (Portownerd, Snmpd, folder, free_port, portowner, program,
                      read, wait_until, write)
from raw import RawManager
from scene import escaped
from snmp import Manager
from traps import (Change, Holder, Receiver, addresses, build_holder,
                   receivers)

# How long test_random's script goes on, for each way; 300 is worth the wait.
SECONDS = int(os.environ.get("PORTOWNER_CHANGES_SECONDS", "40"))
DEBOUNCE = 4
INTERVAL = 1
SLACK = 3       # until a look has seen it, on a machine that is busy
USERS = {0: "root", 1: "daemon"}
NAMES = ["alpha", "beta", "gamma"]

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not program("snmptrapd"), reason="no snmptrapd")]


class Watcher(Daemon):
    """It looks by itself, and expects nothing."""
    preamble = ["watchInterval %d" % INTERVAL, "debounce %d" % DEBOUNCE,
                "stacks own", "notifyRate 0"]


@pytest.fixture(scope="session")
def holder():
    path = folder()
    yield build_holder(path)
    shutil.rmtree(path)


def has_source(name):
    return portowner("--source", name, "-t").status in (0, 1)


# At random

class Looks(threading.Thread):
    """Knows when the agent has looked, however busy the machine is."""

    def __init__(self, port):
        super().__init__()
        self.manager = RawManager(port, seconds=60)
        self.condition = threading.Condition()
        self.latest = 0, 0      # its last look was between these times
        self.error = None
        self.ended = False

    def run(self):
        try:
            while not self.ended:
                before = time.monotonic()
                age = self.manager.value(mib.AGE) / 100
                after = time.monotonic()
                with self.condition:
                    self.latest = before - age - 0.01, after - age
                    self.condition.notify_all()
                    self.condition.wait_for(lambda: self.ended, 0.2)
        except BaseException as error:      # told by those that wait
            with self.condition:
                self.error = error
                self.condition.notify_all()

    def after(self, begin):
        """When a look was that began after this time; waits for it."""
        with self.condition:
            assert self.condition.wait_for(
                lambda: self.error or self.latest[0] > begin, 60), "no look"
            if self.error:
                raise self.error
            return self.latest[1]

    def settle(self):
        """What is as it is now will have lasted then."""
        self.after(self.after(time.monotonic()) + DEBOUNCE)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        with self.condition:
            self.ended = True
            self.condition.notify_all()
        self.join()
        self.manager.close()


class Endpoint(threading.Thread):
    """Opens, closes, restarts, re-owns and re-users a listener at random, and
    writes down what of it has to be told."""

    def __init__(self, number, holder, looks, end):
        super().__init__()
        protocol = "udp" if number % 4 == 3 else "tcp"
        self.holder = Holder(holder, protocol, addresses() + str(number + 1),
                             20000 + number)
        self.random = random.Random(4711 + number)
        self.looks = looks
        self.end = end
        self.owner = None
        self.expected = []
        self.error = None

    def run(self):
        try:
            while time.monotonic() < self.end:
                time.sleep(self.random.uniform(0, 2))
                self.step()
                self.looks.settle()
        except BaseException as error:      # told by the main thread
            self.error = error
        self.holder.stop()

    def other_owner(self):
        while True:
            name = self.random.choice(NAMES)
            uid = self.random.choice(list(USERS))
            if (name, uid) != self.owner:
                return name, uid

    def replace(self, owner):
        """Another process; the gap must be one that nobody may notice."""
        begin = time.monotonic()
        self.holder.stop()
        time.sleep(self.random.uniform(0, 1.2))
        self.holder.start(*owner)
        gap = time.monotonic() - begin
        assert gap < DEBOUNCE, "a gap of %g s" % gap

    def tell(self, kind, owner, old=None):
        self.expected.append(Change(
            kind, owner[0], USERS[owner[1]], old and old[0],
            old and USERS[old[1]]))

    def step(self):
        if self.owner is None:
            self.owner = self.other_owner()
            self.holder.start(*self.owner)
            self.tell(mib.APPEARED, self.owner)
            return
        action = self.random.choice(
            ["close", "restart", "own", "own", "pass", "restart twice"])
        if action == "close":
            self.holder.stop()
            self.tell(mib.GONE, self.owner)
            self.owner = None
        elif action == "own":
            new = self.other_owner()
            self.replace(new)
            self.tell(mib.OWNER_CHANGED, new, self.owner)
            self.owner = new
        elif action == "pass":
            # another one for a moment, who is not worth a word
            begin = time.monotonic()
            self.replace(self.other_owner())
            self.replace(self.owner)
            assert time.monotonic() - begin < DEBOUNCE
        else:
            self.replace(self.owner)
            if action == "restart twice":
                time.sleep(self.random.uniform(0, 2))
                self.replace(self.owner)


@contextlib.contextmanager
def subagent(work, sinks, source):
    conf = ["source " + source, "cacheTimeout 1"]
    with Snmpd(work, sinks) as snmpd, Watcher(
            work, snmpd.master, conf):
        Manager(work, snmpd.port).await_service()
        yield snmpd.port


@contextlib.contextmanager
def standalone(work, sinks, source):
    port = free_port()
    conf = ["source " + source, "rocommunity public 127.0.0.1",
            *sinks]
    with Watcher(work, conf=conf, standalone="udp:127.0.0.1:%d" % port):
        Manager(work, port).await_service()
        yield port


@contextlib.contextmanager
def module(work, sinks, source):
    own = folder()
    shutil.copy(MODULE, own)
    state = os.path.join(own, "state")
    conf = ["portOwnerWatchInterval %d" % INTERVAL,
            "portOwnerDebounce %d" % DEBOUNCE, "portOwnerNotifyRate 0",
            "portOwnerStateFile " + state]
    with Collector(work, ["source " + source, "stacks own",
                          "collectorAllow Debian-snmp"]) as collector:
        with Inside(own, collector.socket_path, [*conf, *sinks],
                    module=os.path.join(own, "portowner.so"),
                    user=None) as snmpd:
            manager = Manager(own, snmpd.port)
            wait_until(lambda: manager.value(mib.GENERATION) > 0, "a look")
            yield snmpd.port
            assert manager.value(mib.COLLECT_ERRORS) == 0
    shutil.rmtree(own)


class Inside(ModuleSnmpd):
    """Without the expectations of the other tests."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.conf = [line for line in self.conf
                     if not line.startswith("portOwnerExpect ")]
        first = self.conf.index("portOwnerStateFile none")
        del self.conf[first:first + 2]


RUNS = [("subagent", "diag"), ("subagent", "proc"), ("subagent", "bpf"),
        ("standalone", "diag"), ("module", "diag")]


@pytest.mark.parametrize("mode, source", RUNS, ids=map("-".join, RUNS))
def test_random(work, holder, mode, source):
    """What traps, informs and SNMPv3 bring is what happened and lasted."""
    if not has_source(source):
        pytest.skip("this build has no source " + source)
    sinks, lines = receivers(work)
    with contextlib.ExitStack() as stack:
        for sink in sinks:
            stack.enter_context(sink)
        port = stack.enter_context(globals()[mode](work, lines, source))
        looks = stack.enter_context(Looks(port))
        end = time.monotonic() + SECONDS
        endpoints = [Endpoint(i, holder, looks, end) for i in range(12)]
        for endpoint in endpoints:
            endpoint.start()
        for endpoint in endpoints:
            endpoint.join()
            if endpoint.error:
                raise endpoint.error
        wanted = {e.holder.endpoint: e.expected for e in endpoints}
        # the last ones end with the script, and are gone
        for e in endpoints:
            if e.owner is not None:
                e.tell(mib.GONE, e.owner)
        looks.settle()
        for sink in sinks:
            with contextlib.suppress(AssertionError):
                wait_until(lambda: all(
                    sink.changes(place) == changes
                    for place, changes in wanted.items()), "all")
            for place, changes in wanted.items():
                assert sink.changes(place) == changes, place
    total = sum(map(len, wanted.values()))
    assert total > SECONDS / 2
    protocols = [{note.protocol.split(",")[0] + note.protocol.split(",")[1]
                  for note in sink.notes()} for sink in sinks]
    assert protocols == [{"TRAP2 SNMP v2c"}, {"INFORM SNMP v2c"},
                         {"TRAP2 SNMP v3"}]


# Through restarts

@pytest.fixture
def trap(work):
    with Receiver(work, "trap") as receiver:
        yield receiver


def sink_of(trap):
    return ["trap2sink %s public" % trap.address]


def holders(holder, count, first=20000):
    return [Holder(holder, "tcp", addresses() + "1", first + i)
            for i in range(count)]


def told(trap, kind):
    return sorted(n.values["endpoint"] for n in trap.of(kind)
                  if n.values["endpoint"].split()[1].startswith(addresses()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL],
                         ids=["SIGTERM", "SIGKILL"])
def test_master_that_is_restarted(work, holder, trap, number):
    """What happened while it was away is told when it is back, once."""
    snmpd = Snmpd(work, sink_of(trap))
    conf = ["debounce 1", "notifyRate 0"]
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: snmpd.stop())
        snmpd.start()
        daemon = stack.enter_context(Watcher(work, snmpd.master, conf))
        manager = Manager(work, snmpd.port)
        manager.await_service()
        early, late = holders(holder, 20), holders(holder, 40, 21000)
        for one in early + late:
            stack.enter_context(one)
        for one in early:
            one.start()
        wait_until(lambda: len(told(trap, mib.APPEARED)) >= 10, "the first")
        snmpd.stop(number)
        for one in late:
            one.start()
        for one in early:
            one.stop()
        # long enough for all of it to have been seen
        time.sleep(1 + 2 * INTERVAL + SLACK)
        snmpd.start()
        wait_until(lambda: len(told(trap, mib.GONE)) >= 20, "the rest", 20)
        time.sleep(3)
        assert told(trap, mib.APPEARED) == sorted(
            one.endpoint for one in early + late)
        assert told(trap, mib.GONE) == sorted(one.endpoint for one in early)
        manager.await_service()
        # snmpd itself has listeners, too
        assert manager.value(mib.NOTIFICATIONS_SENT) == len(trap.notes())
        assert manager.value(mib.NOTIFICATIONS_LOST) == 0
        assert daemon.is_running()


@pytest.fixture
def stream(work):
    """A receiver that loses nothing, however much comes at once."""
    with Receiver(work, "trap", transport="tcp") as receiver:
        yield receiver


def test_queue_that_is_full(work, holder, stream):
    """The oldest are dropped, and counted."""
    trap = stream
    snmpd = Snmpd(work, sink_of(trap))
    with Watcher(work, snmpd.master, []) as daemon:
        time.sleep(INTERVAL + SLACK)
        with Holder(holder, "tcp", addresses() + "1", 20000) as many:
            many.start("flood", 0, 1200)
            wait_until(lambda: "oldest are dropped" in daemon.log(),
                       "a word on the queue", 20)
            with snmpd:
                manager = Manager(work, snmpd.port)
                manager.await_service(20)
                wait_until(lambda: manager.value(
                    mib.NOTIFICATIONS_SENT) >= 1000, "those that are left",
                    20)
                # snmpd's own listeners may have come to those that wait
                lost = manager.value(mib.NOTIFICATIONS_LOST)
                assert 200 <= lost < 205
                wait_until(lambda: len(
                    told(trap, mib.APPEARED)) == 1200 - lost, "their arrival")
                found = told(trap, mib.APPEARED)
                assert len(set(found)) == len(found)


def test_nothing_at_the_start(work, holder, trap):
    with Snmpd(work, sink_of(trap)) as snmpd, holders(holder, 1)[0] as one:
        one.start()
        with Watcher(work, snmpd.master, []):
            manager = Manager(work, snmpd.port)
            manager.await_service()
            before = manager.value(mib.GENERATION)
            wait_until(lambda: manager.value(mib.GENERATION) > before + 2,
                       "further looks", 20)
            assert trap.of(mib.APPEARED, mib.GONE) == []


def row_of(manager, one):
    protocol = {"tcp": 6, "udp": 17}[one.place[0]]
    port = int(one.place[2])
    rows = manager.rows(mib.LISTENER_TABLE)
    return rows.get((0, protocol, port, one.place[1]))


@pytest.mark.parametrize("name", ["\ufeffmark", "a\tb\nc", 'q"\\', "\u2028",
                                  "", "fifteen octets."])
def test_name_that_is_odd(work, holder, trap, name):
    """It arrives as the columns have it."""
    with Snmpd(work, sink_of(trap)) as snmpd, Watcher(
            work, snmpd.master, ["debounce 1"]), holders(holder, 1)[0] as one:
        Manager(work, snmpd.port).await_service()
        one.start(name)
        wait_until(lambda: told(trap, mib.APPEARED), "it appears")
        one.stop()
        wait_until(lambda: told(trap, mib.GONE), "it is gone")
        assert trap.changes(one.endpoint) == [
            Change(kind, escaped(name.encode()), "root", None, None)
            for kind in (mib.APPEARED, mib.GONE)]


def test_options_that_show_more_and_less(work, holder, trap):
    """What shows or does not since the configuration says so is no change."""
    low = read("/proc/sys/net/ipv4/ip_local_port_range").split()[0]
    client = Holder(holder, "udp", addresses() + "1", int(low))
    one, two = holders(holder, 2)
    conf = ["debounce 1", "cacheTimeout 1"]
    with Snmpd(work, sink_of(trap)) as snmpd, client, one, two, Watcher(
            work, snmpd.master, conf) as daemon:
        manager = Manager(work, snmpd.port)
        manager.await_service()
        client.start()
        one.start()
        wait_until(lambda: told(trap, mib.APPEARED) == [one.endpoint], "one")
        daemon.configure([*conf, "listenerEphemeralUdp yes"])
        daemon.send(signal.SIGHUP)
        wait_until(lambda: row_of(manager, client), "the client")
        two.start()
        wait_until(lambda: two.endpoint in told(trap, mib.APPEARED), "two")
        daemon.configure(conf)
        daemon.send(signal.SIGHUP)
        wait_until(lambda: not row_of(manager, client), "no client")
        # long after it would have been told of the client
        one.stop()
        wait_until(lambda: told(trap, mib.GONE), "one is gone")
        assert told(trap, mib.GONE) == [one.endpoint]
        assert told(trap, mib.APPEARED) == [one.endpoint, two.endpoint]
        assert daemon.log().count("are not told as changes") == 2


def test_agent_that_is_restarted(work, holder, trap):
    """It knows the ages, counts on, and tells what changed meanwhile."""
    stays, goes, comes = holders(holder, 3)
    conf = ["debounce 1", "cacheTimeout 1"]
    with Snmpd(work, sink_of(trap)) as snmpd, stays, goes, comes:
        manager = Manager(work, snmpd.port, "private")
        stays.start("alpha")
        with Watcher(work, snmpd.master, conf):
            manager.await_service()
            goes.start()
            wait_until(lambda: len(trap.of(mib.APPEARED)) == 1, "it appears")
            stays.stop()
            stays.start("alpha")
            wait_until(lambda: row_of(manager, stays)["restarts"] == 1,
                       "the restart")
            stays.stop()
            stays.start("beta")
            wait_until(lambda: len(trap.of(mib.OWNER_CHANGED)) == 1,
                       "another owner")
            assert manager.set(mib.NOTIFY_ENABLE.oid, "i", "2") is None
            assert manager.set(mib.NOTIFY_ENABLE.oid, "i", "1") is None
            age = row_of(manager, stays)["age"]
            changes = manager.value(mib.LISTENER_CHANGES)
        goes.stop()
        comes.start("gamma")
        with Watcher(work, snmpd.master, conf) as daemon:
            manager.await_service()
            row = row_of(manager, stays)
            assert row["age"] > age
            assert (row["owner_changes"], row["restarts"]) == (1, 1)
            wait_until(lambda: len(trap.of(mib.GONE)) == 1, "it is gone")
            assert len(trap.of(mib.APPEARED)) == 2
            assert len(trap.of(mib.OWNER_CHANGED)) == 1
            assert manager.value(mib.LISTENER_CHANGES) == changes + 2
            assert manager.value(mib.CHANGE_AGE) < 1000
            # a child alone that is killed has kept it, too, a moment after
            time.sleep(1)
            os.kill(daemon.agent(), signal.SIGKILL)
            wait_until(lambda: daemon.agent(), "another agent")
            manager.await_service()
            assert row_of(manager, stays)["age"] > age
            assert manager.value(mib.LISTENER_CHANGES) == changes + 2
        assert [n.kind for n in trap.notes()].count(mib.APPEARED) == 2


def test_time_stamps(work, holder):
    """They stay what they are, and begin anew with sysUpTime."""
    oids = [oid.oid for oid in (mib.LISTENER_CHANGES, mib.LAST_CHANGE,
                                mib.DISCONTINUITY)] + [mib.SYS_UPTIME]
    with Snmpd(work) as snmpd, holders(holder, 1)[0] as one, Watcher(
            work, snmpd.master, ["cacheTimeout 1"]):
        manager = Manager(work, snmpd.port)
        manager.await_service()
        one.start()
        wait_until(lambda: row_of(manager, one), "a change")
        raw = RawManager(snmpd.port)
        answers = [raw.get(*oids) for _ in range(300)]
        assert len({start for *_, start, _ in answers}) == 1
        stamps = {(changes, last) for changes, last, *_ in answers}
        assert len(stamps) == len({changes for changes, _ in stamps})
        assert all(0 < start <= last <= now for _, last, start, now in answers)
        snmpd.stop()
        snmpd.start()
        manager.await_service()
        _, last, start, now = raw.get(*oids)
        assert start == 0 and last <= now
        raw.close()


@pytest.mark.parametrize("text", ["", "nonsense\n", None],
                         ids=["empty", "nonsense", "cut"])
def test_damaged_state(work, holder, trap, text):
    """Set aside with a word in the log, and begun anew."""
    one = holders(holder, 1)[0]
    with Snmpd(work, sink_of(trap)) as snmpd, one:
        one.start()
        manager = Manager(work, snmpd.port)
        with Watcher(work, snmpd.master, []) as daemon:
            manager.await_service()
        kept = read(daemon.state_path)
        assert kept.startswith("portowner-state\t")
        with open(daemon.state_path, "r+") as f:
            if text is None:
                f.truncate(len(kept) - 10)
            else:
                f.truncate(0)
                f.write(text)
        damaged = read(daemon.state_path)
        with Watcher(work, snmpd.master, []) as daemon:
            manager.await_service()
            assert daemon.state_path + ".damaged" in daemon.log()
            assert read(daemon.state_path + ".damaged") == damaged
            assert manager.value(mib.LISTENER_CHANGES) == 0
            assert row_of(manager, one)["age"] < 2000
        assert read(daemon.state_path).startswith("portowner-state\t")
        assert trap.of(mib.APPEARED) == []


def test_state_that_is_a_folder(work):
    """Left alone, with a word in the log; all else works."""
    with Snmpd(work) as snmpd:
        daemon = Watcher(work, snmpd.master, [])
        os.makedirs(daemon.state_path)
        with daemon:
            Manager(work, snmpd.port).await_service()
            assert daemon.state_path + ": is no regular file" in daemon.log()
        assert os.path.isdir(daemon.state_path)
        assert os.listdir(os.path.dirname(daemon.state_path)) == ["state"]


def test_notifications_that_are_not_wanted(work, holder, trap):
    """None is made, also by the next agent, until they are wanted again."""
    one, two = holders(holder, 2)
    with Snmpd(work, sink_of(trap)) as snmpd, one, two:
        manager = Manager(work, snmpd.port, "private")
        with Watcher(work, snmpd.master, ["cacheTimeout 1"]):
            manager.await_service()
            assert manager.set(mib.NOTIFY_ENABLE.oid, "i", "2") is None
        with Watcher(work, snmpd.master, ["cacheTimeout 1"]):
            manager.await_service()
            assert manager.value(mib.NOTIFY_ENABLE) == 2
            one.start()
            wait_until(lambda: row_of(manager, one), "the listener")
            assert manager.set(mib.NOTIFY_ENABLE.oid, "i", "1") is None
            two.start()
            wait_until(lambda: told(trap, mib.APPEARED), "the other one")
            assert told(trap, mib.APPEARED) == [two.endpoint]


# In a flood

def test_flood(work, holder, trap):
    """10,000 at once: 60 are told, then how many were not; and managers get
    their answers."""
    with Snmpd(work, sink_of(trap)) as snmpd, Watcher(
            work, snmpd.master, ["notifyRate 60"]) as daemon:
        manager = Manager(work, snmpd.port)
        manager.await_service()
        raw, times = RawManager(snmpd.port), []
        oids = [mib.LISTENERS.oid, mib.LISTENER_CHANGES.oid,
                mib.VIOLATIONS.oid]

        def ask():
            began = time.monotonic()
            raw.get(*oids)
            times.append(time.monotonic() - began)
            time.sleep(0.02)

        with Holder(holder, "tcp", addresses() + "1", 20000) as many:
            before = manager.value(mib.LISTENER_CHANGES)
            many.start("flood", 0, 10000)
            begin = time.monotonic()
            while manager.value(mib.LISTENER_CHANGES) < before + 10000:
                assert time.monotonic() < begin + 30, "10,000 changes"
                ask()
            for _ in range(200):
                ask()
            assert len(trap.of(mib.APPEARED)) == 60
            assert trap.of(mib.SUMMARY) == []
            assert manager.value(mib.NOTIFICATIONS_HELD_BACK) == 9940
            wait_until(lambda: trap.of(mib.SUMMARY), "the summary", 70)
            assert time.monotonic() - begin > 50
            assert len(trap.of(mib.APPEARED)) == 60
            summary, = trap.of(mib.SUMMARY)
            assert summary.values["held_back"] == 9940
            assert summary.values["all_held_back"] == 9940
        assert "notifyRate" in daemon.log()
    times.sort()
    print("GETs: %d, median %.1f ms, 99 %% %.1f ms, longest %.1f ms" % (
        len(times), times[len(times) // 2] * 1000,
        times[len(times) * 99 // 100] * 1000, times[-1] * 1000))
    assert times[len(times) * 99 // 100] < 0.05


# Expectations

def expectations(manager):
    first = manager.next(mib.EXPECTATION_TABLE.oid).oid
    if first[:len(mib.EXPECTATION_TABLE.oid)] != mib.EXPECTATION_TABLE.oid:
        return {}
    return {row["text"]: row for row in
            manager.rows(mib.EXPECTATION_TABLE).values()}


def test_expectations(work, holder, trap):
    web, ssh, other = holders(holder, 3)
    place = web.endpoint.split()[1]
    lines = ["expect tcp %s alpha root" % place,
             "expect tcp %s beta" % ssh.endpoint.split()[1],
             "allow tcp *:1-19999", "allow udp *:*", "strict yes"]
    texts = [line.partition(" ")[2] for line in lines[:2]]
    conf = ["debounce 1", "cacheTimeout 1"]
    with Snmpd(work, sink_of(trap)) as snmpd, web, ssh, other, Watcher(
            work, snmpd.master, conf) as daemon:
        manager = Manager(work, snmpd.port)
        manager.await_service()
        base = len(manager.rows(mib.LISTENER_TABLE))
        assert manager.value(mib.VIOLATIONS) == 0
        web.start("alpha")
        age = wait_until(lambda: row_of(manager, web), "web")["age"]
        assert row_of(manager, web)["verdict"] == mib.NO_EXPECTATION
        # other rules, the same history
        allowed = ["allow * *:%d" % index[2]
                   for index in manager.rows(mib.LISTENER_TABLE)
                   if index[3] != web.place[1]]
        daemon.configure([*conf, *allowed, *lines])
        daemon.send(signal.SIGHUP)
        wait_until(lambda: len(expectations(manager)) == 2, "the rules")
        rows = expectations(manager)
        assert rows[texts[0]]["status"] == mib.MET
        assert rows[texts[1]]["status"] == mib.FAILED
        assert rows[texts[1]]["message"] == "nothing listens there"
        assert row_of(manager, web)["age"] >= age
        assert row_of(manager, web)["verdict"] == mib.EXPECTED
        assert manager.value(mib.VIOLATIONS) == 1
        wait_until(lambda: trap.of(mib.EXPECTATION_FAILED), "the failure")
        failed, = trap.of(mib.EXPECTATION_FAILED)
        assert failed.values["text"] == texts[1]
        assert failed.values["index"] == (2,)
        ssh.start("beta")
        wait_until(lambda: trap.of(mib.EXPECTATION_MET), "that it is met")
        assert trap.of(mib.EXPECTATION_MET)[0].values["text"] == texts[1]
        assert manager.value(mib.VIOLATIONS) == 0
        # the wrong owner is one violation, and not two
        web.stop()
        web.start("gamma")
        wait_until(lambda: len(trap.of(mib.EXPECTATION_FAILED)) == 2,
                   "the wrong owner")
        wait_until(lambda: row_of(manager, web)["verdict"] ==
                   mib.WRONG_OWNER, "its verdict")
        assert manager.value(mib.VIOLATIONS) == 1
        assert "gamma" in expectations(manager)[texts[0]]["message"]
        other.start()
        wait_until(lambda: row_of(manager, other), "the unexpected")
        assert row_of(manager, other)["verdict"] == mib.UNEXPECTED
        assert manager.value(mib.VIOLATIONS) == 2
        since = expectations(manager)[texts[0]]["since"]
        assert len(since) == 11
        done = portowner("--check", "--config", daemon.conf_path, "--stack",
                         "own")
        assert done.status == 2
        assert done.out.startswith("CRITICAL: 2 violations\n")
        assert "failed: %s: %s is held by gamma" % (
            texts[0], web.endpoint) in done.out
        assert "unexpected: " + other.endpoint in done.out
        assert base >= 0


@pytest.mark.parametrize("line, token", [
    ("expect tcp 80 nginx", "expect"), ("debounce soon", "debounce"),
    ("allow tcp *:80 a b c", "allow"), ("strict perhaps", "strict"),
    ("rocommunity", "rocommunity")])
def test_reload_of_what_is_wrong(work, holder, line, token):
    """All of the old configuration stays in force, and the place is named."""
    one = holders(holder, 1)[0]
    good = ["expect tcp *:%s alpha" % one.place[2], "cacheTimeout 7"]
    with Snmpd(work) as snmpd, one, Watcher(
            work, snmpd.master, good) as daemon:
        manager = Manager(work, snmpd.port)
        manager.await_service()
        bad = ["cacheTimeout 9", "expect tcp *:1 other", line]
        daemon.configure(bad)
        daemon.send(signal.SIGHUP)
        place = "%s: line %d: " % (
            daemon.conf_path, 1 + 1 + len(daemon.preamble) + len(bad))
        wait_until(lambda: place in daemon.log(), "the place is named")
        assert any(place in said and token in said
                   for said in daemon.log().splitlines())
        wait_until(lambda: "old one stays in force" in daemon.log(),
                   "what follows from it")
        assert manager.value(mib.CACHE_TIMEOUT) == 7
        assert list(expectations(manager)) == ["tcp *:%s alpha" %
                                               one.place[2]]
        daemon.configure(["cacheTimeout 9", "expect tcp *:1 other"])
        daemon.send(signal.SIGHUP)
        wait_until(lambda: manager.is_served() and
                   manager.value(mib.CACHE_TIMEOUT) == 9, "what is right")
        wait_until(lambda: list(expectations(manager)) == ["tcp *:1 other"],
                   "its rules")


# The command line

def test_suggested_expectations_are_met(work, holder):
    names = ["alpha", "two words", "a*b", "q\"uote", "back\\slash", "stack"]
    with contextlib.ExitStack() as stack:
        for name, one in zip(names, holders(holder, len(names))):
            stack.enter_context(one).start(name, 1)
        said = portowner("--suggest-expectations", "--stack", "own")
        assert said.status == 0
        path = write(os.path.join(work, "rules"), said.out + "strict yes\n")
        done = portowner("--check", "--config", path, "--stack", "own")
        assert (done.status, done.out[:4]) == (0, "OK: "), done.out
        last = holders(holder, 1, 22000)[0]
        stack.enter_context(last).start()
        done = portowner("--check", "--config", path, "--stack", "own")
        assert done.status == 2
        assert "unexpected: " + last.endpoint in done.out


def test_suggestion_beside_containers(work, holder):
    """Also what listens in other stacks is no violation then."""
    one = holders(holder, 1)[0]
    with one, subprocess.Popen(
            ["unshare", "-n", holder, "inside", "0", "tcp", "0.0.0.0",
             "20000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True) as container:
        assert container.stdout.readline() == "ready\n"
        one.start()
        recorded = os.path.join(work, "recorded")
        assert portowner("--record", recorded).status == 0
        source = ["--source", "replay:" + recorded]
        said = portowner("--suggest-expectations", *source)
        assert "allow * *:* stack others\n" in said.out
        path = write(os.path.join(work, "rules"), said.out + "strict yes\n")
        done = portowner("--check", "--config", path, *source)
        container.stdin.close()
    assert (done.status, done.out[:4]) == (0, "OK: "), done.out


@pytest.mark.parametrize("text, word", [
    (None, "No such file"), ("cacheTimeout 3\n", "expects nothing"),
    ("\nexpect tcp *:x y\n", "line 2: expect"),
    ("expect tcp *:1 y\nincludeFile rules\n", "include each other")])
def test_check_that_cannot_be_made(work, text, word):
    path = os.path.join(work, "rules")
    if text is not None:
        write(path, text)
    done = portowner("--check", "--config", path)
    assert done.status == 3
    assert done.out.startswith("UNKNOWN: ") and word in done.out
    assert re.fullmatch(r"[^\n]+\n", done.out)


def test_check_of_what_is_hidden(work, holder):
    """As nobody, another's listener: no alarm, and no all-clear."""
    one = holders(holder, 1)[0]
    path = write(os.path.join(work, "rules"), "expect tcp %s alpha\n" %
                 one.endpoint.split()[1])
    entry = pwd.getpwnam("nobody")
    with one:
        one.start("alpha", 1)
        done = portowner(
            "--check", "--config", path, "--source", "diag",
            prefix=["setpriv", "--reuid", str(entry.pw_uid), "--clear-groups",
                    "--"])
        assert done.status == 3, done.out
        assert "not visible" in done.out
