# SPDX-License-Identifier: BSD-2-Clause
"""portownerd from start to end: readiness, reload, restarts of its children,
freshness, names, and that nothing of it stays."""
import os
import signal
import socket
import subprocess
import time

import pytest

import mib
from programs import (PORTOWNERD, Portownerd, children, free_port,
                      process_stat, read, session_members,
                      snmp_environment, wait_until)
from snmp import Manager

HERE = os.path.dirname(os.path.abspath(__file__))


def has_listener(manager, port):
    """Whether the rows, refreshed if need be, have a listener of ours."""
    oid = mib.OWNERS.column("sockets") + (0, 6, port)
    found = manager.next(oid).oid
    return found[:len(oid)] == oid and found[-1] == os.getpid()


def new_listener():
    s = socket.create_server(("127.0.0.1", 0))
    return s, s.getsockname()[1]


# Start and end

def test_ready_means_ready(work, snmpd, manager):
    """systemd is told, and by then there is a snapshot and the pid file."""
    path = os.path.join(work, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(15)
        daemon = Portownerd(work, snmpd.master, env={"NOTIFY_SOCKET": path})
        with daemon.launched():
            assert b"READY=1" in s.recv(1024).split(b"\n")
            assert read(daemon.pid_path) == "%d\n" % daemon.pid
            manager.await_service()
            assert manager.value(mib.GENERATION) >= 1
            assert daemon.stop() == 0
        assert b"STOPPING=1" in s.recv(1024).split(b"\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT],
                         ids=["SIGTERM", "SIGINT"])
def test_ends_cleanly(work, snmpd, manager, number):
    with Portownerd(work, snmpd.master) as daemon:
        manager.await_service()
        pid, family = daemon.pid, daemon.children()
        assert len(family) == 2
        daemon.send(number)
        assert daemon.process.wait(5) == 0
        assert [p for p in family if process_stat(p)] == []
        assert session_members(pid) == []
    assert not os.path.exists(daemon.pid_path)
    assert not os.path.exists(daemon.socket_path)
    assert daemon.stderr() == ""
    assert not manager.is_served()


def test_is_not_in_the_way_of_its_successor(work, snmpd, manager):
    for _ in range(3):
        with Portownerd(work, snmpd.master):
            manager.await_service()


def test_killed_supervisor_takes_its_children_along(work, snmpd):
    def are_gone():
        stats = [process_stat(pid) for pid in family]
        return all(stat is None or stat[0] == "Z" for stat in stats)

    with Portownerd(work, snmpd.master) as daemon:
        family = daemon.children()
        daemon.send(signal.SIGKILL)
        daemon.process.wait()
        wait_until(are_gone, "the children end")


def test_sigpipe_is_harmless(manager, portownerd):
    for pid in [portownerd.pid] + portownerd.children():
        os.kill(pid, signal.SIGPIPE)
    assert manager.value(mib.ROWS) > 0
    assert portownerd.is_running()


def test_background(work, snmpd, manager):
    """Without -f the command ends once the service is there."""
    daemon = Portownerd(work, snmpd.master)
    daemon.configure(daemon.conf)
    command = [word for word in daemon.command() if word != "-f"]
    done = subprocess.run(command, env=dict(os.environ,
                                            **snmp_environment(work)),
                          stderr=subprocess.PIPE, timeout=20)
    assert (done.returncode, done.stderr) == (0, b"")
    pid = int(read(daemon.pid_path))
    try:
        manager.await_service()
        assert process_stat(pid)[2] != os.getsid(0)
        assert os.readlink("/proc/%d/cwd" % pid) == "/"
        assert len(children(pid)) == 2
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(daemon.pid_path), "its end")


def test_background_that_fails(work, snmpd, portownerd, tmp_path):
    """The command tells when the service did not start."""
    second = Portownerd(str(tmp_path), snmpd.master)
    second.configure(second.conf)
    command = [word for word in second.command() if word != "-f"]
    done = subprocess.run(command, env=dict(os.environ,
                                            **snmp_environment(work)),
                          stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 1
    assert b"did not start" in done.stderr
    assert not os.path.exists(second.pid_path)


@pytest.mark.parametrize("arguments, status, word", [
    (["-V"], 0, "portownerd "), (["-h"], 0, "usage: portownerd"),
    (["-Z"], 2, "portownerd"), (["-f", "extra"], 2, "extra"),
    (["-x", "unix:/none", "--standalone", "udp:127.0.0.1:1"], 2,
     "exclude"), (["-Lx"], 2, "-L"),
])
def test_usage(arguments, status, word):
    done = subprocess.run([PORTOWNERD, *arguments], timeout=10, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == status
    assert word in (done.stdout if status == 0 else done.stderr)


# Configuration

def test_reload(manager, portownerd):
    assert manager.value(mib.CACHE_TIMEOUT) == 1
    portownerd.configure(["cacheTimeout 77"])
    portownerd.send(signal.SIGHUP)
    wait_until(lambda: manager.is_served() and
               manager.value(mib.CACHE_TIMEOUT) == 77, "the new timeout")
    assert portownerd.is_running()


def test_reload_returns_to_the_configured_value(manager, work, portownerd,
                                                snmpd):
    writer = Manager(work, snmpd.port, "private")
    assert writer.set(mib.CACHE_TIMEOUT.oid, "u", "500") is None
    portownerd.send(signal.SIGHUP)
    wait_until(lambda: manager.value(mib.CACHE_TIMEOUT) == 1,
               "the configured timeout")


def test_reload_of_the_collector(work, manager, portownerd):
    assert manager.value(mib.SOURCE) != b"proc"
    portownerd.configure(["cacheTimeout 1", "source proc"])
    portownerd.send(signal.SIGHUP)

    def is_new():
        manager.value(mib.ROWS)
        return manager.value(mib.SOURCE) == b"proc"
    wait_until(is_new, "rows of the new source")


# Children

def rows_meanwhile(manager, seconds):
    """Asks again and again; every answer must come and have rows."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert manager.value(mib.ROWS, timeout=2) > 0


def child_that(portownerd, is_agent):
    """The agent is the child that has a connection to the master: the one
    that does not listen on the collector's socket."""
    def listens(pid):
        links = [os.readlink("/proc/%d/fd/%s" % (pid, fd))
                 for fd in os.listdir("/proc/%d/fd" % pid)]
        return "socket:[%s]" % inode_of(portownerd.socket_path) in links
    child, = [pid for pid in portownerd.children()
              if listens(pid) != is_agent]
    return child


def inode_of(path):
    for line in read("/proc/net/unix").splitlines():
        fields = line.split()
        if fields[-1] == path and fields[3] == "00010000":
            return fields[6]
    raise AssertionError(path + " is not listened on")


def test_killed_agent_is_restarted(manager, portownerd):
    agent = child_that(portownerd, is_agent=True)
    os.kill(agent, signal.SIGKILL)
    wait_until(lambda: agent not in portownerd.children() and
               len(portownerd.children()) == 2, "another agent")
    manager.await_service(5)
    assert manager.value(mib.ROWS) > 0
    assert "signal 9" in portownerd.log()


def test_killed_collector_is_restarted(manager, portownerd):
    """Rows are served all the time, and new ones come again."""
    collector = child_that(portownerd, is_agent=False)
    agent = child_that(portownerd, is_agent=True)
    before = manager.value(mib.GENERATION)
    os.kill(collector, signal.SIGKILL)
    rows_meanwhile(manager, 2)
    wait_until(lambda: len(portownerd.children()) == 2, "another collector")
    assert agent in portownerd.children()
    server, port = new_listener()
    with server:
        wait_until(lambda: has_listener(manager, port), "new rows")
    assert manager.value(mib.GENERATION) > before


def test_hanging_collector_does_not_stall_answers(manager, portownerd):
    """The last snapshot is served, and its age tells the truth."""
    collector = child_that(portownerd, is_agent=False)
    os.kill(collector, signal.SIGSTOP)
    try:
        wait_until(lambda: manager.value(mib.AGE) > 200, "2 s of age")
        for _ in range(3):
            started = time.monotonic()
            assert manager.value(mib.ROWS, timeout=3) > 0
            assert time.monotonic() - started < 1
        age = manager.value(mib.AGE)
        wait_until(lambda: manager.value(mib.AGE) > age, "more age")
    finally:
        os.kill(collector, signal.SIGCONT)
    server, port = new_listener()
    with server:
        wait_until(lambda: has_listener(manager, port), "new rows", 20)


# Freshness

def test_new_listener_appears(manager, portownerd):
    server, port = new_listener()
    with server:
        wait_until(lambda: has_listener(manager, port), "the listener", 3)
    wait_until(lambda: not has_listener(manager, port), "its end", 3)


def test_snapshot_is_kept_for_the_timeout(work, snmpd, manager):
    with Portownerd(work, snmpd.master, ["cacheTimeout 3600"]):
        manager.await_service()
        before = manager.value(mib.GENERATION)
        server, port = new_listener()
        with server:
            for _ in range(5):
                assert not has_listener(manager, port)
        assert manager.value(mib.GENERATION) == before


def test_asking_for_the_agent_itself_takes_no_snapshot(manager, portownerd):
    manager.value(mib.ROWS)
    before = manager.value(mib.GENERATION)
    wait_until(lambda: manager.value(mib.AGE) > 150, "the timeout passes")
    for scalar in (mib.CACHE_TIMEOUT, mib.COLLECT_TIME, mib.COLLECT_ERRORS,
                   mib.SOURCE, mib.DISCONTINUITY):
        manager.value(scalar)
    assert manager.value(mib.GENERATION) == before


def test_changes_of_listeners_are_counted(work, snmpd, manager):
    """Each snapshot that differs counts what came and went."""
    conf = ["cacheTimeout 1", "debounce 0"]
    with Portownerd(work, snmpd.master, conf):
        manager.await_service()
        server, port = new_listener()
        with server:
            wait_until(lambda: has_listener(manager, port), "the listener")
            began = time.monotonic()
            rows = manager.rows(mib.LISTENER_TABLE)
            row = rows[0, 6, port, "127.0.0.1"]
            assert row["pid"] == os.getpid()
            # that it appeared was a change; others may have come since
            since = manager.value(mib.CHANGE_AGE)
            passed = (time.monotonic() - began) * 100
            assert since <= row["age"] + passed + 100
            # before it goes: its end may be noticed at once
            before = manager.value(mib.LISTENER_CHANGES)
            assert before >= 1
        wait_until(lambda: not has_listener(manager, port), "its end")
        assert manager.value(mib.LISTENER_CHANGES) > before


# Names

@pytest.fixture(scope="module")
def slow_names(module_work):
    """A library that lets questions for users' names hang."""
    path = os.path.join(module_work, "slow_names.so")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-Wall",
                    "-Wextra", "-Werror", "-o", path,
                    os.path.join(HERE, "slow_names.c")], check=True)
    return path


@pytest.mark.root
def test_name_service_that_hangs(work, snmpd, manager, slow_names):
    """Answers come within a second, and new rows too; the user of one that
    came meanwhile is told by its number."""
    gate, asked = os.path.join(work, "hang"), os.path.join(work, "asked")
    env = {"LD_PRELOAD": slow_names, "PORTOWNER_TEST_HANG": gate,
           "PORTOWNER_TEST_ASKED": asked,
           # a sanitized build wants to be loaded first otherwise
           "ASAN_OPTIONS": "verify_asan_link_order=0"}
    with Portownerd(work, snmpd.master, ["cacheTimeout 1"], env=env):
        manager.await_service()
        open(gate, "w").close()
        with listener_of(23456) as (process, port):
            column = mib.OWNERS.column("user") + (0, 6, port)
            started = time.monotonic()
            found = None
            while not found and time.monotonic() < started + 10:
                asked_at = time.monotonic()
                varbind = manager.ask("snmpgetnext", [column], timeout=5)[0]
                assert time.monotonic() - asked_at < 1
                if varbind.oid[:len(column)] == column:
                    found = varbind
            assert read(asked), "nobody asked for a name"
            assert found, "the row did not come"
            assert found.oid[-1] == process.pid
            assert found.value in (b"", b"23456")
        os.unlink(gate)


class listener_of:
    """A process of a user, whom nobody knows yet, with a listener."""

    SCRIPT = ("import socket; s=socket.create_server(('127.0.0.1', 0));"
              "print(s.getsockname()[1], flush=True); input()")

    def __init__(self, uid):
        self.command = ["setpriv", "--reuid", str(uid), "--clear-groups",
                        "/usr/bin/python3", "-c", self.SCRIPT]

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        return self.process, int(self.process.stdout.readline())

    def __exit__(self, *exception):
        self.process.communicate("\n")


def test_two_do_not_share_a_port(work, tmp_path):
    """Two standalone agents on one port: the second one ends with a word."""
    port = free_port()
    conf = ["rocommunity public 127.0.0.1"]
    address = "udp:127.0.0.1:%d" % port
    with Portownerd(work, conf=conf, standalone=address):
        second = Portownerd(str(tmp_path), conf=conf, standalone=address)
        with second.launched():
            assert second.process.wait(10) == 1
            assert str(port) in second.log() + second.stderr()
        Manager(work, port).await_service()
