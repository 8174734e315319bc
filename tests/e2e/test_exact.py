# SPDX-License-Identifier: BSD-2-Clause
"""The rows are those of the sockets that the scene opened: all of them, with
the right owners, and no others."""
import os
import re
import subprocess

import pytest

import mib
from programs import (Portownerd, Snmpd, folder, portowner, program,
                      wait_until)
from scene import TRANSIENT, Row, Scene, View, assert_same
from snmp import Manager

SOURCES = ["bpf", "bpf-files", "diag", "proc"]
# A kernel may be without these; root can open everything else.
OPTIONAL = {"sctp", "dccp", "mptcp", "udplite"}


def test_the_scene_is_whole(scene):
    if os.geteuid() != 0:
        pytest.skip("only root can open the whole scene")
    assert scene.skipped.keys() <= OPTIONAL
    assert len(scene.rows) > 400


# The command line

@pytest.mark.parametrize("source", SOURCES)
def test_command_line(scene, source):
    view = View(scene, source)
    answer = portowner("-a", "--json", "--source", source)
    assert answer.status == 0
    assert_same(view.sockets(), view.sockets_of(answer.sockets))


@pytest.mark.parametrize("source", SOURCES)
def test_connections_that_end_by_themselves(scene_program, work, source):
    only = [word for kind in TRANSIENT for word in ("--only", kind)]
    with Scene(work, scene_program, *only) as short:
        view = View(short, source)
        found = portowner("-a", "--json", "--source", source).sockets
        states = {row.state for row in view.rows if row.pid == 0}
        assert states == {"TIME_WAIT", "FIN_WAIT2"}
        assert_same(view.sockets(), view.sockets_of(found))


def test_executables(scene):
    has_none = {row.pid for row in scene.rows if "no_executable" in row}
    found = {s["pid"]: s["executable"]
             for s in portowner("-a", "--json").sockets}
    wrong = {pid: found[pid] for pid in scene.pids - has_none
             if pid in found and found[pid] != scene.executable}
    assert wrong == {}
    assert scene.pids & found.keys()


# The tables, over AgentX

@pytest.fixture(scope="module", params=SOURCES)
def tables(request, scene):
    """The scene as a source sees it, and a manager that asks for it."""
    work = folder()
    conf = ["source " + request.param, "cacheTimeout 3600",
            "listenerEphemeralUdp yes"]
    with Snmpd(work) as snmpd, Portownerd(work, snmpd.master, conf):
        manager = Manager(work, snmpd.port)
        manager.await_service()
        assert manager.value(mib.SOURCE).decode() == request.param
        yield View(scene, request.param, confined=True), manager
    subprocess.run(["rm", "-r", work], check=True)


def endpoint(index):
    """The local endpoint of an index, in the form of the scene's."""
    names = {number: name for name, number in mib.PROTOCOLS.items()}
    stack, protocol, port, address = index[:4]
    return stack, names[protocol], address, port


def far_endpoint(index):
    return endpoint(index[:2] + index[4:6])


def of_the_scene(view, rows):
    """The rows of portOwnerTable or portOwnerListenerTable that are ours."""
    return {index: row for index, row in rows.items()
            if view.is_ours(endpoint(index), None,
                            index[4] if len(index) > 4 else 0)}


def plain(view, rows, addresses):
    """Indices as far as the source can tell them."""
    return {tuple(view.plain(part) if n in addresses else part
                  for n, part in enumerate(index)): row
            for index, row in rows.items()}


def drop_what_depends_on_zones(view, rows):
    """Text that repeats an address which the source cannot tell exactly."""
    if view.source == "proc":
        for row in rows.values():
            for name in ("endpoint", "address_text"):
                row.pop(name, None)
    return rows


def test_connection_table(tables):
    view, manager = tables
    rows = plain(view, manager.rows(mib.CONNECTION_TABLE), (3, 5))
    found = {index: row for index, row in rows.items()
             if view.is_ours(endpoint(index), far_endpoint(index), index[6])}
    expected = drop_what_depends_on_zones(view, view.connections())
    assert_same(expected, found)


def strangers(view, manager):
    """Ends of connections to elsewhere that are still in TIME_WAIT and
    happen to have one of the scene's ports."""
    rows = plain(view, manager.rows(mib.CONNECTION_TABLE), (3, 5))
    return {index[:4] + (0,) for index, row in rows.items()
            if index[6] == 0 and row["state"] == mib.STATES["TIME_WAIT"] and
            far_endpoint(index) not in view.endpoints}


def test_owner_table(tables):
    view, manager = tables
    found = of_the_scene(view, plain(view, manager.rows(mib.OWNERS), (3,)))
    expected = drop_what_depends_on_zones(view, view.owners())
    for index in strangers(view, manager):
        found.pop(index, None)
        expected.pop(index, None)
    assert_same(expected, found)


def test_listener_table(tables):
    view, manager = tables
    rows = plain(view, manager.rows(mib.LISTENER_TABLE), (3,))
    found = of_the_scene(view, rows)
    expected = drop_what_depends_on_zones(
        view, view.listeners(ephemeral_udp=True))
    assert_same(expected, found)


def test_numbers_of_rows(tables):
    view, manager = tables
    for table in mib.TABLES:
        assert manager.value(mib.SIZE_OF_TABLE[table.name]) == len(
            manager.rows(table))
    assert manager.value(mib.DROPPED_ROWS) == 0


@pytest.mark.root
def test_namespaces_that_stay_closed_are_told(tables):
    view, manager = tables
    if view.source != "proc":
        pytest.skip("only a confined 'proc' has any")
    assert manager.value(mib.VISIBILITY) == 2


def test_who_owns_this_port(tables):
    """One GETNEXT tells, as the index begins with the port."""
    view, manager = tables
    row = next(row for row in view.rows
               if row.kind == "tcp4-listen" and row.stack == 0)
    column = mib.OWNERS.column("command")
    varbind = manager.next(column + (0, 6, row.local_port))
    assert mib.OWNERS.split(varbind.oid)[1] == (
        0, 6, row.local_port, row.local_address, row.pid)
    assert varbind.value == row.command_octets


def test_ephemeral_udp_is_no_listener_by_default(work, scene):
    view = View(scene, "diag")
    conf = ["source diag", "cacheTimeout 3600"]
    with Snmpd(work) as snmpd, Portownerd(work, snmpd.master, conf):
        manager = Manager(work, snmpd.port)
        manager.await_service()
        found = of_the_scene(view, manager.rows(mib.LISTENER_TABLE))
        expected = view.listeners(ephemeral_udp=False)
        assert_same(expected, found)


# Others' opinion

SS_STATES = {"LISTEN": "LISTEN", "ESTAB": "ESTABLISHED", "UNCONN": "BOUND",
             "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECV",
             "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2",
             "CLOSE-WAIT": "CLOSE_WAIT", "LAST-ACK": "LAST_ACK",
             "CLOSING": "CLOSING", "TIME-WAIT": "TIME_WAIT"}


def ss_endpoint(text):
    """ss writes mapped addresses as they are, and the zone by its name."""
    address, _, port = text.rpartition(":")
    address = re.sub(r"[][]|%\w+", "", address)
    return re.sub(r"^::ffff:(?=[0-9]+\.)", "", address), port


def ss_rows(prefix=()):
    """What ss tells: (protocol, local, remote, state, pid).  A name may have
    lines of its own, hence the split at what begins a socket."""
    out = subprocess.run([*prefix, program("ss"), "-Htunap"], check=True,
                         stdout=subprocess.PIPE).stdout.decode("latin-1")
    rows = set()
    for line in re.split(r"\n(?=(?:tcp|udp) +[A-Z])", out.rstrip()):
        protocol, state, _, _, local, remote, *rest = line.split(None, 6)
        far = ss_endpoint(remote)
        owners = re.findall(r"pid=(\d+),fd=", rest[0]) if rest else []
        rows |= {(protocol, ss_endpoint(local), far[1] != "*" and far,
                  SS_STATES[state], int(pid)) for pid in owners or [0]}
    return rows


def product_rows(source="auto", prefix=()):
    rows = set()
    for s in map(Row, portowner("-atu", "--json", "--stack", "own", "--source",
                                source, prefix=prefix).sockets):
        bound_tcp = s.protocol == "tcp" and s.state == "BOUND"
        if s.protocol == "udplite" or bound_tcp:
            continue        # ss shows neither when asked this way
        ends = [(re.sub(r"%\d+", "", str(address)), str(port))
                for address, port in ((s.local_address, s.local_port),
                                      (s.remote_address, s.remote_port))]
        rows.add((s.protocol, ends[0], s.remote_address is not None
                  and ends[1], s.state, s.pid))
    return rows


def links(folder):
    """What the descriptors in a folder of /proc are."""
    try:
        return {os.readlink(os.path.join(folder, fd))
                for fd in os.listdir(folder)}
    except OSError:
        return set()


def has_more_than_ss_sees(pid):
    """ss looks at the table of a process's first thread only."""
    tasks = "/proc/%d/task" % pid
    if not os.path.isdir(tasks):
        return False
    return any(links("%s/%s/fd" % (tasks, task)) - links("/proc/%d/fd" % pid)
               for task in os.listdir(tasks))


def disagreement():
    """Rows that only we have, and rows that only ss has.  What ss shows at
    one of two moments only may or may not be among ours."""
    before, ours, after = ss_rows(), product_rows(), ss_rows()
    only_ours = ours - before - after
    in_threads = {row for row in only_ours if has_more_than_ss_sees(row[4])}
    nobodys = {row[:4] + (0,) for row in in_threads}
    assert len(before & after & ours) > 300
    return only_ours - in_threads, (before & after) - ours - nobodys


@pytest.mark.root
@pytest.mark.skipif(not program("ss"), reason="ss (iproute2) is missing")
def test_agrees_with_ss(scene):
    """As sets, of all processes.  What lived between two looks only is no
    disagreement: it is gone the next time."""
    seen = []

    def is_settled():
        seen.append(disagreement())
        return seen[-1] == (set(), set())
    try:
        wait_until(is_settled, "ss agrees", 20)
    except AssertionError:
        assert seen[-1] == (set(), set())
        raise


# Under churn

@pytest.mark.parametrize("source", SOURCES)
def test_short_lived_sockets_have_their_owner(scene_program, work, source):
    """Each is gone or owned.  A process of the churn has an address that no
    other has, so that any of its sockets tells whose it is."""
    with Scene(work, scene_program, "--churn", "30", "60") as churn:
        owner = {row.local_address: row.pid for row in churn.rows}
        seen = 0
        for _ in range(10):
            for s in map(Row, portowner("-a", "--json", "--source",
                                        source).sockets):
                if s.local_address not in owner:
                    continue
                held = s.state in ("LISTEN", "BOUND") or s.protocol == "udp"
                if held or s.pid != 0:
                    assert s.pid == owner[s.local_address], s
                    seen += 1
        assert seen > 300


@pytest.mark.parametrize("source", SOURCES)
def test_churn_disturbs_no_other_rows(scene, scene_program, work, source):
    """While the kernel's lists change under the reader, what stays in them
    is neither lost nor counted twice."""
    view = View(scene, source)
    with Scene(work, scene_program, "--churn", "120", "60"):
        for _ in range(20):
            found = portowner("-a", "--json", "--source", source).sockets
            assert_same(view.sockets(), view.sockets_of(found))
