# SPDX-License-Identifier: BSD-2-Clause
"""What is damaged, foreign or too much is refused with a clear error and
nothing else happens."""
import os
import random

import pytest

import mib
from programs import Portownerd, portowner, wait_until

SEED = 20559


@pytest.fixture(scope="module")
def recording(module_work, scene):
    """The octets of a recorded snapshot of the scene."""
    path = os.path.join(module_work, "good")
    assert portowner("--record", path).status == 0
    with open(path, "rb") as f:
        return f.read()


@pytest.fixture
def replay(work):
    """Replays octets as if they had been recorded."""
    path = os.path.join(work, "file")

    def run(octets, *options):
        with open(path, "wb") as f:
            f.write(octets)
        return portowner("-a", "--source", "replay:" + path, *options)
    return run


def assert_refused(answer, what=None):
    assert answer.status == 2, what
    assert answer.out == "", what
    line = answer.one_line_of_error()
    assert "replay" in line or "file" in line, line
    return line


def test_the_recording_itself_is_fine(replay, recording):
    answer = replay(recording)
    assert answer.status == 0
    assert len(answer.out.splitlines()) > 400


@pytest.mark.parametrize("json", [[], ["--json"]], ids=["text", "json"])
def test_truncated(replay, recording, json):
    size = len(recording)
    lengths = set(range(0, 300, 7)) | {size * n // 40 for n in range(40)}
    for length in sorted(lengths | {size - 1, size - 8}):
        assert_refused(replay(recording[:length], *json), length)


def test_bits_flipped(replay, recording):
    """In the header everywhere, and at random elsewhere."""
    choose = random.Random(SEED)
    places = list(range(0, 200)) + [
        choose.randrange(200, len(recording)) for _ in range(100)]
    for place in places:
        damaged = bytearray(recording)
        damaged[place] ^= 1 << choose.randrange(8)
        assert_refused(replay(bytes(damaged)), place)


@pytest.mark.parametrize("more", [1, 8, 4096, 1 << 20])
def test_oversized(replay, recording, more):
    assert_refused(replay(recording + bytes(more)))


def test_larger_than_any_snapshot(work):
    """A sparse file of many gigabytes is not read into memory."""
    path = os.path.join(work, "file")
    with open(path, "wb") as f:
        f.truncate(1 << 36)
    assert_refused(portowner("--source", "replay:" + path))


@pytest.mark.parametrize("octets", [
    b"", b"\0" * 4096, b"\xff" * 4096, b"PORTOWN\n", b"PORTOWN\n" * 512,
    b"\x7fELF" + bytes(4096), b"{\"sockets\":[]}\n",
    bytes(random.Random(SEED).randrange(256) for _ in range(8192)),
], ids=["empty", "zeros", "ones", "magic", "magics", "elf", "json", "noise"])
def test_not_a_snapshot(replay, octets):
    assert_refused(replay(octets))


def test_other_byte_order(replay, recording):
    """Not only refused: the error tells what is wrong."""
    swapped = recording[:8] + recording[11:7:-1] + recording[12:]
    assert "byte order" in assert_refused(replay(swapped))


def test_other_version(replay, recording):
    other = recording[:12] + bytes([99, 0, 0, 0]) + recording[16:]
    assert "version" in assert_refused(replay(other))


def test_no_such_file(work):
    path = os.path.join(work, "file")
    line = assert_refused(portowner("--source", "replay:" + path))
    assert "No such file" in line and path in line


@pytest.mark.parametrize("path", ["/", "/dev/null", "/dev/zero"])
def test_not_a_file(path):
    answer = portowner("--source", "replay:" + path)
    assert answer.status == 2
    assert path in answer.one_line_of_error()


def test_fifo_does_not_hang(work):
    path = os.path.join(work, "file")
    os.mkfifo(path)
    assert_refused(portowner("--source", "replay:" + path, seconds=10))


# portownerd

def test_damaged_replay_in_the_daemon(work, snmpd, recording):
    """It either refuses to start or serves no rows, and says why."""
    path = os.path.join(work, "file")
    with open(path, "wb") as f:
        f.write(recording[:-1])
    daemon = Portownerd(work, snmpd.master, ["source replay:" + path])
    with daemon.launched():
        assert daemon.process.wait(10) == 1
        assert path in daemon.log()
        assert "terminated" not in daemon.stderr()


def test_replay_in_the_daemon(work, snmpd, manager, recording):
    path = os.path.join(work, "file")
    with open(path, "wb") as f:
        f.write(recording)
    with Portownerd(work, snmpd.master, ["source replay:" + path]):
        manager.await_service()
        assert manager.value(mib.ROWS) == len(manager.rows(mib.OWNERS))
        assert manager.value(mib.ROWS) > 300


def test_more_rows_than_allowed(work, snmpd, manager, scene):
    conf = ["maxRows 10", "cacheTimeout 1"]
    with Portownerd(work, snmpd.master, conf) as daemon:
        manager.await_service()
        assert manager.value(mib.ROWS) == 10
        assert len(manager.rows(mib.OWNERS)) == 10
        dropped = manager.value(mib.DROPPED_ROWS)
        assert dropped > 300
        refresh(manager, 3)
        told = [line for line in daemon.log().splitlines()
                if "maxRows" in line]
        assert len(told) == 1, daemon.log()


def refresh(manager, times):
    """Until so many further snapshots have been taken."""
    last = manager.value(mib.GENERATION) + times

    def is_reached():
        manager.value(mib.ROWS)
        return manager.value(mib.GENERATION) >= last
    wait_until(is_reached, "newer snapshots", 20)


@pytest.mark.parametrize("lines, number, words", [
    (["cacheTimeout 5", "cacheTimout 10"], 3, ["cacheTimout"]),
    (["cacheTimeout 0"], 2, ["cacheTimeout", "0", "3600"]),
    (["", "", "cacheTimeout 3601"], 4, ["cacheTimeout", "3601"]),
    (["cacheTimeout soon"], 2, ["cacheTimeout", "soon"]),
    (["cacheTimeout"], 2, ["cacheTimeout"]),
    (["maxRows -1"], 2, ["maxRows", "-1"]),
    (["stacks some"], 2, ["stacks", "some", "own", "all"]),
    (["arguments maybe"], 2, ["arguments", "maybe"]),
    (["source telepathy"], 2, ["source", "telepathy"]),
    (["debounce -1"], 2, ["debounce", "-1", "3600"]),
    (["watchInterval never"], 2, ["watchInterval", "never"]),
    (["notifyRate 60001"], 2, ["notifyRate", "60001", "60000"]),
    (["strict maybe"], 2, ["strict", "maybe", "yes", "no"]),
    (["expect tcp *:22 sshd", "expect tcp 22 sshd"], 3,
     ["expect", "22 sshd", "ADDRESS:PORT"]),
    (["allow tcp 10.0.0.1/8:22"], 2, ["allow", "10.0.0.1/8", "network"]),
])
def test_configuration(work, snmpd, lines, number, words):
    """File, line and token are named."""
    daemon = Portownerd(work, snmpd.master, lines)
    with daemon.launched():
        # numbers count from behind the collector's socket
        place = "%s: line %d: " % (daemon.conf_path,
                                   number + 1 + len(daemon.preamble))
        wait_until(lambda: place in daemon.log(), "the error is logged")
        told = [line for line in daemon.log().splitlines() if place in line]
        assert all(word in told[0] for word in words), told
