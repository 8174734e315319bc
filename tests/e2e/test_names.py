# SPDX-License-Identifier: BSD-2-Clause
"""Names that a user may choose reach nobody raw, and none gets lost."""
import os
import re

import pytest

import mib
from programs import portowner
from scene import escaped

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e"
                     "\u2066-\u2069]")


@pytest.fixture(scope="module")
def named(scene):
    """{pid: the octets of the name}"""
    rows = scene.of_kind("names")
    assert len(rows) > 40
    return {row.pid: row.command_octets for row in rows}


@pytest.mark.parametrize("octets, text", [
    (b"", ""), (b"two words", "two words"), (b"a) (b", "a) (b"),
    (b"new\nline", "new\\nline"), (b"tab\there", "tab\\there"),
    (b"back\\slash", "back\\\\slash"), (b"\\n", "\\\\n"),
    (b'"quoted"', '"quoted"'), (b"\x1b[31m", "\\x1b[31m"),
    (b"\xff\xfe", "\\xff\\xfe"), (b"a\xc3", "a\\xc3"),
    (b"\xc0\xaf", "\\xc0\\xaf"), (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
    (b"\xc2\x9b31m", "\\xc2\\x9b31m"), (b"\xe2\x80\xaeabc",
                                        "\\xe2\\x80\\xaeabc"),
    (b"gr\xc3\xbc\xc3\x9fe", "gr\u00fc\u00dfe"), (b"\x7f", "\\x7f"),
])
def test_what_these_tests_expect(octets, text):
    """The expectation itself, spelled out."""
    assert escaped(octets) == text


def test_json(named):
    found = {s["pid"]: s["command"] for s in portowner("--json").sockets
             if s["pid"] in named}
    assert found == {pid: escaped(octets) for pid, octets in named.items()}


def test_text(named, work):
    """A line for each row, and no line has a control character."""
    path = os.path.join(work, "recorded")
    assert portowner("--record", path).status == 0
    answer = portowner("-t", "--source", "replay:" + path)
    assert answer.status == 0
    heads, *lines = answer.out.splitlines()
    assert not CONTROL.search(answer.out.replace("\n", ""))
    assert len(lines) == len(portowner(
        "-t", "--json", "--source", "replay:" + path).sockets)
    for pid, octets in named.items():
        line, = [line for line in lines if re.search(r" %d +tcp " % pid, line)]
        assert (escaped(octets) or '""') in line


def test_text_of_every_field_stands_in_its_column(named):
    """Spaces in a name move no other column."""
    heads, *lines = portowner("-t", "--stack", "own").out.splitlines()
    at = heads.index("PROTO")
    wide = [line for line in lines if not line.isascii()]
    assert all(line[at - 1:at + 4] == " tcp " for line in lines
               if line not in wide)
    assert len(lines) - len(wide) > 100


@pytest.mark.parametrize("table", [mib.OWNERS, mib.LISTENER_TABLE],
                         ids=["owners", "listeners"])
def test_snmp(still, named, table):
    rows = still.rows(table)
    found = {index[4] if table is mib.OWNERS else row["pid"]: row["command"]
             for index, row in rows.items()}
    assert {pid: found.get(pid) for pid in named} == {
        pid: escaped(octets) for pid, octets in named.items()}


def test_text_over_snmp_is_valid(still):
    """Every text of every table: UTF-8, short, without control characters."""
    for table in mib.TABLES:
        for varbind in still.bulkwalk(table.oid, 50):
            column = table.columns[table.split(varbind.oid)[0]]
            if varbind.type != mib.STRING or column[0] in mib.BINARY:
                continue
            assert len(varbind.value) <= 255
            assert not CONTROL.search(varbind.value.decode("utf-8"))


@pytest.mark.root
def test_users(still, scene):
    """nobody by name, a uid without a name by its number."""
    users = {row.pid: row for row in scene.of_kind("users")}
    names = {row.user for row in users.values()}
    assert "nobody" in names and any(name.isdigit() for name in names)
    for found in (s for s in portowner("--json").sockets
                  if s["pid"] in users):
        row = users[found["pid"]]
        assert (found["user"], found["uid"]) == (row.user, row.uid)
    for index, found in still.rows(mib.OWNERS).items():
        if index[4] in users:
            row = users[index[4]]
            assert (found["user"], found["uid"]) == (row.user, row.uid)


@pytest.mark.root
def test_filter_by_user(scene):
    rows = [row for row in scene.of_kind("users") if row.stack == 0]
    for user in {row.user for row in rows}:
        found = {s["pid"] for s in portowner("--json", "-U", user).sockets}
        assert {row.pid for row in rows if row.user == user} <= found
        assert not {row.pid for row in rows if row.user != user} & found
