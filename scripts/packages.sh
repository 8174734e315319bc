# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The packages that building, showing and testing need; sourced by the scripts.
#
# packages_need SET...: as root on Debian and its like, installs what is missing
# of the sets build, show, test and nms.  Elsewhere, or as an ordinary user, says
# what to install and returns 1 if a program of the sets is missing.

packages_of_debian()
{
	case $1 in
	build)
		echo gcc libc6-dev make autoconf automake libtool pkg-config \
		    libsnmp-dev libmnl-dev libcap-dev libseccomp-dev \
		    libbpf-dev clang llvm bpftool xz-utils
		;;
	show)
		echo snmp snmpd erlang-snmp netbase
		;;
	test)
		echo snmp snmpd snmptrapd erlang-snmp netbase clang clang-format libcunit1-dev \
		    smitools mandoc shellcheck python3 \
		    python3-pytest iproute2 procps util-linux mount \
		    libcap2-bin valgrind systemd
		;;
	nms)
		# one line for each system
		echo nagios4-core snmptt libnet-ip-perl snmptrapd
		echo icinga2-bin
		echo prometheus prometheus-snmp-exporter erlang-snmp \
		    python3-yaml
		echo zabbix-server-pgsql zabbix-frontend-php postgresql \
		    php-pgsql php-cli
		echo cacti mariadb-server php-intl php-mysql php-snmp \
		    rrdtool
		echo chromium fonts-dejavu-core
		# for the newer releases, where NMS_TRIXIE is set
		[ -z "${NMS_TRIXIE:-}" ] || echo debootstrap
		;;
	esac
}

# What shows that a set is there, whatever the system calls its packages.
packages_programs()
{
	case $1 in
	build)
		echo cc make autoreconf libtoolize pkg-config net-snmp-config
		;;
	show)
		echo snmpd snmpwalk snmpgetnext
		;;
	test)
		echo snmpd snmpwalk snmptrapd clang clang-format-14 smilint mandoc shellcheck \
		    pytest-3 ip valgrind
		;;
	nms)
		echo nagios4 snmptt snmptrapd icinga2 prometheus \
		    prometheus-snmp-exporter zabbix_server postgres \
		    mariadbd rrdtool chromium
		;;
	esac
}

packages_missing_programs()
{
	for set in "$@"; do
		for program in $(packages_programs "$set"); do
			case $program in
			clang-format-14 | pytest-3 | valgrind)
				;;
			*)
				PATH=$PATH:/usr/sbin:/sbin command -v "$program" \
				    >/dev/null 2>&1 || echo "$program"
				;;
			esac
		done
	done
}

packages_tell()
{
	cat >&2 <<'TEXT'
Please install:
  Debian, Ubuntu  apt-get install gcc libc6-dev make autoconf automake libtool
                  pkg-config libsnmp-dev libmnl-dev libcap-dev libseccomp-dev
                  snmp snmpd erlang-snmp
  Fedora          dnf install gcc make autoconf automake libtool pkgconf
                  net-snmp-devel libmnl-devel libcap-devel libseccomp-devel
                  net-snmp net-snmp-utils
  Alpine          apk add build-base autoconf automake libtool pkgconf
                  net-snmp-dev libmnl-dev libcap-dev libseccomp-dev
                  linux-headers net-snmp net-snmp-tools
  Arch            pacman -S base-devel net-snmp libmnl libcap libseccomp
  FreeBSD         pkg install autoconf automake libtool pkgconf net-snmp
For the tests also clang, clang-format 14, CUnit, smilint (smitools, libsmi),
mandoc, shellcheck, pytest and iproute2.
TEXT
}

packages_need()
{
	missing=
	if command -v dpkg-query >/dev/null 2>&1; then
		for set in "$@"; do
			for package in $(packages_of_debian "$set"); do
				dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
				    grep -q '^install ok installed' ||
				    missing="$missing $package"
			done
		done
		if [ -z "$missing" ]; then
			return 0
		fi
		if [ "$(id -u)" -eq 0 ]; then
			packages_install "$missing"
			return
		fi
		echo "Missing packages:$missing" >&2
		echo "Install them as root: apt-get install$missing" >&2
		return 1
	fi
	missing=$(packages_missing_programs "$@")
	if [ -z "$missing" ]; then
		return 0
	fi
	# shellcheck disable=SC2086
	echo "Missing:" $missing >&2
	packages_tell
	return 1
}

# packages_install "NAME...": nothing that is installed is started: a policy
# forbids it while apt-get runs, unless the machine has a policy of its own.
packages_install()
{
	policy=/usr/sbin/policy-rc.d
	own_policy=
	echo "Installing:$1"
	if [ ! -e "$policy" ]; then
		own_policy=$policy
		trap 'rm -f "$policy"; exit 130' INT TERM HUP
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
	fi
	# Cacti's package would look for a database
	case " $1 " in
	*" cacti "*)
		echo 'cacti cacti/dbconfig-install boolean false' |
		    debconf-set-selections
		;;
	esac
	# shellcheck disable=SC2086
	(apt-get -q update &&
	    DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		install --no-install-recommends $1) >/tmp/portowner-apt.$$ 2>&1
	status=$?
	if [ -n "$own_policy" ]; then
		rm -f "$own_policy"
		trap - INT TERM HUP
	fi
	if [ $status -ne 0 ]; then
		tail -n 20 /tmp/portowner-apt.$$ >&2
	fi
	rm -f /tmp/portowner-apt.$$
	return $status
}
