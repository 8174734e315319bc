# SPDX-License-Identifier: BSD-2-Clause
"""Who may read the collector's socket, and what a reader gets: a snapshot
that nobody can change, of a collection that many share."""
import contextlib
import fcntl
import mmap
import os

import pytest

import crowd
from broker import (ANY_AGE, GROUP, STRANGER, Collector, Reader, acting_as,
                    fetch, group_id)
from crowd import assert_served, readers
from programs import read, wait_until

pytestmark = pytest.mark.root

OTHER_GROUP = "games"
SEALS = (fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW |
         fcntl.F_SEAL_WRITE)


@pytest.fixture(scope="module")
def daemon(module_work):
    with crowd.collector(module_work) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_stays(daemon):
    with crowd.nothing_stays(daemon):
        yield


# Whoever may not

@pytest.mark.parametrize("gid, groups", [(STRANGER, []),
                                         (STRANGER, [STRANGER + 1])])
def test_stranger_is_refused(daemon, gid, groups):
    with acting_as(STRANGER, gid, groups), pytest.raises(PermissionError):
        Reader(daemon.socket_path)


@pytest.mark.parametrize("gid, groups", [
    (None, []), (STRANGER, [None]), (STRANGER, [STRANGER, None])])
def test_member_is_served(daemon, gid, groups):
    """Of the group by any of his groups."""
    def known(number):
        return group_id() if number is None else number
    with acting_as(STRANGER, known(gid), map(known, groups)):
        reader = Reader(daemon.socket_path)
    with reader:
        assert reader.fetch(ANY_AGE).size > 0


def test_several_groups(work):
    """More than the socket's one group may read, and still nobody else."""
    conf = ["collectorAllow %s %s" % (GROUP, OTHER_GROUP)]
    with Collector(work, conf) as daemon:
        for gid in (group_id(), group_id(OTHER_GROUP)):
            with acting_as(STRANGER, gid):
                reader = Reader(daemon.socket_path)
            with reader:
                assert reader.fetch(ANY_AGE).size > 0
        with acting_as(STRANGER, STRANGER), contextlib.suppress(OSError):
            with Reader(daemon.socket_path) as reader:
                assert reader.is_closed()
        assert_served(daemon)


# What they get

def refused(function, *arguments):
    with pytest.raises(PermissionError):
        function(*arguments)


def test_snapshot_cannot_be_changed(daemon):
    with Reader(daemon.socket_path) as reader:
        reader.send(ANY_AGE)
        reply = reader.receive()
    fd, size = reply.fd, reply.size
    try:
        assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS == SEALS
        refused(os.write, fd, b"x")
        refused(os.pwrite, fd, b"x", 0)
        refused(os.ftruncate, fd, 0)
        refused(os.ftruncate, fd, size + 1)
        refused(fcntl.fcntl, fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)
        refused(mmap.mmap, fd, size, mmap.MAP_SHARED,
                mmap.PROT_READ | mmap.PROT_WRITE)
        again = os.open("/proc/self/fd/%d" % fd, os.O_RDWR)
        refused(os.write, again, b"x")
        os.close(again)
        with mmap.mmap(fd, size, mmap.MAP_PRIVATE, mmap.PROT_READ) as view:
            assert view[:8] == b"PORTOWN\n"
    finally:
        os.close(fd)


def test_requests_share_a_collection(daemon):
    """All that come while it goes on are answered by it, the late ones
    too."""
    control = daemon.control
    begun = control.get("collections")
    control.set("hold_ms", 500)
    with readers(daemon, 20) as many:
        many[0].send(0)
        wait_until(lambda: control.get("collections") > begun, "its begin")
        control.set("hold_ms", 0)
        for reader in many[1:]:
            reader.send(0)
        generations = {reader.snapshot().generation for reader in many}
    assert len(generations) == 1
    assert control.get("collections") == begun + 1


def test_young_snapshot_is_handed_out_again(daemon):
    first = fetch(daemon.socket_path)
    assert fetch(daemon.socket_path, 60000) == first
    second = fetch(daemon.socket_path, 0)
    assert second.generation == first.generation + 1
    assert second.taken > first.taken


def test_failed_collection(daemon):
    """Its reader is told why, and may ask again on the same connection."""
    with Reader(daemon.socket_path) as reader:
        daemon.control.set("fail", 1)
        try:
            reader.send(0)
            reply = reader.receive()
            assert reply.status < 0 and reply.text
        finally:
            daemon.control.set("fail", 0)
        assert reader.fetch(0).size > 0
    assert reply.text in read(daemon.log_path)
