#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The systemd units say where the programs are, and are confined.
status=0
if ! command -v systemd-analyze >/dev/null 2>&1; then
	echo "skipped: no systemd-analyze"
	exit 77
fi
for unit in portownerd portowner-collector; do
	file=${top_builddir:-.}/conf/$unit.service
	if [ ! -e "$file" ]; then
		echo "skipped: built without systemd units"
		exit 77
	fi
	if grep -n '[@$]{\|@[a-z]*@' "$file"; then
		echo "$file is not filled in" >&2
		status=1
	fi
	exposure=$(systemd-analyze security --offline=yes --no-pager "$file" |
	    sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
	echo "$unit: exposure ${exposure:-unknown}, at most 2.0"
	if [ -z "$exposure" ] ||
	    [ "$(echo "$exposure 2.0" | awk '{ print ($1 > $2) }')" -ne 0 ]; then
		status=1
	fi
done
exit $status
