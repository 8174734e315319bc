# SPDX-License-Identifier: BSD-2-Clause
"""As an ordinary user, and with a /proc that hides others' processes: all
sockets, the own processes as owners, and a word about what is missing."""
import os
import pwd
import shutil
import subprocess

import pytest

import mib
from programs import (NOBODY, PORTOWNER, PORTOWNERD, Portownerd, as_user,
                      folder, free_port, portowner)
from scene import Row, Scene, View, assert_same
from snmp import Manager

pytestmark = pytest.mark.root

HIDE = ["unshare", "-m", "--propagation", "private", "sh", "-c",
        'mount -t proc -o hidepid=invisible proc /proc && exec "$@"', "sh"]
SOURCES = pytest.mark.parametrize("source", ["diag", "proc"])


def real_program(path):
    """The program itself, where libtool has put a script in its place."""
    with open(path, "rb") as f:
        if f.read(4) == b"\x7fELF":
            return path
    return os.path.join(os.path.dirname(path), ".libs",
                        os.path.basename(path))


@pytest.fixture(scope="module")
def public(scene_program):
    """Copies that every user may run, wherever the build is."""
    place = folder()
    for path in (PORTOWNER, PORTOWNERD, scene_program):
        shutil.copy(real_program(path), place)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def own_scene(public):
    """A scene of nobody's own, which he may look into."""
    with Scene(public, os.path.join(public, "scene"),
               prefix=as_user(NOBODY, [])) as s:
        assert {row.uid for row in s.rows if row.pid} == {
            pwd.getpwnam(NOBODY).pw_uid}
        yield s


@pytest.fixture(scope="module", params=["proc as it is", "hidepid"])
def ask(request, public):
    """Runs portowner as nobody, with either kind of /proc."""
    prefix = as_user(NOBODY, [])
    if request.param == "hidepid":
        prefix = HIDE + prefix
        done = subprocess.run(HIDE + ["true"], stderr=subprocess.PIPE)
        if done.returncode != 0:
            pytest.skip("cannot mount /proc: %s" % done.stderr.decode())

    def run(*arguments):
        return portowner(*arguments, prefix=prefix,
                         program_path=os.path.join(public, "portowner"))
    return run


@SOURCES
def test_own_processes_are_owners(ask, own_scene, source):
    """Exactly the rows that root would see of them."""
    view = View(own_scene, source)
    answer = ask("-a", "--json", "--source", source)
    assert answer.status == 0
    assert_same(view.sockets(), view.sockets_of(answer.sockets))


def keys_of_sockets(view, sockets):
    """Sockets without their owners, in the agent's own stack."""
    plain = (view.plain_row(Row(s)) for s in sockets)
    return {(s.local, s.remote, s.state) for s in plain if s.stack == 0}


@SOURCES
def test_all_sockets_are_there(ask, scene, source):
    view = View(scene, source)
    wanted = keys_of_sockets(view, view.rows)
    found = ask("-a", "--json", "--source", source).sockets
    assert wanted - keys_of_sockets(view, found) == set()
    assert len(wanted) > 300


@SOURCES
def test_others_processes_are_not_seen(ask, scene, source):
    """Nobody's name stands for another's process, but the creator's does."""
    view = View(scene, source)
    # (the process that gave up root's rights is protected, too)
    found = {}
    for s in map(Row, ask("-a", "--json", "--source", source).sockets):
        s = view.plain_row(s)
        assert s.pid not in view.pids
        if s.pid == 0:
            found[s.local, s.remote, s.state] = s
    for row in view.rows:
        if row.stack == 0 and row.pid and row.kind != "users":
            s = found[row.local, row.remote, row.state]
            assert (s.user, s.uid) == (row.user, row.uid)
            assert s.command is None and s.executable is None


def test_what_is_missing_is_told(ask, scene):
    answer = ask("-a", "--json")
    assert answer.status == 0
    assert answer.json["visibility"] == "partial"
    assert answer.json["gaps"]
    assert any("CAP_" in gap for gap in answer.json["gaps"])
    lines = answer.error.splitlines()
    assert len(lines) == len(set(lines)) == len(answer.json["gaps"])
    assert all(line.startswith("portowner: ") for line in lines)


def test_hidden_owners_are_marked(ask, scene):
    row = scene.of_kind("tcp4-listen")[0]
    answer = ask("-t", "--stack", "own", str(row.local_port))
    assert answer.status == 0
    line, = [line for line in answer.out.splitlines()
             if " %s:%d " % (row.local_address, row.local_port) in line]
    assert line.split()[:2] == [row.user, "(hidden)"]


def test_nothing_found_is_no_error(ask):
    answer = ask("-p", "1", "1")
    assert answer.status == 1


@pytest.fixture
def private_folder():
    """A folder of nobody's, as the daemon writes there."""
    path = folder()
    entry = pwd.getpwnam(NOBODY)
    os.chown(path, entry.pw_uid, entry.pw_gid)
    yield path
    shutil.rmtree(path)


class NobodysPortownerd(Portownerd):
    def __init__(self, work, public, **options):
        super().__init__(work, **options)
        self.public = public

    def command(self):
        command = super().command()
        return as_user(NOBODY, [os.path.join(self.public, "portownerd"),
                                *command[1:]])


def test_daemon(private_folder, public, own_scene, scene):
    port = free_port()
    conf = ["rocommunity public 127.0.0.1", "listenerEphemeralUdp yes"]
    with NobodysPortownerd(private_folder, public, conf=conf,
                           standalone="udp:127.0.0.1:%d" % port) as daemon:
        manager = Manager(private_folder, port)
        manager.await_service()
        assert manager.value(mib.VISIBILITY) == 2
        rows = manager.rows(mib.OWNERS)
        view = View(own_scene, "diag")
        found = {index: row for index, row in rows.items()
                 if index[4] in own_scene.pids}
        expected = {index: row for index, row in view.owners().items()
                    if index[4] != 0}
        assert_same(expected, found)
        others = {index for index in View(scene, "diag").owners()
                  if index[0] == 0}
        endpoints = {index[:4] for index in rows}
        assert {index[:4] for index in others} <= endpoints
        assert not {index[4] for index in rows} & scene.pids
        assert daemon.is_running()
