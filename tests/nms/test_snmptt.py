# SPDX-License-Identifier: BSD-2-Clause
"""Notifications of a real portownerd, sent by SNMPv3 with privacy to a real
snmptrapd and a real SNMPTT, which reads the project's file, to a real
Nagios."""
import contextlib
import os
import re
import socket
import subprocess
from types import SimpleNamespace

import pytest

from nagios import Nagios, define
from programs import (BUILD, TOP, Service, free_port, program, read,
                      snmp_environment, wait_until, write)
from scenery import ADDRESS, AUTH, ODD_NAMES, PRIV, USER, Listener, Scenery

SNMPTT_CONF = os.path.join(TOP, "nms", "snmptt", "snmptt.conf")
SUBMIT = os.path.join(TOP, "nms", "nagios", "trap-to-nagios")
INSTALLED = "/usr/share/portowner/nms/nagios/trap-to-nagios"
# The sender's, which is the one that counts for a notification.
ENGINE = "0x8000000001020304"
KEYS = 'SHA "%s" AES "%s"' % (AUTH, PRIV)
PASSIVE, VIOLATIONS = "Port owner notifications", "Port owner violations"


class Snmptt(Service):
    """snmptrapd that hands every trap to SNMPTT."""

    def __init__(self, work, port, nagios):
        super().__init__(work)
        self.port = port
        self.nagios = nagios
        self.log_path = os.path.join(work, "snmptrapd.log")
        self.traps = os.path.join(work, "snmptt.log")
        self.unknown = os.path.join(work, "snmptt.unknown")

    def start(self):
        conf = read(SNMPTT_CONF)
        assert INSTALLED in conf
        ini = read("/etc/snmp/snmptt.ini")
        own = {"snmptt_conf_files": "<<END\n%s\nEND" % write(
            os.path.join(self.work, "snmptt.conf"),
            conf.replace(INSTALLED, SUBMIT)),
               "log_file": self.traps, "log_enable": "1",
               "unknown_trap_log_enable": "1",
               "unknown_trap_log_file": self.unknown, "syslog_enable": "0",
               "mibs_environment": "", "net_snmp_perl_enable": "1",
               "dns_enable": "0", "log_system_enable": "0"}
        for name, value in own.items():
            if name == "snmptt_conf_files":
                ini = re.sub(r"^snmptt_conf_files = <<END\n.*?^END",
                             lambda _: "snmptt_conf_files = " + value, ini,
                             flags=re.M | re.S)
                continue
            ini = re.sub(r"^%s =.*$" % name, lambda _, n=name, v=value:
                         "%s = %s" % (n, v), ini, flags=re.M)
        path = write(os.path.join(self.work, "snmptt.ini"), ini)
        trapd = write(os.path.join(self.work, "snmptrapd.conf"), "\n".join([
            "createUser -e %s %s %s" % (ENGINE, USER, KEYS),
            "authUser log,execute %s priv" % USER, "doNotLogTraps no",
            "traphandle default %s --ini=%s" % (program("snmptt"), path), ""]))
        self.spawn([program("snmptrapd"), "-C", "-c", trapd, "-f", "-n", "-On",
                    "-Lf", self.log_path, "udp:127.0.0.1:%d" % self.port],
                   env=dict(snmp_environment(self.work),
                            PORTOWNER_COMMAND_FILE=self.nagios.path(
                                "rw/nagios.cmd"),
                            PORTOWNER_OBJECTS=self.nagios.path(
                                "objects.cache")))
        wait_until(lambda: "NET-SNMP version" in read(self.log_path),
                   "snmptrapd listens", 20)

    def events(self):
        """(name, text) of what was logged, in order."""
        return re.findall(
            r"^.*? \.1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.20559\.0\.\d+ \w+ "
            r"\"PortOwner\" \S+ - (.*)$", read(self.traps), re.M)


@pytest.fixture(scope="module")
def scene(module_work):
    port, trap_port = free_port(socket.SOCK_STREAM), free_port()
    expectation = "tcp %s:%d web" % (ADDRESS, port)
    with Scenery(module_work, [
            "engineID " + ENGINE,
            'trapsess -e %s -v 3 -u %s -l authPriv -a SHA -A "%s" -x AES '
            '-X "%s" %s:%d' % (ENGINE, USER, AUTH, PRIV, ADDRESS, trap_port)
            ]) as host:
        host.conf += ["stacks own", "watchInterval 1", "debounce 1",
                      "notifyRate 1000", "expect " + expectation]
        objects = define(
            "host", host_name="web1", address=ADDRESS, hostgroups="port-owner",
            max_check_attempts=1, contacts="somebody",
            check_period="port-owner-always",
            _PORTOWNER_SNMP="-p %d -P 2c -C public" % host.snmpd.port)
        with Nagios(module_work, BUILD, objects) as nagios, Snmptt(
                module_work, trap_port, nagios) as snmptt:
            with Listener("web", port) as web:
                host.restart_agent()
                yield SimpleNamespace(
                    host=host, nagios=nagios, snmptt=snmptt, web=web,
                    expectation=expectation)


def await_event(scene, *words):
    def found():
        return [event for event in scene.snmptt.events()
                if all(word in event for word in words)]
    try:
        return wait_until(found, words, 30)[-1]
    except AssertionError as error:
        raise AssertionError("%s\n%s\n%s" % (
            error, read(scene.snmptt.traps), read(scene.snmptt.log_path)))


@contextlib.contextmanager
def brings(scene, kind, state):
    """The passive service is told of that, among other things."""
    before = len(scene.nagios.told(PASSIVE))
    yield
    wait_until(lambda: any(
        told == state and text.startswith("PORTOWNER %s - " % kind)
        for told, text in scene.nagios.told(PASSIVE)[before:]), kind, 60)


def test_listener(scene):
    with brings(scene, "portOwnerListenerGone", "WARNING"):
        with Listener("visitor", free_port(
                socket.SOCK_STREAM)) as listener, brings(
                scene, "portOwnerListenerAppeared", "WARNING"):
            assert await_event(scene, "A listener has appeared: " +
                               listener.endpoint).startswith(
                "A listener has appeared: %s, visitor (pid %d) of nobody" % (
                    listener.endpoint, listener.pid))
        await_event(scene, "A listener has gone: " + listener.endpoint)


def test_expectation(scene):
    with brings(scene, "portOwnerExpectationFailed", "CRITICAL"):
        scene.web.stop()
        await_event(scene, "An expectation is not met: " + scene.expectation)
    # and was looked at by itself
    told = scene.nagios.await_state(VIOLATIONS, "CRITICAL")
    assert "1 violation" in told["plugin_output"]
    scene.web.start()
    await_event(scene, "An expectation is met again: " + scene.expectation)
    scene.nagios.await_state(VIOLATIONS, "OK")
    # the last notification is stale some time, and then it is asked
    scene.nagios.await_state(PASSIVE, "OK")


def test_owner(scene):
    with scene.web.replaced_by(Listener(
            "thief", scene.web.port)) as thief, brings(
                scene, "portOwnerListenerOwnerChanged", "WARNING"):
        await_event(scene, "A listener has another owner", "thief (pid %d)"
                    % thief.pid, "it was web (pid ")
    await_event(scene, "A listener has another owner", "it was thief")
    await_event(scene, "An expectation is met again", "(pid %d)"
                % scene.web.pid)


def test_restart_is_nothing(scene):
    before = len(scene.snmptt.events())
    pid = scene.web.pid
    scene.web.restart()
    assert scene.web.pid != pid
    # whatever comes later tells that nothing came before
    with Listener("later", free_port(socket.SOCK_STREAM)) as listener:
        await_event(scene, listener.endpoint)
    new = scene.snmptt.events()[before:]
    assert all(scene.web.endpoint not in event for event in new), new


def test_odd_names(scene):
    """Nothing of a name reaches a shell; the log has it as it was sent."""
    marker = os.path.join("/tmp", "po-odd")
    assert not os.path.exists(marker)
    for name in [*ODD_NAMES, b"$(>/tmp/po-odd)", b"`>/tmp/po-odd`",
                 b";>/tmp/po-odd #", b"\">/tmp/po-odd\""]:
        with Listener(name, free_port(socket.SOCK_STREAM)) as listener:
            await_event(scene, "A listener has appeared: " +
                        listener.endpoint)
    assert not os.path.exists(marker)
    assert read(scene.snmptt.unknown) == ""


@pytest.mark.parametrize("words", [
    ["127.0.0.1; touch /tmp/x", "portOwnerListenerGone"],
    ["127.0.0.1", "portOwnerListenerGone;x"], ["", ""], ["127.0.0.1"],
    ["192.0.2.1", "portOwnerListenerGone"]])
def test_submission_refuses(scene, words):
    done = subprocess.run(
        [SUBMIT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={
            "PORTOWNER_COMMAND_FILE": scene.nagios.path("rw/nagios.cmd"),
            "PORTOWNER_OBJECTS": scene.nagios.path("objects.cache")})
    assert done.returncode == 1
    assert done.stderr.startswith("trap-to-nagios: ")
