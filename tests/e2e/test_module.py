# SPDX-License-Identifier: BSD-2-Clause
"""portowner.so in a snmpd that has no right of its own: the same tables, with
every owner, and never in snmpd's way."""
import os
import pwd
import shutil
import signal
import statistics
import time
from types import SimpleNamespace

import pytest

import mib
from broker import (MODULE, Collector, Daemon, ModuleSnmpd, RawTimer, links,
                    memory, status)
from programs import Snmpd, folder, portowner, read, wait_until
from raw import SYS_UPTIME, RawManager
from scene import Row, View, assert_same
from snmp import Manager, SnmpError

USER = "Debian-snmp"


def has_user():
    try:
        return bool(pwd.getpwnam(USER))
    except KeyError:
        return False


pytestmark = [pytest.mark.root, pytest.mark.skipif(
    not has_user(), reason="no user " + USER)]


@pytest.fixture(scope="module")
def library():
    """Where that user may read it, wherever the build is."""
    place = folder()
    yield shutil.copy(MODULE, place)
    shutil.rmtree(place)


def has_rows(manager):
    try:
        return manager.value(mib.ROWS) > 0
    except SnmpError:
        return False


@pytest.fixture(scope="module")
def both(module_work, scene, library):
    """The same snapshot over AgentX and in snmpd."""
    master, own = folder(), folder()
    conf = ["cacheTimeout 3600", "listenerEphemeralUdp yes",
            "collectorAllow " + USER]
    with Snmpd(master) as outer, Daemon(
            module_work, outer.master, conf) as daemon:
        with ModuleSnmpd(own, daemon.socket_path, module=library,
                         timeout=3600) as inner:
            subagent = Manager(master, outer.port)
            module = Manager(own, inner.port)
            wait_until(lambda: has_rows(subagent) and has_rows(module),
                       "rows")
            yield SimpleNamespace(subagent=subagent, module=module,
                                  snmpd=inner, scene=scene)


def test_snmpd_has_no_right(both):
    found = status(both.snmpd.pid)
    assert found["Uid"].split()[:2] == [str(pwd.getpwnam(USER).pw_uid)] * 2
    assert (found["CapEff"], found["CapPrm"]) == ("0" * 16, "0" * 16)


def test_rows_are_those_of_the_scene(both):
    view = View(both.scene, "diag")
    names = {number: name for name, number in mib.PROTOCOLS.items()}
    found = {index: row for index, row in both.module.rows(mib.OWNERS).items()
             if view.is_ours((index[0], names[index[1]], index[3], index[2]),
                             None, index[4])}
    assert_same(view.owners(), found)


def test_owners_equal_the_command_lines(both):
    """As root collects by itself, for all that does not move."""
    said = portowner("-a", "--json").sockets
    wanted = {}
    for s in map(Row, said):
        if s.pid in both.scene.pids:
            index = (s.stack, mib.PROTOCOLS[s.protocol], s.local_port,
                     s.local_address, s.pid)
            wanted[index] = {name: "" if s[name] is None else s[name]
                             for name in ("command", "user", "uid",
                                          "service", "executable")}
    found = {index: row for index, row in both.module.rows(mib.OWNERS).items()
             if index[4] in both.scene.pids}
    assert len(wanted) > 200
    assert_same(wanted, found)


def still(varbinds):
    """Without what goes on while one asks, and what each counts itself."""
    own = {mib.COLLECT_ERRORS.oid}
    return [v._replace(value=None) if v.type == mib.TICKS or v.oid in own
            else v for v in varbinds]


@pytest.fixture(scope="module")
def walked(both):
    return still(both.module.walk(mib.OBJECTS))


def test_walk_equals_agentx(both, walked):
    assert len(walked) > 5000
    assert walked == still(both.subagent.bulkwalk(mib.OBJECTS, 100))


@pytest.mark.parametrize("repetitions", [1, 10, 50, 500])
def test_bulk_walks_equal_the_walk(both, walked, repetitions):
    table = mib.CONNECTION_TABLE if repetitions == 1 else None
    root = table.oid if table else mib.OBJECTS
    assert still(both.module.bulkwalk(root, repetitions)) == [
        v for v in walked if v.oid[:len(root)] == root]


def test_gets_equal_agentx(both, walked):
    oids = [varbind.oid for varbind in walked[::7]]
    odd = [oid[:-1] for oid in oids[::20]] + [oid + (0,) for oid in oids[::20]]
    for oids in (oids, odd):
        assert still(both.module.get_all(oids)) == still(
            both.subagent.get_all(oids))


# Without a collector

def test_missing_collector(work, library):
    """No rows, said so once; snmpd goes on; and rows as soon as it comes."""
    collector = Collector(work, ["collectorAllow " + USER])
    with ModuleSnmpd(work, collector.socket_path, module=library) as snmpd:
        manager = RawManager(snmpd.port)
        uptime = RawTimer(manager, [SYS_UPTIME])

        def has_tried():
            uptime.sample()
            assert manager.value(mib.ROWS) == 0
            return manager.value(mib.COLLECT_ERRORS) >= 3
        wait_until(has_tried, "three attempts")
        assert manager.value(mib.VISIBILITY) == 2
        assert manager.walk(mib.OWNERS.oid) == []
        assert manager.value(mib.GENERATION) == 0
        assert statistics.median(uptime.times) < 0.05
        lines = [line for line in read(snmpd.log_path).splitlines()
                 if "portowner" in line.lower()]
        assert len(lines) == 1, lines
        assert collector.socket_path in lines[0]
        with collector:
            wait_until(lambda: manager.value(mib.ROWS), "rows")
            assert manager.value(mib.GENERATION) == 1
            assert len(manager.walk(mib.OWNERS.oid)) > 0
        # and the last rows stay when it goes
        wait_until(lambda: manager.value(mib.ROWS) and manager.value(
            mib.AGE) > 150, "an old snapshot")
        assert manager.value(mib.ROWS) > 0
        assert snmpd.is_running()


def test_collector_that_refuses(work, library):
    """Who is in none of the groups gets nothing, and is told."""
    with Collector(work, ["collectorAllow games"]) as collector:
        with ModuleSnmpd(work, collector.socket_path,
                         module=library) as snmpd:
            manager = RawManager(snmpd.port)
            assert manager.value(mib.ROWS) == 0
            assert manager.value(mib.VISIBILITY) == 2
            assert "Permission denied" in read(snmpd.log_path)


# Loaded again and again

def reload(snmpd):
    count = read(snmpd.log_path).count("NET-SNMP version")
    snmpd.send(signal.SIGHUP)
    wait_until(lambda: read(snmpd.log_path).count("NET-SNMP version") >
               count, "it reads its files again")


def test_reload(work, library):
    """Neither descriptors nor memory stay; the tables are there each time,
    also when requests are under way."""
    with Collector(work, ["collectorAllow " + USER]) as collector:
        snmpd = ModuleSnmpd(work, collector.socket_path, module=library)
        with open(snmpd.log_path, "w"):
            shutil.chown(snmpd.log_path, USER)
        own = os.path.join(work, "snmp")
        os.makedirs(own, exist_ok=True)
        shutil.chown(own, USER)
        with snmpd:
            manager = RawManager(snmpd.port)
            figures = []
            for _ in range(5):
                for _ in range(10):
                    wait_until(lambda: manager.value(mib.ROWS), "rows")
                    manager.send(0xa5, [mib.OWNERS.oid], 0, 100)
                    reload(snmpd)
                wait_until(lambda: manager.value(mib.ROWS), "rows")
                assert len(manager.walk(mib.OWNERS.oid)) > 0
                figures.append((len(links(snmpd.pid)), memory(snmpd.pid)))
        assert figures[-1][0] == figures[0][0], figures
        # snmpd itself loses some bytes each time it reads its files
        assert figures[-1][1] <= figures[1][1] + 400, figures
        assert "portOwner: the tables" not in read(snmpd.log_path)


# Fast

HELPER = """
import fcntl, socket, struct, subprocess, sys
kept = []
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))     # up
for port in range(20000, 30000):
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    kept[-1].bind(("127.0.0.1", port))
    kept[-1].connect(("127.0.0.1", 9))
sys.exit(subprocess.call(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def recorded():
    """A snapshot of ten thousand connected sockets."""
    place = folder()
    path = os.path.join(place, "recorded")
    prefix = ["unshare", "-n", "prlimit", "--nofile=11000:",
              "/usr/bin/python3", "-c", HELPER]
    answer = portowner("-a", "--stack", "own", "--source", "diag", "--record",
                       path, prefix=prefix)
    assert answer.status == 0, answer.error
    assert len(answer.out.splitlines()) == 10001
    yield path
    shutil.rmtree(place)


def test_walk_takes_a_quarter_of_agentxs_time(work, library, recorded):
    master = folder()
    conf = ["source replay:" + recorded, "cacheTimeout 3600",
            "collectorAllow " + USER]
    times = {"subagent": [], "module": []}
    walks = {}
    with Snmpd(master) as outer, Daemon(work, outer.master, conf) as daemon:
        with ModuleSnmpd(work, daemon.socket_path, module=library,
                         timeout=3600) as inner:
            ports = {"subagent": outer.port, "module": inner.port}
            managers = {kind: Manager(work, port)
                        for kind, port in ports.items()}
            for manager in managers.values():
                wait_until(lambda: has_rows(manager), "rows")
                assert manager.value(mib.CONNECTIONS) == 10000
            for kind in ["subagent", "module"] * 3:
                began = time.monotonic()
                walks[kind] = managers[kind].run(
                    "snmpbulkwalk", "-On", "-t", "10",
                    managers[kind].target, "." + ".".join(
                        map(str, mib.CONNECTION_TABLE.oid))).stdout
                times[kind].append(time.monotonic() - began)
    assert walks["module"] == walks["subagent"]
    assert walks["module"].count("\n.") >= 49999
    medians = {kind: statistics.median(t) for kind, t in times.items()}
    assert medians["module"] <= medians["subagent"] / 4, times
