#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every fuzz target over its corpus and over mutations of it, always the same.
top=${top_srcdir:-.}
status=0

for target in bpf diag freebsd illumos macos past procnet reply rule snapshot \
    task text windows; do
	echo "fuzz_$target"
	"${top_builddir:-.}/fuzz_$target" "$top/tests/fuzz/corpus/$target" ||
	    status=1
done
exit $status
