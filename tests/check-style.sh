#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# .clang-format is binding; every source file says its licence.
top=${top_srcdir:-.}
status=0

for file in $(find "$top/src" "$top/tests" -name '*.[ch]' | sort); do
	if ! head -n 1 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause'; then
		echo "$file: no SPDX line" >&2
		status=1
	fi
done
if [ $status -ne 0 ]; then
	exit 1
fi
format=${CLANG_FORMAT:-clang-format}
if ! command -v "$format" >/dev/null 2>&1; then
	echo "skipped: no clang-format"
	exit 77
fi
case $("$format" --version) in
*" 14."*) ;;
*)
	echo "skipped: the style is written for clang-format 14"
	exit 77
	;;
esac
for file in $(find "$top/src" "$top/tests" -name '*.[ch]' | sort); do
	"$format" --dry-run --Werror --style=file "$file" || status=1
done
exit $status
