# SPDX-License-Identifier: BSD-2-Clause
"""Whatever happens to snmpd, portownerd goes on, and its rows are back within
five seconds of snmpd's return."""
import signal
import time

import pytest

import mib
from programs import Portownerd, Snmpd, process_stat, wait_until
from snmp import Manager, SnmpError

BACK = 5


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
    """Several attempts to reconnect fail first."""
    snmpd.stop(signal.SIGKILL)
    time.sleep(5)       # the interval of the attempts is 2 s
    assert family.is_running()
    snmpd.start()
    manager.await_service(BACK)
    assert_rows(manager)


def test_stopped_and_continued(snmpd, manager, family):
    snmpd.send(signal.SIGSTOP)
    with pytest.raises(SnmpError):
        manager.get(mib.ROWS.oid, timeout=1)
    time.sleep(5)       # long enough for pings to go without an answer
    snmpd.send(signal.SIGCONT)
    manager.await_service(BACK)
    assert_rows(manager)


def test_absent_at_start(work):
    snmpd = Snmpd(work)
    manager = Manager(work, snmpd.port)
    with Portownerd(work, snmpd.master, ["cacheTimeout 1"]) as portownerd:
        assert portownerd.is_running()
        assert "no AgentX master" in portownerd.log()
        with snmpd:
            manager.await_service(BACK)
            assert_rows(manager)
        assert portownerd.is_running()


def test_absence_is_told_once(work):
    """Attempts fail every two seconds; the log does not fill with them."""
    snmpd = Snmpd(work)
    with Portownerd(work, snmpd.master) as portownerd:
        before = portownerd.log()
        time.sleep(5)
        assert portownerd.log() == before


def assert_refused(second, word):
    """It must end by itself, say why, and serve nothing."""
    second.launch()
    assert second.process.wait(10) == 1
    assert word in second.log() + second.stderr()
    second.end_session()


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
