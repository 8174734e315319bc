# SPDX-License-Identifier: BSD-2-Clause
"""The Zabbix templates, in a real Zabbix that asks a real portownerd through a
real snmpd, with SNMPv3 and privacy.

6.0 is that of this Debian; 7.0, of the next one, is tried where NMS_TRIXIE is
set."""
import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

import browser
import mib
import trixie
from broker import links, listening_inode
from programs import (NOBODY, TOP, Service, free_port, program, read,
                      snmp_environment, wait_until, write)
from scene import escaped
from scenery import (ADDRESS, AUTH, NOBODY_UID, ODD_NAMES, PRIV, USER,
                     Listener, Scenery)
from zabbix import Zabbix

FILES = os.path.join(TOP, "nms", "zabbix")
# A day of the template is some seconds here.
TIMES = {"POLL": "1s", "DISCOVERY": "2s", "HEARTBEAT": "8s",
         "GONE.AFTER": "#5", "SILENT.AFTER": "#5", "NODATA": "60s",
         "VIOLATIONS.AFTER": "#10"}
LONGEST_RESTART = 2     # seconds; shorter than GONE.AFTER
PATIENCE = 120         # seconds; the machine may be busy
SNMP_INTERFACE = 2
CROWD = 1000
CROWD_ADDRESS = "127.0.0.77"
SILENT = "PortOwner: the agent is silent"
PART = "PortOwner: the agent sees a part only"
DROPPED = "PortOwner: rows were dropped"
HIDDEN = "PortOwner: violations that are not shown here"
UNEXPECTED = "PortOwner: unexpected listener %s"
GONE = "PortOwner: expected listener %s has gone"
WRONG = "PortOwner: wrong user or command at %s"
CHANGED = "PortOwner: another owner at %s"
NOT_THERE = "PortOwner: expected listener has gone: %s"
V3 = {"version": 3, "securityname": USER, "securitylevel": 2,
      "authprotocol": 1, "authpassphrase": AUTH, "privprotocol": 1,
      "privpassphrase": PRIV, "bulk": 1}


class Host:
    """A host in Zabbix: what it knows and what it alarms."""

    def __init__(self, api, name, port, macros, details):
        self.api = api
        self.name = name
        template, = api.template_get(filter={"host": "PortOwner by SNMP"})
        group, = api.hostgroup_get(filter={"name": "Zabbix servers"})
        self.id, = api.host_create(
            host=name, groups=[{"groupid": group["groupid"]}],
            templates=[{"templateid": template["templateid"]}],
            macros=[self.macro(*pair) for pair in macros.items()],
            interfaces=[{
                "type": SNMP_INTERFACE, "main": 1, "useip": 1, "dns": "",
                "ip": ADDRESS, "port": str(port), "details": details}]
            )["hostids"]

    @staticmethod
    def macro(name, value):
        name, _, context = name.partition(":")
        return {"macro": "{$PORTOWNER.%s%s}" % (
            name, ":" + context if context else ""), "value": value}

    @contextlib.contextmanager
    def macros(self, **values):
        """Set meanwhile: NAME="value", or NAME={endpoint: value, "": ...}."""
        made = []
        for name, value in values.items():
            for context, text in (value.items() if isinstance(value, dict)
                                  else [("", value)]):
                made += self.api.usermacro_create(hostid=self.id, **self.macro(
                    name + (':"%s"' % context if context else ""), text)
                    )["hostmacroids"]
        try:
            yield
        finally:
            self.api.call("usermacro.delete", made)

    def items(self, *output):
        return {i["key_"]: i for i in self.api.item_get(
            hostids=self.id, output=["key_", "lastvalue", "lastclock",
                                     "value_type", "state", "error", "name",
                                     *output])}

    def values(self):
        """{key: value} of what has one."""
        return {key: i["lastvalue"] for key, i in self.items().items()
                if i["lastclock"] != "0"}

    def endpoints(self):
        """Those whose listeners are known, by their commands."""
        prefix = "portowner.listener.command["
        return {key[len(prefix):-1]: value
                for key, value in self.values().items()
                if key.startswith(prefix)}

    def of(self, endpoint):
        """{column: value} of one listener."""
        prefix, suffix = "portowner.listener.", "[%s]" % endpoint
        return {key[len(prefix):-len(suffix)]: value
                for key, value in self.values().items()
                if key.startswith(prefix) and key.endswith(suffix)}

    def alarms(self):
        return sorted(p["name"] for p in self.api.problem_get(
            hostids=self.id, output=["name"]))

    def details(self):
        return [p["opdata"] for p in self.api.problem_get(
            hostids=self.id, output=["opdata"])]

    def last_event(self):
        found = self.api.event_get(hostids=self.id, output=["eventid"],
                                   sortfield="eventid", sortorder="DESC",
                                   limit=1)
        return int(found[0]["eventid"]) if found else 0

    def raised_since(self, event):
        return sorted(e["name"] for e in self.api.event_get(
            hostids=self.id, output=["name", "value"],
            eventid_from=str(event + 1)) if e["value"] == "1")

    def await_alarms(self, *names):
        try:
            wait_until(lambda: self.alarms() == sorted(names), "alarms",
                       PATIENCE)
        except AssertionError:
            raise AssertionError("%s instead of %s" % (
                self.alarms(), sorted(names))) from None

    @contextlib.contextmanager
    def raises(self, *names):
        """Just these alarms, each once, and none is left."""
        assert self.alarms() == []
        before = self.last_event()
        yield
        self.await_alarms()
        assert self.raised_since(before) == sorted(names)

    def await_listener(self, endpoint, **columns):
        def is_known():
            values = self.of(endpoint)
            return values.get("sockets") == "1" and all(
                values.get(name) == str(value)
                for name, value in columns.items())
        wait_until(is_known, "%s is %s, not %s" % (
            endpoint, columns, self.of(endpoint)), PATIENCE)

    def await_same_owner(self, endpoint):
        """Until the change that there was is one no more."""
        keys = ["portowner.listener.%s[%s]" % (name, endpoint)
                for name in ("command", "user")]
        clocks = [self.items()[key]["lastclock"] for key in keys]
        wait_until(lambda: all(
            self.items()[key]["lastclock"] != clock
            for key, clock in zip(keys, clocks)), "the same owner", PATIENCE)

    def await_polls(self, count=3):
        """That many more values of the scalar that is always there."""
        for _ in range(count):
            clock = self.items()["portowner.state"]["lastclock"]
            wait_until(lambda: self.items()["portowner.state"]["lastclock"] !=
                       clock, "another value", PATIENCE)


class World:
    """What is monitored, and Zabbix."""

    def __init__(self, zabbix, scenery):
        self.zabbix = zabbix
        self.api = zabbix.api
        self.scenery = scenery
        self.host = None
        self.trap_port = None


@pytest.fixture(scope="module", params=["6.0", "7.0"])
def world(request, module_work):
    work = os.path.join(module_work, request.param)
    os.mkdir(work)
    with contextlib.ExitStack() as stack:
        root = "/"
        if request.param == "7.0":
            root = stack.enter_context(trixie.system(work))
        zabbix = stack.enter_context(Zabbix(work, root))
        assert zabbix.api.version.startswith(request.param + ".")
        trap_port = free_port()
        scenery = stack.enter_context(Scenery(module_work, [
            "trap2sink %s:%d public" % (ADDRESS, trap_port)]))
        path = os.path.join(FILES, "template_portowner_%s.yaml" %
                            request.param)
        zabbix.import_template(path)
        zabbix.import_template(path)    # again changes nothing
        world = World(zabbix, scenery)
        world.trap_port = trap_port
        world.host = Host(world.api, "box", scenery.snmpd.port, dict(
            TIMES, **{"PORT.MATCHES": "^2[0-9]{3}$",
                      "ADDRESS.MATCHES": "^127\\.0\\.0\\.1$"}), V3)
        yield world


@pytest.fixture
def host(world):
    return world.host


def test_rows_arrive(world, host):
    with Listener("webby", 2001) as web, Listener(
            "dnsy", 2002, uid=0, protocol="udp") as dns, Listener(
            "elsewhere", 3001) as other:
        with contextlib.closing(socket.create_connection(
                (ADDRESS, web.port))):
            host.await_listener(web.endpoint, connections=1, queue=1)
        host.await_listener(dns.endpoint, command="dnsy")
        values = host.of(web.endpoint)
        assert values == {
            "verdict": "1",
            "command": "webby", "user": NOBODY, "pid": str(web.pid),
            "service": values["service"], "owners": "1", "sockets": "1",
            "connections": values["connections"], "queue": values["queue"],
            "queue.limit": "8"}
        assert host.of(dns.endpoint)["user"] == "root"
        assert not host.of(other.endpoint)      # filtered by its port
        agent = host.values()
        assert agent["portowner.state"] == "1"
        assert agent["portowner.source"] == world.scenery.manager.get(
            mib.SOURCE.oid).value.decode()
        assert int(agent["portowner.listeners"]) >= 3
        assert 0 < float(agent["portowner.collect.time"]) < 5
    host.await_polls()
    assert not [item for item in host.items().values()
                if item["state"] != "0"]


def test_names_of_any_kind(world, host):
    """They arrive as the agent gives them, and are nowhere but in values."""
    with contextlib.ExitStack() as stack, host.raises():
        made = [stack.enter_context(Listener(name, 2100 + i))
                for i, name in enumerate(ODD_NAMES)]
        for listener in made:
            host.await_listener(listener.endpoint,
                                command=told_by_zabbix(listener.name))
        host.await_polls()
    for item in host.items().values():
        assert not any(odd in item["name"] for odd in "<{;|\\")
    for trigger in world.api.trigger_get(
            hostids=host.id, output=["description"], expandDescription=True):
        assert not any(odd in trigger["description"] for odd in "<{;|\\")


def told_by_zabbix(octets):
    """Octets that look like Zabbix' own form of UTF-8 are taken for it."""
    return "\u00e4" if octets == b"C3 A4" else escaped(octets)


def test_odd_names_on_a_page(world, host):
    """A browser shows them as text."""
    with Listener(b"<script>x", 2190) as listener:
        host.await_listener(listener.endpoint, command="<script>x")
        page = dom(world, latest(host, "command"))
        assert "&lt;script&gt;x" in page
        assert "<script>x" not in page


def latest(host, name):
    return ("zabbix.php?action=latest.view&hostids%%5B%%5D=%s&name=%s&"
            "filter_set=1" % (host.id, name))


def signed_in(world, page):
    return browser.form(world.zabbix.work, world.zabbix.frontend.url +
                        "index.php", {
                            "name": "Admin", "password": "zabbix",
                            "autologin": "1", "enter": "Sign in",
                            "request": page})


def dom(world, page):
    return browser.dom(world.zabbix.work, signed_in(world, page))


def test_unexpected_listener(host):
    with Listener("known", 2201) as known:
        host.await_listener(known.endpoint)
        with host.macros(ALLOWED={"": "0", known.endpoint: "1"}):
            with host.raises(UNEXPECTED % "tcp 127.0.0.1:2202"):
                with Listener("backdoor", 2202) as unknown:
                    host.await_alarms(UNEXPECTED % unknown.endpoint)
                    wait_until(lambda: host.details() == [
                        "by backdoor (nobody)"], "who it is", PATIENCE)


def test_unexpected_listener_that_is_allowed_later(host):
    with Listener("new", 2203) as new:
        host.await_listener(new.endpoint)
        with host.raises(UNEXPECTED % new.endpoint):
            with host.macros(ALLOWED={new.endpoint: "0"}):
                host.await_alarms(UNEXPECTED % new.endpoint)


def test_expected_listener_gone(host):
    with Listener("vital", 2301) as vital:
        host.await_listener(vital.endpoint)
        with host.macros(EXPECTED={vital.endpoint: "1"}):
            with host.raises(GONE % vital.endpoint):
                vital.stop()
                host.await_alarms(GONE % vital.endpoint)
                vital.start()


def test_listener_gone_that_nobody_expects(host):
    with Listener("whatever", 2302) as listener:
        host.await_listener(listener.endpoint)
        with host.raises():
            listener.stop()
            wait_until(lambda: host.of(listener.endpoint)["sockets"] == "0",
                       "gone", PATIENCE)
            host.await_polls(7)         # longer than GONE.AFTER


@pytest.mark.parametrize("before, after", [
    (dict(name="first"), dict(name="second")),
    (dict(name="same", uid=0), dict(name="same", uid=NOBODY_UID)),
], ids=["command", "user"])
def test_owner_changed(host, before, after):
    port = 2401 if "uid" not in before else 2402
    with Listener(port=port, **before) as listener:
        host.await_listener(listener.endpoint, command=before["name"])
        with host.raises(CHANGED % listener.endpoint):
            listener.stop()
            with Listener(port=port, **after):
                host.await_alarms(CHANGED % listener.endpoint)


def test_wrong_user(host):
    """It is the alarm, and that the user changed is none of its own."""
    with Listener("service", 2501) as listener:
        host.await_listener(listener.endpoint, user=NOBODY)
        with host.raises(*2 * [WRONG % listener.endpoint]):
            with host.macros(USER={listener.endpoint: "^root$"}):
                host.await_alarms(WRONG % listener.endpoint)
                listener.stop()
                with Listener("service", 2501, uid=0):
                    host.await_alarms()
                    host.await_listener(listener.endpoint, user="root")
                    host.await_polls()
                listener.start()
                host.await_alarms(WRONG % listener.endpoint)
                host.await_same_owner(listener.endpoint)


def test_wrong_command(host):
    with Listener("sshd", 2502) as listener:
        host.await_listener(listener.endpoint, command="sshd")
        with host.raises(WRONG % listener.endpoint):
            with host.macros(COMMAND={listener.endpoint: "^nginx$"}):
                host.await_alarms(WRONG % listener.endpoint)


def test_restart(host):
    """Another pid alone is no alarm, and neither is a short gap."""
    with Listener("steady", 2601) as listener:
        host.await_listener(listener.endpoint, pid=listener.pid)
        with host.macros(EXPECTED={listener.endpoint: "1"}), host.raises():
            keys = set(host.items())
            for gap in (0, 0, LONGEST_RESTART):
                listener.restart(gap)
                host.await_listener(listener.endpoint, pid=listener.pid)
            host.await_polls(7)
            assert set(host.items()) == keys


def test_silent_subagent(world, host):
    """One alarm, whatever the listeners are to be."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Listener("quiet", 2701 + i))
                for i in range(5)]
        for listener in made:
            host.await_listener(listener.endpoint)
        with host.macros(EXPECTED="1", ALLOWED="0"):
            there = {listener.endpoint for listener in made}
            host.await_alarms(
                *[UNEXPECTED % end for end in there],
                *[GONE % end for end in set(host.endpoints()) - there])
            standing, before = host.alarms(), host.last_event()
            world.scenery.stop_agent()
            host.await_alarms(SILENT, *standing)
            host.await_polls(7)
            world.scenery.start_agent()
            host.await_alarms(*standing)
            host.await_polls(7)
            assert host.raised_since(before) == [SILENT]
        host.await_alarms()


def test_stuck_collector(world, host):
    """Old data are no data."""
    with host.macros(**{"AGE.MAX": "10s"}), host.raises(SILENT):
        daemon = world.scenery.portownerd
        inode = "socket:[%s]" % listening_inode(daemon.socket_path)
        collector, = [pid for pid in daemon.children() if inode in links(pid)]
        # who would start another one does not either
        for pid in (daemon.pid, collector):
            os.kill(pid, signal.SIGSTOP)
        host.await_alarms(SILENT)
        os.kill(collector, signal.SIGCONT)
        world.scenery.restart_agent()


def test_part_of_the_view(world, host):
    with host.raises(PART):
        world.scenery.restart_agent(prefix=[
            "setpriv", "--bounding-set",
            "-sys_ptrace,-dac_read_search,-dac_override", "--"])
        host.await_alarms(PART)
        world.scenery.restart_agent()


def test_rows_dropped(world, host):
    with host.raises(DROPPED):
        world.scenery.restart_agent(["maxRows 2"])
        host.await_alarms(DROPPED)
        world.scenery.restart_agent()


@contextlib.contextmanager
def rules(world, *lines):
    """The agent's own; there are none before and after."""
    world.scenery.restart_agent(["debounce 0", "watchInterval 1", *lines])
    try:
        yield
    finally:
        world.scenery.restart_agent()


def test_agent_expects_a_listener(world, host):
    """That it has gone and that another holds it are alarms of their own."""
    text = "tcp 127.0.0.1:2901 vital nobody"
    with Listener("vital", 2901) as vital:
        host.await_listener(vital.endpoint, command="vital")
        with rules(world, "expect " + text):
            host.await_listener(vital.endpoint, verdict=2)
            wait_until(lambda: host.values().get(
                "portowner.expectation.status[%s]" % text) == "1",
                "the expectation", PATIENCE)
            with host.raises(NOT_THERE % text):
                vital.stop()
                host.await_alarms(NOT_THERE % text)
                vital.start()
            with host.raises(WRONG % vital.endpoint):
                with vital.replaced_by(Listener("other", 2901, uid=0)):
                    host.await_alarms(WRONG % vital.endpoint)
                    wait_until(lambda: host.details() == ["other (root)"],
                               "who it is", PATIENCE)
                host.await_listener(vital.endpoint, verdict=2)
                host.await_same_owner(vital.endpoint)


def test_agent_is_strict(world, host):
    with rules(world, "strict yes", "allow * *:1-2901",
               "allow * *:2903-65535"):
        with host.raises(UNEXPECTED % "tcp 127.0.0.1:2902"):
            with Listener("backdoor", 2902) as unknown:
                host.await_listener(unknown.endpoint, verdict=3)
                host.await_alarms(UNEXPECTED % unknown.endpoint)
                assert host.values()["portowner.violations"] == "1"


def test_violation_that_is_filtered_out(world, host):
    with rules(world, "strict yes", "allow * *:1-2999",
               "allow * *:3001-65535"):
        with host.raises(HIDDEN), Listener("backdoor", 3000):
            host.await_alarms(HIDDEN)


class TrapReceiver(Service):
    """snmptrapd with the handler that stands beside the templates."""

    def __init__(self, work, target, port):
        super().__init__(work)
        self.port = port
        self.target = target
        self.log_path = os.path.join(work, "snmptrapd.log")

    def start(self):
        conf = write(os.path.join(self.work, "snmptrapd.conf"), "\n".join([
            "authCommunity log,execute public", "traphandle default %s %s" % (
                os.path.join(FILES, "trap-to-zabbix"), self.target), ""]))
        self.spawn([program("snmptrapd"), "-f", "-C", "-c", conf, "-Lf",
                    self.log_path, "udp:%s:%d" % (ADDRESS, self.port)],
                   env=snmp_environment(self.work))
        wait_until(lambda: "NET-SNMP version" in read(self.log_path),
                   "snmptrapd listens")

    def notify(self, number, endpoint, command):
        """As the agent would, without waiting for a reason."""
        name = ".".join(map(str, mib.ROOT))
        subprocess.run(
            [program("snmptrap"), "-v2c", "-c", "public", "udp:%s:%d" % (
                ADDRESS, self.port), "", "%s.0.%d" % (name, number),
             name + ".1.3.1.6.0.6.1.1.4.127.0.0.1", "s", endpoint,
             name + ".1.3.1.8.0.6.1.1.4.127.0.0.1", "s", command],
            check=True, env=dict(os.environ, **snmp_environment(self.work)))


def trap_texts(host):
    """{kind: the last trap}"""
    found = {key: value for key, value in host.values().items()
             if key.startswith("snmptrap[")}
    return {kind: text for kind in TRAPS for key, text in found.items()
            if kind + "|" in key}


TRAPS = ["ListenerAppeared", "ListenerGone", "ListenerOwnerChanged",
         "ExpectationFailed", "ExpectationMet"]


def test_traps(world, host):
    """Each in the item of its kind."""
    with TrapReceiver(world.zabbix.work, world.zabbix.server.traps,
                      world.trap_port) as sink:
        for number, kind in enumerate(TRAPS, 1):
            sink.notify(number, "tcp 127.0.0.1:1", "kind " + kind)
        wait_until(lambda: set(trap_texts(host)) == set(TRAPS), "the traps",
                   PATIENCE)
        for kind, text in trap_texts(host).items():
            assert "kind " + kind in text


def test_trap_of_a_name_that_looks_like_one(world, host):
    """The agent's own; it stays one trap, and one of this host."""
    name = b"ZBXTRAP 1.2.3.4"
    with TrapReceiver(world.zabbix.work, world.zabbix.server.traps,
                      world.trap_port), rules(world):
        with Listener(name, 2911) as listener:
            wait_until(lambda: listener.endpoint in trap_texts(host).get(
                "ListenerAppeared", ""), "the trap", PATIENCE)
            text = trap_texts(host)["ListenerAppeared"]
            assert "ZBX TRAP 1.2.3.4" in text
            assert "nobody" in text.partition("ZBX TRAP 1.2.3.4")[2]


def test_a_thousand_listeners(world):
    with Listener("crowd", 20001, address=CROWD_ADDRESS, count=CROWD):
        host = Host(world.api, "crowd", world.scenery.snmpd.port, dict(
            TIMES, **{"POLL": "20s", "DISCOVERY": "20s",
                      "ADDRESS.MATCHES": "^127\\.0\\.0\\.77$"}),
            {"version": 2, "community": "public", "bulk": 1})
        began = time.monotonic()
        wait_until(lambda: len(host.endpoints()) == CROWD, "all of them", 240)
        print("%d listeners after %.0f s" % (
            CROWD, time.monotonic() - began))
        assert set(host.endpoints()) == {
            "tcp %s:%d" % (CROWD_ADDRESS, 20001 + i) for i in range(CROWD)}
        assert set(host.endpoints().values()) == {"crowd"}
        assert host.alarms() == []
        key = "portowner.listener.sockets[tcp %s:%d]" % (
            CROWD_ADDRESS, 20000 + CROWD)
        for _ in range(2):              # and it keeps up
            clock = int(host.items()[key]["lastclock"])
            wait_until(lambda: int(host.items()[key]["lastclock"]) > clock,
                       "another value", PATIENCE)
        assert host.alarms() == []
    world.api.call("host.delete", [host.id])


def test_pictures(world, host):
    """As an administrator sees it; kept where NMS_SCREENSHOTS says."""
    names = ["sshd", "nginx", "postgres", "<script>x"]
    version = world.zabbix.api.version[:3]
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Listener(name, 2801 + i, uid=33 * i))
                for i, name in enumerate(names)]
        with host.macros(ALLOWED={made[-1].endpoint: "0"}):
            host.await_alarms(UNEXPECTED % made[-1].endpoint)
            for page, name, size in (
                    (latest(host, "280") + "&show_tags=0", "latest",
                     (1300, 1100)),
                    ("zabbix.php?action=problem.view&hostids%%5B%%5D=%s&"
                     "show=3&show_opdata=1&filter_set=1" % host.id,
                     "problems", (1500, 1000)),
                    ("zabbix.php?action=host.dashboard.view&hostid=%s&"
                     "from=now-5m&to=now" % host.id, "dashboard",
                     (1500, 1100))):
                browser.shot(world.zabbix.work, signed_in(world, page),
                             "zabbix-%s-%s.png" % (version, name), size)
    host.await_alarms()
