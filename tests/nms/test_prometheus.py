# SPDX-License-Identifier: BSD-2-Clause
"""Prometheus and snmp_exporter in front of a real snmpd and portownerd: each
change raises its alarm and no other, and it clears."""
import contextlib
import os
import re
import shutil
import subprocess
import time

import pytest
import yaml

import prom
import scenery
from prom import promtool
from programs import TOP, Portownerd, program, wait_until

# Where the programs of a snmp_exporter from 0.23 on are (Debian 13 has 0.28).
NEW = os.environ.get("PORTOWNER_SNMP_EXPORTER")
OLD_FILES = ("generator_0.22.yml", "snmp_0.22.yml")
NEW_FILES = ("generator.yml", "snmp.yml")
MISSING = [name for name in ["prometheus", "promtool",
                             "prometheus-snmp-exporter",
                             "prometheus-snmp-generator"] if not program(name)]
EXPECTED, ALLOWED, EXTRA = 15001, 15002, 15003
CROWD = 1000
CROWD_ADDRESS = "127.0.0.77"

pytestmark = pytest.mark.skipif(bool(MISSING), reason="no " + ", ".join(
    MISSING))
both = pytest.mark.parametrize("files, programs", [
    pytest.param(OLD_FILES, None, id="before-0.23"),
    pytest.param(NEW_FILES, NEW, id="from-0.23", marks=pytest.mark.skipif(
        not NEW, reason="PORTOWNER_SNMP_EXPORTER names no folder"))])


def mibs(work):
    """A folder of modules as Net-SNMP's library wants it."""
    path = os.path.join(work, "mibs")
    os.makedirs(path)
    for name in prom.BASE:
        listed = subprocess.run(["dpkg", "-L", "erlang-snmp"], text=True,
                                stdout=subprocess.PIPE, check=True).stdout
        found = [line for line in listed.splitlines()
                 if line.endswith("/mibs/%s.mib" % name)]
        shutil.copy(found[0], os.path.join(path, name))
    for source in ["/usr/share/snmp/mibs/NET-SNMP-MIB.txt",
                   os.path.join(TOP, "mib", "PORT-OWNER-MIB.txt")]:
        shutil.copy(source, path)
    return path


@both
def test_modules_are_what_the_generator_makes(files, programs, module_work):
    generator, shipped = files
    work = os.path.join(module_work, shipped)
    os.mkdir(work)
    shutil.copy(os.path.join(prom.SHIPPED, generator),
                os.path.join(work, "generator.yml"))
    done = subprocess.run(
        [prom.exporter_program("generator", programs), "generate"], cwd=work,
        env=dict(os.environ, MIBDIRS=mibs(work), MIBS="ALL"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    with open(os.path.join(work, "snmp.yml")) as f:
        assert yaml.safe_load(f) == prom.load(shipped)


def test_both_formats_ask_the_same():
    """They differ in where the credentials are, and in nothing else."""
    def bare(module):
        return {key: value for key, value in module.items()
                if key not in ("version", "auth")}
    new = prom.load("snmp.yml")
    old = prom.load("snmp_0.22.yml")
    assert {name: bare(m) for name, m in old.items()} == {
        name: bare(m) for name, m in new["modules"].items()}
    assert all(m["auth"] == {"community": "public"} for m in old.values())


def test_promtool_accepts_the_files():
    for arguments in [["check", "config", "prometheus.yml"],
                      ["check", "rules", *prom.RULES]]:
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout
        assert "SUCCESS" in done.stdout


def test_alerts_with_promtool():
    done = promtool("test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout


def test_every_alert_is_tested_both_ways():
    names = {rule["alert"] for group in prom.load("alerts.yml")["groups"]
             for rule in group["rules"]}
    fires, rests = set(), set()
    for test in prom.load("alerts_test.yml")["tests"]:
        for case in test["alert_rule_test"]:
            (fires if case.get("exp_alerts") else rests).add(
                case["alertname"])
    assert fires == names
    assert rests == names


def with_v3(work, name):
    """The file with the credentials of the scenery's SNMPv3 user."""
    conf = prom.load(name)
    secret = {"username": scenery.USER, "security_level": "authPriv",
              "auth_protocol": "SHA", "password": scenery.AUTH,
              "priv_protocol": "AES", "priv_password": scenery.PRIV}
    if "auths" in conf:
        conf["auths"]["port_owner_v3"] = dict(secret, version=3)
    else:
        for module in conf.values():
            module.update(version=3, auth=secret)
    return prom.dump(os.path.join(work, "v3-" + name), conf)


class Plain(Portownerd):
    """It expects what the configuration says, and nothing else."""
    preamble = []


@pytest.fixture(scope="module")
def host(module_work):
    with pytest.MonkeyPatch.context() as patch, \
            scenery.Scenery(module_work) as host:
        patch.setattr(scenery, "Portownerd", Plain)
        host.conf = ["cacheTimeout 1", "watchInterval 1", "debounce 1",
                     "source diag", "stacks own", "notifyRate 0", "listenerEphemeralUdp no",
                     "expect tcp *:%d service daemon" % EXPECTED,
                     "allow tcp *:%d" % ALLOWED,
                     "strict yes"]
        host.target = "127.0.0.1:%d" % host.snmpd.port
        yield host


def daemon(name, port, **options):
    return scenery.Listener(name, port, **dict({"uid": 1}, **options))


@both
def test_odd_names_arrive_by_snmpv3(host, module_work, files, programs):
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(scenery.Listener(name, 17000 + i))
                     for i, name in enumerate(scenery.ODD_NAMES)]
        zoned = stack.enter_context(scenery.Listener(
            "six", 17999, address="::1"))
        host.restart_agent()
        exporter = stack.enter_context(prom.Exporter(
            module_work, with_v3(module_work, files[1]), programs))
        text = exporter.ask(host.target, "port_owner_inventory",
                            "port_owner_v3")
        figures = exporter.ask(host.target, "port_owner", "port_owner_v3")
    for listener in [*listeners, zoned]:
        rows = [line for line in text.splitlines() if line.startswith(
            "portOwnerListenerPid{") and
            'LocalPort="%d"' % listener.port in line]
        assert len(rows) == 1, rows
        shown = 'portOwnerListenerCommand="%s"' % exposed(listener.name)
        assert shown in rows[0], (shown, rows)
    assert 'AddressText="::1"' in rows[0]
    assert "portOwnerViolations " in figures
    assert "portOwnerListenerVerdict{" in figures
    assert "portOwnerExpectationStatus{" in figures
    assert "Command=" not in figures and "User=" not in figures


@both
def test_a_thousand_listeners(host, module_work, files, programs):
    with scenery.Listener("crowd", 20001, address=CROWD_ADDRESS,
                          count=CROWD), prom.Exporter(
            module_work, with_v3(module_work, files[1]), programs) as exporter:
        host.restart_agent()
        for module, metric in [("port_owner_inventory", "Pid"),
                               ("port_owner", "Verdict")]:
            text = exporter.ask(host.target, module, "port_owner_v3")
            endpoints = re.findall(
                r'^portOwnerListener%s\{.*?portOwnerListenerEndpoint="tcp '
                r'127\.0\.0\.77:(\d+)"' % metric, text, re.M)
            assert sorted(map(int, endpoints)) == list(
                range(20001, 20001 + CROWD))


def exposed(name):
    """As the MIB writes a name, in the exporter's own escapes."""
    named = {"\n": "\\n", "\t": "\\t", "\\": "\\\\"}
    try:
        text = "".join(named.get(c, c) for c in name.decode("utf-8"))
    except UnicodeDecodeError:
        text = "".join("\\x%02x" % octet for octet in name)
    return text.replace("\\", "\\\\").replace('"', '\\"')


@pytest.fixture(scope="module")
def watched(host, module_work):
    """Prometheus, with minutes as seconds, once listeners arrive."""
    exporter = prom.Exporter(module_work, os.path.join(prom.SHIPPED,
                                                       "snmp_0.22.yml"))
    prometheus = prom.Prometheus(module_work, exporter,
                                 {"one": [host.target]}, "1s")
    host.conf += ["allow tcp *:199",     # snmpd's SMUX
                  "allow udp *:%d" % host.snmpd.port,
                  "allow tcp *:%d" % exporter.port,
                  "allow tcp *:%d" % prometheus.port]
    with contextlib.ExitStack() as stack:
        host.service = daemon("service", EXPECTED).start()
        stack.callback(lambda: host.service.stop())
        host.restart_agent()
        stack.enter_context(exporter)
        stack.enter_context(prometheus)
        wait_until(lambda: prometheus.query("portowner:listener"),
                   "listeners arrive", 30)
        yield prometheus


# Told of every listener that comes and goes, expected or not.
INFO = {"PortOwnerListenerAppeared", "PortOwnerListenerGone"}


def named(prometheus):
    return {alert for alert, _, _ in prometheus.alerts()}


def await_alerts(prometheus, *expected, seconds=45):
    try:
        wait_until(lambda: set(expected) == named(prometheus) - INFO,
                   "only these alerts: %s" % (expected,), seconds)
    except AssertionError as error:
        raise AssertionError("%s; but %s" % (error, sorted(
            prometheus.alerts(), key=str))) from None


@pytest.fixture
def calm(watched, host):
    await_alerts(watched)
    yield watched
    await_alerts(watched)


def test_all_is_well(calm):
    rows = calm.query('portowner:listener{port="%d"}' % EXPECTED)
    assert len(rows) == 1
    labels = rows[0][0]
    assert (labels["command"], labels["user"], labels["address"],
            labels["transport"], labels["endpoint"], labels["site"]) == (
                "service", "daemon", "127.0.0.1", "tcp",
                "tcp 127.0.0.1:%d" % EXPECTED, "one")


def test_unexpected_listener(calm):
    with daemon("intruder", EXTRA):
        await_alerts(calm, "PortOwnerUnexpectedListener")


def test_allowed_listener(calm):
    with daemon("anything", ALLOWED):
        wait_until(lambda: calm.query('portowner:listener{port="%d"}'
                                      % ALLOWED), "it is seen")
        await_alerts(calm)


def test_vanished_expected_listener(calm, host):
    host.service.stop()
    await_alerts(calm, "PortOwnerExpectationFailed")
    host.service.start()


def test_restart_is_no_alarm(calm, host):
    pid = host.service.pid
    host.service.restart()
    assert host.service.pid != pid
    wait_until(lambda: [value for _, value in calm.query(
        'portOwnerListenerPid{port="%d"}' % EXPECTED)] == [host.service.pid],
        "the new process is seen")
    seen, end = set(), time.monotonic() + 8

    def look():
        seen.update(named(calm))
        return time.monotonic() > end

    wait_until(look, "as long as any alarm takes", 12)
    assert seen - INFO == set()


@pytest.mark.parametrize("name, uid", [("other", 1), ("service", 2)],
                         ids=["command", "user"])
def test_changed_owner(calm, host, name, uid):
    with host.service.replaced_by(daemon(name, EXPECTED, uid=uid)):
        await_alerts(calm, "PortOwnerWrongOwner", "PortOwnerOwnerChanged",
                     "PortOwnerExpectationFailed")


def test_stopped_subagent(calm, host):
    host.stop_agent()
    await_alerts(calm, "PortOwnerAgentSilent")
    assert "PortOwnerListenerGone" not in named(calm)
    host.start_agent()
