#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Check the MIB module: smilint has nothing to say about it, wherever its
# root is; rebase.awk keeps the default root to the octet and refuses what
# is no OID; every name has the OID of oids.txt, and no other exists.
#
# Environment: top_srcdir, srcdir (as automake sets it), AWK, and
# PORTOWNER_MIBDIRS, folders with the IETF's modules to look into first.
# Ends with 77 (skipped) where smilint or these modules are missing.

LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 99
for top in "${top_srcdir:-}" "${srcdir:-}" "$here/../.."; do
	[ -n "$top" ] && [ -f "$top/mib/PORT-OWNER-MIB.txt" ] && break
done
module=$top/mib/PORT-OWNER-MIB.txt
rebase=$top/mib/rebase.awk
oids=$here/oids.txt

home_root=1.3.6.1.4.1.8072.9999.9999.20559
base_modules='SNMPv2-SMI SNMPv2-TC SNMPv2-CONF SNMP-FRAMEWORK-MIB
	INET-ADDRESS-MIB NET-SNMP-MIB'

tmp=$(mktemp -d "${TMPDIR:-/tmp}/check-mib.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

passed=0
failures=0

pass()
{
	passed=$((passed + 1))
}

fail()
{
	failures=$((failures + 1))
	echo "FAIL: $1"
	[ -z "${2:-}" ] || sed 's/^/    /' "$2" | head -20
}

skip()
{
	echo "SKIP: $*"
	exit 77
}

# find_module NAME: the path of a base module, under whatever suffix.
find_module()
{
	for dir in ${PORTOWNER_MIBDIRS:-} \
	    /usr/share/snmp/mibs /usr/local/share/snmp/mibs \
	    /var/lib/mibs/ietf /var/lib/snmp/mibs/ietf \
	    /usr/share/mibs/ietf /usr/local/share/mibs/ietf \
	    /usr/lib/erlang/lib/snmp-*/mibs \
	    /usr/lib64/erlang/lib/snmp-*/mibs \
	    /usr/local/lib/erlang*/lib/snmp-*/mibs; do
		for suffix in '' .txt .mib .my; do
			if [ -f "$dir/$1$suffix" ]; then
				echo "$dir/$1$suffix"
				return 0
			fi
		done
	done
	return 1
}

# lint FILE: what smilint says about it is in $tmp/lint.  The machine's
# and the user's settings, which may hide messages, are kept out.
lint()
{
	SMIPATH=$tmp/base smilint -c "$tmp/smi.conf" -l 6 "$1" \
	    >"$tmp/lint" 2>&1
}

# try_rebase AWK ROOT: the module is in $tmp/out, messages in $tmp/err.
try_rebase()
{
	# Unquoted: it may be a command with options.
	$1 -v root="$2" -f "$rebase" "$module" >"$tmp/out" 2>"$tmp/err"
}

check_lint()
{
	lint "$module"
	if [ -s "$tmp/lint" ]; then
		fail 'smilint complains about the module' "$tmp/lint"
	else
		pass
	fi

	# A silent smilint proves something only if it can speak.
	sed 's/^portOwnerAge OBJECT-TYPE/portOwnerAge OBJECT-TIPE/' \
	    "$module" >"$tmp/wrong.txt"
	lint "$tmp/wrong.txt"
	if [ -s "$tmp/lint" ]; then
		pass
	else
		fail 'smilint says nothing about a wrong module'
	fi
}

# check_home AWK: the root that the module has leaves it as it is.
check_home()
{
	for root in $home_root .$home_root; do
		if try_rebase "$1" "$root" && [ ! -s "$tmp/err" ] &&
		    cmp -s "$tmp/out" "$module"; then
			pass
		else
			fail "$1: root $root changes the module" "$tmp/err"
		fi
	done
}

# check_moved AWK: other roots give modules as good as this one, which
# differ in the import and the root only.
check_moved()
{
	for root in 1.3.6.1.4.1.99999 1.3.6.1.4.1.99999.7 \
	    .1.3.6.1.4.1.8072.9999.9999.20560 \
	    $home_root.1 1.3.6.1.4.1.2147483647.1 1.3.6.1.3.99.7 \
	    1.3.6.2.7.8.9 1.3.132.7.8.9.10 1.2.840.10036.7.8.9 \
	    2.16.840.1.113883.3.7 0.9.2342.19200300.100.7.8 \
	    1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30.31; do
		if ! try_rebase "$1" "$root" || [ -s "$tmp/err" ]; then
			fail "$1: root $root is refused" "$tmp/err"
			continue
		fi
		lint "$tmp/out"
		changed=$(grep -vxF -f "$tmp/out" "$module" | grep -c .)
		if [ -s "$tmp/lint" ]; then
			fail "$1: smilint complains at root $root" \
			    "$tmp/lint"
		elif [ "$changed" -lt 2 ] || [ "$changed" -gt 3 ]; then
			fail "$1: root $root changes $changed lines"
		else
			pass
			check_names "$tmp/out" "${root#.}"
		fi
	done
}

# check_refused AWK: what is no fit OID gets a message and nothing else.
check_refused()
{
	while IFS= read -r root; do
		if try_rebase "$1" "$root"; then
			fail "$1: root '$root' is accepted"
		elif [ -s "$tmp/out" ]; then
			fail "$1: root '$root' gives a module and an error"
		elif ! grep -q '^rebase.awk: .*root' "$tmp/err"; then
			fail "$1: root '$root' gives no clear error" \
			    "$tmp/err"
		else
			pass
		fi
	done <<-EOF

		.
		1
		1.3.6.1.4.1
		..1.3.6.1.4.1.99999
		1.3.6.1.4.1.99999.
		1.3.6.1..4.1.99999
		1.3.6.1.4.1.4294967296
		1.3.6.1.4.1.99999999999999999999
		1.3.6.1.4.1.099999
		1.3.6.1.4.1.0
		1.3.6.1.4.1.-1
		1.3.6.1.4.1.9e3
		1.3.6.1.4.1.0x9
		1.3.6.1.4.1.99999 7
		1.3.6.1.4.1.99999,7
		enterprises.99999.7
		3.3.6.1.4.1.99999
		1.40.6.1.4.1.99999
		2.4294967216.1.4.1.5.6
		1.3.6.1.2.1.99
		1.3.6.1.6.3.99
		1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30.31.32
	EOF

	if echo 'OTHER-MIB DEFINITIONS ::= BEGIN END' |
	    $1 -v root=1.3.6.1.4.1.99999 -f "$rebase" \
	    >"$tmp/out" 2>"$tmp/err" || [ -s "$tmp/out" ]; then
		fail "$1: another module is accepted"
	else
		pass
	fi
}

# check_names FILE ROOT: Net-SNMP finds the names of oids.txt at their
# OIDs below ROOT, and nothing else outside the conformance branch.
check_names()
{
	[ "$have_snmptranslate" = yes ] || return 0
	rm -rf "$tmp/mibs"
	mkdir "$tmp/mibs"
	cp "$1" "$tmp/mibs/PORT-OWNER-MIB"
	SNMPCONFPATH=$tmp SNMP_PERSISTENT_DIR=$tmp/state \
	    snmptranslate -M "$tmp/base:$tmp/mibs" -m PORT-OWNER-MIB -Tz \
	    2>&1 >"$tmp/tree" | grep -v '^Created directory' >"$tmp/err"
	awk -v root="$2." '
		{ gsub(/"/, "") }
		index($2, root) == 1 {
			oid = substr($2, length(root) + 1)
			if (oid !~ /^2\./)
				print $1, oid
		}' "$tmp/tree" | sort >"$tmp/have"
	awk '!/^#/ && NF { print $1, $2 }' "$oids" | sort >"$tmp/want"
	if [ -s "$tmp/err" ]; then
		fail "root $2: Net-SNMP complains" "$tmp/err"
	elif diff "$tmp/want" "$tmp/have" >"$tmp/diff"; then
		pass
	else
		fail "root $2: names or OIDs differ" "$tmp/diff"
	fi
}

# Access, from the module text: OBJECT-TYPE to MAX-ACCESS.
check_access()
{
	awk '$2 == "OBJECT-TYPE" && $1 ~ /^portOwner/ { name = $1 }
		$1 == "MAX-ACCESS" {
			access = "-"
			if ($2 == "read-write")
				access = "w"
			if ($2 == "read-only")
				access = "r"
			if ($2 == "accessible-for-notify")
				access = "n"
			print name, access
		}' "$module" | sort >"$tmp/have"
	# Nodes without a SYNTAX have no access to compare.
	awk '!/^#/ && NF { print $1, $3 }' "$oids" | grep -v \
	    -e Objects -e Conformance -e 'Notifications ' -e 'Agent ' \
	    -e ' N$' |
	    sort >"$tmp/want"
	if diff "$tmp/want" "$tmp/have" >"$tmp/diff"; then
		pass
	else
		fail 'names or their access differ' "$tmp/diff"
	fi
}

command -v smilint >/dev/null 2>&1 ||
	skip 'smilint is missing (Debian: smitools; elsewhere: libsmi)'
mkdir "$tmp/base"
: >"$tmp/smi.conf"
for name in $base_modules; do
	path=$(find_module "$name") ||
		skip "the module $name is missing (Debian: erlang-snmp and" \
		    "libsnmp-base; elsewhere: net-snmp), or its folder is" \
		    "not in PORTOWNER_MIBDIRS"
	cp "$path" "$tmp/base/$name" || exit 99
done

have_snmptranslate=yes
command -v snmptranslate >/dev/null 2>&1 || {
	have_snmptranslate=no
	echo 'NOTE: no snmptranslate: names and OIDs are not compared'
}

check_lint
check_access
check_names "$module" $home_root
tried=
for awk in "${AWK:-awk}" mawk gawk original-awk 'busybox awk'; do
	command -v "${awk%% *}" >/dev/null 2>&1 || continue
	case " $tried " in
	*" $awk "*)
		continue ;;
	esac
	tried="$tried $awk"
	check_home "$awk"
	check_moved "$awk"
	check_refused "$awk"
done

echo "check-mib: $passed passed, $failures failed (awk:$tried)"
[ "$failures" -eq 0 ]
