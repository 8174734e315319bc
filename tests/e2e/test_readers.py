# SPDX-License-Identifier: BSD-2-Clause
"""Readers of the collector's socket that mean harm, or know no better: each
is dropped or waited for by nobody, and the others are served meanwhile."""
import array
import contextlib
import fcntl
import os
import select
import socket
import sys
import termios
import threading
import time

import pytest

import crowd
from broker import (ANY_AGE, FELLOW, MAGIC, READERS_MAX, READERS_OF_USER,
                    REPLY, STRANGER, VERSION, Reader, acting_as, group_id,
                    links, request)
from crowd import ORDINARY_LIMIT, assert_served, readers
from programs import wait_until

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def daemon(module_work):
    with crowd.collector(module_work) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_stays(daemon):
    with crowd.nothing_stays(daemon):
        yield


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
        for count in range(1, ORDINARY_LIMIT // READERS_OF_USER + 20):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for reader in greedy:
                    reader.send(ANY_AGE)
            if not have_unread(greedy, count * REPLY.size):
                break       # it gives them no more
        for _ in range(5):
            assert_served(daemon)


def have_unread(greedy, octets):
    """Whether that much comes to each, within a moment."""
    def all_have():
        return all(unread(reader) >= octets for reader in greedy)
    try:
        wait_until(all_have, "answers", 0.2)
    except AssertionError:
        return False
    return True


def unread(reader):
    found = fcntl.ioctl(reader.socket, termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(found, sys.byteorder)


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
