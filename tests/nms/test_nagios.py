# SPDX-License-Identifier: BSD-2-Clause
"""check_port_owner in a real Nagios, which reads the project's file, against a
real portownerd behind a real snmpd, by SNMPv3 with privacy."""
import os
import pwd
import re
import socket
import subprocess
import time
from types import SimpleNamespace

import pytest

from nagios import Nagios, define
from programs import BUILD, free_port, wait_until
from scenery import (ADDRESS, AUTH, ODD_NAMES, PRIV, USER, Listener,
                     Scenery)

PLUGIN = os.path.join(BUILD, "check_port_owner")
V3 = "-P 3 -L authPriv -U %s --authproto SHA -x AES -t 30" % USER
# which are nobody's business
PASSPHRASES = "defAuthPassphrase %s\ndefPrivPassphrase %s\n" % (AUTH, PRIV)
RULES, VIOLATIONS = "Only what is expected", "Port owner violations"
CROWD = 1000
CROWD_ADDRESS = "127.0.0.77"


@pytest.fixture(scope="module")
def scene(module_work):
    """A service with a command and a user, and a Nagios that knows it."""
    port = free_port(socket.SOCK_STREAM)
    with Scenery(module_work) as host:
        rules = ["expect tcp %s:%d web www-data" % (ADDRESS, port),
                 "allow udp %s:* snmpd" % ADDRESS,
                 "allow tcp *:199 snmpd", "allow tcp %s:*" % CROWD_ADDRESS]
        host.conf += ["stacks own", "strict yes", *rules]
        host.restart_agent()
        arguments = "--strict " + " ".join(
            '-%s "%s"' % (rule[0], rule.split(" ", 1)[1]) for rule in rules)
        objects = define(
            "host", host_name="web1", address=ADDRESS, hostgroups="port-owner",
            max_check_attempts=1, contacts="somebody",
            check_period="port-owner-always",
            _PORTOWNER_SNMP="-p %d %s" % (host.snmpd.port, V3)) + define(
            "service", use="port-owner", host_name="web1",
            service_description=RULES, check_command="check_port_owner!" +
            arguments, check_interval=1)
        # what takes five minutes takes a second here
        with Nagios(module_work, BUILD, objects, PASSPHRASES) as nagios:
            yield SimpleNamespace(host=host, nagios=nagios, port=port,
                                  rules=arguments)


def web(scene, name="web", user="www-data"):
    return Listener(name, scene.port, pwd.getpwnam(user).pw_uid)


def plugin(scene, *arguments):
    done = subprocess.run(
        [PLUGIN, "-H", ADDRESS, "-p", str(scene.host.snmpd.port), "-P", "3",
         "-L", "authPriv", "-U", USER, "--authproto", "SHA", "-A", AUTH, "-x",
         "AES", "-X", PRIV, "-t", "100", *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=200)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def await_quiet(scene):
    """All is well, as of now, and nobody has been told otherwise."""
    now = time.time()
    for service in (RULES, VIOLATIONS):
        scene.nagios.await_check(service, now + 1)
        scene.nagios.await_state(service, "OK")
    scene.nagios.alerts()


def await_checks(nagios, count):
    """So many more of each service."""
    for _ in range(count):
        now = time.time()
        for service in (RULES, VIOLATIONS):
            nagios.await_check(service, now + 1)


def test_alarms(scene):
    """Each of what can go wrong raises an alarm of each service and clears;
    what was right all the time does not."""
    nagios = scene.nagios
    right = web(scene)
    with right:
        await_quiet(scene)

        def expect(state, *texts):
            """Both services tell it, and of nothing else."""
            for service in (RULES, VIOLATIONS):
                nagios.await_state(service, state)
            told = nagios.services()[RULES]
            text = told["plugin_output"] + told["long_plugin_output"]
            for words in texts:
                assert words in text, text
            assert sorted(nagios.alerts()) == sorted(
                (service, state) for service in (RULES, VIOLATIONS))

        def expect_recovery():
            for service in (RULES, VIOLATIONS):
                nagios.await_state(service, "OK")
            assert sorted(nagios.alerts()) == sorted(
                (service, "OK") for service in (RULES, VIOLATIONS))

        with Listener("intruder", free_port(socket.SOCK_STREAM)) as intruder:
            expect("CRITICAL", "unexpected " + intruder.endpoint,
                   "intruder (pid %d) of nobody" % intruder.pid)
        expect_recovery()
        right.stop()
        expect("CRITICAL", "nothing listens there")
        right.start()
        expect_recovery()
        with right.replaced_by(web(scene, "another")):
            expect("CRITICAL", "another (pid ")
        expect_recovery()
        with right.replaced_by(web(scene, user="nobody")):
            expect("CRITICAL", "of nobody")
        expect_recovery()
        # a restart, with another pid
        pid = right.pid
        for _ in range(3):
            right.restart()
            await_checks(nagios, 2)
        assert right.pid != pid
        await_checks(nagios, 4)
        assert nagios.alerts() == []
        scene.host.stop_agent()
        expect("UNKNOWN", "does not show PORT-OWNER-MIB")
        scene.host.start_agent()
        expect_recovery()


def test_partial_visibility(scene):
    """An agent that sees a part only says nothing for sure."""
    with web(scene):
        await_quiet(scene)
        # no right to look at processes of others
        scene.host.restart_agent(prefix=[
            "setpriv", "--bounding-set", "-sys_ptrace,-dac_read_search"])
        try:
            status, out = plugin(scene, "-a", "* *:*")
            assert (status, out.split(" - ")[0]) == (3, "PORTOWNER UNKNOWN")
            assert "does not see everything" in out
            status, out = plugin(scene, "-e", "tcp *:%d web" % scene.port)
            assert status == 3 and "not visible" in out, out
            status, out = plugin(scene, "--violations")
            assert status == 3 and "does not see everything" in out, out
            status, out = plugin(scene, "-a", "* *:*", "--accept-partial")
            assert status == 0, out
            # what is not there is seen, though
            status, out = plugin(scene, "-e", "tcp *:1 web")
            assert status == 2 and "nothing listens there" in out
            scene.nagios.await_state(RULES, "UNKNOWN")
        finally:
            scene.host.restart_agent()
        await_quiet(scene)


def test_crowd(scene):
    with web(scene), Listener("crowd", 20000, address=CROWD_ADDRESS,
                              count=CROWD):
        # as it is by default: a walk takes more than a second here
        scene.host.restart_agent(["cacheTimeout 30"])
        try:
            status, out = plugin(scene, "--strict", "-a", "* *:*")
            assert status == 0, out
            assert int(re.search(r"'listeners'=(\d+);", out).group(1)) > CROWD
            await_quiet(scene)
        finally:
            scene.host.restart_agent()


def test_odd_names(scene):
    """Names with what means something to shells, to Nagios, to browsers."""
    with web(scene):
        await_quiet(scene)
        names = [Listener(name, free_port(socket.SOCK_STREAM)).start()
                 for name in ODD_NAMES]
        try:
            def all_are_told():
                out = plugin(scene, "--strict")[1]
                return all(" %s: " % name.endpoint in out for name in names)

            wait_until(all_are_told, "all of them are seen", 60)
            status, out = plugin(scene, "--strict")
            assert status == 2
            first, *lines = out.splitlines()
            assert len([line for line in lines if line.startswith(
                "unexpected ")]) == len(lines)
            for listener in names:
                line, = [line for line in lines
                         if " %s: " % listener.endpoint in line]
                assert not set(line) & set("|;'\"<>&$`"), line
                assert line.endswith(" (pid %d) of nobody" % listener.pid)
            assert first.count("|") == 1
            told = scene.nagios.await_state(RULES, "CRITICAL")
            text = told["plugin_output"] + told["long_plugin_output"]
            assert "(pid %d)" % names[0].pid in text
            assert not os.path.exists("/tmp/id")
        finally:
            for listener in names:
                listener.stop()
        await_quiet(scene)


def test_performance_data(scene):
    with web(scene):
        await_quiet(scene)
        told = scene.nagios.services()[RULES]
        data = dict(pair.split("=") for pair in told[
            "performance_data"].replace("' '", "'\n'").replace(
                "0 '", "0\n'").splitlines())
        endpoint = "tcp %s:%d" % (ADDRESS, scene.port)
        assert data["'%s owners'" % endpoint] == "1;;;0"
        assert data["'%s connections'" % endpoint] == "0;;;0"
        assert data["'%s queue'" % endpoint] == "0;;;0"
        assert int(data["'listeners'"].split(";")[0]) >= 2


def test_thresholds(scene):
    with web(scene) as listener:
        rule = "tcp *:%d web" % scene.port

        await_quiet(scene)

        def status(*arguments):
            return plugin(scene, "-e", rule, *arguments)[0]

        assert status("--warning-connections", "1") == 0
        with socket.create_connection((ADDRESS, listener.port)), \
                socket.create_connection((ADDRESS, listener.port)):
            # nobody accepts: they are connected, and wait in the queue
            wait_until(lambda: status("--warning-connections", "1") == 1,
                       "both connections")
            assert status("--warning-connections", "2") == 0
            assert status("--warning-connections", "1",
                          "--critical-connections", "@2:3") == 2
            assert status("--critical-queue", "1") == 2
            assert status("--critical-queue", "2") == 0
        assert status("--critical-owners", "1:1") == 0
        assert status("--critical-owners", "2:") == 2
        assert status("--warning-owners", "~:0") == 1


@pytest.mark.parametrize("version", ["1", "2c"])
def test_versions(scene, version):
    with web(scene):
        await_quiet(scene)
        done = subprocess.run(
            [PLUGIN, "-H", ADDRESS, "-p", str(scene.host.snmpd.port), "-P",
             version, "-C", "public", "-e", "tcp *:%d web" % scene.port,
             "--violations", "-t", "100"], stdout=subprocess.PIPE, text=True,
            timeout=200)
        assert done.returncode == 0, done.stdout
