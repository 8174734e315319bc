# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark measures what it says: its load is what ss sees, its tools
count right, and what is missing is never a zero."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree

import pytest

import mib
from programs import (BUILD, TOP, Portownerd, program, session_members,
                      wait_until)

BENCH = os.path.join(TOP, "tests", "bench")
PROGRAMS = [os.path.join(BUILD, "tests", "bench", name)
            for name in ("load", "run", "walk", "latency")]
ALONE = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child",
         "--mount-proc"]

sys.path.append(BENCH)

pytestmark = [pytest.mark.root, pytest.mark.skipif(
    not all(os.access(path, os.X_OK) for path in PROGRAMS),
    reason="tests/bench is not built: make check TESTS=")]


def alone(script, seconds=60):
    """What a shell script prints in namespaces of its own."""
    done = subprocess.run(
        [*ALONE, "sh", "-euc", "ip link set lo up\n" + script],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        timeout=seconds, check=True)
    return done.stdout


def while_loaded(arguments, command):
    """The counts of a load, and what a command prints meanwhile."""
    out = alone("""
        mkfifo "$PWD/input-$$" && trap 'rm -f "$PWD/input-$$"' EXIT
        %s %s <"$PWD/input-$$" >"$PWD/ready-$$" & exec 3>"$PWD/input-$$"
        until grep -q ready "$PWD/ready-$$"; do kill -0 $!; sleep 0.02; done
        cat "$PWD/ready-$$"; rm "$PWD/ready-$$"
        %s""" % (PROGRAMS[0], arguments, command))
    first, _, rest = out.partition("\n")
    return dict(word.split("=") for word in first.split()[1:]), rest


@pytest.fixture(autouse=True)
def in_a_folder(work, monkeypatch):
    monkeypatch.chdir(work)


@pytest.mark.parametrize("arguments", [
    "S1", "--sockets 1 --processes 1", "--sockets 7 --processes 3",
    "--sockets 403 --processes 11 --descriptors 900"])
def test_the_load_is_what_ss_sees(arguments):
    counts, rows = while_loaded(arguments, program("ss") + " -tunapH")
    rows = rows.splitlines()
    states = [row.split()[:2] for row in rows]
    assert int(counts["sockets"]) == len(rows)
    assert int(counts["rows"]) == sum(row.count("pid=") for row in rows)
    assert int(counts["listen"]) == states.count(["tcp", "LISTEN"])
    assert int(counts["established"]) == states.count(["tcp", "ESTAB"])
    assert int(counts["udp"]) == sum(s[0] == "udp" for s in states)
    assert int(counts["ipv6"]) == sum(
        row.split()[4][0] in "[*" for row in rows)
    assert all("users:" in row for row in rows)


def test_descriptors_are_as_many_as_asked_for():
    counts, rest = while_loaded(
        "--sockets 101 --processes 7 --descriptors 500",
        "for task in $(grep -l ^load- /proc/[0-9]*/comm); do"
        " ls ${task%comm}fd; done | wc -l")
    assert (counts["descriptors"], int(rest)) == ("500", 500)


@pytest.mark.parametrize("arguments", [
    "--sockets 10", "--processes 4", "--sockets 0 --processes 1", "S9",
    "--sockets 1x --processes 1", "S1 S2"])
def test_a_wrong_command_line(arguments):
    done = subprocess.run([PROGRAMS[0], *arguments.split()],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 2 and b"load" in done.stderr


def test_more_than_the_limit_of_descriptors():
    done = subprocess.run(
        ["prlimit", "--nofile=1024:1024", PROGRAMS[0], "--sockets", "2000",
         "--processes", "1"], stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"more processes" in done.stderr


@pytest.mark.parametrize("ending", ["input", "kill"])
def test_nothing_of_the_load_stays(ending):
    load = subprocess.Popen(
        ["unshare", "--net", "sh", "-c",
         "ip link set lo up && exec %s S1" % PROGRAMS[0]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        start_new_session=True)
    assert load.stdout.readline().startswith(b"ready")
    assert len(session_members(load.pid)) == 51
    if ending == "kill":
        load.send_signal(signal.SIGKILL)
    load.stdin.close()
    load.wait(10)
    wait_until(lambda: not session_members(load.pid), "its end", 10)
    load.stdout.close()


def test_the_churn_tells_its_owners():
    """By its addresses, as the benchmark takes them apart."""
    counts, rows = while_loaded("--churn", program("ss") + " -tnapH")
    owners = counts["owners"].split(",")
    found = set()
    for row in rows.splitlines():
        number = re.search(r" 127\.200\.(\d+)\.\d+:\d+ ", row)[1]
        for pid in re.findall(r"pid=(\d+)", row):
            assert pid == owners[int(number) - 1], row
            found.add(pid)
    assert found == set(owners)


def test_churn_is_counted():
    from churn import Count

    class Load:
        owners, counts = [11, 12], {"sockets": 8}
    count = Count(Load)
    count.add([("127.200.1.1:80", 11, True), ("127.200.2.1:80", 12, True),
               ("127.200.2.2:81", 11, True), ("127.200.1.2:82", None, True),
               ("127.200.1.1:80", None, False), ("127.0.0.1:80", 11, True)])
    found = count.result()
    assert (found["owned"], found["lost"], found["wrong"],
            found["accept_queue"]) == (2, 1, 1, 1)
    assert found["share_lost"] == pytest.approx(1 / 3)


def test_what_a_command_costs(work):
    report = os.path.join(work, "report")
    busy = ("import time; a = b'x' * (64 << 20)\n"
            "while time.process_time() < 0.3: pass")
    subprocess.run([PROGRAMS[1], report, sys.executable, "-c", busy],
                   check=True)
    with open(report) as f:
        found = json.load(f)
    assert found["status"] == 0
    assert 0.29 < found["user"] + found["system"] < 0.6
    assert found["wall"] > 0.29
    assert 64 << 10 < found["rss_kib"] < 128 << 10


def test_a_command_that_fails_costs_nothing():
    from tools import Absent, cost
    with pytest.raises(Absent, match="status 3"):
        cost(["sh", "-c", "exit 3"])


@pytest.fixture
def own_stack(work, snmpd, manager):
    """A manager of an agent that has a few rows, and keeps them."""
    conf = ["cacheTimeout 3600", "stacks own"]
    with socket.create_server(("127.0.0.1", 0)), Portownerd(
            work, snmpd.master, conf):
        manager.await_service()
        yield manager


def test_the_walk_counts_as_snmpbulkwalk_does(own_stack):
    names = ["." + ".".join(map(str, mib.OWNERS.column(name)))
             for name in ("command", "user", "endpoint")]
    port = own_stack.target.rpartition(":")[2]
    done = subprocess.run(
        [PROGRAMS[2], "udp:127.0.0.1:" + port, "public", "7", *names],
        stdout=subprocess.PIPE, check=True)
    rows = own_stack.rows(mib.OWNERS)
    assert rows
    assert json.loads(done.stdout)["varbinds"] == 3 * len(rows)


def test_latency_counts_what_is_not_there(own_stack):
    port = own_stack.target.rpartition(":")[2]
    for name, errors in ((mib.ROWS.oid, 0), (mib.ROOT + (9, 9), 21)):
        done = subprocess.run(
            [PROGRAMS[3], "udp:127.0.0.1:" + port, "public", "20", "1",
             "." + ".".join(map(str, name))],
            stdout=subprocess.PIPE, check=True)
        found = json.loads(done.stdout)
        assert (found["requests"], found["errors"]) == (21, errors)
        assert 0 < found["p50"] <= found["p99"] <= found["max"] < 5


def test_the_verdict():
    import verdict
    from tools import exponent
    assert all(row["result"] == "absent"
               for row in verdict.table({"scenes": {}}))
    costs = {"ss -tunap": {"cpu": 7.0}, "lsof -nP -i": {"cpu": 6.0},
             "portowner -a, auto": {"cpu": 1.0},
             "portowner -a, diag": {"cpu": 4.0},
             "resident refresh, bpf": {"absent": "no bpf"}}
    found = {row["what"]: row for row in verdict.table(
        {"scenes": {"S2": {"costs": costs}}})}
    assert found["S2: one-shot portowner -a against ss -tunap"][
        "result"] == "pass"
    assert found["S2: one-shot portowner -a against the best peer "
                 "(lsof -nP -i)"]["result"] == "FAIL"
    assert found["S2: fallback one-shot against ss -tunap"][
        "result"] == "FAIL"
    assert found["S2: resident refresh with BPF, ownerless rows included, "
                 "against ss -tunap"]["reason"] == "no bpf"
    assert exponent([(10, 3.0), (100, 30.0), (1000, 300.0)]) == (
        pytest.approx(1))


def test_the_whole_of_it(work):
    """One round of the smallest scene; the results and the chart."""
    done = subprocess.run(
        [os.path.join(BENCH, "bench"), "--scale", "small", "--only",
         "oneshot,resident", "--rounds", "1", "--out", work],
        env=dict(os.environ, PORTOWNER_BUILDDIR=BUILD),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=120)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(work, "results.json")) as f:
        results = json.load(f)
    found = results["scenes"]["S1"]["costs"]
    assert results["scenes"]["S1"]["load"]["sockets"] == 505
    for name, one in found.items():
        assert "absent" in one or (one["cpu"] > 0 and one["n"] == 1), name
    assert found["ss -tunap"]["rows"] == 505
    for name in ("portowner -a, diag", "resident refresh, diag"):
        assert found[name]["rows"] == 511
    assert xml.etree.ElementTree.parse(
        os.path.join(work, "chart.svg")).getroot().tag.endswith("svg")
    assert "portowner -a, diag" in done.stdout
