# SPDX-License-Identifier: BSD-2-Clause
"""Processes that are killed: the collector two hundred times during a walk
that never ends, the agent, and the supervisor."""
import os
import random
import signal
import socket
import threading
import time

import pytest

import mib
from broker import (Collector, Control, Daemon, Reader,
                    compile_library, fetch, links, memory, snapshots_mapped)
from programs import Snmpd, children, process_stat, read, wait_until
from raw import RawManager
from scene import View, assert_same
from snmp import Manager

pytestmark = pytest.mark.root

KILLS, SETTLING, WALKS = 200, 20, 30
SEED = 20559
GROWTH_KB = 256


class Walker(threading.Thread):
    """Walks over the owners all the time; all of the scene's must be there
    each time, with every value, and none else."""

    def __init__(self, port, view):
        super().__init__()
        self.manager = RawManager(port, seconds=3)
        self.view, self.expected = view, view.owners()
        self.walks, self.failure = 0, None
        self.end = threading.Event()

    def rows(self):
        rows = {}
        for varbind in self.manager.walk(mib.OWNERS.oid):
            column, index = mib.OWNERS.split(varbind.oid)
            name, kind = mib.OWNERS.columns[column]
            assert varbind.type == kind, varbind
            rows.setdefault(index, {})[name] = (
                varbind.value.decode() if kind == mib.STRING
                else varbind.value)
        return rows

    def is_ours(self, index):
        stack, number, port, address, pid = index
        names = {n: name for name, n in mib.PROTOCOLS.items()}
        return self.view.is_ours((stack, names[number], address, port),
                                 None, pid)

    def run(self):
        try:
            while not self.end.is_set():
                found = {index: row for index, row in self.rows().items()
                         if self.is_ours(index)}
                assert_same(self.expected, found)
                self.walks += 1
        except BaseException as failure:
            self.failure = failure

    def check(self):
        if self.failure:
            raise self.failure


class Hurry(threading.Thread):
    """A reader that always wants a new snapshot, so that a collector is
    mostly killed while it collects."""

    def __init__(self, path):
        super().__init__()
        self.path, self.end, self.snapshots = path, threading.Event(), 0

    def run(self):
        while not self.end.is_set():
            try:
                with Reader(self.path, 3) as reader:
                    while not self.end.is_set():
                        reader.fetch(0)
                        self.snapshots += 1
            except (OSError, EOFError):
                pass


def measure(daemon):
    """Descriptors and kB of what must live on."""
    agent = daemon.agent()
    return {name: (len(links(pid)), memory(pid), snapshots_mapped(pid))
            for name, pid in (("agent", agent), ("supervisor", daemon.pid))}


def has_new_listener(manager):
    """Whether a listener that is new comes into the rows."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        index = (0, 6, server.getsockname()[1])
        column = mib.OWNERS.column("sockets") + index
        wait_until(lambda: manager.next(column).oid[:len(column)] == column,
                   "a new listener", 5)
        return True


def test_killed_collectors(work, scene, snmpd):
    control = Control(work, compile_library(work, "fast_clock"))
    conf = ["cacheTimeout 1", "listenerEphemeralUdp yes"]
    with Daemon(work, snmpd.master, conf, env=control.env) as daemon:
        Manager(work, snmpd.port).await_service()
        agent = daemon.agent()
        walker = Walker(snmpd.port, View(scene, "diag"))
        hurry = Hurry(daemon.socket_path)
        walker.start()
        hurry.start()
        try:
            before = kill_collectors(daemon, control, walker, SETTLING)
            after = kill_collectors(daemon, control, walker,
                                    KILLS - SETTLING)
            # a slow machine walks less in that time
            while walker.is_alive() and walker.walks <= WALKS:
                after = kill_collectors(daemon, control, walker, SETTLING)
        finally:
            walker.end.set()
            hurry.end.set()
            walker.join()
            hurry.join()
        walker.check()
        assert walker.walks > WALKS
        assert hurry.snapshots > 50
        assert daemon.agent() == agent
        manager = RawManager(snmpd.port)
        assert has_new_listener(manager)
        assert manager.value(mib.GENERATION) > 10
    log = read(snmpd.log_path)
    assert log.count("AgentX subagent connected") <= 1, log
    assert "disconnect" not in log, log
    for name in before:
        assert after[name][0] <= before[name][0] + 1, (before, after)
        assert after[name][1] <= before[name][1] + GROWTH_KB, (before, after)
        assert after[name][2] <= 3, after


def kill_collectors(daemon, control, walker, count):
    """Each at a random moment of its life; what has grown by then."""
    moments = random.Random(SEED + count)
    for _ in range(count):
        control.set("hold_ms", moments.choice([0, 0, 50, 200]))
        pid = wait_until(daemon.collector, "a collector", 5)
        time.sleep(moments.uniform(0, 0.1))
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in daemon.children(), "its end", 5)
        walker.check()
    control.set("hold_ms", 0)
    wait_until(daemon.collector, "a collector", 5)
    fetch(daemon.socket_path)
    return measure(daemon)


def test_killed_agents(work, scene, snmpd):
    """Rows are back within three seconds, three times in a row."""
    with Daemon(work, snmpd.master, ["cacheTimeout 1"]) as daemon:
        manager = RawManager(snmpd.port, seconds=1)
        Manager(work, snmpd.port).await_service()
        collector = daemon.collector()
        row = scene.of_kind("tcp4-listen")[0]
        name = mib.OWNERS.column("command") + (
            0, 6, row.local_port, 1, 4, 127, 0, 0, 1, row.pid)
        assert manager.get(name) == [row.command_octets]
        for _ in range(3):
            os.kill(daemon.agent(), signal.SIGKILL)
            killed = time.monotonic()
            wait_until(lambda: is_row(manager, name, row), "rows", 10)
            assert time.monotonic() - killed < 3
        assert daemon.collector() == collector
        assert daemon.log().count("signal 9") == 3


def is_row(manager, name, row):
    try:
        return manager.get(name) == [row.command_octets]
    except Exception:
        return False


@pytest.mark.parametrize("kind", ["whole", "collector alone"])
def test_killed_supervisor(work, kind):
    """The children end by themselves, the collector after what it is at; the
    next supervisor takes over the socket."""
    control = Control(work)
    with Snmpd(work) as snmpd:
        daemon = (Daemon(work, snmpd.master, env=control.env) if
                  kind == "whole" else Collector(work, env=control.env))
        try:
            kill_supervisor(daemon, control, 2 if kind == "whole" else 1)
            os.unlink(daemon.pid_path)      # it could not do so itself
            daemon.start()
            assert fetch(daemon.socket_path).generation >= 1
        finally:
            assert daemon.stop() == 0


def kill_supervisor(daemon, control, size):
    """While its collector collects."""
    daemon.start()
    family = daemon.children()
    assert len(family) == size
    begun = control.get("collections")
    control.set("hold_ms", 500)
    with Reader(daemon.socket_path) as reader:
        reader.send(0)
        wait_until(lambda: control.get("collections") > begun,
                   "a collection")
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.process.wait()
        wait_until(lambda: all_ended(family), "the children end", 5)
    assert children(daemon.pid) == []
    daemon.end_session()
    control.set("hold_ms", 0)


def all_ended(pids):
    stats = [process_stat(pid) for pid in pids]
    return all(stat is None or stat[0] == "Z" for stat in stats)
