# SPDX-License-Identifier: BSD-2-Clause
"""A collector that runs reads the descriptors of a process again only when
something shows that they changed.  What it keeps must not be seen."""
import json
import os
import socket
import subprocess
import sys

import pytest

from broker import Collector
from programs import NOBODY, as_user, portowner

pytestmark = pytest.mark.root

# Does as it is told, and says when it is done: the descriptors of one process
# change while their number does not.
HELPER = r"""
import json, os, socket, sys
held = {}
for line in sys.stdin:
    word, name = line.split()
    if word == "open":          # bound to nothing: no row
        held[name] = socket.socket()
        out = 0
    elif word == "listen":
        held[name].bind(("127.0.0.1", 0))
        held[name].listen()
        out = held[name].getsockname()[1]
    elif word == "swap":        # another socket with the same descriptor
        new = socket.socket()
        new.bind(("127.0.0.1", 0))
        new.listen()
        out = new.getsockname()[1]
        fd = held[name].fileno()
        os.dup2(new.fileno(), fd)
        new.close()
    elif word == "exec":
        os.set_inheritable(held[name].fileno(), True)
        print(json.dumps(0), flush=True)
        os.execv("/bin/sh", ["sh", "-c", "read x; exit"])
    elif word == "file":        # a file in its place
        out = 0
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, held[name].fileno())
        os.close(null)
    print(json.dumps(out), flush=True)
"""


class Helper:
    def __init__(self, *prefix):
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", HELPER], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def do(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


@pytest.fixture(params=[[], as_user(NOBODY, [])], ids=["root", NOBODY])
def helper(request):
    helper = Helper(*request.param)
    yield helper
    helper.end()


@pytest.fixture
def owner(work):
    """Who owns a port, by a snapshot that is new each time."""
    with Collector(work, ["source diag"]) as collector:
        path = "socket:" + collector.socket_path

        def ask(port):
            found = portowner("-a", "--json", "--source", path,
                              str(port)).sockets
            # others' sockets may have the same port elsewhere
            pids = {s["pid"] for s in found
                    if s["protocol"] == "tcp" and s["stack"] == 0
                    and s["local_address"] == "127.0.0.1"
                    and s["state"] == "LISTEN"}
            return pids.pop() if len(pids) == 1 else pids or None
        yield ask


def test_a_socket_that_begins_to_listen(owner, helper):
    helper.do("open", "a")
    assert owner(1) is None
    for _ in range(3):
        port = helper.do("listen", "a")
        assert owner(port) == helper.process.pid
        helper.do("swap", "a")
        helper.do("open", "a")


def test_another_socket_in_its_place(owner, helper):
    helper.do("open", "a")
    port = helper.do("listen", "a")
    for _ in range(20):
        assert owner(port) == helper.process.pid
        before, port = port, helper.do("swap", "a")
        assert owner(port) == helper.process.pid
        assert owner(before) is None


def test_a_file_in_its_place(owner, helper):
    helper.do("open", "a")
    port = helper.do("listen", "a")
    assert owner(port) == helper.process.pid
    helper.do("file", "a")
    assert owner(port) is None


def test_a_holder_that_leaves_it_to_another(owner):
    """Both had it; the one that stays is told within eight snapshots, and
    nobody else is told in between."""
    first, second = socket.socket(), os.getpid()
    first.bind(("127.0.0.1", 0))
    first.listen()
    port = first.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys, os\nfor line in sys.stdin:\n"
         " os.close(%d); os.open('/dev/null', 0); print(flush=True)"
         % first.fileno()], pass_fds=[first.fileno()], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert owner(port) == {second, child.pid}
        child.stdin.write("\n")
        child.stdin.flush()
        child.stdout.readline()
        seen = [owner(port) for _ in range(9)]
        assert seen[-1] == second
        assert all(one in (second, {second, child.pid}) for one in seen)
    finally:
        child.stdin.close()
        child.wait(10)
        first.close()


def test_another_program_of_the_same_process(owner, helper):
    helper.do("open", "a")
    port = helper.do("listen", "a")
    assert owner(port) == helper.process.pid
    helper.do("exec", "a")
    assert owner(port) == helper.process.pid
