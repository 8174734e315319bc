# SPDX-License-Identifier: BSD-2-Clause
"""A Cacti of its own: MariaDB, Cacti's command line and pages from Debian's
packages.  Cacti writes where its package says; in the mount namespace of the
test, folders of the test stand there.  root is a folder with another release
of Debian."""
import os
import shutil
import socket
import subprocess
import urllib.request

from programs import Service, free_port, read, wait_until, write

STEP = 10               # seconds between two values; less than Cacti's own
SITE = "/usr/share/cacti/site"
CLI = "/usr/share/cacti/cli"
DATABASE = "cacti"


def inside(root, path):
    """Where a path of that system is."""
    return root.rstrip("/") + path


class MariaDb(Service):
    def __init__(self, work, root):
        super().__init__(work)
        self.root = root
        self.folder = os.path.join(work, "mariadb")
        self.socket = os.path.join(work, "mariadb.sock")
        self.log_path = os.path.join(work, "mariadb.log")

    def chroot(self, *command):
        return ["chroot", self.root, *command]

    def start(self):
        with open(self.log_path, "w") as log:
            subprocess.run(self.chroot(
                "mariadb-install-db", "--no-defaults", "--user=root",
                "--datadir=" + self.folder, "--skip-test-db",
                "--auth-root-authentication-method=normal"), check=True,
                stdout=log, stderr=log)
            self.spawn(self.chroot(
                "mariadbd", "--no-defaults", "--user=root",
                "--datadir=" + self.folder, "--socket=" + self.socket,
                "--pid-file=" + self.folder + "/pid",
                "--skip-networking", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-doublewrite=0", "--character-set-server=utf8mb4",
                "--collation-server=utf8mb4_unicode_ci", "--sql-mode="),
                stdout=log, stderr=log)
        wait_until(self.is_up, "MariaDB answers", 60)

    def is_up(self):
        assert self.is_running(), read(self.log_path)
        return subprocess.run(
            self.chroot("mariadb-admin", "--no-defaults", "-u", "root",
                        "--socket=" + self.socket, "ping"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0

    def sql(self, text, database=DATABASE):
        """Rows of text."""
        done = subprocess.run(
            self.chroot("mariadb", "--no-defaults", "-u", "root",
                        "--socket=" + self.socket, "-N", "-B", "--raw",
                        "--default-character-set=utf8mb4", database),
            input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]


class Pages(Service):
    """PHP's own web server, with Cacti's pages below /cacti/."""

    def __init__(self, work, root, php):
        super().__init__(work)
        self.root = root
        self.php = php
        self.port = free_port(socket.SOCK_STREAM)
        self.url = "http://127.0.0.1:%d/cacti/" % self.port

    def start(self):
        top = os.path.join(self.work, "www")
        os.mkdir(top)
        os.symlink(SITE, os.path.join(top, "cacti"))
        with open(os.path.join(self.work, "pages.log"), "w") as log:
            # no page asks who looks: Cacti is told, as by a web server
            prepended = write(os.path.join(self.work, "prepended.php"),
                              "<?php $_SERVER['PHP_AUTH_USER'] = 'admin';")
            self.spawn(self.php("-d", "auto_prepend_file=" + prepended,
                                "-S", "127.0.0.1:%d" % self.port, "-t", top),
                       stdout=log, stderr=log,
                       env={"PHP_CLI_SERVER_WORKERS": "4"})
        wait_until(self.is_up, "Cacti's pages", 30)

    def is_up(self):
        try:
            with urllib.request.urlopen(self.url, timeout=10) as page:
                return page.status == 200
        except OSError:
            return False


class Poller(Service):
    """What cron starts: a run polls each STEP seconds for five minutes, and
    is followed by another."""

    def __init__(self, work, php):
        super().__init__(work)
        self.php = php

    def start(self):
        with open(os.path.join(self.work, "poller.out"), "w") as out:
            self.spawn(["sh", "-c", 'while :; do "$@"; sleep 1; done', "-",
                        *self.php("-q", SITE + "/poller.php", "--force")],
                       stdin=subprocess.DEVNULL, stdout=out, stderr=out)


class Cacti:
    """Ready to poll, with nothing to poll."""

    def __init__(self, work, root="/"):
        self.work = work
        self.root = root
        self.db = MariaDb(work, root)
        self.pages = Pages(work, root, self.php)
        self.mounts = []

    def php(self, *arguments):
        return ["chroot", self.root, "php", "-d", "date.timezone=UTC", "-d",
                "memory_limit=512M", "-d", "session.save_path=" + self.work,
                *arguments]

    def __enter__(self):
        try:
            self.db.start()
            self.mount_folders()
            self.load()
            self.pages.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self.pages.stop()
        for target in reversed(self.mounts):
            subprocess.run(["umount", target], check=True)
        self.mounts = []
        self.db.stop()

    def mount_folder(self, path, source):
        target = inside(self.root, path)
        if os.path.isdir(target):
            shutil.copytree(target, source, symlinks=True)
        else:
            os.makedirs(source)
            os.makedirs(target)
        subprocess.run(["mount", "--bind", source, target], check=True)
        self.mounts.append(target)

    def mount_folders(self):
        for path in ("/etc/cacti", "/var/lib/cacti", "/var/log/cacti",
                     "/usr/share/cacti/resource"):
            self.mount_folder(path, self.work + "/at" + path)
        write(self.work + "/at/etc/cacti/debian.php", "\n".join([
            "<?php", "$database_type = 'mysql';",
            "$database_default = '%s';" % DATABASE,
            "$database_hostname = '%s';" % self.db.socket,
            "$database_username = 'root';", "$database_password = '';",
            "$database_port = '';", "$database_retries = 5;",
            "$database_ssl = false;", "$database_ssl_key = '';",
            "$database_ssl_cert = '';", "$database_ssl_ca = '';",
            "$database_persist = false;", "$poller_id = 1;",
            "$url_path = '/cacti/';", "$cacti_session_name = 'Cacti';",
            "$cacti_db_session = false;", "$disable_log_rotation = true;",
            "$path_csrf_secret = '/var/lib/cacti/csrf/secret.php';",
            ""]))

    def load(self):
        """Cacti's tables, and what its installer would ask; nothing here
        looks for devices by itself."""
        self.db.sql("create database %s;" % DATABASE, "mysql")
        with open(inside(self.root,
                         "/usr/share/cacti/conf_templates/cacti.sql")) as f:
            self.db.sql(f.read())
        version = read(inside(self.root, SITE + "/include/cacti_version"))
        settings = {
            "path_php_binary": "/usr/bin/php",
            "path_rrdtool": "/usr/bin/rrdtool",
            "path_snmpget": "/usr/bin/snmpget",
            "path_snmpwalk": "/usr/bin/snmpwalk",
            "path_snmpbulkwalk": "/usr/bin/snmpbulkwalk",
            "path_snmpgetnext": "/usr/bin/snmpgetnext",
            "path_cactilog": "/var/log/cacti/cacti.log",
            "path_stderrlog": "/var/log/cacti/cacti_stderr.log",
            "rrdtool_version": "1.7.2", "poller_interval": STEP,
            "cron_interval": STEP, "poller_type": "1",
            "concurrent_processes": "1", "log_verbosity": "3",
            "auth_method": "2", "selected_theme": "modern",
            "admin_user": "1",
            "storage_location": "0", "extended_paths": "",
            "install_complete": "1"}
        self.db.sql(
            "truncate version; insert into version values ('%s');"
            "delete from automation_networks;"
            "delete from host;"
            "update user_auth set realm = 2, must_change_password = '',"
            " password_change = '' where username = 'admin';"
            # graphs of the last half hour
            "replace into settings_user (user_id, name, value)"
            " values (1, 'default_timespan', '1');" %
            version.strip() + "".join(
                "replace into settings (name, value) values ('%s', '%s');" %
                pair for pair in settings.items()))
        # one collection profile for all, with the shortest of steps
        self.db.sql(
            "update data_source_profiles set `default` = '';"
            "update data_source_profiles set step = %d, heartbeat = %d,"
            " `default` = 'on' where id = 1;" % (STEP, 6 * STEP))

    def cli(self, program, *arguments, check=True, folder=CLI, seconds=600):
        path = os.path.join(self.work, "cli.out")
        with open(path, "w") as out:    # no pipe: children may keep it open
            done = subprocess.run(
                self.php("-q", os.path.join(folder, program), *arguments),
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                timeout=seconds)
        assert not check or done.returncode == 0, read(path)
        return read(path)

    def log(self):
        return read(self.work + "/at/var/log/cacti/cacti.log")

    def polls(self):
        """How many there have been."""
        return self.log().count("SYSTEM STATS:")

    def values(self, name):
        """What rrdtool has of a data source, by its name in the RRD: the
        oldest first, None where it is not known."""
        (path,), = self.db.sql(
            "select distinct rrd_path from poller_item where rrd_name = '%s'"
            % name)
        if not os.path.exists(self.work + "/at/var/lib/cacti/rra/" +
                              os.path.basename(path)):
            return []
        done = subprocess.run(
            ["chroot", self.root, "rrdtool", "fetch", path, "AVERAGE",
             "-s", "-%d" % (30 * STEP)], stdout=subprocess.PIPE, text=True,
            check=True)
        found = [line.split(":")[1].strip()
                 for line in done.stdout.splitlines()[1:] if ":" in line]
        return [None if "nan" in value else float(value) for value in found]
