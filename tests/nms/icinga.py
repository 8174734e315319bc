# SPDX-License-Identifier: BSD-2-Clause
"""An Icinga 2 of its own, from Debian's package: it reads the project's file as
it is, and is asked by its API.  It has to run in a mount namespace of its own,
since it looks for its files where it is installed."""
import base64
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.request

from programs import TOP, Service, program, read, wait_until, write

CONF = os.path.join(TOP, "nms", "icinga", "portowner.conf")
USER = "nagios"
FOLDERS = {"/etc/icinga2": "etc", "/var/lib/icinga2": "lib",
           "/var/log/icinga2": "log", "/var/cache/icinga2": "cache",
           "/run/icinga2": "run"}
API_USER, PASSWORD = "tester", "for this run"
STATES = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}


def quote(value):
    """A value of Icinga's language."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[ %s ]" % ", ".join(map(quote, value))
    return '"%s"' % str(value).replace("\\", "\\\\").replace('"', '\\"')


class Icinga(Service):
    """address and variables: of the host."""

    def __init__(self, work, plugins, address, port, variables):
        super().__init__(work)
        self.folder = os.path.join(work, "icinga")
        self.plugins = plugins
        self.address = address
        self.variables = variables
        self.port = port        # of its API
        self.output = os.path.join(work, "icinga.out")
        self.pipe = "/run/icinga2/cmd/icinga2.cmd"
        self.mounted = []

    def mount(self):
        for target, name in FOLDERS.items():
            own = os.path.join(self.folder, name)
            if name == "etc":
                shutil.copytree(target, own)
            else:
                os.makedirs(own)
            os.makedirs(target, exist_ok=True)
            subprocess.run(["mount", "--bind", own, target], check=True)
            self.mounted.append(target)
        os.makedirs(os.path.dirname(self.pipe))
        subprocess.run(["chown", "-R", USER, self.folder], check=True)

    def configure(self):
        self.mount()
        subprocess.run([program("icinga2"), "api", "setup", "--cn",
                        "localhost"], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree("/etc/icinga2/conf.d")
        os.mkdir("/etc/icinga2/conf.d")
        # minutes are seconds here; nothing else differs from a real one
        text = re.sub(r"(interval = \d+)m", r"\1s", read(CONF))
        write("/etc/icinga2/conf.d/portowner.conf", text)
        write("/etc/icinga2/conf.d/host.conf", "".join([
            'object ApiUser "%s" {\n\tpassword = "%s"\n\tpermissions = [ "*" ]'
            '\n}\n' % (API_USER, PASSWORD),
            'object CheckCommand "alive" { command = [ "/bin/true" ] }\n',
            'object Host "web1" {\n\tcheck_command = "alive"\n'
            '\taddress = "%s"\n' % self.address,
            *("\tvars.%s = %s\n" % (name, quote(value))
              for name, value in self.variables.items()), "}\n"]))
        constants = read("/etc/icinga2/constants.conf")
        constants = re.sub(r'^.*const PluginDir = .*$',
                           'const PluginDir = "%s"' % self.plugins, constants,
                           flags=re.M)
        constants = re.sub(r'^.*const NodeName = .*$',
                           'const NodeName = "localhost"', constants,
                           flags=re.M)
        write("/etc/icinga2/constants.conf", constants)
        write("/etc/icinga2/features-enabled/api.conf",
              'object ApiListener "api" {\n\tbind_host = "127.0.0.1"\n'
              '\tbind_port = %d\n}\n' % self.port)
        write("/etc/icinga2/features-enabled/command.conf",
              'object ExternalCommandListener "command" { }\n')
        write("/etc/icinga2/zones.conf",
              'object Endpoint NodeName { }\nobject Zone ZoneName '
              '{ endpoints = [ NodeName ] }\n')
        subprocess.run(["chown", "-R", USER, self.folder], check=True)

    def start(self):
        self.configure()
        done = subprocess.run([program("icinga2"), "daemon", "-C"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout[-3000:]
        assert "warning/" not in done.stdout, done.stdout
        with open(self.output, "w") as output:
            self.spawn([program("icinga2"), "daemon"], stdout=output,
                       stderr=output)
        wait_until(self.is_up, "Icinga answers", 40)

    def stop(self, *arguments):
        status = super().stop(*arguments)
        for target in reversed(self.mounted):
            subprocess.run(["umount", "-l", target], check=True)
        self.mounted = []
        return status

    def is_up(self):
        assert self.is_running(), read(self.output)
        try:
            return len(self.services()) > 0
        except OSError:
            return False

    def services(self):
        """{name: attributes}"""
        context = ssl._create_unverified_context()
        word = base64.b64encode(
            ("%s:%s" % (API_USER, PASSWORD)).encode()).decode()
        request = urllib.request.Request(
            "https://127.0.0.1:%d/v1/objects/services" % self.port,
            headers={"Authorization": "Basic " + word})
        with urllib.request.urlopen(request, context=context,
                                    timeout=10) as response:
            return {found["attrs"]["name"]: found["attrs"]
                    for found in json.load(response)["results"]}

    def state(self, service):
        """The hard state, or None while it is soft or not checked yet."""
        attributes = self.services()[service]
        if attributes["state_type"] != 1 or not attributes["last_check_result"]:
            return None
        return int(attributes["state"])

    def await_state(self, service, state, seconds=60):
        try:
            wait_until(lambda: self.state(service) == STATES[state],
                       "%s is %s" % (service, state), seconds)
        except AssertionError as error:
            raise AssertionError("%s, but %s" % (
                error, self.services()[service]["last_check_result"]))
        return self.services()[service]

    def changes(self):
        """When the hard states changed the last time."""
        return {name: attributes["last_hard_state_change"]
                for name, attributes in self.services().items()}
