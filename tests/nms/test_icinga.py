# SPDX-License-Identifier: BSD-2-Clause
"""check_port_owner in a real Icinga 2, which reads the project's file, against
a real portownerd behind a real snmpd, by SNMPv3 with privacy."""
import os
import pwd
import socket
import subprocess
from types import SimpleNamespace

import pytest

from icinga import Icinga
from programs import BUILD, TOP, free_port, wait_until, write
from scenery import (ADDRESS, AUTH, ODD_NAMES, PRIV, USER, Listener, Scenery)

RULES, VIOLATIONS = "Port owner", "Port owner violations"
SERVICES = (RULES, VIOLATIONS)
PASSIVE = "Port owner notifications"
SUBMIT = os.path.join(TOP, "nms", "nagios", "trap-to-nagios")


@pytest.fixture(scope="module")
def scene(module_work):
    port, api = (free_port(socket.SOCK_STREAM) for _ in range(2))
    with Scenery(module_work) as host:
        expect = ["tcp %s:%d web www-data" % (ADDRESS, port)]
        allow = ["udp %s:* snmpd" % ADDRESS, "tcp *:199 snmpd",
                 "tcp %s:%d" % (ADDRESS, api)]
        host.conf += ["stacks own", "strict yes",
                      *("expect " + rule for rule in expect),
                      *("allow " + rule for rule in allow)]
        host.restart_agent()
        variables = {
            "port_owner_port": host.snmpd.port, "port_owner_protocol": "3",
            "port_owner_seclevel": "authPriv", "port_owner_secname": USER,
            "port_owner_authproto": "SHA", "port_owner_authpasswd": AUTH,
            "port_owner_privproto": "AES", "port_owner_privpasswd": PRIV,
            "port_owner_expect": expect, "port_owner_allow": allow,
            "port_owner_strict": True, "port_owner_timeout": 30}
        with Icinga(module_work, BUILD, ADDRESS, api, variables) as icinga:
            yield SimpleNamespace(host=host, icinga=icinga, port=port)


def web(scene, name="web", user="www-data"):
    return Listener(name, scene.port, pwd.getpwnam(user).pw_uid)


def text_of(attributes):
    return attributes["last_check_result"]["output"]


def await_checks(icinga, count):
    """So many more of each service."""
    for _ in range(count):
        before = {name: icinga.services()[name]["last_check"]
                  for name in SERVICES}
        wait_until(lambda: all(
            icinga.services()[name]["last_check"] > last
            for name, last in before.items()), "another check", 30)


def test_alarms(scene):
    icinga = scene.icinga

    def expect(state, words=""):
        for service in SERVICES:
            icinga.await_state(service, state)
        assert words in text_of(icinga.services()[RULES])

    with web(scene) as right:
        expect("OK")
        with Listener("intruder", free_port(socket.SOCK_STREAM)) as intruder:
            expect("CRITICAL", "unexpected " + intruder.endpoint)
        expect("OK")
        right.stop()
        expect("CRITICAL", "nothing listens there")
        right.start()
        expect("OK")
        with right.replaced_by(web(scene, "another")):
            expect("CRITICAL", "another (pid ")
        expect("OK")
        with right.replaced_by(web(scene, user="nobody")):
            expect("CRITICAL", "of nobody")
        expect("OK")
        # a restart, with another pid
        before = [icinga.changes()[name] for name in SERVICES]
        for _ in range(3):
            right.restart()
            await_checks(icinga, 2)
        await_checks(icinga, 4)
        assert [icinga.changes()[name] for name in SERVICES] == before
        scene.host.stop_agent()
        expect("UNKNOWN", "does not show PORT-OWNER-MIB")
        scene.host.start_agent()
        expect("OK")


def test_performance_data(scene):
    with web(scene):
        told = scene.icinga.await_state(RULES, "OK")
        data = told["last_check_result"]["performance_data"]
        assert "'tcp %s:%d owners'=1;;;0" % (ADDRESS, scene.port) in data


def test_odd_names(scene):
    with web(scene):
        scene.icinga.await_state(RULES, "OK")
        names = [Listener(name, free_port(socket.SOCK_STREAM)).start()
                 for name in ODD_NAMES]
        try:
            def lines():
                return [line for line in text_of(
                    scene.icinga.services()[RULES]).splitlines()[1:]
                        if line.startswith("unexpected ")]

            wait_until(lambda: len(lines()) == len(ODD_NAMES),
                       "all of them are told", 30)
            for listener in names:
                line, = [line for line in lines()
                         if " %s: " % listener.endpoint in line]
                assert not set(line) & set("|;'\"<>&$`"), line
                assert line.endswith(" (pid %d) of nobody" % listener.pid)
        finally:
            for listener in names:
                listener.stop()
        scene.icinga.await_state(RULES, "OK")


def test_notification(scene):
    """As SNMPTT brings it, by Icinga's command pipe."""
    icinga = scene.icinga
    with web(scene):
        icinga.await_state(PASSIVE, "OK")
        hosts = write(os.path.join(icinga.work, "trap-hosts"),
                      "%s web1\n" % ADDRESS)

        def is_told():
            """A check that was under way may end after it."""
            subprocess.run(
                [SUBMIT, ADDRESS, "portOwnerExpectationFailed"], check=True,
                env={"PORTOWNER_COMMAND_FILE": icinga.pipe,
                     "PORTOWNER_HOSTS": hosts,
                     "PORTOWNER_OBJECTS": "/dev/null"})
            try:
                told = icinga.await_state(PASSIVE, "CRITICAL", 5)
            except AssertionError:
                return False
            return "portOwnerExpectationFailed" in text_of(told)

        wait_until(is_told, "the notification", 60)
        # it is past after a while, and whether the agent answers counts
        icinga.await_state(PASSIVE, "OK")
