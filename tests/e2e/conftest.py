# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures: everything is private (folders, sockets, ports, configuration)
and ends with the test or the module that asked for it."""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import programs                                         # noqa: E402
import scene as scenes                                  # noqa: E402
from snmp import Manager                                # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "root: only root can do this")


def pytest_collection_modifyitems(items):
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="only root can do this"))


def pytest_sessionstart(session):
    for path in (programs.PORTOWNERD, programs.PORTOWNER):
        if not os.access(path, os.X_OK):
            pytest.exit("%s is not built; see PORTOWNER_BUILDDIR" % path, 2)
    for name in ("snmpd", "snmpget", "snmpbulkwalk"):
        if not programs.program(name):
            pytest.exit(name + " is missing: install snmpd and snmp", 2)


@pytest.fixture
def work():
    path = programs.folder()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def module_work():
    path = programs.folder()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def scene_program():
    path = programs.folder()
    yield scenes.build(path)
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def scene(scene_program):
    """The whole scene but what ends by itself; one for all tests."""
    path = programs.folder()
    without = [word for kind in scenes.TRANSIENT
               for word in ("--without", kind)]
    with scenes.Scene(path, scene_program, *without) as s:
        yield s
    shutil.rmtree(path)


@pytest.fixture
def snmpd(work):
    with programs.Snmpd(work) as s:
        yield s


@pytest.fixture
def manager(work, snmpd):
    return Manager(work, snmpd.port)


@pytest.fixture
def portownerd(work, snmpd, manager):
    """Attached to the private snmpd; the shortest of cache timeouts."""
    with programs.Portownerd(work, snmpd.master, ["cacheTimeout 1"]) as p:
        manager.await_service()
        yield p


@pytest.fixture(scope="module")
def still(module_work, scene):
    """A manager of an agent that keeps its first snapshot of the scene."""
    conf = ["cacheTimeout 3600", "listenerEphemeralUdp yes"]
    with programs.Snmpd(module_work) as s, programs.Portownerd(
            module_work, s.master, conf):
        manager = Manager(module_work, s.port, "private")
        manager.await_service()
        yield manager
