#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The way of the data: nobody includes what lies behind the next layer.
top=${top_srcdir:-.}
status=0

# refuse FOLDER PATTERN WHY: no file there may include what matches.
refuse()
{
	if grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" \
	    "$top/src/$1"/*.[ch]; then
		echo "src/$1 includes $3" >&2
		status=1
	fi
}

# inet_ntop() is the one thing that the model takes from a system.
refuse model 'net-snmp|ask/|collect/|broker/|mib/|agent/|cli/|daemon/|linux/|netinet/|sys/([^s]|s[^o])' \
    'an operating system or what comes after it'
refuse mib 'net-snmp|collect/|broker/|agent/|cli/|daemon/|sys/|linux/' \
    'Net-SNMP or an operating system'
refuse collect 'net-snmp|broker/|mib/|agent/|cli/|daemon/' \
    'what comes after it'
refuse broker 'net-snmp|mib/|agent/|cli/|daemon/|ask/' 'what comes after it'
# What is asked of other machines knows nothing of this one; its tables are data.
refuse ask 'collect/|broker/|mib/|agent/|cli/|daemon/|plugin/' \
    'what is about this machine'
refuse plugin 'net-snmp|collect/|broker/|mib/|agent/|cli/|daemon/' \
    'more than what asks'
for part in table plan span; do
	if grep -nE '^#[[:space:]]*include <(net-snmp|sys/|unistd)' \
	    "$top/src/ask/$part".[ch]; then
		echo "src/ask/$part knows of Net-SNMP or of a system" >&2
		status=1
	fi
done
refuse agent 'collect/(linux|freebsd|illumos|windows|macos)|cli/|daemon/' \
    'a collector'
for decoder in "$top"/src/collect/*_decode.c "$top"/src/collect/*_decode.h; do
	if grep -nE '^#include <(sys/|linux/|net/|netinet/|arpa/|unistd|fcntl|libmnl)' \
	    "$decoder"; then
		echo "$decoder includes an OS header" >&2
		status=1
	fi
done
if grep -rnE '^[[:space:]]*#[[:space:]]*(el)?if.*(__linux__|__FreeBSD__|__sun|_WIN32|__APPLE__)' \
    "$top/src" --include='*.[ch]' | grep -v "/src/collect/"; then
	echo "an operating system is asked for outside src/collect" >&2
	status=1
fi
exit $status
