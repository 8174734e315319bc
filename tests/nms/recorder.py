#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records snapshots of hosts that do not exist: for each of them processes
listen, portowner records them, and they end.

usage: recorder.py PORTOWNER <HOSTS   as JSON: [[FILE, [[NAME, ADDRESS, PORT]]]]

In a network namespace of its own, as nothing else may listen there."""
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys

PR_SET_NAME, PR_SET_PDEATHSIG = 15, 1


def listen(name, address, port, ready):
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    dual = address == "*"
    family = socket.AF_INET6 if dual or ":" in address else socket.AF_INET
    with socket.socket(family) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual)
        s.bind(("::" if dual else address, port))
        s.listen(8)
        os.write(ready, b".")
        while True:
            signal.pause()


def start(name, address, port):
    waiting, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(waiting)
            listen(name, address, port, ready)
        finally:
            os._exit(1)
    os.close(ready)
    is_ready = os.read(waiting, 1)
    os.close(waiting)
    assert is_ready, "%s cannot listen at %s:%d" % (name, address, port)
    return pid


def record(program, path, listeners):
    pids = []
    try:
        for one in listeners:
            pids.append(start(*one))
        subprocess.run([program, "--source", "diag", "--record", path],
                       check=True, stdout=subprocess.DEVNULL)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


if __name__ == "__main__":
    for file, wanted in json.load(sys.stdin):
        record(sys.argv[1], file, wanted)
