# SPDX-License-Identifier: BSD-2-Clause
"""The collector's socket as a reader sees it (src/broker/protocol.h), the
processes around it, and libraries that are preloaded into them."""
import array
import contextlib
import grp
import mmap
import os
import re
import socket
import struct
import subprocess
import time
from collections import namedtuple

from programs import BUILD, PORTOWNERD, Portownerd, Snmpd, read

HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = os.path.join(BUILD, ".libs", "portowner.so")
MAGIC = 0x504f5752
VERSION = 1
REQUEST = struct.Struct("=IIII")
REPLY = struct.Struct("=IIiIQ256s")
HEADER = struct.Struct("=8sII6Q6I")
ANY_AGE = 0xffffffff
READERS_MAX, READERS_OF_USER = 64, 16
GROUP = "users"         # exists everywhere; nobody's primary group here
STRANGER, FELLOW = 23456, 23457     # uids without a name

Reply = namedtuple("Reply", "status size text fd")
Snapshot = namedtuple("Snapshot", (
    "magic byte_order version size checksum generation taken_unix taken "
    "collect_us source partial unowned dropped scope reserved"))


def group_id(name=GROUP):
    return grp.getgrnam(name).gr_gid


@contextlib.contextmanager
def acting_as(uid, gid, groups=()):
    """This process with another's rights, for a moment."""
    saved = os.getgroups(), os.getegid(), os.geteuid()
    os.setgroups(list(groups))
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(saved[2])
        os.setegid(saved[1])
        os.setgroups(saved[0])


def request(max_age=0, magic=MAGIC, version=VERSION):
    return REQUEST.pack(magic, version, max_age, 0)


class Reader:
    """A connection to the collector."""

    def __init__(self, path, seconds=10):
        """A full queue of connections is waited for, as long as it takes."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(seconds)

    def send(self, *arguments, **options):
        self.socket.sendall(request(*arguments, **options))

    def receive(self):
        """One reply; its descriptor is the caller's."""
        data, fds = b"", array.array("i")
        while len(data) < REPLY.size:
            room = socket.CMSG_SPACE(4 * fds.itemsize)
            part, ancillary, _, _ = self.socket.recvmsg(
                REPLY.size - len(data), room)
            if not part:
                raise EOFError("the collector has closed")
            data += part
            for _, _, rights in ancillary:
                fds.frombytes(rights)
        magic, version, status, _, size, text = REPLY.unpack(data)
        assert (magic, version) == (MAGIC, VERSION)
        assert len(fds) == (status == 0), (status, fds)
        return Reply(status, size, text.partition(b"\0")[0].decode(),
                     fds[0] if fds else -1)

    def snapshot(self):
        """The header of the snapshot that comes."""
        reply = self.receive()
        assert reply.status == 0, reply
        try:
            found = Snapshot(*HEADER.unpack(
                os.pread(reply.fd, HEADER.size, 0)))
            assert found.magic == b"PORTOWN\n"
            assert found.size == reply.size == os.fstat(reply.fd).st_size
            return found
        finally:
            os.close(reply.fd)

    def fetch(self, max_age=0):
        self.send(max_age)
        return self.snapshot()

    def is_closed(self, seconds=10):
        """Whether the collector closes it within some time."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def fetch(path, max_age=0, seconds=10):
    with Reader(path, seconds) as reader:
        return reader.fetch(max_age)


class Daemon(Portownerd):
    """portownerd with more words on its command line."""

    def __init__(self, work, master=None, conf=(), words=(), **options):
        super().__init__(work, master, conf, **options)
        self.words = list(words)
        self.prefix = []

    def command(self):
        return self.prefix + super().command() + self.words

    def collector(self):
        """The child that listens on the socket; None while there is none."""
        inode = "socket:[%s]" % listening_inode(self.socket_path)
        found = [pid for pid in self.children() if inode in links(pid)]
        return found[0] if len(found) == 1 else None

    def agent(self):
        found = set(self.children()) - {self.collector()}
        return found.pop() if len(found) == 1 else None


class Collector(Daemon):
    """portownerd --collector"""

    def __init__(self, work, conf=(), words=(), **options):
        super().__init__(work, "none", conf, words, **options)
        self.arguments = ["--collector"]


class ModuleSnmpd(Snmpd):
    """snmpd with the module in it, as an ordinary user."""

    def __init__(self, work, collector_socket, conf=(), user="Debian-snmp",
                 module=MODULE, timeout=1):
        super().__init__(work, [
            "dlmod portOwner " + module,
            "portOwnerCollectorSocket " + collector_socket,
            "portOwnerCacheTimeout %d" % timeout,
            "portOwnerStateFile none",
            *("portOwner" + line[0].upper() + line[1:]
              for line in Portownerd.preamble), *conf])
        self.user = user

    def spawn(self, command, env=None, **options):
        if self.user:
            command = [*command[:-1], "-u", self.user, "-g", self.user,
                       command[-1]]
        super().spawn(command, dict(env or {}, **preload()), **options)


def links(pid):
    """What the descriptors of a process are; nothing if it ends now."""
    folder, found = "/proc/%d/fd" % pid, []
    try:
        for fd in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                found.append(os.readlink(os.path.join(folder, fd)))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def listening_inode(path):
    for line in read("/proc/net/unix").splitlines():
        fields = line.split()
        if fields[-1] == path and fields[3] == "00010000":
            return fields[6]
    return None


def status(pid):
    """/proc/PID/status as a dictionary."""
    lines = (line.partition(":") for line in
             read("/proc/%d/status" % pid).splitlines())
    return {name: value.strip() for name, _, value in lines}


def memory(pid):
    """Anonymous memory of a process, kB."""
    return int(status(pid)["RssAnon"].split()[0])


def snapshots_mapped(pid):
    return read("/proc/%d/maps" % pid).count("memfd:portowner")


# Libraries to preload

def compile_library(work, name):
    path = os.path.join(work, name + ".so")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE",
                    "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror",
                    "-o", path, os.path.join(HERE, name + ".c"), "-ldl"],
                   check=True)
    return path


def preload(*paths):
    """The environment that preloads them, behind a sanitizer's runtime where
    the programs have one."""
    needed = subprocess.run(["ldd", PORTOWNERD], stdout=subprocess.PIPE,
                            text=True).stdout
    runtime = re.findall(r"=> (\S*/lib[au]san\.so\S*)", needed)
    if not runtime and not paths:
        return {}
    return {"LD_PRELOAD": " ".join([*runtime, *paths])}


class Control:
    """Memory that is shared with control.c in the daemon's processes."""

    FIELDS = ["hold_ms", "fail", "collections", "trial", "role", "result"]

    def __init__(self, work, *libraries):
        path = os.path.join(work, "control")
        with open(path, "w+b") as f:
            f.truncate(mmap.PAGESIZE)
            self.memory = mmap.mmap(f.fileno(), mmap.PAGESIZE)
        self.env = dict(preload(compile_library(work, "control"),
                                *libraries), PORTOWNER_TEST_CONTROL=path)

    def get(self, name):
        return struct.unpack_from("=i", self.memory,
                                  4 * self.FIELDS.index(name))[0]

    def set(self, name, value):
        struct.pack_into("=i", self.memory, 4 * self.FIELDS.index(name),
                         value)


def monotonic_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


class RawTimer:
    """How long a request takes, again and again."""

    def __init__(self, manager, oids):
        self.manager, self.oids, self.times = manager, oids, []

    def sample(self):
        began = time.monotonic()
        self.manager.get(*self.oids)
        self.times.append(time.monotonic() - began)
