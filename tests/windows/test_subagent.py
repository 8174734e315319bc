# SPDX-License-Identifier: BSD-2-Clause
"""portownerd.exe under wine: attached to a Linux snmpd over TCP, its rows
beside ss(8), portowner.exe and the tables' own totals."""
import os
import signal
import socket
import subprocess

import pytest

import mib
import programs
from programs import Snmpd, free_port, wait_until
from snmp import Manager
from windows_exe import EXE, SLOW, Exe
from wine import WINE, rows_of, rows_of_ss

STATES = {1: "CLOSED", 2: "LISTEN", 3: "SYN_SENT", 4: "SYN_RECEIVED",
          5: "ESTABLISHED", 6: "FIN_WAIT_1", 7: "FIN_WAIT_2",
          8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "CLOSING", 11: "TIME_WAIT"}
PROTOCOLS = {6: "tcp", 17: "udp"}


class Master(Snmpd):
    """It listens for AgentX on TCP, at a port that the kernel picks."""

    def __init__(self, work):
        # A machine that is busy is no failure.
        super().__init__(work, ["agentXTimeout 10"])
        self.master = "tcp:127.0.0.1:%d" % free_port(socket.SOCK_STREAM)


@pytest.fixture
def snmpd(work):
    with Master(work) as master:
        yield master


@pytest.fixture
def manager(work, snmpd):
    return Manager(work, snmpd.port)


def exe(work, wine, snmpd, *conf, **options):
    return Exe(work, wine, "-x", snmpd.master, conf=conf, **options)


def endpoints(rows, state):
    return {(PROTOCOLS[protocol], (address, port), None,
             state if protocol == 6 else "BOUND")
            for _, protocol, port, address in rows}


def walked(manager):
    """The tables of listeners and connections as ss(8) would tell them."""
    listeners = endpoints(manager.rows(mib.LISTENER_TABLE), "LISTEN")
    connections = {
        (PROTOCOLS[i[1]], (i[3], i[2]), (i[5], i[4]), STATES[row["state"]])
        for i, row in manager.rows(mib.CONNECTION_TABLE).items()}
    return listeners | connections


def test_rows_are_those_of_ss(work, prefix, snmpd, manager, portowner,
                              sockets):
    own = {(s.getsockname()[0], s.getsockname()[1]) for s in sockets}
    before = rows_of_ss()
    with exe(work, prefix, snmpd, "cacheTimeout 3600", "watchInterval 0",
             "listenerEphemeralUdp yes"):
        manager.await_service(SLOW)
        rows = walked(manager)
        assert manager.value(mib.GENERATION) == 1
        told = rows_of(portowner("-a", "--json").stdout)
        after = rows_of_ss()
    steady = before & after
    mine = {row for row in steady if row[1] in own}
    assert len(mine) == 6
    assert mine <= rows and mine <= told
    assert steady <= rows and steady <= told
    strange = {row for row in rows - (before | after)
               if row[3] in ("LISTEN", "BOUND")}
    assert not strange


def test_scalars(work, prefix, snmpd, manager, sockets):
    with exe(work, prefix, snmpd, "cacheTimeout 3600", "watchInterval 0"):
        manager.await_service(SLOW)
        assert manager.value(mib.SOURCE) == b"iphlpapi"
        assert manager.value(mib.GENERATION) == 1
        assert manager.value(mib.CACHE_TIMEOUT) == 3600
        assert manager.value(mib.COLLECT_ERRORS) == 0
        assert manager.value(mib.COLLECT_TIME) > 0
        assert manager.value(mib.DROPPED_ROWS) == 0
        for table in (mib.OWNERS, mib.LISTENER_TABLE, mib.CONNECTION_TABLE):
            assert len(manager.rows(table)) == manager.value(
                mib.SIZE_OF_TABLE[table.name])
        age = manager.value(mib.AGE)
        wait_until(lambda: manager.value(mib.AGE) > age, "age grows")
        assert manager.value(mib.GENERATION) == 1


def has_listener(manager, port):
    return any(i[2] == port for i in manager.rows(mib.LISTENER_TABLE))


def test_refresh(work, prefix, snmpd, manager):
    """What comes and goes shows, and is counted."""
    with exe(work, prefix, snmpd, "cacheTimeout 1", "debounce 0"):
        manager.await_service(SLOW)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            wait_until(lambda: has_listener(manager, port), "it", SLOW)
            changes = manager.value(mib.LISTENER_CHANGES)
            assert changes >= 1
        wait_until(lambda: not has_listener(manager, port), "its end", SLOW)
        assert manager.value(mib.LISTENER_CHANGES) > changes
        private = Manager(work, snmpd.port, "private")
        assert private.set(mib.CACHE_TIMEOUT.oid, "u", "3600") is None
        assert manager.value(mib.CACHE_TIMEOUT) == 3600
        assert private.set(mib.CACHE_TIMEOUT.oid, "u", "0") == "wrongValue"


def test_master_restarted(work, prefix, snmpd, manager):
    with exe(work, prefix, snmpd) as agent:
        manager.await_service(SLOW)
        for number in (signal.SIGTERM, signal.SIGKILL):
            snmpd.stop(number)
            os.unlink(snmpd.log_path)
            snmpd.start()
            manager.await_service(SLOW)
            assert manager.rows(mib.OWNERS)
        assert agent.is_running()


def test_ended_by_control_c(work, prefix, snmpd, manager):
    with exe(work, prefix, snmpd) as agent:
        manager.await_service(SLOW)
        assert agent.stop(signal.SIGINT, SLOW) == 0
    assert agent.log().rstrip().splitlines()[-1] == "portownerd: ended"
    assert not os.path.exists(agent.pid_path)
    assert "listener" in programs.read(agent.state_path[2:])
    wait_until(lambda: not manager.is_served(), "its tables go", SLOW)


def test_killed(work, prefix, snmpd, manager):
    """The master notices, and another one takes its place."""
    agent = exe(work, prefix, snmpd)
    for _ in range(2):
        agent.start()
        manager.await_service(SLOW)
        agent.stop(signal.SIGKILL, SLOW)
        os.unlink(agent.pid_path)
        wait_until(lambda: not manager.is_served(), "its tables go", SLOW)


def test_one_for_each_master(work, prefix, snmpd, manager):
    with exe(work, prefix, snmpd) as first:
        manager.await_service(SLOW)
        second = subprocess.run(
            [WINE, EXE, "-C", "-x", snmpd.master, "-p",
             "Z:" + first.pid_path], timeout=SLOW, env=prefix,
            capture_output=True, text=True)
        assert second.returncode == 1
        assert "another portownerd serves the AgentX master" in second.stderr
        assert "ended" not in second.stderr
        assert os.path.exists(first.pid_path)
        assert first.is_running() and manager.is_served()


def test_standalone(work, prefix):
    port = free_port()
    with Exe(work, prefix, "--standalone", "udp:127.0.0.1:%d" % port,
             conf=["rocommunity secret 127.0.0.1"]):
        manager = Manager(work, port, "secret")
        manager.await_service(SLOW)
        assert manager.rows(mib.OWNERS)
        assert not Manager(work, port, "public").is_served()


def test_owner(work, prefix, snmpd, manager):
    """Wine knows the owner of what a program inherited from its launcher."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        os.set_inheritable(listener.fileno(), True)
        port = listener.getsockname()[1]
        with exe(work, prefix, snmpd, inherit=(listener.fileno(),)) as agent:
            manager.await_service(SLOW)
            rows = manager.rows(mib.LISTENER_TABLE)
            pid = int(programs.read(agent.pid_path))
    row = rows[0, 6, port, "127.0.0.1"]
    assert row["pid"] == pid > 0
    assert row["command"] == "portownerd.exe"
    assert "\\" in row["user"] and row["uid"] == mib.UNKNOWN
    assert (row["queue_length"], row["queue_limit"]) == (mib.UNKNOWN,) * 2


@pytest.mark.parametrize("arguments, why", [
    (["-u", "nobody"], "not for Windows"),
    (["-g", "nogroup"], "not for Windows"),
    (["--collector"], "not for Windows"),
    (["--pin-bpf"], "not for Windows"),
    (["--profile-refresh", "1"], "not for Windows"),
    (["-x", "unix:/var/agentx/master"], "tcp:HOST:PORT"),
    (["-x", "tcp:127.0.0.1"], "tcp:HOST:PORT"),
])
def test_refuses(prefix, arguments, why):
    ran = subprocess.run([WINE, EXE, *arguments], env=prefix, timeout=SLOW,
                         capture_output=True, text=True)
    assert ran.returncode == 2
    assert why in ran.stderr


def test_refuses_a_source_that_does_not_work(work, prefix, snmpd):
    agent = exe(work, prefix, snmpd, "source replay:Z:/is/not/there")
    with agent.launched():
        assert agent.process.wait(SLOW) == 1
    assert "not/there" in agent.log()


@pytest.mark.skip(reason="wine knows no owner of listeners that another program "
                  "opened, and none at all of TCP over IPv6")
def test_owners_of_others():
    """Needs Windows."""
