# SPDX-License-Identifier: BSD-2-Clause
"""A collector alone with a crowd of readers."""
import contextlib
import time

from broker import (ANY_AGE, GROUP, Collector, Control, Reader, acting_as,
                    fetch, group_id, links)
from programs import wait_until

WITHIN = 1.0            # seconds
ORDINARY_LIMIT = 1024   # descriptors of a process, as services have it


@contextlib.contextmanager
def collector(work):
    """Members of GROUP may read; knows how many descriptors it has idle."""
    control = Control(work)
    daemon = Collector(work, ["collectorAllow " + GROUP], env=control.env)
    daemon.control = control
    daemon.prefix = ["prlimit", "--nofile=%d:" % ORDINARY_LIMIT]
    with daemon:
        # and one for the snapshot at hand, from the first request on
        daemon.descriptors = len(links(daemon.collector())) + 1
        yield daemon


@contextlib.contextmanager
def nothing_stays(daemon):
    """The same collector, with no more descriptors, and it serves."""
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
