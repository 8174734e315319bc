# SPDX-License-Identifier: BSD-2-Clause
"""SET: portOwnerCacheTimeout from 1 to 3600, portOwnerNotifyEnable, and
nothing else."""
import socket

import pytest

import mib
from programs import Portownerd, Snmpd, wait_until
from snmp import Manager, dotted

UNSIGNED, INTEGER, STRING = "u", "i", "s"
# What snmpset calls the types; it cannot send a counter.
KINDS = {mib.UNSIGNED: UNSIGNED, mib.INTEGER: INTEGER, mib.STRING: STRING,
         mib.TICKS: "t", mib.COUNTER: UNSIGNED}


@pytest.fixture(scope="module")
def writer(module_work):
    """A manager who may write, wherever the agent lets him."""
    conf = ["cacheTimeout 30"]
    with Snmpd(module_work) as snmpd, Portownerd(module_work, snmpd.master,
                                                 conf):
        manager = Manager(module_work, snmpd.port, "private")
        manager.await_service()
        yield manager


@pytest.mark.parametrize("seconds", [1, 2, 30, 3599, 3600])
def test_is_set_and_read_back(writer, seconds):
    oid = mib.CACHE_TIMEOUT.oid
    assert writer.set(oid, UNSIGNED, str(seconds)) is None
    assert writer.value(mib.CACHE_TIMEOUT) == seconds


@pytest.mark.parametrize("kind, value, error", [
    (UNSIGNED, "0", "wrongValue"), (UNSIGNED, "3601", "wrongValue"),
    (UNSIGNED, "4294967295", "wrongValue"), (INTEGER, "30", "wrongType"),
    (STRING, "30", "wrongType")])
def test_is_refused(writer, kind, value, error):
    before = writer.value(mib.CACHE_TIMEOUT)
    assert writer.set(mib.CACHE_TIMEOUT.oid, kind, value) == error
    assert writer.value(mib.CACHE_TIMEOUT) == before


@pytest.mark.parametrize(
    "scalar", [s for s in mib.SCALARS
               if s not in (mib.CACHE_TIMEOUT, mib.NOTIFY_ENABLE)],
    ids=lambda scalar: str(scalar.oid[-2]))
def test_other_scalars_are_not_writable(writer, scalar):
    assert writer.set(scalar.oid, KINDS[scalar.type], "1") == "notWritable"


@pytest.mark.parametrize("table", mib.TABLES,
                         ids=[table.name for table in mib.TABLES])
def test_cells_are_not_writable(writer, table):
    with socket.create_server(("127.0.0.1", 0)) as server, \
            socket.create_connection(server.getsockname()):
        writer.set(mib.CACHE_TIMEOUT.oid, UNSIGNED, "1")
        wait_until(lambda: writer.value(mib.CONNECTIONS) > 0, "a connection")
        writer.set(mib.CACHE_TIMEOUT.oid, UNSIGNED, "3600")
        for number, (_, kind) in table.columns.items():
            oid = writer.next(table.entry + (number,)).oid
            assert writer.set(oid, KINDS[kind], "1") == "notWritable", oid


def test_notifications_are_switched(writer):
    oid = mib.NOTIFY_ENABLE.oid
    assert writer.value(mib.NOTIFY_ENABLE) == 1
    for value in "2", "1":
        assert writer.set(oid, INTEGER, value) is None
        assert writer.value(mib.NOTIFY_ENABLE) == int(value)
    for kind, value, error in ((INTEGER, "0", "wrongValue"),
                               (INTEGER, "3", "wrongValue"),
                               (UNSIGNED, "1", "wrongType")):
        assert writer.set(oid, kind, value) == error
    assert writer.value(mib.NOTIFY_ENABLE) == 1


def test_objects_of_notifications_are_not_there(writer):
    for scalar in (mib.SUMMARY_HELD_BACK, mib.OLD_PID, mib.OLD_COMMAND,
                   mib.OLD_USER):
        assert writer.get(scalar.oid).type == "noSuchObject"
        assert writer.set(scalar.oid, KINDS[scalar.type], "1") == (
            "notWritable")


def test_nothing_is_created(writer):
    cell = mib.OWNERS.column("user") + (0, 6, 65535, 1, 4, 1, 2, 3, 4, 5)
    assert writer.set(cell, STRING, "mine") in ("notWritable", "noCreation")
    assert writer.get(cell).type == "noSuchInstance"


def test_all_or_nothing(writer):
    """One refused varbind, and the other one is not set either."""
    writer.set(mib.CACHE_TIMEOUT.oid, UNSIGNED, "77")
    done = writer.run(
        "snmpset", "-On", writer.target, dotted(mib.CACHE_TIMEOUT.oid),
        UNSIGNED, "78", dotted(mib.ROWS.oid), UNSIGNED, "1")
    assert done.returncode == 2 and "notWritable" in done.stderr
    assert writer.value(mib.CACHE_TIMEOUT) == 77


def test_a_shorter_timeout_counts_at_once(writer):
    writer.set(mib.CACHE_TIMEOUT.oid, UNSIGNED, "3600")
    before = writer.value(mib.GENERATION)
    writer.value(mib.ROWS)
    assert writer.value(mib.GENERATION) == before
    writer.set(mib.CACHE_TIMEOUT.oid, UNSIGNED, "1")

    def has_newer_rows():
        writer.value(mib.ROWS)
        return writer.value(mib.GENERATION) > before

    wait_until(has_newer_rows, "a newer snapshot")


def test_the_public_may_not_write(writer, module_work):
    reader = Manager(module_work, int(writer.target.rpartition(":")[2]))
    assert reader.set(mib.CACHE_TIMEOUT.oid, UNSIGNED, "5") == "noAccess"
