#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command where nothing of it can stay: with processes, a network and
mounts of its own.  All that the command started and left behind ends with it,
and so do its mounts; and it ends with whoever began this.

usage: enclose.py COMMAND [ARGUMENT]..."""
import os
import subprocess
import sys

INSIDE = "PORTOWNER_ENCLOSED"


def init(command):
    """Process 1: waits for whoever is left to it."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # where servers, and mount itself, leave their notes
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"],
                   check=True)
    child = subprocess.Popen(command, env=dict(os.environ, **{INSIDE: "1"}))
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def enclose(command):
    return subprocess.call([
        "setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--net", "--fork", "--kill-child",
        "--mount-proc", sys.executable, os.path.abspath(__file__), "--init",
        *command])


if __name__ == "__main__":
    if sys.argv[1] == "--init":
        sys.exit(init(sys.argv[2:]))
    sys.exit(enclose(sys.argv[1:]))
