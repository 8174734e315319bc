# SPDX-License-Identifier: BSD-2-Clause
"""A Zabbix of its own: PostgreSQL, the server and the frontend from Debian's
packages, in a folder of the test, asked by its API.  It has to run in a mount
namespace of its own, since the frontend looks for its configuration in
/etc/zabbix; root is a folder with another release of Debian."""
import glob
import gzip
import itertools
import json
import os
import shutil
import socket
import subprocess
import urllib.request

from programs import Service, free_port, read, wait_until, write

PHP_SETTINGS = {"post_max_size": "16M", "max_execution_time": "300",
                "max_input_time": "300", "memory_limit": "256M",
                "date.timezone": "UTC"}
SCHEMA = ["schema.sql.gz", "images.sql.gz", "data.sql.gz"]
SERVER_SETTINGS = [
    "ListenIP=127.0.0.1", "LogFileSize=0", "AllowRoot=1", "Timeout=10",
    "CacheSize=128M", "CacheUpdateFrequency=1", "StartPollers=2",
    "StartPollersUnreachable=1",
    "StartPreprocessors=2", "StartLLDProcessors=1", "StartTrappers=2",
    "StartPingers=0", "StartDiscoverers=0", "StartHTTPPollers=0",
    "StartSNMPTrapper=1", "UnreachablePeriod=5", "UnavailableDelay=2",
    "UnreachableDelay=1"]


def low_port():
    """A free port that the server takes: at most 32767."""
    for port in itertools.count(10051):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Postgres(Service):
    """A cluster on a Unix socket; it cares for speed alone."""

    def __init__(self, work, root):
        super().__init__(work)
        self.root = root
        self.folder = os.path.join(work, "postgres")
        self.log_path = os.path.join(work, "postgres.log")

    def tool(self, name, *arguments):
        path = sorted(glob.glob(
            self.root + "/usr/lib/postgresql/*/bin/" + name))[-1]
        return ["chroot", "--userspec=postgres:postgres", self.root,
                path[len(self.root.rstrip("/")):], *arguments]

    def start(self):
        os.mkdir(self.folder)
        subprocess.run(["chroot", self.root, "chown", "postgres",
                        self.folder], check=True)
        data = os.path.join(self.folder, "data")
        subprocess.run(self.tool(
            "initdb", "-D", data, "-A", "trust", "-U", "zabbix", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync"), check=True,
            stdout=subprocess.DEVNULL)
        with open(self.log_path, "w") as log:
            self.spawn(self.tool(
                "postgres", "-D", data, "-k", self.folder,
                "-c", "listen_addresses=", "-c", "fsync=off",
                "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
                stderr=log)
        wait_until(self.is_up, "PostgreSQL answers", 30)

    def is_up(self):
        assert self.is_running(), read(self.log_path)
        return subprocess.run(self.tool("pg_isready", "-q", "-h",
                                        self.folder)).returncode == 0

    def load(self, database, files):
        subprocess.run(self.tool("createdb", "-h", self.folder, "-U",
                                 "zabbix", database), check=True)
        with subprocess.Popen(
                self.tool("psql", "-q", "-h", self.folder, "-U", "zabbix",
                          "-v", "ON_ERROR_STOP=1", database),
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            for name in files:
                with gzip.open(name) as f:
                    shutil.copyfileobj(f, process.stdin)
        assert process.returncode == 0, read(self.log_path)

    def stop(self):
        return super().stop(2)          # SIGINT: a fast shutdown


class Server(Service):
    def __init__(self, work, root, postgres):
        super().__init__(work)
        self.root = root
        self.postgres = postgres
        self.port = low_port()
        self.log_path = os.path.join(work, "zabbix_server.log")
        self.output_path = os.path.join(work, "zabbix_server.out")
        self.traps = os.path.join(work, "traps")

    def start(self):
        write(self.traps, "")
        conf = write(os.path.join(self.work, "zabbix_server.conf"), "\n".join([
            *SERVER_SETTINGS, "ListenPort=%d" % self.port,
            "DBHost=" + self.postgres.folder, "DBName=zabbix",
            "DBUser=zabbix", "LogFile=" + self.log_path,
            "PidFile=" + os.path.join(self.work, "zabbix_server.pid"),
            "SocketDir=" + self.work, "SNMPTrapperFile=" + self.traps, ""]))
        with open(self.output_path, "w") as output:
            self.spawn(["chroot", self.root, "/usr/sbin/zabbix_server", "-f",
                        "-c", conf], stdout=output, stderr=output)
        wait_until(self.is_up, "the Zabbix server runs", 60)

    def is_up(self):
        assert self.is_running(), (
            read(self.output_path) + read(self.log_path))
        return "server #0 started" in read(self.log_path)


class Frontend(Service):
    """PHP's own web server, with the frontend."""

    def __init__(self, work, root, postgres, server):
        super().__init__(work)
        self.root = root
        self.postgres = postgres
        self.server = server
        self.port = free_port(socket.SOCK_STREAM)
        self.url = "http://127.0.0.1:%d/" % self.port
        self.mounted = None

    def configure(self):
        etc = os.path.join(self.work, "etc")
        os.mkdir(etc)
        write(os.path.join(etc, "zabbix.conf.php"), "\n".join([
            "<?php", "$DB['TYPE'] = 'POSTGRESQL';",
            "$DB['SERVER'] = '%s';" % self.postgres.folder,
            "$DB['DATABASE'] = 'zabbix';", "$DB['USER'] = 'zabbix';",
            "$DB['PASSWORD'] = '';", "$DB['PORT'] = '0';",
            "$DB['SCHEMA'] = '';", "$DB['DOUBLE_IEEE754'] = true;",
            "$ZBX_SERVER = '127.0.0.1';",
            "$ZBX_SERVER_PORT = '%d';" % self.server.port,
            "$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;", ""]))
        target = self.root.rstrip("/") + "/etc/zabbix"
        subprocess.run(["mount", "--bind", etc, target], check=True)
        self.mounted = target

    def start(self):
        self.configure()
        settings = [word for name, value in dict(PHP_SETTINGS, **{
            "session.save_path": self.work}).items()
                    for word in ("-d", "%s=%s" % (name, value))]
        with open(os.path.join(self.work, "php.log"), "w") as log:
            self.spawn(["chroot", self.root, "php", *settings, "-S",
                        "127.0.0.1:%d" % self.port, "-t",
                        "/usr/share/zabbix"],
                       env={"PHP_CLI_SERVER_WORKERS": "4",
                            "LOCPATH": self.locales()}, stdout=log,
                       stderr=log)
        wait_until(self.is_up, "the frontend answers", 30)

    def locales(self):
        """The frontend's own language needs a locale of its name."""
        path = os.path.join(self.work, "locale")
        os.mkdir(path)
        os.symlink("/usr/lib/locale/C.utf8",
                   os.path.join(path, "en_US.UTF-8"))
        return path

    def is_up(self):
        try:
            with urllib.request.urlopen(self.url, timeout=5) as page:
                return page.status == 200
        except OSError:
            return False

    def stop(self):
        status = super().stop()
        if self.mounted:
            subprocess.run(["umount", self.mounted], check=True)
            self.mounted = None
        return status


class ApiError(Exception):
    """What the API said."""


class Api:
    def __init__(self, url, user="Admin", password="zabbix"):
        self.url = url + "api_jsonrpc.php"
        self.numbers = itertools.count(1)
        self.token = None
        self.version = self.call("apiinfo.version", {})
        self.token = self.call("user.login", {
            "username": user, "password": password})

    def call(self, method, params):
        request = {"jsonrpc": "2.0", "method": method, "params": params,
                   "id": next(self.numbers)}
        headers = {"Content-Type": "application/json-rpc"}
        if self.token and self.version.startswith("6.0"):
            request["auth"] = self.token
        elif self.token:
            headers["Authorization"] = "Bearer " + self.token
        body = json.dumps(request).encode()
        with urllib.request.urlopen(urllib.request.Request(
                self.url, body, headers), timeout=120) as response:
            answer = json.load(response)
        if "error" in answer:
            raise ApiError("%s: %s" % (method, answer["error"]))
        return answer["result"]

    def __getattr__(self, name):
        """api.host_get(output="extend") calls host.get."""
        method = name.replace("_", ".", 1)
        return lambda **params: self.call(method, params)


class Zabbix:
    """All of it, ready to be asked."""

    def __init__(self, work, root="/"):
        self.work = work
        self.root = root
        self.postgres = Postgres(work, root)
        self.server = Server(work, root, self.postgres)
        self.frontend = Frontend(work, root, self.postgres, self.server)
        self.api = None

    def __enter__(self):
        try:
            self.postgres.start()
            self.postgres.load("zabbix", [
                self.root + "/usr/share/zabbix-server-pgsql/" + name
                for name in SCHEMA])
            self.server.start()
            self.frontend.start()
            self.api = Api(self.frontend.url)
            self.forget_hosts()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        for service in (self.frontend, self.server, self.postgres):
            service.stop()

    def forget_hosts(self):
        """It comes with itself as a host, which is work for nothing here."""
        self.api.call("host.delete", [
            host["hostid"] for host in self.api.host_get(output=["hostid"])])

    def import_template(self, path):
        """As the frontend's button does: what is missing is made, what is
        there is brought up to date."""
        kinds = ["templates", "items", "triggers", "graphs", "discoveryRules",
                 "valueMaps", "templateDashboards"]
        groups = ["groups"] if self.api.version.startswith("6.0") else [
            "template_groups", "host_groups"]
        rules = {kind: {"createMissing": True, "updateExisting": True}
                 for kind in kinds + groups}
        with open(path, encoding="utf-8") as f:
            self.api.configuration_import(format="yaml", source=f.read(),
                                          rules=rules)
