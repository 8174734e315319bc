# SPDX-License-Identifier: BSD-2-Clause
"""Programs for Windows under wine, and what ss(8) says beside them.

PORTOWNER_WINDOWS_BUILDDIR is a build for Windows.  Wine makes Windows' tables
out of Linux' own, so the sockets are real, and so are their addresses, ports
and states.
"""
import json
import os
import re
import shutil
import subprocess

BUILD = os.environ.get("PORTOWNER_WINDOWS_BUILDDIR", "")
WINE = shutil.which("wine64") or "/usr/lib/wine/wine64"


def end_wine(environment):
    """Ends all that runs in it; it begins anew with the next program."""
    server = os.path.join(os.path.dirname(WINE), "wineserver")
    if os.access(server, os.X_OK):
        subprocess.run([server, "-k"], env=environment, timeout=60)


def endpoint(text):
    """"127.0.0.1%lo:53" and "[::1]:53" to an address and a port."""
    address, port = text.rsplit(":", 1)
    address = re.sub("%.*", "", address.strip("[]"))
    return (address.replace("*", "::"), int(port))


def rows_of_ss():
    """TCP's of all states that are rows, and UDP's without a peer."""
    names = {"ESTAB": "ESTABLISHED", "TIME-WAIT": "TIME_WAIT",
             "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECEIVED",
             "FIN-WAIT-1": "FIN_WAIT_1", "FIN-WAIT-2": "FIN_WAIT_2",
             "CLOSE-WAIT": "CLOSE_WAIT", "LAST-ACK": "LAST_ACK"}
    lines = subprocess.run(["ss", "-Htuna"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    found = set()
    for line in lines:
        protocol, state, _, _, local, remote = line.split()[:6]
        if protocol == "tcp":
            state = names.get(state, state)
            remote = None if state == "LISTEN" else endpoint(remote)
        else:
            state, remote = "BOUND", None
        found.add((protocol, endpoint(local), remote, state))
    return found


def rows_of(output):
    found = set()
    for row in json.loads(output)["sockets"]:
        remote = None
        if row["remote_address"]:
            remote = (row["remote_address"], row["remote_port"])
        found.add((row["protocol"], (row["local_address"], row["local_port"]), remote,
                   row["state"]))
    return found
