# SPDX-License-Identifier: BSD-2-Clause
"""What is monitored: listeners of any name and user, and a portownerd behind a
snmpd that SNMPv3 users may ask."""
import contextlib
import os
import subprocess
import sys
import time

from programs import Portownerd, Snmpd
from snmp import Manager

LISTENER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "listener.py")
# What SNMP tools need to know of the user, who may read only with privacy.
USER, AUTH, PRIV = "monitor", "a long passphrase", "another passphrase"
SNMPD_CONF = ['createUser %s SHA "%s" AES "%s"' % (USER, AUTH, PRIV),
              "rouser %s priv" % USER]
ADDRESS = "127.0.0.1"
NOBODY_UID = 65534
# As a process may call itself; 15 octets at most.
ODD_NAMES = [b"a;b|c", b"\"double\" 'one'", b"<script>x", b"</td><b>&amp;",
             b"new\nline", b"{#ENDPOINT}", b"{$SNMP_COMM}", b"{HOST.HOST}",
             b"|query_command|", b"$(id) `id` %s", b"back\\slash", b"a]],{[(*",
             b"gr\xc3\xbc\xc3\x9fe", b"\xff\xfe", b"C3 A4", b"-e x --", b"#"]


class Listener:
    """A process that listens at ports in a row."""

    def __init__(self, name, port, uid=NOBODY_UID, protocol="tcp",
                 address=ADDRESS, count=1):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.arguments = [self.name.hex(), str(uid), protocol, address,
                          str(port), str(count)]
        self.port = port
        self.endpoint = "%s %s:%d" % (protocol, address, port)
        self.process = None

    def start(self, instead_of=None, gap=0):
        """instead_of: a listener that ends when this one is about to begin,
        so that however slow the machine is, there is little between them;
        gap: seconds that there are nevertheless."""
        process = subprocess.Popen(
            ["prlimit", "--nofile=4096:4096", sys.executable, LISTENER,
             *self.arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        assert process.stdout.readline() == "waiting\n"
        if instead_of is not None:
            instead_of.stop()
            time.sleep(gap)
        process.stdin.write("begin\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        self.process = process
        return self

    def restart(self, gap=0):
        return self.start(self, gap)

    @contextlib.contextmanager
    def replaced_by(self, other):
        """Another one at the same place, meanwhile."""
        other.start(self)
        try:
            yield other
        finally:
            self.start(other)

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            assert self.process.wait(60) == 0
            self.process = None

    @property
    def pid(self):
        return self.process.pid

    __enter__ = start

    def __exit__(self, *exception):
        self.stop()


class Scenery:
    """The monitored host: self.listeners, which tests start and stop."""

    def __init__(self, work, snmpd_conf=()):
        self.work = work
        self.snmpd = Snmpd(work, [*SNMPD_CONF, *snmpd_conf])
        self.portownerd = None
        # BPF sees sockets outside of the enclosure, but not their owners
        self.conf = ["cacheTimeout 1", "source diag"]

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.snmpd)
            self.start_agent()
            stack.callback(self.stop_agent)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        self.stack.close()

    def start_agent(self, conf=(), prefix=()):
        self.portownerd = Portownerd(self.work, self.snmpd.master,
                                     [*self.conf, *conf])
        self.portownerd.preamble = []   # no expectations of its own
        if prefix:
            plain = self.portownerd.command
            self.portownerd.command = lambda: [*prefix, *plain()]
        self.portownerd.start()
        Manager(self.work, self.snmpd.port).await_service()

    def stop_agent(self):
        if self.portownerd is not None:
            self.portownerd.stop()
            self.portownerd = None

    def restart_agent(self, conf=(), prefix=()):
        self.stop_agent()
        self.start_agent(conf, prefix)

    @property
    def manager(self):
        return Manager(self.work, self.snmpd.port)
