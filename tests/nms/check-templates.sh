#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The templates in nms/ that a program writes are what it writes, and what
# Zabbix knows things by is in its form and there once.
#
# Environment: top_srcdir, srcdir (as automake sets it).

LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 99
for top in "${top_srcdir:-}" "${srcdir:-}" "$here/../.."; do
	[ -n "$top" ] && [ -f "$top/nms/zabbix/make-templates" ] && break
done
status=0

form='[0-9a-f]\{12\}4[0-9a-f]\{3\}[89ab][0-9a-f]\{15\}'
for file in "$top"/nms/zabbix/*.yaml; do
	uuids=$(sed -n "s/^ *\(- \)\{0,1\}uuid: '\(.*\)'$/\2/p" "$file")
	if [ "$(echo "$uuids" | wc -l)" -lt 50 ]; then
		echo "FAIL: $file: where are its uuids?"
		status=1
	fi
	if echo "$uuids" | grep -v "^$form\$"; then
		echo "FAIL: $file: no uuids of version 4"
		status=1
	fi
	# the group alone is Zabbix' own, and so is its uuid
	twice=$(echo "$uuids" | sort | uniq -d)
	if [ -n "$twice" ]; then
		echo "FAIL: $file: there twice:" "$twice"
		status=1
	fi
done

if ! command -v python3 >/dev/null 2>&1; then
	echo "SKIP: no python3 to write the templates with"
	[ $status -ne 0 ] || exit 77
	exit 1
fi
for program in zabbix/make-templates cacti/make-template; do
	PYTHONDONTWRITEBYTECODE=1 python3 "$top/nms/$program" --check || status=1
done
exit $status
