# SPDX-License-Identifier: BSD-2-Clause
"""The programs under test and those they need: where they are, how they are
started, waited for and stopped.  Only processes started here are touched."""
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("PORTOWNER_BUILDDIR", TOP)
PORTOWNERD = os.path.join(BUILD, "portownerd")
PORTOWNER = os.path.join(BUILD, "portowner")
NOBODY = "nobody"
# How many times longer than they say things may take; tests that keep the
# machine busy for long set it.
patience = 1
COMMUNITY = "public"


def wait_until(condition, what, seconds=10.0):
    """The first true value of condition(), which is asked again and again."""
    seconds *= patience
    deadline = time.monotonic() + seconds
    while True:
        begin = time.monotonic()
        value = condition()
        if value:
            return value
        end = time.monotonic()
        if end > deadline:
            raise AssertionError("not within %g s: %s" % (seconds, what))
        # looking takes a part of the time only where the machine is busy
        time.sleep(min(0.5, max(0.02, (patience - 1) * (end - begin))))


def folder():
    """A new folder with a short name, as Unix sockets need one, that every
    user may enter."""
    path = tempfile.mkdtemp(prefix="po-")
    os.chmod(path, 0o755)
    return path


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def program(name):
    """Path of a system program that ordinary users' PATH may not have."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return shutil.which(name, path=path)


def process_stat(pid):
    """(state, parent, session) of a process, or None if there is none."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            fields = f.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0].decode(), int(fields[1]), int(fields[3])


def process_ids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children(pid):
    stats = ((child, process_stat(child)) for child in process_ids())
    return sorted(child for child, stat in stats if stat and stat[1] == pid)


def session_members(session):
    """Processes of a session, those that have ended but not been waited for
    among them."""
    stats = ((pid, process_stat(pid)) for pid in process_ids())
    return sorted(pid for pid, stat in stats if stat and stat[2] == session)


def as_user(user, command):
    """The command line that runs a command as an ordinary user."""
    entry = pwd.getpwnam(user)
    return ["setpriv", "--reuid", str(entry.pw_uid), "--regid",
            str(entry.pw_gid), "--clear-groups", "--"] + command


class Service:
    """A program that runs until it is stopped, in a session of its own."""

    def __init__(self, work):
        self.work = work
        self.process = None

    def spawn(self, command, env=None, **options):
        assert self.process is None, "it runs already"
        self.process = subprocess.Popen(
            command, env=dict(os.environ, **(env or {})),
            start_new_session=True, **options)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, seconds=10):
        """Ends it; its exit status."""
        if self.process is None:
            return None
        if self.is_running():
            self.send(signal.SIGCONT)
            self.send(number)
        try:
            return self.process.wait(seconds * patience)
        finally:
            self.end_session()

    def end_session(self):
        """Whatever is left of the session ends, however it is."""
        session = self.pid
        for pid in session_members(session):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    @contextlib.contextmanager
    def launched(self):
        """Started without waiting for anything; nothing of it stays."""
        self.launch()
        try:
            yield self
        finally:
            if self.process is not None:
                self.end_session()


class Fed(Service):
    """A program that talks to a pipe, and ends when its input does."""

    def stop(self, *arguments, **options):
        """Closes its standard input and waits for its end."""
        if self.process is None:
            return None
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            return self.process.wait(60)
        finally:
            self.end_session()


class Snmpd(Service):
    """A private snmpd: AgentX master, one port on the loopback address."""

    def __init__(self, work, conf=()):
        super().__init__(work)
        self.conf = conf
        self.port = free_port()
        self.master = "unix:" + os.path.join(work, "agentx")
        self.log_path = os.path.join(work, "snmpd.log")

    def start(self):
        conf = write(os.path.join(self.work, "snmpd.conf"), "\n".join([
            "rocommunity public 127.0.0.1", "rwcommunity private 127.0.0.1",
            "master agentx", "agentXSocket " + self.master, *self.conf, ""]))
        self.spawn([program("snmpd"), "-C", "-c", conf, "-f", "-r", "-Lf",
                    self.log_path, "udp:127.0.0.1:%d" % self.port],
                   env=snmp_environment(self.work))
        wait_until(self.is_up, "snmpd listens", 10)

    def is_up(self):
        assert self.is_running(), "snmpd ended:\n" + read(self.log_path)
        return "NET-SNMP version" in read(self.log_path)


def snmp_environment(work):
    """Net-SNMP reads and writes here and nowhere else."""
    own = os.path.join(work, "snmp")
    # the library makes this one, and says so, where it is missing
    os.makedirs(os.path.join(own, "cert_indexes"), exist_ok=True)
    return {"MIBS": "", "SNMPCONFPATH": own, "SNMP_PERSISTENT_DIR": own}


# Expectations that fail, so that their table has rows.
EXPECTED = ["tcp *:%d nobody" % port for port in range(1, 41)]


class Portownerd(Service):
    """portownerd with a configuration of its own."""

    # What is not said otherwise: it looks only when it is polled.
    preamble = ["watchInterval 0", *("expect " + e for e in EXPECTED)]

    def __init__(self, work, master=None, conf=(), standalone=None, env=None):
        super().__init__(work)
        self.arguments = (["-x", master] if master else
                          ["--standalone", standalone])
        self.conf = list(conf)
        self.env = env or {}
        self.conf_path = os.path.join(work, "portowner.conf")
        self.log_path = os.path.join(work, "portownerd.log")
        self.error_path = os.path.join(work, "portownerd.err")
        self.pid_path = os.path.join(work, "portownerd.pid")
        self.socket_path = os.path.join(work, "collector.sock")
        self.state_path = os.path.join(work, "state", "state")

    def configure(self, conf):
        self.conf = list(conf)
        write(self.conf_path, "\n".join(
            ["collectorSocket " + self.socket_path,
             "stateFile " + self.state_path, *self.preamble, *self.conf,
             ""]))

    def command(self):
        return [PORTOWNERD, "-f", "-C", "-c", self.conf_path, "-p",
                self.pid_path, "-Lf", self.log_path] + self.arguments

    def launch(self):
        self.configure(self.conf)
        with open(self.error_path, "w") as error:
            self.spawn(self.command(), stderr=error, env=dict(
                snmp_environment(self.work), **self.env))

    def start(self):
        self.launch()
        wait_until(self.is_ready, "portownerd is ready", 15)

    def is_ready(self):
        assert self.is_running(), "portownerd ended:\n%s%s" % (
            self.log(), self.stderr())
        return os.path.exists(self.pid_path)

    def log(self):
        return read(self.log_path)

    def stderr(self):
        return read(self.error_path)

    def children(self):
        """The collector and the agent."""
        return children(self.pid)


class Answer:
    """What portowner said, and how it ended."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.error = done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def sockets(self):
        return self.json["sockets"]

    def one_line_of_error(self):
        """The error, which must be one line that says who speaks."""
        lines = self.error.splitlines()
        assert len(lines) == 1, self.error
        assert lines[0].startswith("portowner: "), self.error
        assert not re.search(r"[^ -~]", lines[0]), self.error
        return lines[0]


def portowner(*arguments, prefix=(), program_path=PORTOWNER, env=None,
              seconds=60):
    done = subprocess.run(
        [*prefix, program_path, *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="strict", encoding="utf-8", timeout=seconds,
        env=dict(os.environ, LC_ALL="C.UTF-8", **(env or {})))
    return Answer(done)
