# SPDX-License-Identifier: BSD-2-Clause
"""portownerd.exe as a service of wine, which shows itself and its service."""
import os
import subprocess

import pytest

import mib
import programs
from programs import free_port, read, wait_until
from snmp import Manager
from windows_exe import EXE, SLOW, Exe
from wine import WINE, end_wine

COMMUNITY = ["rocommunity secret 127.0.0.1"]


def windows(path):
    return "Z:" + path.replace("/", "\\")


class WindowsService:
    def __init__(self, work, wine, name):
        self.wine = wine
        self.name = name
        self.port = free_port()
        self.log_path = os.path.join(work, name + ".log")
        self.state_path = os.path.join(work, name, "state")
        conf = os.path.join(work, name + ".conf")
        programs.write(conf, "\n".join(
            [*COMMUNITY, "stateFile Z:" + self.state_path, ""]))
        self.run("sc", "create", name, "binPath=", " ".join(
            [windows(EXE), "--standalone", "udp:127.0.0.1:%d" % self.port,
             "-C", "-c", windows(conf), "-Lf", windows(self.log_path)]))

    def run(self, *command):
        return subprocess.run([WINE, *command], env=self.wine, timeout=SLOW,
                              capture_output=True, text=True).stdout

    def start(self):
        """False: it began too slowly, and wine does not find it again."""
        output = locked = "database locked"
        while locked in output:     # wine has not begun itself yet
            output = self.run("net", "start", self.name)
        return "successfully" in output

    def stop(self):
        return self.run("net", "stop", self.name)


@pytest.fixture
def services(work, prefix):
    """Wine knows a new service when it begins anew."""
    new = [WindowsService(work, prefix, "portownerd%d" % number)
           for number in range(4)]
    end_wine(prefix)
    return new


@pytest.fixture
def observer(work, prefix, services):
    """Wine ends its services when no other program runs any more."""
    port = free_port()
    with Exe(work, prefix, "--standalone", "udp:127.0.0.1:%d" % port,
             conf=[*COMMUNITY, "cacheTimeout 1"]):
        manager = Manager(work, port, "secret")
        manager.await_service(SLOW)
        yield manager, port


def seen(manager, port):
    """The owner of a UDP port; wine knows it when the port was used."""
    rows = []

    def look():
        rows[:] = [(index[4], row)
                   for index, row in manager.rows(mib.OWNERS).items()
                   if index[1:3] == (17, port) and index[4] != 0]
        return rows
    wait_until(look, "the owner of a port", SLOW)
    owner, = rows
    return owner


def test_service(work, observer, services):
    service = next((each for each in services if each.start()), None)
    assert service is not None, "no service began in time"
    observer, port = observer
    manager = Manager(work, service.port, "secret")
    manager.await_service(SLOW)
    pid, row = seen(manager, service.port)
    assert pid > 0
    assert row["command"] == "portownerd.exe"
    assert row["service"] == service.name
    # who looks from outside says the same, and is no service itself
    same, row = seen(observer, service.port)
    assert (same, row["service"]) == (pid, service.name)
    _, own = seen(observer, port)
    assert own["command"] == "portownerd.exe" and own["service"] == ""
    # it ends as a service does, and says so
    assert "successfully" in service.stop()
    wait_until(lambda: not manager.is_served(), "its end", SLOW)
    wait_until(lambda: read(service.log_path).rstrip().splitlines()[-1] ==
               "portownerd: ended", "its last words", SLOW)
    assert os.path.exists(service.state_path)
