# SPDX-License-Identifier: BSD-2-Clause
"""Supervisor, collector and agent under valgrind: no error, nothing lost."""
import glob
import os

import pytest

import mib
from broker import Daemon, Reader, fetch, request
from programs import BUILD, Snmpd, program, read, wait_until
from raw import RawManager
from snmp import Manager

ERROR = 99


class ValgrindDaemon(Daemon):
    def __init__(self, work, master, conf):
        super().__init__(work, master, conf)
        self.logs = os.path.join(work, "valgrind")
        self.prefix = [
            program("valgrind"), "--trace-children=yes", "--leak-check=full",
            "--errors-for-leak-kinds=definite", "--track-fds=no",
            "--show-leak-kinds=definite", "--error-exitcode=%d" % ERROR,
            "--child-silent-after-fork=no", "--log-file=%s.%%p" % self.logs]

    def start(self):
        self.launch()
        wait_until(self.is_ready, "portownerd is ready", 40)

    def reports(self):
        return {path: read(path) for path in glob.glob(self.logs + ".*")}


@pytest.fixture(autouse=True)
def usable():
    if not program("valgrind"):
        pytest.skip("no valgrind")
    with open(os.path.join(BUILD, "portownerd"), "rb") as f:
        if b"__asan_init" in f.read():
            pytest.skip("sanitizers do the same")


def test_short_life(work):
    # Of what libbpf gives to bpf(2), valgrind takes the unused part for a
    # mistake.
    conf = ["cacheTimeout 1", "sandbox no", "source diag"]
    with Snmpd(work) as snmpd:
        daemon = ValgrindDaemon(work, snmpd.master, conf)
        daemon.start()
        try:
            use(work, snmpd, daemon)
        finally:
            status = daemon.stop(seconds=30)
    reports = daemon.reports()
    assert len(reports) >= 3
    for path, report in reports.items():
        assert "ERROR SUMMARY: 0 errors" in report, report
        assert "definitely lost" not in report or (
            "definitely lost: 0 bytes" in report), report
    assert status == 0


def use(work, snmpd, daemon):
    """Requests of every kind, right and wrong, and a failure."""
    Manager(work, snmpd.port).await_service(30)
    manager = RawManager(snmpd.port, seconds=20)
    for table in mib.TABLES:
        manager.bulk([table.oid], 50)
        manager.next(table.entry)
    generation = manager.value(mib.GENERATION)

    def is_new():
        manager.value(mib.ROWS)
        return manager.value(mib.GENERATION) > generation
    wait_until(is_new, "another snapshot", 30)
    fetch(daemon.socket_path, seconds=20)
    for data in (b"", b"odd", request(magic=0), request()):
        with Reader(daemon.socket_path, 20) as reader:
            reader.socket.sendall(data)
