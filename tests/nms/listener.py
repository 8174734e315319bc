#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Listens under a name and as a user until its standard input ends; it begins
with the first line from there.

usage: listener.py NAME-IN-HEX UID PROTOCOL ADDRESS PORT [COUNT]

COUNT ports in a row, from PORT on; the line "waiting" once it waits for that
line, and "ready" once all listen."""
import ctypes
import os
import socket
import sys

PR_SET_NAME = 15
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def main(name, uid, protocol, address, port, count="1"):
    ctypes.CDLL(None).prctl(PR_SET_NAME, bytes.fromhex(name), 0, 0, 0)
    print("waiting", flush=True)
    sys.stdin.readline()
    sockets = []
    for i in range(int(count)):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        s = socket.socket(family, KINDS[protocol])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, int(port) + i))
        if protocol == "tcp":
            s.listen(8)
        sockets.append(s)
    os.setgid(int(uid))
    os.setuid(int(uid))
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
