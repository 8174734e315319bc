# SPDX-License-Identifier: BSD-2-Clause
"""The command line: which rows options choose, how it ends, what it says."""
import json
import os
import socket
import subprocess

import pytest

from programs import PORTOWNER, portowner, wait_until
from scene import View, assert_same, user_name

STATES = {"LISTEN", "BOUND", "SYN_SENT", "SYN_RECV", "ESTABLISHED",
          "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "LAST_ACK", "CLOSING",
          "TIME_WAIT"}
NUMBER, TEXT = (int,), (str,)
MEMBERS = {
    "stack": NUMBER, "protocol": TEXT, "local_address": TEXT,
    "local_port": NUMBER, "remote_address": (str, type(None)),
    "remote_port": (int, type(None)), "state": TEXT, "pid": NUMBER,
    "command": (str, type(None)), "user": (str, type(None)),
    "uid": (int, type(None)), "service": (str, type(None)),
    "executable": (str, type(None)), "count": NUMBER}


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as s:
        yield s


@pytest.fixture
def port(listener):
    return listener.getsockname()[1]


def is_mine(s, port):
    return (s["pid"] == os.getpid() and s["local_port"] == port and
            s["state"] == "LISTEN")


# The object

def test_json_members(scene):
    answer = portowner("-a", "--json")
    assert answer.json.keys() == {"visibility", "gaps", "collect_us",
                                  "source", "sockets"}
    assert answer.json["visibility"] in ("full", "partial")
    assert bool(answer.json["gaps"]) == (answer.json["visibility"] ==
                                         "partial")
    assert answer.json["collect_us"] > 0
    for s in answer.sockets:
        assert s.keys() == MEMBERS.keys()
        assert all(isinstance(s[name], kinds)
                   for name, kinds in MEMBERS.items()), s
        assert s["state"] in STATES and s["count"] >= 1


def test_json_of_nothing():
    answer = portowner("--json", "-p", "1", "1-2")
    assert answer.status == 1
    assert answer.sockets == []


# Ports

@pytest.mark.parametrize("form", ["%d", ":%d", "%d-%d"])
def test_port(port, form):
    argument = form % ((port,) * form.count("%d"))
    answer = portowner("--json", "--stack", "own", argument)
    assert answer.status == 0
    assert {s["local_port"] for s in answer.sockets} == {port}
    assert any(is_mine(s, port) for s in answer.sockets)


def test_several_ports(port):
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = {port, other.getsockname()[1]}
        found = portowner("--json", *map(str, ports)).sockets
        assert {s["local_port"] for s in found} == ports


def test_range(port, scene):
    low, high = max(port - 3000, 1), min(port + 3000, 65535)
    found = {s["local_port"]
             for s in portowner("--json", "%d-%d" % (low, high)).sockets}
    every = {s["local_port"] for s in portowner("--json").sockets
             if s["protocol"] != "raw"}
    assert port in found
    # others come and go, the scene's stay
    stay = {row.local_port for row in scene.rows
            if row.state in ("LISTEN", "BOUND") and row.protocol != "raw"}
    assert {p for p in stay & every if low <= p <= high} <= found
    assert all(low <= p <= high for p in found)


def test_port_that_nobody_has(work, listener):
    """Status 1 and no row; from a recording, in which nothing changes."""
    source = "replay:" + os.path.join(work, "recorded")
    assert portowner("--record", os.path.join(work, "recorded")).status == 0
    every = portowner("-a", "--json", "--source", source).sockets
    free = max(set(range(1, 65536)) - {s["local_port"] for s in every})
    answer = portowner("--source", source, str(free))
    assert answer.status == 1
    assert str(free) not in answer.out
    taken = next(s["local_port"] for s in every if s["state"] == "LISTEN")
    assert portowner("--source", source, str(taken)).status == 0


def test_service_name(work):
    """A name of /etc/services stands for its port."""
    name, number = "https", socket.getservbyname("https")
    by_name = portowner("--json", name)
    by_number = portowner("--json", str(number))
    assert by_name.status == by_number.status
    assert {s["local_port"] for s in by_name.sockets} <= {number}


@pytest.mark.root
def test_service_name_finds_its_port():
    """In a network namespace of its own, where the port is free."""
    script = ("import socket,subprocess,sys; s=socket.create_server("
              "('127.0.0.1', 443)); sys.exit(subprocess.call(sys.argv[1:]))")
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$@\"",
         "sh", "/usr/bin/python3", "-c", script, PORTOWNER, "--json",
         "--stack", "own", "https"], stdout=subprocess.PIPE, timeout=30)
    assert done.returncode == 0
    found, = json.loads(done.stdout)["sockets"]
    assert (found["stack"], found["local_port"]) == (0, 443)


# Filters

def rows(*options):
    return portowner("--json", *options).sockets


def is_v4(s):
    return "." in s["local_address"]


def is_both(s):
    return s["local_address"] == "*"


@pytest.mark.parametrize("options, wanted", [
    ([], lambda s: s["state"] == "LISTEN" or
     (s["state"] == "BOUND" and s["protocol"] in ("udp", "udplite"))),
    (["-c"], lambda s: s["remote_address"] is not None),
    (["-t"], lambda s: s["protocol"] == "tcp" and s["state"] == "LISTEN"),
    (["-u"], lambda s: s["protocol"] in ("udp", "udplite") and
     s["state"] == "BOUND"),
    (["-a", "-t"], lambda s: s["protocol"] == "tcp"),
    (["-a", "-u"], lambda s: s["protocol"] in ("udp", "udplite")),
    (["-a", "-4"], lambda s: is_v4(s) or is_both(s)),
    (["-a", "-6"], lambda s: not is_v4(s)),
    (["-a", "-4", "-6"], lambda s: True),
    (["-a", "-t", "-u"], lambda s: s["protocol"] in ("tcp", "udp",
                                                     "udplite")),
    (["-a", "--stack", "own"], lambda s: s["stack"] == 0),
    (["-c", "-t", "-6"], lambda s: s["protocol"] == "tcp" and
     s["remote_address"] is not None and not is_v4(s)),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_filter(scene, options, wanted):
    """The scene's rows, chosen from all of them."""
    every = [s for s in rows("-a") if s["pid"] in scene.pids]
    found = [s for s in rows(*options) if s["pid"] in scene.pids]
    assert found == [s for s in every if wanted(s)]
    assert len(every) >= len(found) > 10


def test_filter_by_pid(scene):
    pid = scene.of_kind("tcp4-conn")[0].pid
    found = rows("-a", "-p", str(pid))
    assert len(found) == len(scene.of_kind("tcp4-conn"))
    assert {s["pid"] for s in found} == {pid}


def test_filter_by_no_process(scene):
    assert {s["pid"] for s in rows("-a", "-p", "0")} == {0}


def test_filter_by_user(scene):
    """By name and by number; nobody by that name is not an error."""
    me = os.geteuid()
    by_name = rows("-a", "-U", user_name(me))
    by_number = rows("-a", "-U", str(me))
    assert {s["uid"] for s in by_name + by_number} == {me}
    answer = portowner("-a", "-U", "no-such-user-here")
    assert answer.status == 1


@pytest.mark.root
def test_filter_by_stack(scene):
    for stack in {row.stack for row in scene.of_kind("netns")}:
        found = rows("-a", "--stack", str(stack))
        assert {s["stack"] for s in found} == {stack}
        assert {s["pid"] for s in found} == {
            row.pid for row in scene.of_kind("netns") if row.stack == stack}


# The table

def lines_at(address, port, *options):
    """The lines that show this local endpoint of the own stack."""
    out = portowner("--stack", "own", *options, str(port)).out
    return [line for line in out.splitlines()
            if " %s:%d " % (address, port) in line]


def test_text(port):
    heads = portowner("-t", "--stack", "own", str(port)).out.splitlines()[0]
    assert heads.split() == ["USER", "COMMAND", "PID", "PROTO", "LOCAL",
                             "REMOTE", "STATE", "SERVICE"]
    line, = lines_at("127.0.0.1", port, "-t")
    fields = line.split()
    assert fields[0] == user_name(os.geteuid())
    assert str(os.getpid()) in fields and "LISTEN" in fields


@pytest.mark.root
def test_column_of_the_stack(scene):
    """First, where a row of another stack is shown, and only there."""
    row = scene.of_kind("netns-port")[0]
    heads, *lines = portowner(str(row.local_port)).out.splitlines()
    assert heads.split()[0] == "STACK"
    found = {line.split()[0] for line in lines}
    assert {str(r.stack) for r in scene.of_kind("netns-port")} <= found
    own = portowner("--stack", "own", str(row.local_port)).out
    assert own.split()[0] == "USER"


def test_nobody_holds_it(scene):
    """Why there is no process stands where its name would."""
    waiting = scene.of_kind("tcp-unaccepted")
    port = next(row.local_port for row in waiting if row.state == "LISTEN")
    lines = portowner("-c", "--stack", "own", str(port)).out.splitlines()[1:]
    assert len(lines) == sum(row.pid == 0 for row in waiting)
    assert all("(no process)" in line for line in lines)
    flying = next(row.local_port for row in scene.of_kind("scm-in-flight")
                  if row.pid == 0)
    line, = lines_at("127.0.0.1", flying, "-t")
    visible = portowner("--json").json["visibility"] == "full"
    assert ("(not seen)" if visible else "(") in line
    assert line.split()[0] == user_name(os.geteuid())


# Recorded

@pytest.mark.parametrize("source", ["diag", "proc"])
def test_replay_is_what_was_recorded(work, scene, source):
    path = os.path.join(work, "recorded")
    recorded = portowner("-a", "--json", "--source", source, "--record",
                         path)
    replayed = portowner("-a", "--json", "--source", "replay:" + path)
    assert recorded.status == replayed.status == 0
    assert replayed.sockets == recorded.sockets
    for name in ("visibility", "gaps", "collect_us"):
        assert replayed.json[name] == recorded.json[name]
    view = View(scene, source)
    assert_same(view.sockets(), view.sockets_of(replayed.sockets))


def test_record_alone_says_nothing(work):
    path = os.path.join(work, "recorded")
    answer = portowner("--record", path)
    assert (answer.status, answer.out) == (0, "")
    assert portowner("--source", "replay:" + path).status == 0


def test_record_has_what_the_table_does_not_show(work, scene):
    path = os.path.join(work, "recorded")
    assert portowner("-a", "--record", path).status == 0
    replayed = portowner("-a", "--json", "--source", "replay:" + path)
    assert scene.executable in {s["executable"] for s in replayed.sockets}


def test_record_where_nothing_can_be_written(work):
    answer = portowner("--record", os.path.join(work, "no", "file"))
    assert answer.status == 2
    assert os.path.join(work, "no", "file") in answer.error
    assert not os.path.exists(os.path.join(work, "no"))


# Misuse

@pytest.mark.parametrize("arguments, word", [
    (["-Z"], "-Z"), (["--nonsense"], "--nonsense"), (["-p"], "-p"),
    (["-p", "x"], "x"), (["-p", "-1"], "-1"), (["70000"], "70000"),
    (["9-8"], "9-8"), (["1-2-3"], "1-2-3"), ([":"], ":"), ([""], ""),
    (["no-such-service"], "no-such-service"), (["--stack", "x"], "x"),
    (["--source", "telepathy"], "telepathy"), (["--source", ""], "source"),
    (["--source", "replay:"], "replay"), (["--json=1"], "json"),
    (["-U", ""], "-U"), (["1.5"], "1.5"),
])
def test_misuse(arguments, word):
    answer = portowner(*arguments)
    assert answer.status == 2
    assert answer.out == ""
    assert word in answer.one_line_of_error()


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option):
    answer = portowner(option)
    assert answer.status == 0 and answer.error == ""
    for word in ("--json", "--record", "--source", "--stack", "PORT"):
        assert word in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_version():
    answer = portowner("-V")
    assert answer.status == 0
    assert answer.out.startswith("portowner ")


# Output that goes nowhere

def test_closed_output():
    """A reader that leaves early is no error of ours; a full disk is one."""
    done = subprocess.run(
        ["sh", "-c", '"$0" -a --json | head -c 1 >/dev/null; '
         'exec "$0" -a >&-', PORTOWNER],
        stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines()
            if "standard output" in line]
    assert len(told) == 1


def test_reader_leaves(scene):
    process = subprocess.Popen([PORTOWNER, "-a", "--json"],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    process.stdout.read(1)
    process.stdout.close()
    assert process.wait(20) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_full_disk():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PORTOWNER, "-a"], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 2
    assert "standard output: No space left on device" in done.stderr


def test_no_standard_descriptors_at_all():
    """It must end by itself, and not write into what it opens."""
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$0" -a <&- >&- 2>&-', PORTOWNER])
    wait_until(lambda: process.poll() is not None, "its end")
    assert process.returncode == 2
