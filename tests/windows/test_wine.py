# SPDX-License-Identifier: BSD-2-Clause
"""portowner.exe under wine, beside ss(8).  What wine cannot show is skipped by
name, with the reason."""
import json
import os
import socket

import pytest

from wine import rows_of, rows_of_ss


def test_rows_are_those_of_ss(portowner, sockets):
    own = {(s.getsockname()[0], s.getsockname()[1]) for s in sockets}
    before = rows_of_ss()
    ran = portowner("-a", "--json")
    after = rows_of_ss()
    assert ran.returncode == 0, ran.stderr
    rows = rows_of(ran.stdout)
    mine = {row for row in before & after if row[1] in own}
    assert len(mine) == 6
    assert mine <= rows
    # Others open and close sockets too: what was there all the time is there,
    # and nothing is there that was not there before or after.
    assert before & after <= rows
    strange = {row for row in rows - (before | after)
               if row[3] in ("LISTEN", "BOUND")}
    assert not strange


def test_output_is_octets(portowner, sockets):
    ran = portowner("-a")
    assert b"\n" in ran.stdout and b"\r" not in ran.stdout


def test_records_and_replays(portowner, sockets, tmp_path):
    name = "z:" + str(tmp_path / "snapshot").replace("/", "\\")
    for _ in range(2):  # the second takes the first's place
        ran = portowner("--record=" + name)
        assert ran.returncode == 0, ran.stderr
    direct = portowner("-a", "--json", "--source=replay:" + name)
    assert direct.returncode == 0, direct.stderr
    rows = rows_of(direct.stdout)
    assert {row[1] for row in rows} >= {
        (s.getsockname()[0], s.getsockname()[1]) for s in sockets[:4]}


def test_refuses_what_is_not_there(portowner):
    ran = portowner("--source=diag")
    assert ran.returncode == 2
    assert b"there are: iphlpapi auto replay:FILE" in ran.stderr
    ran = portowner("--source=socket")
    assert ran.returncode == 2
    assert b"no collector has a socket on this system" in ran.stderr


def test_owner_of_inherited_sockets(portowner):
    """Wine knows the owner of what a program inherited from its launcher."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        os.set_inheritable(listener.fileno(), True)
        port = listener.getsockname()[1]
        ran = portowner(str(port), "--json",
                        inherit=(listener.fileno(),))
    assert ran.returncode == 0, ran.stderr
    row, = json.loads(ran.stdout)["sockets"]
    assert row["pid"] > 0
    assert row["command"] == "portowner.exe"
    assert row["executable"].endswith("\\portowner.exe")
    assert "\\" in row["user"]


@pytest.mark.skip(reason="wine answers pid 0 for sockets that a Windows "
                  "program opened")
def test_owner_of_own_listener():
    """Needs Windows."""


@pytest.mark.skip(reason="wine answers pid 0 for all of TCP over IPv6")
def test_owner_over_ipv6():
    """Needs Windows."""


@pytest.mark.skip(reason="wine has no accounts but one, which sees everything")
def test_gap_of_an_ordinary_user():
    """Needs Windows."""
