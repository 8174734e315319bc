# SPDX-License-Identifier: BSD-2-Clause
"""A Nagios of its own, from Debian's package, in a folder of the test: it reads
the project's file as it is, and is read by its status and its log."""
import os
import re
import shutil
import subprocess
import time

from programs import TOP, Service, program, read, wait_until, write

CFG = os.path.join(TOP, "nms", "nagios", "portowner.cfg")
USER = "nagios"
STATES = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
CONTACT = """
define command {
	command_name	nobody-is-told
	command_line	/bin/true
}
define contact {
	contact_name			somebody
	host_notifications_enabled	1
	service_notifications_enabled	1
	host_notification_period	port-owner-always
	service_notification_period	port-owner-always
	host_notification_options	d,u,r
	service_notification_options	w,u,c,r
	host_notification_commands	nobody-is-told
	service_notification_commands	nobody-is-told
}
"""


def define(kind, **members):
    return "define %s {\n%s}\n" % (kind, "".join(
        "\t%s\t%s\n" % pair for pair in members.items()))


class Nagios(Service):
    """objects: the host and its services; snmp_conf: of the user."""

    def __init__(self, work, plugins, objects, snmp_conf=""):
        super().__init__(work)
        self.folder = os.path.join(work, "nagios")
        self.plugins = plugins
        self.objects = objects
        self.snmp_conf = snmp_conf
        self.seen = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("", "rw", "results", "archives", "spool", "snmp"):
            os.makedirs(self.path(name), exist_ok=True)
            shutil.chown(self.path(name), USER, USER)
        write(self.path("resource.cfg"), "$USER1$=%s\n" % self.plugins)
        write(self.path("snmp/snmp.conf"), self.snmp_conf)
        write(self.path("objects.cfg"), CONTACT + self.objects)
        # intervals are seconds here; nothing else differs from a real one
        write(self.path("portowner.cfg"), re.sub(
            r"(freshness_threshold\s+)900", r"\g<1>20", read(CFG)))
        settings = {
            "log_file": "nagios.log", "resource_file": "resource.cfg",
            "object_cache_file": "objects.cache",
            "precached_object_file": "objects.precache",
            "status_file": "status.dat", "temp_file": "nagios.tmp",
            "temp_path": "spool", "lock_file": "nagios.pid",
            "command_file": "rw/nagios.cmd",
            "query_socket": "rw/nagios.qh", "check_result_path": "results",
            "log_archive_path": "archives",
            "state_retention_file": "retention.dat"}
        lines = ["cfg_file=" + self.path("portowner.cfg"),
                 "cfg_file=" + self.path("objects.cfg")]
        lines += ["%s=%s" % (name, self.path(value))
                  for name, value in settings.items()]
        lines += ["nagios_user=" + USER, "nagios_group=" + USER,
                  "check_external_commands=1", "interval_length=1",
                  "status_update_interval=1", "execute_service_checks=1",
                  "enable_notifications=1", "check_service_freshness=1",
                  "service_freshness_check_interval=2",
                  "service_check_timeout=60", "use_syslog=0",
                  "illegal_macro_output_chars=`~$&|'\"<>",
                  "additional_freshness_latency=1",
                  "service_inter_check_delay_method=n",
                  "max_service_check_spread=1", "date_format=iso8601",
                  "log_passive_checks=1", "retain_state_information=0"]
        write(self.path("nagios.cfg"), "\n".join(lines) + "\n")

    def start(self):
        self.configure()
        done = subprocess.run([program("nagios4"), "-v",
                               self.path("nagios.cfg")], text=True,
                              stdout=subprocess.PIPE)
        assert done.returncode == 0, done.stdout
        assert "Total Warnings: 0" in done.stdout, done.stdout
        with open(self.path("output"), "w") as output:
            self.spawn([program("nagios4"), self.path("nagios.cfg")],
                       stdout=output, stderr=output,
                       env={"SNMPCONFPATH": self.path("snmp"),
                            "SNMP_PERSISTENT_DIR": self.path("snmp")})
        wait_until(self.is_up, "Nagios runs", 20)

    def is_up(self):
        assert self.is_running(), (read(self.path("output")) +
                                   read(self.path("nagios.log")))
        return os.path.exists(self.path("status.dat"))

    def services(self):
        """{description: {member: value}} of the status file."""
        found = {}
        for block in re.findall(r"^servicestatus \{\n(.*?)^\t\}",
                                read(self.path("status.dat")), re.M | re.S):
            members = dict(line.strip().split("=", 1)
                           for line in block.splitlines() if "=" in line)
            found[members["service_description"]] = members
        return found

    def state(self, service):
        """The hard state, or None while it is soft or not checked yet."""
        members = self.services().get(service, {})
        if (members.get("has_been_checked") != "1" or
                members.get("state_type") != "1"):
            return None
        return int(members["current_state"])

    def await_state(self, service, state, seconds=60):
        try:
            wait_until(lambda: self.state(service) == STATES[state],
                       "%s is %s" % (service, state), seconds)
        except AssertionError as error:
            told = self.services()[service]
            raise AssertionError("%s, but %s: %s" % (
                error, told["current_state"], told["plugin_output"]))
        return self.services()[service]

    def await_check(self, service, since):
        wait_until(lambda: int(self.services().get(service, {}).get(
            "last_check", 0)) >= since, "another check of " + service, 30)

    def alerts(self):
        """(service, state) of the alerts that somebody is told of, since the
        last call."""
        found = re.findall(
            r"^\[\d+\] SERVICE NOTIFICATION: [^;]+;[^;]+;([^;]+);([^;( ]+)",
            read(self.path("nagios.log")), re.M)
        new = found[self.seen:]
        self.seen = len(found)
        return new

    def told(self, service):
        """(state, text) of each time that it was not OK for sure; a volatile
        one tells of every result."""
        return re.findall(
            r"^\[\d+\] SERVICE ALERT: [^;]+;%s;(\w+);HARD;\d+;(.*)$" % service,
            read(self.path("nagios.log")), re.M)

    def command(self, *words):
        with open(self.path("rw/nagios.cmd"), "w") as f:
            f.write("[%d] %s\n" % (time.time(), ";".join(map(str, words))))
