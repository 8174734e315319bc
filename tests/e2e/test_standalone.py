# SPDX-License-Identifier: BSD-2-Clause
"""portownerd --standalone answers SNMP by itself, without any snmpd."""
import socket

import pytest

import mib
from programs import Portownerd, free_port, process_stat
from scene import View, assert_same
from snmp import Manager, SnmpError


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def alone(module_work, port, scene):
    conf = ["rocommunity public 127.0.0.1", "cacheTimeout 3600",
            "listenerEphemeralUdp yes", "source diag"]
    with Portownerd(module_work, conf=conf,
                    standalone="udp:127.0.0.1:%d" % port) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def asker(module_work, port, alone):
    return Manager(module_work, port)


def test_serves_all_tables(asker, scene):
    view = View(scene, "diag")
    found = {index: row for index, row in asker.rows(mib.OWNERS).items()
             if index[4] in scene.pids}
    expected = {index: row for index, row in view.owners().items()
                if index[4] != 0}
    assert_same(expected, found)
    for table in mib.TABLES:
        assert asker.value(mib.SIZE_OF_TABLE[table.name]) == len(
            asker.rows(table))


@pytest.mark.parametrize("repetitions", [1, 10, 50])
def test_bulk_walks_are_walks(asker, repetitions):
    """Here GETBULK is answered by the handler itself."""
    for table in mib.TABLES:
        walk = [varbind.oid for varbind in asker.walk(table.oid)]
        bulk = asker.bulkwalk(table.oid, repetitions)
        assert [varbind.oid for varbind in bulk] == walk
        assert all(a < b for a, b in zip(walk, walk[1:]))


def test_bulk_with_many_columns(asker):
    """Side by side, as snmptable asks: row by row, all columns of each."""
    columns = [mib.OWNERS.entry + (n,) for n in sorted(mib.OWNERS.columns)]
    bulk = asker.ask("snmpbulkget", columns, "-Cn0", "-Cr5")
    assert len(bulk) == 5 * len(columns)
    for i in range(0, len(bulk), len(columns)):
        row = [mib.OWNERS.split(varbind.oid)
               for varbind in bulk[i:i + len(columns)]]
        assert [column for column, _ in row] == sorted(mib.OWNERS.columns)
        assert len({index for _, index in row}) == 1


def test_large_bulk_is_cut_to_fit(asker):
    """More repetitions than an answer can carry: cut, and not refused."""
    bulk = asker.bulk(mib.OWNERS.oid, 5000)
    walk = asker.walk(mib.OWNERS.oid)
    assert 10 < len(bulk) < 5000
    assert [v.oid for v in bulk] == [v.oid for v in walk[:len(bulk)]]


def test_beyond_the_end(asker):
    last = asker.walk(mib.TABLES[-1].oid)[-1].oid
    found = asker.next(last)
    assert found.oid[:len(mib.ROOT)] != mib.ROOT or (
        found.type == "endOfMibView")


def test_community_that_is_not_configured(module_work, port, alone):
    with pytest.raises(SnmpError):
        Manager(module_work, port, "secret").get(mib.ROWS.oid, timeout=1)


def test_reading_community_may_not_write(asker):
    assert asker.set(mib.CACHE_TIMEOUT.oid, "u", "7") == "noAccess"


def test_nobody_without_a_community(work):
    """Without a line that lets somebody in, nobody is."""
    port = free_port()
    with Portownerd(work, standalone="udp:127.0.0.1:%d" % port):
        with pytest.raises(SnmpError):
            Manager(work, port).get(mib.ROWS.oid, timeout=1)


@pytest.mark.parametrize("address", ["udp:127.0.0.1:%d", "127.0.0.1:%d"])
def test_port_in_use(work, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
        daemon = Portownerd(work, standalone=address % number)
        with daemon.launched():
            assert daemon.process.wait(10) == 1
            assert "%d" % number in daemon.log() + daemon.stderr()


def test_ends_cleanly(work):
    port = free_port()
    daemon = Portownerd(work, standalone="udp:127.0.0.1:%d" % port,
                        conf=["rocommunity public 127.0.0.1"])
    with daemon:
        family = daemon.children()
        assert len(family) == 2
        assert daemon.stop() == 0
    assert [pid for pid in family if process_stat(pid)] == []
    assert daemon.stderr() == ""
