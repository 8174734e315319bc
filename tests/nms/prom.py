# SPDX-License-Identifier: BSD-2-Clause
"""snmp_exporter and Prometheus, with the files of nms/prometheus as they are
shipped but for addresses, credentials and the pace."""
import json
import os
import re
import socket
import subprocess
import urllib.parse
import urllib.request

import yaml

from programs import (TOP, Service, free_port, program, read, wait_until,
                      write)

SHIPPED = os.path.join(TOP, "nms", "prometheus")
RULES = ["rules.yml", "alerts.yml"]
LOOPBACK = "127.0.0.1"
# Modules of the base that net-snmp's own folder lacks (Debian: erlang-snmp).
BASE = ["SNMPv2-SMI", "SNMPv2-TC", "SNMPv2-CONF", "SNMPv2-MIB",
        "SNMP-FRAMEWORK-MIB", "INET-ADDRESS-MIB"]


def shipped(name):
    return read(os.path.join(SHIPPED, name))


def load(name):
    return yaml.safe_load(shipped(name))


def dump(path, data):
    return write(path, yaml.safe_dump(data, sort_keys=False))


def http(port, path, **query):
    url = "http://%s:%d%s?%s" % (LOOPBACK, port, path,
                                 urllib.parse.urlencode(query))
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode("utf-8")


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex((LOOPBACK, port)) == 0


class WebService(Service):
    """A server that is up once its port answers."""

    def __init__(self, work, name):
        super().__init__(work)
        self.name = name
        self.port = free_port(socket.SOCK_STREAM)
        self.log_path = os.path.join(work, name + ".log")

    def start(self):
        with open(self.log_path, "w") as log:
            self.spawn(self.command(), stdout=log, stderr=log)
        wait_until(self.is_up, self.name + " is up", 60)

    def is_up(self):
        assert self.is_running(), read(self.log_path)
        return is_open(self.port)


class Exporter(WebService):
    """snmp_exporter; folder: where the programs of another version are."""

    def __init__(self, work, conf, folder=None):
        super().__init__(work, "snmp_exporter")
        self.conf = conf
        self.folder = folder

    def command(self):
        return [exporter_program("exporter", self.folder),
                "--config.file=" + self.conf,
                "--web.listen-address=%s:%d" % (LOOPBACK, self.port)]

    def ask(self, target, module, auth="port_owner_v2"):
        return http(self.port, "/snmp", target=target, module=module,
                    auth=auth)


def exporter_program(name, folder=None):
    name = "prometheus-snmp-" + name
    return os.path.join(folder, name) if folder else program(name)


def faster(text):
    """Rules that take seconds where the shipped ones take minutes, and minutes
    where they take hours."""
    text = re.sub(r"\b(\d+)m\b", r"\1s", text)
    return re.sub(r"\b(\d+)h\b", r"\1m", text)


class Prometheus(WebService):
    """With the shipped configuration; hosts: {file: [target]}."""

    def __init__(self, work, exporter, hosts, interval, pace=faster):
        super().__init__(work, "prometheus")
        self.folder = os.path.join(work, "prometheus")
        self.data = os.path.join(self.folder, "data")
        os.makedirs(os.path.join(self.folder, "portowner"))
        for name, targets in hosts.items():
            dump(os.path.join(self.folder, "portowner", name + ".yml"),
                 [{"targets": targets, "labels": {"site": name}}])
        for name in RULES:
            write(os.path.join(self.folder, name), pace(shipped(name)))
        self.conf = os.path.join(self.folder, "prometheus.yml")
        text = shipped("prometheus.yml")
        for old, new in [("_interval: 1m", "_interval: " + interval),
                         ("127.0.0.1:9116", "%s:%d" % (LOOPBACK,
                                                       exporter.port)),
                         ("timeout: 30s", "timeout: " + interval)]:
            assert text.count(old) == 2 or old == "127.0.0.1:9116"
            assert old in text
            text = text.replace(old, new)
        write(self.conf, text)

    def command(self):
        return [program("prometheus"), "--config.file=" + self.conf,
                "--storage.tsdb.path=" + self.data,
                "--web.listen-address=%s:%d" % (LOOPBACK, self.port)]

    def is_up(self):
        return super().is_up() and "Server is ready" in read(self.log_path)

    def api(self, path, **query):
        answer = json.loads(http(self.port, "/api/v1/" + path, **query))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, text):
        """[(labels, value)] now."""
        return [(row["metric"], float(row["value"][1]))
                for row in self.api("query", query=text)["result"]]

    def alerts(self):
        """{(alert, instance, endpoint or expectation)} that fire."""
        return {(a["labels"]["alertname"], a["labels"]["instance"],
                 a["labels"].get("endpoint") or
                 a["labels"].get("expectation"))
                for a in self.api("alerts")["alerts"]
                if a["state"] == "firing"}


def promtool(*arguments, cwd=SHIPPED):
    return subprocess.run([program("promtool"), *arguments], cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300)
