# SPDX-License-Identifier: BSD-2-Clause
"""Walks: in order, and the same rows however one asks."""
import glob
import os

import pytest

import mib
from programs import BUILD, TOP
from snmp import END, NO_INSTANCE, NO_OBJECT

UINT32_MAX = 4294967295
EVERY_TABLE = pytest.mark.parametrize(
    "table", mib.TABLES, ids=[table.name for table in mib.TABLES])


@pytest.fixture(autouse=True)
def one_snapshot(still):
    """All that a test compares comes from the same snapshot."""
    before = still.value(mib.GENERATION)
    yield
    assert still.value(mib.GENERATION) == before


@pytest.fixture(scope="module")
def walks(still):
    """Each table's walk by GETNEXT, made once."""
    return {table.name: still.walk(table.oid) for table in mib.TABLES}


@EVERY_TABLE
def test_increases_strictly(walks, table):
    oids = [varbind.oid for varbind in walks[table.name]]
    assert len(oids) > 100
    assert all(a < b for a, b in zip(oids, oids[1:]))


@EVERY_TABLE
def test_is_rectangular(still, walks, table):
    """Every row has every column, with the type that the MIB gives it."""
    size = still.value(mib.SIZE_OF_TABLE[table.name])
    seen = {}
    for varbind in walks[table.name]:
        column, index = table.split(varbind.oid)
        assert varbind.type == table.columns[column][1], varbind
        seen.setdefault(column, set()).add(index)
    assert seen.keys() == table.columns.keys()
    assert all(rows == seen[column] for rows in seen.values())
    assert len(seen[column]) == size


@EVERY_TABLE
def test_index_is_in_canonical_form(walks, table):
    for varbind in walks[table.name]:
        subids = varbind.oid[len(table.entry) + 1:]
        parts = mib.decode_index(table.index, subids)
        assert mib.encode_index(table.index, parts) == subids


def without_ages(table, varbinds):
    """Ages go on while one asks."""
    ticks = {n for n, column in table.columns.items()
             if column[1] == mib.TICKS}
    return [varbind._replace(value=None)
            if varbind.oid[len(table.entry)] in ticks else varbind
            for varbind in varbinds]


@EVERY_TABLE
def test_equals_gets(still, walks, table):
    walk = walks[table.name]
    gets = still.get_all([varbind.oid for varbind in walk])
    assert without_ages(table, gets) == without_ages(table, walk)


@EVERY_TABLE
@pytest.mark.parametrize("repetitions", [1, 10, 50])
def test_equals_bulk_walks(still, walks, table, repetitions):
    bulk = still.bulkwalk(table.oid, repetitions)
    assert without_ages(table, bulk) == without_ages(
        table, walks[table.name])


def test_whole_module(still, walks):
    """One walk over everything is the scalars and the tables in turn."""
    varbinds = still.bulkwalk(mib.OBJECTS, 50)
    n = len(mib.SCALARS)
    assert [varbind.oid for varbind in varbinds[:n]] == [
        scalar.oid for scalar in mib.SCALARS]
    assert [varbind.oid for varbind in varbinds[n:]] == [
        varbind.oid for table in mib.TABLES for varbind in walks[table.name]]


def test_scalars(still):
    for scalar in mib.SCALARS:
        assert still.get(scalar.oid).type == scalar.type
        assert still.next(scalar.oid[:-1]).oid == scalar.oid
        assert still.get(scalar.oid[:-1] + (1,)).type == NO_INSTANCE
        assert still.get(scalar.oid + (0,)).type == NO_INSTANCE


def beyond(walk, oid):
    """What a GETNEXT must find in the walk after any name."""
    return next((varbind for varbind in walk if varbind.oid > oid), None)


def odd_names(table, walk):
    """Names near those of some rows that no row has."""
    picked = walk[::max(1, len(walk) // 15)] + [walk[-1]]
    for varbind in picked:
        oid, n = varbind.oid, len(table.entry) + 1
        yield from (oid[:length] for length in range(n, len(oid)))
        yield oid + (0,)
        yield oid + (UINT32_MAX,)
        for at in range(n, len(oid)):
            yield oid[:at] + (UINT32_MAX,) + oid[at + 1:]
            yield oid[:at] + (oid[at] + 1,)
            yield oid[:at] + (max(0, oid[at] - 1),) + oid[at + 1:]


@EVERY_TABLE
def test_next_of_odd_names(still, walks, table):
    """Partial, too long and out of range: always the next row in order."""
    walk = walks[table.name]
    names = sorted(set(odd_names(table, walk)))
    names = [name for name in names if beyond(walk, name)]
    assert len(names) > 60
    found = []
    for i in range(0, len(names), 60):
        found += still.ask("snmpgetnext", names[i:i + 60])
    wanted = [beyond(walk, name) for name in names]
    assert without_ages(table, found) == without_ages(table, wanted)


@EVERY_TABLE
def test_get_of_odd_names(still, walks, table):
    walk = walks[table.name]
    exist = {varbind.oid for varbind in walk}
    names = sorted(set(odd_names(table, walk)) - exist)
    assert len(names) > 40
    types = {varbind.type for varbind in still.get_all(names)}
    assert types == {NO_INSTANCE}


@EVERY_TABLE
def test_objects_that_do_not_exist(still, table):
    columns = sorted(table.columns)
    for oid in (table.oid, table.entry, table.entry + (0, 1),
                table.entry + (1, 0, 6), table.entry + (columns[0] - 1, 0),
                table.entry + (columns[-1] + 1, 0),
                table.entry + (UINT32_MAX, 0), table.oid + (2,)):
        assert still.get(oid).type == NO_OBJECT, oid


@EVERY_TABLE
def test_columns_before_and_after(still, walks, table):
    walk = walks[table.name]
    for oid in (table.oid, table.entry, table.entry + (0,),
                table.entry + (1, UINT32_MAX), table.oid + (0, 7)):
        assert still.next(oid).oid == walk[0].oid, oid


def test_beyond_the_end(still, walks):
    """What follows is another's, or the end; never a row again."""
    last = walks[mib.TABLES[-1].name][-1].oid
    after = mib.TABLES[-1].entry + (max(
        mib.TABLES[-1].columns) + 1,)
    for oid in (last, after, mib.OBJECTS + (9,), mib.OBJECTS + (UINT32_MAX,)):
        found = still.next(oid)
        assert found.type == END or found.oid[:len(mib.ROOT)] != mib.ROOT
    bulk = still.bulk(last, 5)
    assert all(varbind.oid[:len(mib.ROOT)] != mib.ROOT or
               varbind.type == END for varbind in bulk)


def test_bulk_over_the_end_of_a_table(still, walks):
    """A GETBULK that begins in one table goes on in the next."""
    owners = walks[mib.OWNERS.name]
    listeners = walks[mib.LISTENER_TABLE.name]
    bulk = still.bulk(owners[-3].oid, 4)
    assert [varbind.oid for varbind in bulk] == [
        varbind.oid for varbind in owners[-2:] + listeners[:2]]


# With names

def mib_folders():
    """Where the IETF's base modules and the product's are on this machine."""
    base = sorted(glob.glob("/usr/lib/erlang/lib/snmp-*/mibs") +
                  glob.glob("/usr/share/snmp/mibs/ietf") +
                  glob.glob("/var/lib/mibs/ietf"))
    own = [folder for folder in (os.path.join(BUILD, "mib", "installed"),
                                 os.path.join(TOP, "mib"))
           if os.path.exists(os.path.join(folder, "PORT-OWNER-MIB.txt"))]
    return base and base[:1] + ["/usr/share/snmp/mibs"] + own[:1]


@EVERY_TABLE
def test_snmptable_prints_it(still, walks, table):
    folders = mib_folders()
    if not folders:
        pytest.skip("no SNMPv2-SMI and SNMP-FRAMEWORK-MIB: install "
                    "erlang-snmp or snmp-mibs-downloader")
    done = still.run("snmptable", "-M", ":".join(folders), "-m",
                     "PORT-OWNER-MIB", "-Cb", "-Cf", "|", "-t", "10",
                     still.target, "PORT-OWNER-MIB::" + table.name)
    assert done.returncode == 0, done.stderr
    _, _, heads, *rows = done.stdout.splitlines()
    assert len(heads.split("|")) == len(table.columns)
    assert len(rows) == still.value(mib.SIZE_OF_TABLE[table.name])
    names = [name for name, _ in table.columns.values()]
    name = "endpoint" if "endpoint" in names else "text"
    texts = {varbind.value.decode() for varbind in walks[table.name]
             if varbind.oid[:-1][:len(table.entry) + 1] ==
             table.column(name)}
    assert {row.split("|")[names.index(name)] for row in rows} == texts
