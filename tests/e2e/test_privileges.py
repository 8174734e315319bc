# SPDX-License-Identifier: BSD-2-Clause
"""What each process may do: by what the kernel says of it, and by trying."""
import os
import re
import shutil
import signal
import subprocess

import pytest

import mib
from broker import (FELLOW, GROUP, STRANGER, Collector, Control, Daemon,
                    group_id, status)
from programs import (PORTOWNER, Snmpd, folder, free_port,
                      portowner, process_stat, wait_until)
from scene import View, assert_same
from snmp import Manager

pytestmark = pytest.mark.root

SYS_PTRACE, DAC_READ_SEARCH, BPF = 19, 2, 39
COLLECTORS = "%016x" % (1 << SYS_PTRACE | 1 << DAC_READ_SEARCH)
WITH_BPF = "%016x" % (1 << SYS_PTRACE | 1 << DAC_READ_SEARCH | 1 << BPF)
NONE = "0" * 16
TRIALS = {1: "/proc/1/fd", 2: "TCP", 3: "UDP over IPv6", 4: "raw socket",
          5: "a file", 6: "another program", 7: "kill", 8: "ptrace",
          9: "setuid"}
COLLECTOR, AGENT = 1, 2
PENDING = -1


def has_sandbox():
    with Collector(folder()) as probe:
        return status(probe.collector())["Seccomp"] == "2"


@pytest.fixture(scope="module", autouse=True)
def sandbox():
    if not has_sandbox():
        pytest.skip("no sandbox in this build, or none is possible here")


@pytest.fixture(params=["auto", "diag", "proc", "replay", "standalone"])
def family(request, work, scene):
    """(source, processes' states by name), for each way to run."""
    conf, source = [], request.param
    if source == "replay":
        path = os.path.join(work, "recorded")
        assert portowner("-a", "--record", path).status == 0
        conf = ["source replay:" + path]
    elif source in ("diag", "proc"):
        conf = ["source " + source]
    with Snmpd(work) as snmpd:
        daemon = Daemon(work, snmpd.master, conf)
        if source == "standalone":
            daemon = Daemon(work, conf=["rocommunity public 127.0.0.1"],
                            standalone="udp:127.0.0.1:%d" % free_port())
        with daemon:
            yield source, {"collector": status(daemon.collector()),
                           "agent": status(daemon.agent())}


def capabilities(state):
    return [state[name] for name in ("CapEff", "CapPrm", "CapAmb", "CapInh")]


def test_capabilities(family):
    source, states = family
    wanted = {"replay": NONE, "diag": COLLECTORS, "proc": COLLECTORS}.get(
        source, WITH_BPF)
    assert capabilities(states["collector"]) == [wanted] * 4
    assert capabilities(states["agent"]) == [NONE] * 4


def test_users_and_filters(family):
    for state in family[1].values():
        for ids in (state["Uid"].split(), state["Gid"].split()):
            assert len(set(ids)) == 1 and ids[0] != "0"
        assert set(state["Groups"].split()) <= set(state["Gid"].split())
        assert state["NoNewPrivs"] == "1"
        assert state["Seccomp"] == "2"


def test_given_user_and_group(work):
    words = ["-u", "daemon", "-g", GROUP]
    with Snmpd(work) as snmpd, Daemon(work, snmpd.master, words=words) as d:
        for pid in (d.collector(), d.agent()):
            state = status(pid)
            assert set(state["Gid"].split()) == {str(group_id())}
            assert set(state["Uid"].split()) == {"1"}
        assert os.stat(d.socket_path).st_mode & 0o777 == 0o660
        assert os.stat(d.socket_path).st_gid == group_id()


@pytest.fixture(scope="module")
def tried(module_work, scene):
    control = Control(module_work)
    with Snmpd(module_work) as snmpd, Daemon(
            module_work, snmpd.master, ["cacheTimeout 1"],
            env=control.env) as daemon:
        manager = Manager(module_work, snmpd.port)
        manager.await_service()
        yield control, daemon, manager


def attempt(tried, role, trial):
    """The error number of the attempt; -1 where it was the process's end."""
    control, daemon, manager = tried
    find = daemon.collector if role == COLLECTOR else daemon.agent
    pid = wait_until(find, "the process")
    control.set("result", PENDING)
    control.set("role", role)
    control.set("trial", trial)

    def is_over():
        manager.is_served() and manager.value(mib.ROWS)
        stat = process_stat(pid)
        return control.get("result") != PENDING or not stat or stat[0] == "Z"
    wait_until(is_over, "the attempt", 15)
    control.set("trial", 0)
    manager.await_service()
    return control.get("result")


@pytest.mark.parametrize("trial", TRIALS, ids=TRIALS.values())
def test_agent_cannot(tried, trial):
    assert attempt(tried, AGENT, trial) != 0


@pytest.mark.parametrize("trial", [t for t in TRIALS if t != 1],
                         ids=[n for t, n in TRIALS.items() if t != 1])
def test_collector_cannot(tried, trial):
    assert attempt(tried, COLLECTOR, trial) != 0


# The master's socket

@pytest.fixture
def hidden_snmpd(work):
    """Its socket is where only root can go, as Debian's is."""
    place = os.path.join(work, "hidden")
    os.mkdir(place, 0o700)
    snmpd = Snmpd(work)
    snmpd.master = "unix:" + os.path.join(place, "agentx")
    with snmpd:
        yield snmpd


def test_hidden_master(work, hidden_snmpd, scene):
    """Reached at the start, and again whenever it has been away."""
    manager = Manager(work, hidden_snmpd.port)
    with Daemon(work, hidden_snmpd.master) as daemon:
        agent = daemon.agent()
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            manager.await_service()
            assert manager.value(mib.ROWS) > 0
            assert daemon.agent() == agent
            hidden_snmpd.stop(number)
            os.unlink(hidden_snmpd.log_path)
            hidden_snmpd.start()
        manager.await_service()


# The command line

@pytest.fixture(scope="module")
def reader(scene):
    """Runs portowner as an ordinary user, in a group or in none."""
    place = folder()
    program = shutil.copy(PORTOWNER, place)

    def run(path, gid, *words, enter=()):
        prefix = [*enter, "setpriv", "--reuid", str(STRANGER), "--regid",
                  str(gid), "--clear-groups", "--"]
        source = ["--source", "socket:" + path] if path else []
        return portowner(*source, *words, prefix=prefix, program_path=program)
    yield run
    shutil.rmtree(place)


def test_member_sees_every_owner(work, scene, reader):
    with Collector(work, ["collectorAllow " + GROUP]) as collector:
        answer = reader(collector.socket_path, group_id(), "-a", "--json",
                        "-v")
        assert answer.status == 0
        view = View(scene, "diag")
        assert_same(view.sockets(), view.sockets_of(answer.sockets))
        assert "the collector at " + collector.socket_path in answer.error


def test_stranger_is_told(work, reader):
    with Collector(work, ["collectorAllow " + GROUP]) as collector:
        answer = reader(collector.socket_path, FELLOW, "-a")
        assert answer.status == 2
        assert "Permission denied" in answer.one_line_of_error()


RUN = ["unshare", "-m", "--propagation", "private", "sh", "-c",
       'mount -t tmpfs none "$0" && exec "$@"']


def default_socket():
    """As this build has it."""
    found = re.search(rb"/[ -~]*/collector\.sock\0", open(
        PORTOWNER, "rb").read())
    return found.group(0)[:-1].decode()


class DefaultCollector(Collector):
    """At the default place, in a mount namespace where nothing else is."""

    def __init__(self, work):
        super().__init__(work, ["collectorAllow " + GROUP])
        self.socket_path = default_socket()
        top = "/" + self.socket_path.split("/")[1]
        self.prefix = [*RUN, top]


def test_default_socket(work, scene, reader):
    """Used when it answers; whoever may not collects by himself."""
    path = default_socket()
    if not os.path.isdir(os.path.dirname(os.path.dirname(path))):
        pytest.skip("the folder of %s is missing" % path)
    row = scene.of_kind("tcp4-listen")[0]
    with DefaultCollector(work) as collector:
        enter = ["nsenter", "-m", "-t", str(collector.pid)]
        place = shutil.copy(PORTOWNER, work)
        words = ["-t", "-v", str(row.local_port)]
        member = reader(None, group_id(), *words, enter=enter)
        assert "the collector at " + path in member.error
        assert "(hidden)" not in member.out
        assert " %d " % row.pid in member.out
        other = reader(None, FELLOW, *words, enter=enter)
        assert other.status == 0
        assert "this process" in other.error
        assert "(hidden)" in other.out
        root = subprocess.run([*enter, place, *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert "the collector at " + path in root.stderr
        assert root.stdout == member.out
