#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Every OID and every name of the module that a file in nms/ speaks of exists.
# tests/mib/oids.txt is the list, which check-mib.sh compares with the module.
#
# Environment: top_srcdir, srcdir (as automake sets it), AWK.

LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 99
for top in "${top_srcdir:-}" "${srcdir:-}" "$here/../.."; do
	[ -n "$top" ] && [ -f "$top/tests/mib/oids.txt" ] && break
done
oids=$top/tests/mib/oids.txt
tmp=$(mktemp -d "${TMPDIR:-/tmp}/check-oids.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# check FILE...: says FILE: WHAT of all that does not exist; status 1 if any.
check()
{
	${AWK:-awk} -v root=1.3.6.1.4.1.8072.9999.9999.20559 '
	# A table has an entry, whose columns take an index; a scalar takes 0.
	FILENAME == ARGV[1] {
		if ($0 !~ /^#/ && NF >= 3) {
			named[$1] = 1
			listed[$2] = 1
			if ($1 ~ /Entry$/)
				entry[$2] = 1
			readable[$2] = $3 != "-"
		}
		next
	}
	function bad(what)
	{
		print FILENAME ": " FNR ": " what
		status = 1
	}
	function exists(oid,    n, part, i, parent)
	{
		if (oid == "" || oid in listed)
			return 1
		n = split(oid, part, ".")
		parent = part[1]
		for (i = 2; i <= n; i++) {
			if ((parent in readable) && readable[parent]) {
				sub(/\.[0-9]+$/, "", parent)
				if (parent in entry)
					return 1
				return i == n && part[n] == "0"
			}
			parent = parent "." part[i]
		}
		return 0
	}
	function check_oid(oid)
	{
		if (oid == root)
			return
		if (index(oid, root ".") == 1) {
			if (!exists(substr(oid, length(root) + 2)))
				bad(oid " is not in the module")
			return
		}
		# sysDescr to sysName, snmpTrapOID and snmpTrapEnterprise,
		# and what a sysObjectID of Net-SNMP begins with
		if (oid !~ /^1\.3\.6\.1\.2\.1\.1\.[1-7](\.0)?$/ &&
		    oid !~ /^1\.3\.6\.1\.6\.3\.1\.1\.4\.[13](\.0)?$/ &&
		    oid != "1.3.6.1.4.1.8072.3")
			bad(oid " is of another module")
	}
	{
		gsub(/\\+\./, ".")
		line = $0
		while (match(line, /1(\.[0-9]+)+/)) {
			oid = substr(line, RSTART, RLENGTH)
			before = substr(line, RSTART - 1, 1)
			if (oid ~ /^1\.3\.6\.1\./ && (RSTART == 1 ||
			    before !~ /[0-9]/))
				check_oid(oid)
			line = substr(line, RSTART + RLENGTH)
		}
		line = $0
		while (match(line, /portOwner[A-Z][A-Za-z]*/)) {
			name = substr(line, RSTART, RLENGTH)
			if (!(name in named))
				bad(name " is not in the module")
			line = substr(line, RSTART + RLENGTH)
		}
	}
	END { exit status }' "$oids" "$@"
}

# A check that finds nothing proves something only if it can find.
cat >"$tmp/good" <<'EOF'
1.3.6.1.4.1.8072.9999.9999.20559 .1.3.6.1.4.1.8072.9999.9999.20559.1.1.7.0
walk[1.3.6.1.4.1.8072.9999.9999.20559.1.3.1.8] portOwnerListenerPid
"^.1.3.6.1.4.1.8072.9999.9999.20559.1.3.1.8.(.*)$" 1.2.3 "10.1.3.6.1"
\.1\.3\.6\.1\.4\.1\.8072\.9999\.9999\.20559\.1\.2\.1\.7\.0\.6\.443
1.3.6.1.2.1.1.3.0 .1.3.6.1.6.3.1.1.4.1.0
EOF
if ! check "$tmp/good"; then
	echo "FAIL: names that exist are refused"
	exit 1
fi
found=0
for wrong in 20559.1.1.99.0 20559.1.1.7.1 20559.1.1.7.0.0 20559.1.3.1.99 \
    20559.1.2.1.6.1 20559.3 20559.1.9.1.1 20558.1.1.1.0; do
	echo "OID .1.3.6.1.4.1.8072.9999.9999.$wrong." >"$tmp/wrong"
	if check "$tmp/wrong" >/dev/null; then
		echo "FAIL: $wrong is accepted"
		found=1
	fi
done
for wrong in portOwnerNothing 1.3.6.1.2.1.2.2.1.1; do
	echo "<$wrong>" >"$tmp/wrong"
	if check "$tmp/wrong" >/dev/null; then
		echo "FAIL: $wrong is accepted"
		found=1
	fi
done
[ $found -eq 0 ] || exit 1

find "$top/nms" -type f ! -name '*.png' ! -name '*.pyc' >"$tmp/files" || exit 99
set --
while IFS= read -r file; do
	set -- "$@" "$file"
done <"$tmp/files"
[ $# -gt 0 ] || {
	echo "FAIL: there is no file in $top/nms"
	exit 1
}
check "$@" || exit 1
echo "check-oids: $# files"
