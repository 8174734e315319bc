# SPDX-License-Identifier: BSD-2-Clause
"""Ten thousand refreshes leave nothing behind."""
import os
import time

import pytest

import mib
from broker import Collector, Daemon, Reader, links, memory, snapshots_mapped
from programs import BUILD, Snmpd, children, read, wait_until
from raw import RawManager

pytestmark = pytest.mark.root

REFRESHES = 10000
PAGES_KB = 16       # the allocator's noise, in all
SMALL = ["unshare", "--net", "--pid", "--fork", "--kill-child",
         "--mount-proc"]
SECONDS = 600       # it hangs, however slow the machine


def is_instrumented():
    """Sanitizers keep what is freed, for a while."""
    return b"__asan_init" in open(os.path.join(BUILD, "portownerd"),
                                  "rb").read()


class SmallSystem(Collector):
    """A collector that sees few processes and sockets, so that it is quick."""

    def __init__(self, work, conf=()):
        super().__init__(work, conf)
        self.prefix = SMALL

    def supervisor(self):
        child, = children(self.pid)
        return child

    def collector(self):
        child, = children(self.supervisor())
        return child

    def send(self, number):
        """unshare waits, and hears nothing."""
        os.kill(self.supervisor(), number)


def measure(pid):
    return len(links(pid)), snapshots_mapped(pid), memory(pid)


@pytest.mark.parametrize("source, refreshes, settled", [
    ("diag", REFRESHES, REFRESHES // 10), ("proc", 1500, 500)],
    ids=["diag", "proc"])
def test_collector(work, source, refreshes, settled):
    if is_instrumented():
        pytest.skip("sanitizers keep memory back")
    with SmallSystem(work, ["source " + source]) as daemon:
        pid = daemon.collector()
        began = time.monotonic()
        with Reader(daemon.socket_path) as reader:
            first = reader.fetch()
            for count in range(1, refreshes + 1):
                last = reader.fetch()
                if count == settled:
                    before = measure(pid)
                if time.monotonic() - began > SECONDS:
                    pytest.fail("it hangs: %d refreshes" % count)
            after = measure(pid)
        assert last.generation == first.generation + refreshes
        assert daemon.collector() == pid
    assert after[:2] == before[:2], (before, after)
    assert after[2] <= before[2] + PAGES_KB, (before, after)


def test_agent(work):
    """Some hundred snapshots and walks; each snapshot is let go."""
    if is_instrumented():
        pytest.skip("sanitizers keep memory back")
    # long enough for the walks of a busy machine
    conf = ["cacheTimeout 3", "stacks own"]
    with Snmpd(work) as snmpd, Daemon(work, snmpd.master, conf) as daemon:
        manager = RawManager(snmpd.port)
        pid = daemon.agent()
        wait_until(lambda: "serves" in read(daemon.log_path), "the service")

        def refresh():
            """A new snapshot, and requests of all kinds."""
            wait_until(lambda: manager.value(mib.AGE) > 300, "its age")
            generation = manager.value(mib.GENERATION)
            manager.walk(mib.LISTENER_TABLE.oid)
            manager.walk(mib.OWNERS.column("user"))
            assert manager.value(mib.GENERATION) == generation + 1
        for _ in range(2):
            refresh()
        before = measure(pid)
        for _ in range(5):
            refresh()
        after = measure(pid)
    assert after[0] == before[0], (before, after)
    assert after[1] == before[1] == 1, (before, after)
    assert after[2] <= before[2] + 4 * PAGES_KB, (before, after)
