# SPDX-License-Identifier: BSD-2-Clause
"""One wine for all tests, with a drive C: of its own; it ends with them."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

import programs                                         # noqa: E402
from wine import BUILD, WINE, end_wine                  # noqa: E402


@pytest.fixture(scope="session")
def prefix():
    path = tempfile.mkdtemp(prefix="portowner-wine.")
    environment = dict(os.environ, WINEPREFIX=path, WINEDEBUG="-all")
    subprocess.run([WINE, "wineboot", "-i"], env=environment, timeout=300,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield environment
    end_wine(environment)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def work():
    path = programs.folder()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def portowner(prefix):
    def run(*arguments, inherit=()):
        return subprocess.run(
            [WINE, os.path.join(BUILD, "portowner.exe"), *arguments], env=prefix,
            timeout=120, capture_output=True, pass_fds=inherit)
    return run


@pytest.fixture
def sockets():
    """Listeners, a connection, UDP: all on ports that the kernel picks."""
    opened = []

    def add(family, kind, address):
        new = socket.socket(family, kind)
        opened.append(new)
        new.bind((address, 0))
        return new

    listener = add(socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1")
    listener.listen()
    listener6 = add(socket.AF_INET6, socket.SOCK_STREAM, "::1")
    listener6.listen()
    add(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1")
    add(socket.AF_INET6, socket.SOCK_DGRAM, "::1")
    client = socket.create_connection(listener.getsockname())
    opened += [client, listener.accept()[0]]
    yield opened
    for each in opened:
        each.close()
