# SPDX-License-Identifier: BSD-2-Clause
"""Readers of the collector's socket that mean harm, or know no better: each
is dropped or waited for by nobody, and the others are served meanwhile."""
import array
import contextlib
import fcntl
import mmap
import os
import select
import socket
import threading
import time

import pytest

from broker import (ANY_AGE, FELLOW, GROUP, MAGIC, READERS_MAX,
                    READERS_OF_USER, STRANGER, VERSION, Collector, Control,
                    Reader, acting_as, fetch, group_id, links, request)
from programs import read, wait_until

pytestmark = pytest.mark.root

OTHER_GROUP = "games"
SEALS = (fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW |
         fcntl.F_SEAL_WRITE)
WITHIN = 1.0    # seconds
ORDINARY_LIMIT = 1024   # descriptors of a process, as services have it


@pytest.fixture(scope="module")
def daemon(module_work):
    control = Control(module_work)
    d = Collector(module_work, ["collectorAllow " + GROUP], env=control.env)
    d.control = control
    d.prefix = ["prlimit", "--nofile=%d:" % ORDINARY_LIMIT]
    with d:
        # and one for the snapshot at hand, from the first request on
        d.descriptors = len(links(d.collector())) + 1
        yield d


@pytest.fixture(autouse=True)
def nothing_stays(daemon):
    """The same collector, with the same descriptors, after each test."""
    pid = daemon.collector()
    yield
    assert daemon.collector() == pid, daemon.log()
    assert_served(daemon)
    wait_until(lambda: len(links(pid)) == daemon.descriptors,
               "the descriptors of an idle collector", 5)


def assert_served(daemon, max_age=ANY_AGE):
    began = time.monotonic()
    fetch(daemon.socket_path, max_age)
    assert time.monotonic() - began < WITHIN


@contextlib.contextmanager
def readers(daemon, count, uid=0, gid=None):
    """That many connections of a user; some may be closed at once."""
    found = []
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            with (acting_as(uid, group_id() if gid is None else gid)
                  if uid else contextlib.nullcontext()):
                found.append(stack.enter_context(Reader(daemon.socket_path)))
        yield found


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


# Whoever is odd

@pytest.mark.parametrize("data", [
    request(magic=MAGIC + 1), request(version=VERSION + 1),
    request(version=0), b"\0" * 16, b"GET / HTTP/1.0\r\n\r\n",
    b"\xff" * 4096, request(ANY_AGE, magic=0) * 100,
], ids=["magic", "version", "no version", "zeros", "text", "ones", "many"])
def test_nonsense_is_dropped(daemon, data):
    with Reader(daemon.socket_path) as reader:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            reader.socket.sendall(data)
        assert reader.is_closed()
        assert_served(daemon)


def test_partial_messages(daemon):
    """Parts come together, and whoever stops amidst keeps nobody waiting."""
    data = request(ANY_AGE)
    with readers(daemon, 5) as slow:
        for cut, reader in enumerate(slow, 1):
            reader.socket.sendall(data[:cut])
        assert_served(daemon)
        for cut, reader in enumerate(slow, 1):
            for octet in data[cut:]:
                reader.socket.sendall(bytes([octet]))
            assert reader.snapshot().size > 0
        slow[0].socket.sendall(data[:7])    # and goes away


def test_two_requests_at_once(daemon):
    """One after the other is answered."""
    with Reader(daemon.socket_path) as reader:
        reader.socket.sendall(request(ANY_AGE) * 2 + request()[:3])
        assert reader.snapshot().generation == reader.snapshot().generation


@pytest.mark.parametrize("what", ["nothing", "a part", "a request",
                                  "half-closed"])
def test_early_close(daemon, what):
    with acting_as(STRANGER, group_id()):
        connections = [Reader(daemon.socket_path) for _ in range(100)]
    for connection in connections:
        with connection as reader, contextlib.suppress(BrokenPipeError):
            if what == "half-closed":
                reader.send(ANY_AGE)
                reader.socket.shutdown(socket.SHUT_WR)
            elif what != "nothing":
                reader.socket.sendall(request(ANY_AGE)[
                    :5 if what == "a part" else None])
    assert_served(daemon)


def test_close_during_a_collection(daemon):
    daemon.control.set("hold_ms", 200)
    begun = daemon.control.get("collections")
    with readers(daemon, 10) as gone:
        for reader in gone:
            reader.send(0)
        wait_until(lambda: daemon.control.get("collections") > begun,
                   "a collection")
    daemon.control.set("hold_ms", 0)
    assert_served(daemon)


# Whoever is greedy

def stuff(reader):
    """Asks until nothing more goes in; never reads."""
    reader.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError, BrokenPipeError,
                             ConnectionResetError):
        while True:
            reader.socket.send(request(ANY_AGE) * 64)


def hangs_up(reader, seconds):
    """Whether the collector closes, without reading what it has sent."""
    poller = select.poll()
    poller.register(reader.socket, 0)
    return bool(poller.poll(seconds * 1000))


def test_whoever_does_not_read_is_dropped(daemon):
    with readers(daemon, 3) as greedy:
        for reader in greedy:
            stuff(reader)
        began = time.monotonic()
        assert_served(daemon)
        assert_served(daemon, 0)
        for reader in greedy:
            assert hangs_up(reader, 4)
        assert time.monotonic() - began < 3


def test_flood_of_requests(daemon):
    """Of one who reads, as fast as he can."""
    end = threading.Event()

    def flood():
        with Reader(daemon.socket_path) as reader:
            while not end.is_set():
                reader.socket.sendall(request(ANY_AGE) * 8)
                for _ in range(8):
                    reader.snapshot()
    threads = [threading.Thread(target=flood) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert_served(daemon)
    end.set()
    for thread in threads:
        thread.join()


def test_unread_answers_of_one_user_hinder_nobody(daemon):
    """Descriptors that nobody has taken yet are counted by the kernel for
    all that a user sends: one reader must not use up the collector's."""
    with readers(daemon, READERS_OF_USER, STRANGER) as greedy:
        for _ in range(ORDINARY_LIMIT // READERS_OF_USER + 20):
            for reader in greedy:
                with contextlib.suppress(OSError):
                    reader.send(ANY_AGE)
        for _ in range(5):
            assert_served(daemon)


def test_places_of_one_user(daemon):
    """An ordinary user has sixteen; the next connection is closed."""
    with readers(daemon, READERS_OF_USER + 4, STRANGER) as all_of_them:
        kept, refused = (all_of_them[:READERS_OF_USER],
                         all_of_them[READERS_OF_USER:])
        assert all(reader.is_closed() for reader in refused)
        assert_served(daemon)
        with readers(daemon, 1, FELLOW) as (fellow,):
            assert fellow.fetch(ANY_AGE).size > 0
        for reader in kept:
            assert reader.fetch(ANY_AGE).size > 0
        kept[0].close()

        def has_place():
            with readers(daemon, 1, STRANGER) as (reader,):
                with contextlib.suppress(EOFError, OSError):
                    return reader.fetch(ANY_AGE).size > 0
        wait_until(has_place, "the free place")


def test_all_places(daemon):
    """Beyond the limit nobody is let in, and all who are in are served."""
    with readers(daemon, READERS_MAX + 20) as crowd:
        results = []
        for reader in crowd:
            try:
                results.append(reader.fetch(ANY_AGE).size > 0)
            except (EOFError, OSError):
                results.append(False)
        assert results == [True] * READERS_MAX + [False] * 20


def test_sent_descriptors_are_closed(daemon):
    """Of requests, of parts of them, and in great number."""
    pid = daemon.collector()
    with Reader(daemon.socket_path) as reader, open(os.devnull) as null:
        for count, data in ((1, request(ANY_AGE)), (253, request(ANY_AGE)),
                            (10, request(ANY_AGE)[:5]),
                            (10, request(ANY_AGE)[5:])):
            fds = array.array("i", [null.fileno()] * count)
            reader.socket.sendmsg([data], [(
                socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        for _ in range(3):
            assert reader.snapshot().size > 0
        own = array.array("i", [reader.socket.fileno()])
        reader.socket.sendmsg([request(ANY_AGE)], [(
            socket.SOL_SOCKET, socket.SCM_RIGHTS, own)])
        assert reader.snapshot().size > 0
        assert len(links(pid)) == daemon.descriptors + 1   # the reader's


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
