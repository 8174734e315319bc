# SPDX-License-Identifier: BSD-2-Clause
"""The module answers GETBULK by itself: what a manager may not see never
comes, whatever he asks for, and no message is larger than he takes."""
import random
import shutil
import signal
from types import SimpleNamespace

import pytest

import mib
from broker import Collector, ModuleSnmpd
from programs import Snmpd, folder, wait_until
from raw import BULK, GET, NoAnswer, RawManager, RawManager3
from snmp import END, NO_OBJECT

pytestmark = pytest.mark.root

SEED = 20559
EVERYTHING = (1,)
# What each view leaves out or lets through, the longer name first.
VIEWS = {
    "column": [(mib.OWNERS.column("user"), False), (EVERYTHING, True)],
    "first": [(mib.OWNERS.column("command"), False), (EVERYTHING, True)],
    "last": [(mib.CONNECTION_TABLE.column("endpoint"), False),
             (EVERYTHING, True)],
    "table": [(mib.LISTENER_TABLE.oid, False), (EVERYTHING, True)],
    "rows": [(mib.OWNERS.column("uid") + (0, 6), False), (EVERYTHING, True)],
    "islands": [(mib.OWNERS.column("sockets"), True),
                (mib.CONNECTION_TABLE.column("state"), True),
                (mib.AGE.oid, True)],
    "nothing": [(mib.ROOT, False), (EVERYTHING, True)],
}
V3_USER = "small"
BULK_LIMIT = 100    # maxGetbulkResponses of snmpd.conf


def is_visible(view, oid):
    return next((shown for root, shown in VIEWS[view]
                 if oid[:len(root)] == root), False)


def configuration():
    for view, lines in VIEWS.items():
        yield "rocommunity %s 127.0.0.1 -V %s" % (view, view)
        for root, shown in lines:
            yield "view %s %s .%s" % (
                view, "included" if shown else "excluded",
                ".".join(map(str, root)))
    yield "createUser " + V3_USER
    yield "rouser %s noauth" % V3_USER


@pytest.fixture(scope="module")
def system(module_work, scene):
    conf = ["listenerEphemeralUdp yes"]
    with Collector(module_work, conf) as collector, ModuleSnmpd(
            module_work, collector.socket_path, list(configuration()),
            user=None, timeout=3600) as snmpd:
        manager = RawManager(snmpd.port)
        wait_until(lambda: manager.value(mib.ROWS), "rows")
        oids = [varbind.oid for varbind in manager.walk(mib.OBJECTS, 100)]
        assert len(oids) > 5000
        yield SimpleNamespace(port=snmpd.port, snmpd=snmpd, oids=oids,
                              manager=manager)


def beginnings(oids, count):
    """Names to ask behind: of cells, beside cells, and of whole parts."""
    chance = random.Random(SEED)
    picked = chance.sample(oids, count)
    picked += [oid[:chance.randrange(11, len(oid))] for oid in picked]
    picked += [oids[0], oids[-2], oids[-1], mib.OBJECTS, mib.ROOT,
               mib.OBJECTS[:-1]]
    for table in mib.TABLES:
        picked += [table.oid, table.entry]
        picked += [table.entry + (column,) for column in table.columns]
    return picked


def assert_begins(found, wanted, repetitions, view=None):
    """found must be the next of wanted, as many as were asked for unless the
    message was full; beyond the module only the view matters."""
    inside = [v.oid for v in found if v.oid[:len(mib.OBJECTS)] == mib.OBJECTS
              and v.type != END]
    assert inside == wanted[:len(inside)]
    if len(inside) == len(found):
        assert len(found) == repetitions or (
            0 < len(found) < repetitions and repetitions > 10)
    else:
        assert len(inside) == len(wanted)
    for varbind in found:
        if view and varbind.type != END:
            assert is_visible(view, varbind.oid), varbind
    names = [v.oid for v in found if v.type != END]
    assert names == sorted(set(names))


@pytest.mark.parametrize("repetitions", [1, 10, 50, 500])
@pytest.mark.parametrize("view", VIEWS)
def test_views(system, view, repetitions):
    visible = [oid for oid in system.oids if is_visible(view, oid)]
    manager = RawManager(system.port, community=view)
    starts = beginnings(system.oids, 10 if repetitions > 100 else 30)
    for start in starts:
        wanted = [oid for oid in visible if oid > start][:repetitions]
        assert_begins(manager.bulk([start], repetitions), wanted,
                      repetitions, view)


@pytest.mark.parametrize("view", VIEWS)
def test_whole_walk_of_a_view(system, view):
    manager = RawManager(system.port, community=view)
    walk = [v.oid for v in manager.walk(mib.OBJECTS, 100)]
    assert walk == [oid for oid in system.oids if is_visible(view, oid)]


@pytest.mark.parametrize("view", VIEWS)
def test_get_and_next_of_a_view(system, view):
    manager = RawManager(system.port, community=view)
    visible = [oid for oid in system.oids if is_visible(view, oid)]
    for oid in system.oids[::293]:
        varbind, = manager.ask(GET, [oid]).varbinds
        assert (varbind.type == NO_OBJECT) != is_visible(view, oid), varbind
        wanted = next((name for name in visible if name > oid), None)
        found = manager.next(oid)
        if wanted:
            assert found.oid == wanted
        elif found.type != END:
            assert found.oid[:len(mib.ROOT)] != mib.ROOT


@pytest.mark.parametrize("view", VIEWS)
def test_columns_side_by_side(system, view):
    """As snmptable asks: single names first, then columns in turn."""
    manager = RawManager(system.port, community=view)
    visible = [oid for oid in system.oids if is_visible(view, oid)]
    columns = [mib.OWNERS.column(name) for name in
               ("command", "user", "uid", "endpoint")]
    single = [mib.GENERATION.oid[:-1], mib.LISTENER_TABLE.oid]
    found = manager.bulk(single + columns, 20, len(single))
    assert len(found) >= len(single) + 4
    for i, varbind in enumerate(found):
        if i < len(single):
            start = single[i]
        elif i < len(single) + len(columns):
            start = columns[i - len(single)]
        else:
            start = found[i - len(columns)].oid
        wanted = next((oid for oid in visible if oid > start), None)
        if wanted:
            assert varbind.oid == wanted, (i, varbind)
        elif varbind.type != END:
            assert is_visible(view, varbind.oid), varbind
            assert varbind.oid[:len(mib.ROOT)] != mib.ROOT


def test_odd_numbers_of_repetitions(system):
    """None, less than none, and more than there can be."""
    manager = system.manager
    assert manager.bulk([mib.OBJECTS], 0) == []
    assert manager.bulk([mib.OBJECTS], -1) == []
    for repetitions in (10000, 2 ** 31 - 1):
        found = manager.bulk([mib.OWNERS.oid], repetitions)
        wanted = [oid for oid in system.oids if oid > mib.OWNERS.oid]
        assert len(found) >= 100    # maxGetbulkResponses
        assert_begins(found, wanted, repetitions)
    assert system.snmpd.is_running()


# Small messages

@pytest.fixture(scope="module")
def cutting(system):
    """Net-SNMP 5.9.3 loops for ever where an answer to GETBULK does not fit
    into the manager's messages, whosever rows they are; so a snmpd of its own
    is asked for its own rows first."""
    work = folder()
    conf = ["createUser " + V3_USER, "rouser %s noauth" % V3_USER]
    with Snmpd(work, conf) as plain:
        try:
            RawManager3(plain.port, V3_USER, 484).ask(
                BULK, [(1, 3, 6, 1, 2, 1)], 0, 50)
        except NoAnswer:
            plain.send(signal.SIGKILL)
            pytest.skip("this snmpd loops where an answer has to be cut")
    shutil.rmtree(work)


@pytest.mark.parametrize("size", [484, 600, 1000, 1472, 8000, 65507])
def test_small_messages(system, cutting, size):
    """Each answer fits, is not empty, and the walk is whole."""
    manager = RawManager3(system.port, V3_USER, size)
    start = mib.OWNERS.column("endpoint")
    wanted = [oid for oid in system.oids if oid > start]
    for repetitions in (1, 10, 50, 500):
        last, names = start, []
        while len(names) < 300:
            answer = manager.ask(BULK, [last], 0, repetitions)
            assert answer.error == 0
            assert answer.size <= size
            assert 0 < len(answer.varbinds) <= repetitions
            assert answer.size > size / 2 or (
                len(answer.varbinds) == min(repetitions, BULK_LIMIT))
            names += [varbind.oid for varbind in answer.varbinds]
            last = names[-1]
        assert names == wanted[:len(names)]


def test_messages_that_fit(system):
    """Version 3, without anything to cut."""
    manager = RawManager3(system.port, V3_USER, 65507)
    for start in beginnings(system.oids, 20):
        wanted = [oid for oid in system.oids if oid > start][:50]
        answer = manager.ask(BULK, [start], 0, 50)
        assert answer.error == 0
        assert_begins(answer.varbinds, wanted, 50)
