# SPDX-License-Identifier: BSD-2-Clause
"""portowner --host: the same rows as on the host itself, asked with as little
as it takes, whatever the agent, the network and the tables do meanwhile."""
import json
import os
import pty
import random
import re
import resource
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections import namedtuple
from types import SimpleNamespace

import pytest

import mib
from programs import (BUILD, PORTOWNER, Portownerd, Snmpd, folder, free_port,
                      portowner, read, session_members, snmp_environment,
                      wait_until, write)
from relay import Relay
from snmp import Manager

PLUGIN = os.path.join(BUILD, "check_port_owner")
USER, AUTH, PRIV = "monitor", "a long passphrase", "another passphrase"
COMMUNITY = ["-v", "2c", "-c", "public"]
V3 = ["-v", "3", "-l", "authPriv", "-u", USER, "-a", "SHA", "-A", AUTH,
      "-x", "AES", "-X", PRIV]
VERSIONS = {"v1": ["-v", "1", "-c", "public"], "v2c": COMMUNITY, "v3": V3}
SNMPD_CONF = ['createUser %s SHA "%s" AES "%s"' % (USER, AUTH, PRIV),
              "rouser %s priv" % USER,
              "rocommunity short 127.0.0.1 -V short",
              "view short included .1",
              "view short excluded .%s" % ".".join(map(str,
                  mib.OWNERS.column("service"))),
              "rocommunity nothing 127.0.0.1 -V nothing",
              "view nothing included .1.3.6.1.2.1"]
PACKETS = (1, 3, 6, 1, 2, 1, 11, 1, 0)      # snmpInPkts
SEED = 20559
TICKS = os.sysconf("SC_CLK_TCK")
# What the tables carry of a snapshot's head, and what they do not: gaps are
# said in words of the asking side.
HEAD = ("visibility", "collect_us", "source")
LONG = {"-a": "--all", "-c": "--connections", "-t": "--tcp", "-u": "--udp"}
SELECTIONS = ["", "-a", "-c", "-t", "-u", "-a -u", "-c -t", "-4", "-a -6",
              "-p 0 -a", "-U root", "--stack own", "--stack own -a"]


class Service:
    """A replaying portownerd behind a snmpd."""

    def __init__(self, work, recorded, conf=()):
        self.work = work
        self.recorded = recorded
        self.snmpd = Snmpd(work, SNMPD_CONF)
        self.portownerd = Portownerd(work, self.snmpd.master, [
            "source replay:" + recorded, *conf])

    def __enter__(self):
        self.snmpd.__enter__()
        try:
            self.portownerd.__enter__()
            self.manager.await_service()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self.portownerd.stop()
        self.snmpd.stop()

    @property
    def manager(self):
        return Manager(self.work, self.snmpd.port)

    @property
    def target(self):
        return "127.0.0.1:%d" % self.snmpd.port

    def here(self, *options):
        return portowner("--source", "replay:" + self.recorded, *options)

    def there(self, *options, version=COMMUNITY, target=None):
        return ask(self.work, target or self.target, *version, *options)


def ask(work, host, *options, **keywords):
    return portowner("--host", host, *options, env=snmp_environment(work),
                     **keywords)


@pytest.fixture(scope="module")
def recorded(module_work, scene):
    path = os.path.join(module_work, "recorded")
    assert portowner("--record", path).status == 0
    return path


@pytest.fixture(scope="module")
def service(module_work, recorded):
    with Service(module_work, recorded, ["cacheTimeout 3600"]) as s:
        yield s


def sockets(answer):
    """An object without what cannot be the same."""
    return [json.dumps(s) for s in answer.sockets]


# The same as there

@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("options", SELECTIONS)
def test_same_rows(service, options, version):
    words = shlex.split(options)
    afar = [LONG.get(word, word) for word in words]
    how = {"version": VERSIONS[version]}
    here, there = service.here(*words), service.there(*afar, **how)
    assert there.out == here.out
    assert there.status == here.status
    here = service.here("--json", *words)
    there = service.there("--json", *afar, **how)
    assert sockets(there) == sockets(here)
    assert there.json.keys() == here.json.keys()
    for name in HEAD:
        assert there.json[name] == here.json[name]
    assert bool(there.json["gaps"]) == bool(here.json["gaps"])


def ports_of(service):
    """Ports that some, and many, rows have."""
    found = [s for s in service.here("--json", "-a").sockets
             if s["protocol"] != "raw"]
    chance = random.Random(SEED)
    some = sorted({s["local_port"] for s in found})
    return [str(port) for port in chance.sample(some, 20)]


def test_same_rows_of_ports(service):
    ports = ports_of(service)
    for words in ([ports[0]], ports[1:3], ports, ["1-40000"], ["0-65535"],
                  [ports[4], "-a"], [ports[5], "-t"], ["-u", *ports],
                  ["-a", "-c", *ports], ["domain", "-a"]):
        afar = [LONG.get(word, word) for word in words]
        for version in VERSIONS.values():
            here = service.here("--json", *words)
            there = service.there("--json", *afar, version=version)
            assert sockets(there) == sockets(here), (words, version)
            assert there.status == here.status


def test_record_from_afar(service, work):
    path = os.path.join(work, "afar")
    assert service.there("--record", path).status == 0
    here = service.here("--json", "-a")
    again = portowner("--source", "replay:" + path, "--json", "-a")
    assert sockets(again) == sockets(here)


def test_check_from_afar(service, work):
    """Rules of this host, against another one."""
    listener = next(s for s in service.here("--json", "-t", "-4").sockets
                    if s["state"] == "LISTEN" and s["pid"] > 0 and
                    s["stack"] == 0 and re.fullmatch(r"[a-z-]+",
                                                     s["command"] or ""))
    rules = write(os.path.join(work, "rules.conf"), "expect tcp %s:%d %s\n" % (
        listener["local_address"], listener["local_port"],
        listener["command"]))
    answer = service.there("--check", "--config", rules)
    assert answer.status == 0 and answer.out.startswith("OK: "), answer.out
    write(rules, "expect tcp %s:%d somebody-else\n" % (
        listener["local_address"], listener["local_port"]))
    answer = service.there("--check", "--config", rules)
    assert answer.status == 2 and answer.out.startswith("CRITICAL: ")
    answer = ask(work, "127.0.0.1:%d" % free_port(), "-r0", "-t1", *COMMUNITY,
                 "--check", "--config", rules)
    assert answer.status == 3 and answer.out.startswith("UNKNOWN: ")


def test_suggest_from_afar(service):
    here = service.here("--suggest-expectations")
    assert service.there("--suggest-expectations").out == here.out


# As little as it takes

def packets(service):
    return service.manager.get(PACKETS).value


def requests_of(service, *options, **how):
    """How many messages the agent got, by its own count."""
    before = service.manager.get(PACKETS)
    answer = service.there(*options, **how)
    assert answer.status in (0, 1), answer.error
    after = service.manager.get(PACKETS)
    return int(after.value) - int(before.value) - 1


def test_one_request_for_one_port(service):
    """Of one stack, and a port that one process has or none."""
    found = [s for s in service.here("--json", "-a", "--stack", "own").sockets
             if s["protocol"] in ("tcp", "udp")]
    ports = [s["local_port"] for s in found]
    alone = [port for port in ports if ports.count(port) == 1][:5]
    free = max(set(range(1, 65536)) - set(ports))
    assert len(alone) == 5
    for port in [*alone, free]:
        assert requests_of(service, "--stack", "own", str(port)) == 1
        assert requests_of(service, "--stack", "own", "--tcp",
                           str(port)) == 1


def test_narrow_walks(service):
    every = requests_of(service, "--all")
    assert requests_of(service, "--udp") < every / 2
    assert requests_of(service, "--stack", "own", "1-1023") < 20


class Cost(namedtuple("Cost", "cpu seconds packets")):
    """Of an answer: the CPU time of all that take part, the time, and the
    requests."""

    @classmethod
    def of(cls, service, ask):
        before, begin = cls.now(service), time.monotonic()
        ask()
        end, after = time.monotonic(), cls.now(service)
        return cls(after[0] - before[0], end - begin, after[1] - before[1])

    @staticmethod
    def now(service):
        packets_now = int(packets(service))
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        ticks = sum(cpu_ticks(pid) for service_pid in (
            service.snmpd.pid, service.portownerd.pid)
                    for pid in session_members(service_pid))
        return (children.ru_utime + children.ru_stime + ticks / TICKS,
                packets_now)


def cpu_ticks(pid):
    """Of its user and system time."""
    fields = read("/proc/%d/stat" % pid).rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_speed(module_work, work):
    """Of 10,000 rows over AgentX, beside the least that reads them."""
    path = os.path.join(work, "crowd")
    crowd = ("import socket,subprocess,sys\n"
             "s = [socket.create_server(('127.0.0.1', p), backlog=1)\n"
             "     for p in range(10000, 20000)]\n"
             "sys.exit(subprocess.call(sys.argv[1:]))")
    subprocess.run(["prlimit", "--nofile=20000:20000", "unshare", "-n", "sh",
                    "-c", "ip link set lo up && exec \"$@\"", "sh",
                    sys.executable, "-c", crowd, PORTOWNER, "--record", path,
                    "--stack", "own"], check=True, stderr=subprocess.DEVNULL)
    walker = os.path.join(work, "walker")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "netsnmp"],
                           check=True, stdout=subprocess.PIPE, text=True)
    subprocess.run(["cc", "-O2", "-o", walker, os.path.join(
        os.path.dirname(__file__), "walker.c"), *flags.stdout.split()],
                   check=True)
    with Service(work, path, ["cacheTimeout 3600"]) as service:
        entry = "." + ".".join(map(str, mib.OWNERS.entry))

        def walk():
            done = subprocess.run([walker, service.target, entry], check=True,
                                  stdout=subprocess.PIPE,
                                  env=dict(os.environ,
                                           **snmp_environment(work)))
            assert int(done.stdout) == 10000

        def ask_host():
            assert len(service.there("--json").sockets) == 10000

        bare, ours = zip(*[(Cost.of(service, walk),
                            Cost.of(service, ask_host)) for _ in range(7)])
    for name, costs in (("walker", bare), ("portowner --host", ours)):
        print("\n10,000 rows: %s: %s" % (name, min(costs)))
    # What others do on the machine adds to the time, and less to the CPU's.
    # Who sends no more requests and takes no more CPU is as fast.
    assert min(c.cpu for c in ours) <= 1.5 * min(c.cpu for c in bare)
    assert min(c.packets for c in ours) <= 1.5 * min(c.packets for c in bare)


# Tables that change

def refreshing(service, numbers):
    """A relay that has the tables change after these answers, and then only,
    however long it all takes."""
    writer = Manager(service.work, service.snmpd.port, "private")

    def keep(seconds):
        assert writer.set(mib.CACHE_TIMEOUT.oid, "u", str(seconds)) is None

    def answer(number, message):
        if number in numbers:
            generation = service.manager.value(mib.GENERATION)
            keep(1)
            wait_until(lambda: service.manager.value(mib.ROWS) and
                       service.manager.value(mib.GENERATION) != generation,
                       "another generation", 60)
            keep(3600)
        return message
    return Relay(service.snmpd.port, answer)


@pytest.fixture
def changing(work, recorded):
    with Service(work, recorded, ["cacheTimeout 3600"]) as s:
        yield s


def test_torn_once(changing):
    with refreshing(changing, {2}) as relay:
        answer = changing.there("--json", "--all", "--verbose", "-t60",
                                target=relay.target)
    assert sockets(answer) == sockets(changing.here("--json", "-a"))
    assert "read again" in answer.error
    assert not any("changed while" in gap for gap in answer.json["gaps"])


def test_torn_always(changing):
    """Rows are better than none, and it is said what they are."""
    with refreshing(changing, range(0, 200, 20)) as relay:
        answer = changing.there("--json", "--all", "-t60", "--stack", "own",
                                target=relay.target)
    assert answer.status == 0
    assert answer.json["visibility"] == "partial"
    assert any("changed while" in gap for gap in answer.json["gaps"])
    here = changing.here("--json", "-a", "--stack", "own")
    assert sockets(answer) == sockets(here)


def plugin(relay, work):
    """check_port_owner, which asks in the same way; (status, output)."""
    host, port = relay.target.split(":")
    done = subprocess.run(
        [PLUGIN, "-H", host, "-p", port, "-P", "2c", "-C", "public", "-t",
         "120", "--accept-partial", "-a", "* *:*"], stdout=subprocess.PIPE,
        text=True, env=dict(os.environ, **snmp_environment(work)))
    return done.returncode, done.stdout


def test_plugin_torn(changing, work):
    def listeners(out):
        return int(re.search(r"'listeners'=(\d+);", out).group(1))

    with Relay(changing.snmpd.port) as relay:
        status, out = plugin(relay, work)
        assert status == 0, out
        count = listeners(out)
    with refreshing(changing, {1}) as relay:
        status, out = plugin(relay, work)
        assert (status, listeners(out)) == (0, count), out
    with refreshing(changing, range(1, 20, 2)) as relay:
        status, out = plugin(relay, work)
        assert status == 3, out
        assert "changed 3 times while they were read" in out


# Several hosts

def test_several_hosts(service):
    listed = service.here("--json").sockets
    answer = service.there("--host", "localhost:%d" % service.snmpd.port,
                           "--json")
    hosts = {h["host"]: h for h in answer.json["hosts"]}
    assert sorted(hosts) == sorted([
        service.target, "localhost:%d" % service.snmpd.port])
    for host in hosts.values():
        assert host["sockets"] == listed
    table = service.there("--host", "localhost:%d" % service.snmpd.port).out
    lines = [line.split() for line in table.splitlines()]
    assert lines[0][:3] == ["HOST", "STACK", "USER"]
    assert len(lines) == 1 + 2 * len(listed)
    assert {line[0] for line in lines[1:]} == set(hosts)


def test_hosts_of_a_file(service, work):
    path = write(os.path.join(work, "hosts"), "# all of them\n\n%s  # one\n"
                 "\t%s\r\n" % (service.target, service.target))
    answer = portowner("--hosts", path, *COMMUNITY, "--json",
                       env=snmp_environment(work))
    assert [h["host"] for h in answer.json["hosts"]] == [service.target] * 2
    write(path, "# nobody\n")
    answer = portowner("--hosts", path, *COMMUNITY)
    assert answer.status == 2
    assert "no host" in answer.one_line_of_error()
    answer = portowner("--hosts", os.path.join(work, "absent"), *COMMUNITY)
    assert answer.status == 2
    assert "No such file" in answer.one_line_of_error()


def test_silent_host_holds_up_nobody(service, work):
    """The rows of the others are there long before it is given up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        silent = "127.0.0.1:%d" % deaf.getsockname()[1]
        begin = time.monotonic()
        with subprocess.Popen(
                [PORTOWNER, "--host", silent, "--host", service.target,
                 *COMMUNITY, "-t", "20", "-r", "0"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
                env=dict(os.environ, **snmp_environment(work))) as process:
            rows = [process.stdout.readline() for _ in range(3)]
            assert time.monotonic() - begin < 19
            assert all(service.target in row for row in rows[1:])
            out, error = process.communicate(timeout=120)
    assert time.monotonic() - begin > 19
    assert silent not in out
    lines = error.splitlines()
    assert lines[-1] == "portowner: %s: no answer" % silent
    assert process.returncode == 2


def test_many_hosts(service, work):
    """More than are asked at once."""
    path = write(os.path.join(work, "hosts"),
                 (service.target + "\n") * 150 + "nowhere.invalid\n")
    answer = portowner("--hosts", path, *COMMUNITY, "--json", "--stack",
                       "own", "1-1023", env=snmp_environment(work))
    hosts = answer.json["hosts"]
    assert len(hosts) == 151
    failed = [h for h in hosts if "error" in h]
    assert [h["host"] for h in failed] == ["nowhere.invalid"]
    assert answer.status == 2


def test_progress_on_a_terminal(service, work):
    def slowly(number, message):
        time.sleep(0.02)
        return message

    master, slave = pty.openpty()
    with Relay(service.snmpd.port, slowly) as relay:
        done = subprocess.run(
            [PORTOWNER, "--host", relay.target, *COMMUNITY, "--all"],
            stdout=subprocess.PIPE, stderr=slave, timeout=600,
            env=dict(os.environ, **snmp_environment(work)))
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert done.returncode == 0
    assert re.search(r"\d+ rows", shown)
    assert shown.rindex("\033[K") > shown.rindex(" rows"), shown
    # and nothing of it anywhere else
    assert " rows" not in service.there("--all").error


# Errors

def test_errors(service, work):
    cases = [
        (["--host", service.target, "-v2c", "-cwrong", "-r0"], "no answer"),
        (["--host", "nowhere.invalid", *COMMUNITY], "nowhere.invalid"),
        (["--host", service.target, *V3[:-1], "a wrong passphrase"],
         "no answer|ecrypt|Authentication"),
        (["--host", service.target, *V3[:9], "wrong passphrase", *V3[10:]],
         "Authentication failure"),
        (["--host", service.target, "-v3", "-u", "nobody", "-l",
          "noAuthNoPriv"], "Unknown user name"),
        (["--host", service.target, "-v", "3", "-a", "SHA", "-A", "short"],
         "short|length"),
        (["--host", service.target, "-v", "9"], "ersion"),
        (["--host", service.target, "-v2c", "-cnothing"],
         "does not show PORT-OWNER-MIB"),
        (["--host", service.target, "-v1", "-cnothing"],
         "does not show PORT-OWNER-MIB"),
        (["--host", "", *COMMUNITY], "no host"),
        (["--host", service.target, "-v"], "-v .*argument"),
        (["--host", service.target, "--source", "diag"], "--source"),
        (["--host", "a", "--host", "b", "--record", "x"], "--record"),
        (["--host"], "--host needs an argument"),
    ]
    for words, what in cases:
        answer = portowner(*words, env=snmp_environment(work))
        assert answer.status == 2, (words, answer.out, answer.error)
        assert answer.out == ""
        assert re.search(what, answer.one_line_of_error()), (
            words, answer.error)


def test_the_asking_program_is_missing(work):
    """Alone, portowner says what it lacks; here it works as ever."""
    alone = shutil.copy(PORTOWNER, work)
    rules = os.path.join(work, "rules")
    write(rules, "expect tcp *:1 nobody\n")
    lacks = "hosts cannot be asked: /.*/portowner-ask: No such file"
    answer = portowner("--host", "127.0.0.1", program_path=alone)
    assert (answer.status, answer.out) == (2, "")
    assert re.search(lacks, answer.one_line_of_error())
    # a check says on its output why it is none
    answer = portowner("--host", "127.0.0.1", "--check", "--config", rules,
                       program_path=alone)
    assert answer.status == 3
    assert re.search(lacks, answer.out)
    assert portowner("-V", program_path=alone).status == 0


def test_no_subagent(work):
    with Snmpd(work) as snmpd:
        for version in ("1", "2c"):
            answer = ask(work, "127.0.0.1:%d" % snmpd.port, "-v", version,
                         "-c", "public")
            assert answer.status == 2
            assert "portownerd does not run" in answer.one_line_of_error()


def test_defaults_of_snmp_conf(service, work):
    os.makedirs(os.path.join(work, "snmp"), exist_ok=True)
    write(os.path.join(work, "snmp", "snmp.conf"),
          "defVersion 2c\ndefCommunity public\n")
    answer = ask(work, service.target, "--json")
    assert sockets(answer) == sockets(service.here("--json"))


def test_hidden_column(service):
    """What the agent may not show is said, and the rest is there."""
    answer = service.there("--json", version=["-v2c", "-cshort"])
    here = service.here("--json").sockets
    for s in here:
        s["service"] = None
    assert answer.sockets == here
    assert any("column 14" in gap for gap in answer.json["gaps"])
    assert answer.json["visibility"] == "partial"


# Answers of any kind

def test_lost_answers(service):
    with Relay(service.snmpd.port,
               lambda number, m: None if number % 7 == 3 else m) as relay:
        answer = service.there("--json", "-t", "0.2", target=relay.target)
    assert sockets(answer) == sockets(service.here("--json"))


def test_large_answers_are_lost(service):
    """As where fragments do not come through."""
    with Relay(service.snmpd.port, lambda number, m: None if len(m) > 2000
               else m) as relay:
        answer = service.there("--json", "--udp", "-t", "0.1", "-r", "1",
                               target=relay.target)
        assert sockets(answer) == sockets(service.here("--json", "-u")), (
            answer.error)


def spoil(chance, message):
    octets = bytearray(message)
    for _ in range(chance.randrange(1, 4)):
        # behind version, community and request id, which the library checks
        at = chance.randrange(30, len(octets))
        octets[at] = chance.randrange(256)
    if chance.random() < 0.2:
        del octets[chance.randrange(30, len(octets)):]
    return bytes(octets)


def test_spoiled_answers(service):
    """Whatever comes, it ends as a program does, and says so."""
    chance = random.Random(SEED)
    statuses = []
    for _ in range(60):
        at = chance.randrange(0, 10)
        with Relay(service.snmpd.port, lambda number, m:
                   spoil(chance, m) if number >= at else m) as relay:
            answer = service.there("--json", "--all", "-r", "0", "-t", "0.3",
                                   target=relay.target)
        assert answer.status in (0, 1, 2), answer.error
        assert "signal" not in answer.error
        if answer.status != 2:
            assert isinstance(answer.sockets, list)
        statuses.append(answer.status)
    assert 2 in statuses
