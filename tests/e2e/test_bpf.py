# SPDX-License-Identifier: BSD-2-Clause
"""The bpf source: what it needs, and what happens where it is refused or
fails.  Its rows are compared with what was opened in test_exact."""
import grp
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest

import mib
from programs import (BUILD, NOBODY, PORTOWNER, PORTOWNERD, Portownerd,
                      Snmpd, as_user, folder, free_port, portowner, program,
                      read, wait_until)
from scene import View, assert_same
from snmp import Manager
from test_exact import product_rows, ss_rows
from test_changes import holder, sink_of, trap      # noqa: F401
from test_unprivileged import real_program
from traps import Holder

def switches(pid):
    return [line for line in read("/proc/%d/status" % pid).splitlines()
            if "ctxt_switches" in line] + read(
                "/proc/%d/stat" % pid).rpartition(")")[2].split()[11:13]


@pytest.fixture
def snmpd_of(work):
    return lambda trap: Snmpd(work, sink_of(trap))


ALL = ["bpf", "bpf-files", "diag", "proc"]

pytestmark = [pytest.mark.root, pytest.mark.skipif(
    portowner("-a", "--source", "bpf").status == 2,
    reason="no bpf here: %s" % portowner("-a", "--source", "bpf").error)]


@pytest.fixture(scope="module")
def public():
    """A copy that every user may run."""
    place = folder()
    shutil.copy(real_program(PORTOWNER), place)
    yield os.path.join(place, "portowner")
    shutil.rmtree(place)


def with_rights(*rights):
    caps = ",".join("+" + right for right in rights)
    return [*as_user(NOBODY, [])[:-1], "--inh-caps", "-all," + caps,
            "--ambient-caps", "-all," + caps, "--"]


# Rights

@pytest.mark.parametrize("source", ["bpf", "bpf-files"])
def test_two_capabilities_are_enough(scene, public, source):
    """Every row with its owner.  What a process runs is not among them."""
    view = View(scene, source)
    answer = portowner("-a", "--json", "--source", source,
                       prefix=with_rights("bpf", "perfmon"),
                       program_path=public)
    assert answer.status == 0
    found = view.sockets_of(answer.sockets)
    if source == "bpf-files":
        # Other stacks are listed by way of their processes there.
        found = {key: row for key, row in found.items() if key[0][0] == 0}
        wanted = {key: row for key, row in view.sockets().items()
                  if key[0][0] == 0}
    else:
        wanted = view.sockets()
    assert_same(wanted, found)


@pytest.mark.parametrize("rights", [["bpf"], ["perfmon"], ["net_admin"]])
def test_less_is_refused(public, rights):
    ask = with_rights(*rights)
    answer = portowner("-a", "--source", "bpf", prefix=ask,
                       program_path=public)
    assert answer.status == 2
    assert answer.one_line_of_error() == (
        "portowner: the source bpf does not work: Operation not permitted")
    answer = portowner("-a", "--json", prefix=ask, program_path=public)
    assert answer.status == 0
    assert answer.json["source"] == "diag"


@pytest.fixture
def pinned():
    """The programs, pinned for nobody's group in a bpffs that nobody else
    sees: what commands have to begin with to see it."""
    there = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c",
         "mount -t bpf bpf /sys/fs/bpf && echo ready && exec sleep 600"],
        stdout=subprocess.PIPE, text=True)
    try:
        assert there.stdout.readline() == "ready\n"
        enter = ["nsenter", "--mount=/proc/%d/ns/mnt" % there.pid]
        group = grp.getgrgid(pwd.getpwnam(NOBODY).pw_gid).gr_name
        subprocess.run([*enter, PORTOWNERD, "--pin-bpf", "-u", NOBODY,
                        "-g", group], check=True)
        yield enter
    finally:
        there.kill()
        there.wait()


def test_pinned_programs_need_no_capability(scene, public, pinned):
    view = View(scene, "bpf")
    asked = [subprocess.Popen(
        [*pinned, *as_user(NOBODY, []), public, "-a", "--json",
         "--source", "bpf"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(4)]
    # They share the programs' memory, one after the other.
    for process in asked:
        answer = json.loads(process.communicate(timeout=60)[0])
        assert process.returncode == 0
        assert_same(view.sockets(), view.sockets_of(answer["sockets"]))


def test_pins_are_for_the_group_alone(public, pinned):
    stranger = [word.replace(str(pwd.getpwnam(NOBODY).pw_uid), "4242").replace(
        str(pwd.getpwnam(NOBODY).pw_gid), "4242")
        for word in as_user(NOBODY, [])]
    answer = portowner("-a", "--source", "bpf", prefix=[*pinned, *stranger],
                       program_path=public)
    assert answer.status == 2


def test_the_best_one_is_taken():
    assert portowner("-a", "--json").json["source"] == "bpf"


# The same rows as others

def plain(rows):
    return {(protocol, (local[0].replace("*", "::"), local[1]), *rest)
            for protocol, local, *rest in rows}


@pytest.mark.skipif(not program("ss"), reason="ss (iproute2) is missing")
def test_twenty_thousand_sockets(work):
    """All sources and ss agree on them as sets, owners included."""
    load = os.path.join(BUILD, "tests", "bench", "load")
    if not os.access(load, os.X_OK):
        pytest.skip("tests/bench is not built: make check TESTS=")
    process = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$0" S2', load],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("ready ")
        there = ["nsenter", "--net=/proc/%d/ns/net" % process.pid]
        wanted = ss_rows(there)
        assert len(wanted) > 20000
        for source in ALL:
            found = product_rows(source, there)
            if source == "proc":        # which cannot tell * from ::
                found, wanted = plain(found), plain(wanted)
            assert (found - wanted, wanted - found) == (set(), set()), source
    finally:
        process.stdin.close()
        process.wait(20)


# Tables that belong to one namespace

APART = r"""
import os, socket, sys
tcp = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(tcp.getsockname())
served = tcp.accept()[0]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
print(os.stat("/proc/self/ns/net").st_ino,
      *(open("/proc/sys/net/ipv4/" + name).read().strip()
        for name in ("tcp_ehash_entries", "udp_hash_entries")),
      *(s.getsockname()[1] for s in (tcp, client, udp)), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(
    not os.path.exists("/proc/sys/net/ipv4/udp_child_hash_entries"),
    reason="a namespace has no UDP table of its own before Linux 6.3")
@pytest.mark.parametrize("source", ALL)
def test_tables_of_their_own(source):
    """The sockets of a namespace may be in no other's hash tables."""
    process = subprocess.Popen(
        ["unshare", "-n", "sh", "-c",
         "cd /proc/sys/net/ipv4 && echo 512 > tcp_child_ehash_entries &&"
         " echo 256 > udp_child_hash_entries &&"
         " exec unshare -n sh -c 'ip link set lo up; exec \"$@\"' sh \"$@\"",
         "sh", sys.executable, "-c", APART],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        stack, *entries, tcp, client, udp = map(
            int, process.stdout.readline().split())
        assert entries == [512, 256]     # negative: they are shared
        answer = portowner("-a", "--json", "--source", source)
        assert answer.json["source"] == source
        assert {(s["protocol"], s["local_port"], s["remote_port"], s["state"],
                 s["pid"]) for s in answer.sockets if s["stack"] == stack} == {
            ("tcp", tcp, None, "LISTEN", process.pid),
            ("tcp", tcp, client, "ESTABLISHED", process.pid),
            ("tcp", client, tcp, "ESTABLISHED", process.pid),
            ("udp", udp, None, "BOUND", process.pid)}
    finally:
        process.stdin.close()
        process.wait(20)


# Falling back

FAILING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* libbpf's, until a file says that it has to fail. */
int
bpf_iter_create(int link)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "bpf_iter_create");

	return access(getenv("FAIL_IF"), F_OK) == 0 ? -EAGAIN : real(link);
}
"""


@pytest.fixture
def failing(work):
    """An environment in which bpf fails midway, and the file that makes it."""
    source, library = (os.path.join(work, "failing" + end)
                       for end in (".c", ".so"))
    with open(source, "w") as f:
        f.write(FAILING)
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o",
                    library, source, "-ldl"], check=True)
    switch = os.path.join(work, "fail")
    return {"LD_PRELOAD": library, "FAIL_IF": switch}, switch


def test_failing_midway_loses_no_refresh(work, scene, snmpd, failing):
    environment, switch = failing
    view = View(scene, "diag", confined=True)
    with Portownerd(work, snmpd.master, ["cacheTimeout 1"],
                    env=environment) as portownerd:
        manager = Manager(work, snmpd.port)
        manager.await_service()
        assert manager.value(mib.SOURCE) == b"bpf"
        before = manager.value(mib.GENERATION)
        with open(switch, "w"):
            pass

        def is_other():
            manager.value(mib.ROWS)
            return manager.value(mib.SOURCE) == b"diag"
        wait_until(is_other, "another source")
        assert manager.value(mib.COLLECT_ERRORS) == 0
        assert manager.value(mib.GENERATION) > before
        lines = [line for line in portownerd.log().splitlines()
                 if "bpf" in line]
        assert len(lines) == 1
        assert re.search(r"the source bpf failed: Resource temporarily "
                         r"unavailable; from now on ", lines[0])
        found = {index[4] for index in manager.rows(mib.OWNERS)}
        assert {row.pid for row in view.rows if row.stack == 0} <= found


def test_failing_midway_is_told_on_the_command_line(failing):
    environment, switch = failing
    with open(switch, "w"):
        pass
    answer = portowner("-a", "--json", env=environment)
    assert answer.status == 0
    assert answer.json["source"] == "diag"
    assert "the source bpf failed" in answer.error


# Events

def test_a_new_listener_is_told_within_a_second(work, snmpd_of, trap, holder):
    """Nobody asks and nobody looks: the kernel tells."""
    conf = ["watchInterval 3600", "cacheTimeout 3600", "notifyRate 0",
            "stacks own"]
    with snmpd_of(trap) as snmpd, Portownerd(work, snmpd.master, conf):
        manager = Manager(work, snmpd.port)
        manager.await_service()
        delays = []
        for number in range(5):
            with Holder(holder, "tcp", "127.0.0.1",
                        free_port(socket.SOCK_STREAM)) as one:
                begin = time.monotonic()
                one.start()
                wait_until(lambda: len(trap.of(mib.APPEARED)) > number,
                           "the notification", 10)
                delays.append(time.monotonic() - begin)
                # Hints are 200 ms apart at least.
                wait_until(lambda: time.monotonic() > begin + 0.4, "a pause")
        assert max(delays) < 1, delays


def test_nobody_is_woken_without_need(work, snmpd):
    """No request, no watch: no CPU time and no switch to any process."""
    conf = ["watchInterval 0"]
    with Portownerd(work, snmpd.master, conf) as portownerd:
        manager = Manager(work, snmpd.port)
        manager.await_service()
        assert manager.value(mib.ROWS) > 0
        pids = [portownerd.pid] + portownerd.children()
        # What is still being written about the first snapshot.
        time.sleep(3)
        before = [switches(pid) for pid in pids]
        time.sleep(10)
        assert [switches(pid) for pid in pids] == before
        # The agent still notices when the master goes, and comes.
        snmpd.stop()
        snmpd.start()
        manager.await_service()
