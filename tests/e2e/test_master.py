# SPDX-License-Identifier: BSD-2-Clause
"""Whatever happens to snmpd, portownerd goes on, and its rows are back within
five seconds of snmpd's return."""
import os
import signal
import socket
import subprocess
import time

import pytest

import mib
from programs import Portownerd, Snmpd, process_stat, program, wait_until
from snmp import Manager, SnmpError

BACK = 5        # seconds until rows are there again
LONG = 5        # an absence that several attempts fall into


def assert_rows(manager):
    assert manager.value(mib.ROWS) > 0
    assert manager.next(mib.OWNERS.oid).oid[:len(mib.OWNERS.oid)] == (
        mib.OWNERS.oid)


@pytest.fixture
def family(portownerd):
    """The processes of portownerd, which must be the same to the end."""
    before = [portownerd.pid] + portownerd.children()
    assert len(before) == 3
    yield portownerd
    assert [portownerd.pid] + portownerd.children() == before
    assert all(process_stat(pid)[0] != "Z" for pid in before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL],
                         ids=["ended", "killed"])
def test_restarted(snmpd, manager, family, number):
    for _ in range(2):
        snmpd.stop(number)
        snmpd.start()
        manager.await_service(BACK)
        assert_rows(manager)


def test_away_for_longer_than_a_ping(snmpd, manager, family):
    """Several attempts to reconnect fail first; each of them is not told."""
    snmpd.stop(signal.SIGKILL)
    time.sleep(LONG)
    assert len(family.log().splitlines()) < 20
    snmpd.start()
    manager.await_service(BACK)
    assert_rows(manager)


def test_stopped_and_continued(snmpd, manager, family):
    snmpd.send(signal.SIGSTOP)
    with pytest.raises(SnmpError):
        manager.get(mib.ROWS.oid, timeout=1)
    time.sleep(LONG)
    snmpd.send(signal.SIGCONT)
    manager.await_service(BACK)
    assert_rows(manager)


def test_absent_at_start(work):
    """It is told once, however many attempts fail."""
    snmpd = Snmpd(work)
    manager = Manager(work, snmpd.port)
    with Portownerd(work, snmpd.master, ["cacheTimeout 1"]) as portownerd:
        told = portownerd.log()
        assert told.count("no AgentX master") == 1
        time.sleep(LONG)
        assert portownerd.log() == told
        with snmpd:
            manager.await_service(BACK)
            assert_rows(manager)
        assert portownerd.is_running()


def waiting_connections(path):
    """How many have connected to a Unix socket that nobody accepts."""
    done = subprocess.run([program("ss"), "-Hxl", "src", path],
                          stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout.split()[2]) if done.stdout else 0


@pytest.mark.skipif(not program("ss"), reason="ss (iproute2) is missing")
def test_stopped_at_start(work, snmpd, manager):
    """The master lets itself be connected to and says nothing."""
    snmpd.send(signal.SIGSTOP)
    with Portownerd(work, snmpd.master).launched() as daemon:
        path = snmpd.master.partition(":")[2]
        wait_until(lambda: waiting_connections(path), "a connection")
        snmpd.send(signal.SIGCONT)
        manager.await_service(BACK)
        assert_rows(manager)
        assert daemon.stop() == 0


def test_master_that_hangs_up(work):
    """Whoever listens there accepts and closes: no crash and no busy loop;
    when snmpd comes, the rows do."""
    snmpd = Snmpd(work)
    path = snmpd.master.partition(":")[2]
    fake = socket.socket(socket.AF_UNIX)
    with Portownerd(work, snmpd.master).launched() as daemon:
        with fake:
            fake.bind(path)
            fake.listen(16)
            fake.settimeout(15)
            started = time.monotonic()
            for _ in range(4):
                fake.accept()[0].close()
            assert time.monotonic() - started > 2
        os.unlink(path)
        with snmpd:
            Manager(work, snmpd.port).await_service(BACK)
        assert daemon.stop() == 0


def assert_refused(second, word):
    """It must end by itself, say why, and serve nothing."""
    with second.launched():
        assert second.process.wait(10) == 1
        assert word in second.log() + second.stderr()


def test_second_instance_on_the_same_master(work, portownerd, snmpd, manager,
                                            tmp_path):
    second = Portownerd(str(tmp_path), snmpd.master)
    assert_refused(second, "another portownerd")
    assert_rows(manager)
    assert portownerd.is_running()


def test_second_instance_on_the_same_collector_socket(work, portownerd,
                                                      manager, tmp_path):
    second = Portownerd(str(tmp_path), "unix:" + str(tmp_path / "none"))
    second.socket_path = portownerd.socket_path
    assert_refused(second, portownerd.socket_path)
    assert_rows(manager)


def test_another_one_after_the_first(work, portownerd, snmpd, manager):
    """Nothing of the first one bars the way, even if it was killed."""
    portownerd.stop(signal.SIGKILL)
    with Portownerd(work, snmpd.master) as other:
        wait_until(lambda: manager.is_served(), "rows are back", BACK)
        assert other.is_running()


def test_two_masters(work, portownerd, manager, tmp_path):
    """Each has its own portownerd."""
    own = str(tmp_path)
    with Snmpd(own) as snmpd, Portownerd(own, snmpd.master):
        other = Manager(own, snmpd.port)
        other.await_service()
        assert_rows(other)
        assert_rows(manager)
