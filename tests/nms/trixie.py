# SPDX-License-Identifier: BSD-2-Clause
"""The next Debian in a folder, for the newer releases of the servers; only
where NMS_TRIXIE is set, as it takes a gigabyte and two minutes.  With
NMS_TRIXIE_ROOT, a folder that a run before this one has filled is used."""
import contextlib
import os
import subprocess

import pytest

PACKAGES = ["zabbix-server-pgsql", "zabbix-frontend-php", "postgresql",
            "php-pgsql", "php-cli", "cacti", "mariadb-server", "php-intl",
            "php-mysql", "php-snmp", "rrdtool", "snmp"]
INSTALL = """
set -e
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
debconf-set-selections <<'TEXT'
cacti cacti/dbconfig-install boolean false
cacti cacti/webserver select None
TEXT
apt-get -q update
apt-get -q -y install --no-install-recommends "$@"
"""


def fill(root):
    subprocess.run(["debootstrap", "--variant=minbase",
                    "--include=ca-certificates,debconf", "trixie", root],
                   check=True, stdout=subprocess.DEVNULL)
    mount(root)
    subprocess.run(["chroot", root, "sh", "-c", INSTALL, "-", *PACKAGES],
                   check=True, stdout=subprocess.DEVNULL)


def mount(root):
    subprocess.run(["mount", "--rbind", "/dev", root + "/dev"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", root + "/proc"],
                   check=True)


@contextlib.contextmanager
def system(work):
    """The folder of the next Debian, in which work is at the same place."""
    if not os.environ.get("NMS_TRIXIE"):
        pytest.skip("NMS_TRIXIE is not set")
    root = os.environ.get("NMS_TRIXIE_ROOT") or work + "-trixie"
    if os.path.exists(root + "/usr/sbin/zabbix_server"):
        mount(root)
    else:
        fill(root)
    inside = root + work
    os.makedirs(inside)
    subprocess.run(["mount", "--bind", work, inside], check=True)
    try:
        yield root
    finally:
        for place in (inside, root + "/proc"):
            subprocess.run(["umount", place], check=True)
        subprocess.run(["umount", "-R", root + "/dev"], check=True)
        os.removedirs(inside)
